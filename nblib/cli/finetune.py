"""Fine-tune a pretrained encoder to classify texts.

Options on the line override the YAML file. The same command runs on several processes and machines:
  accelerate launch --multi_gpu --num_processes 2 -m nblib finetune run.yaml
The first interrupt stops after the present batch and leaves a checkpoint; the second one aborts."""

from __future__ import annotations

from nblib.cli import runner
from nblib.cli.parser import Parser, add_settings, read
from nblib.engine.session import Session
from nblib.training.finetune.config import FineTuneConfig


def command(parser: Parser, argv: list[str]) -> int:
    parser.usage = "nblib finetune [run.yaml] [--dataset …] [--model …] [--output FOLDER] [options]"
    parser.add_argument("config", nargs="?", metavar="run.yaml", help="file of options, as a run's config.yaml")
    add_settings(parser, FineTuneConfig)
    given = vars(parser.parse(argv))
    given.pop("traceback")
    return runner.run(Session(read(FineTuneConfig, given.pop("config"), given).make_job()))
