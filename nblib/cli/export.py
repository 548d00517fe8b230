"""Write the model of a run in other formats. Each is loaded again in a fresh process and compared with the model on
rows that it was not trained on; one that differs is an error and is not kept."""

from __future__ import annotations

from nblib import export
from nblib.cli.output import Failure, Lines
from nblib.cli.parser import Parser


def command(parser: Parser, argv: list[str]) -> int:
    parser.add_argument("run", metavar="RUN", help="folder of the run")
    parser.add_argument(
        "--format",
        action="append",
        metavar="{" + ",".join(export.FORMATS) + "}",
        help="may be given more than once (default: all of them)",
    )
    parser.add_argument("--verify", metavar="DATASET", help="compare on these data (default: the run's own test split)")
    options = parser.parse(argv)
    formats = list(dict.fromkeys(options.format or export.FORMATS))
    lines = Lines()

    def progress(what: str, done: int, of: int) -> None:
        if done < of:
            (lines.show if lines.live else lines.say)(f"{what} ({done + 1} of {of})")

    try:
        report = export.save(options.run, formats=formats, verify=options.verify, progress=progress)
    except export.ExportFailed as error:
        raise Failure(str(error)) from error
    finally:
        lines.clear()
    lines.say(report.table())
    return 0
