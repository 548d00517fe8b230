"""Go on with a run that was stopped, killed or failed, from its last complete checkpoint."""

from __future__ import annotations

from nblib.cli import runner
from nblib.cli.parser import Parser
from nblib.engine.errors import InputError
from nblib.engine.session import Session


def command(parser: Parser, argv: list[str]) -> int:
    parser.add_argument("run", metavar="RUN", help="folder of the run")
    folder = parser.parse(argv).run
    session = Session.reopen(folder)
    if session.over:
        why = f"{folder}: this run has {session.message}, there is nothing to go on with"
        if session.config is not None and session.config.kind == "finetune":
            why += f"; to train longer, start a new one: nblib finetune {folder}/config.yaml --epochs N --output FOLDER"
        raise InputError(why)
    return runner.run(session)
