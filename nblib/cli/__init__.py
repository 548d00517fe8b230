"""``nblib …``: what the labs do, from a shell.

Exit codes: 0; 2 for bad input, with one line on standard error; 1 for a failure inside; 130 for an interrupt.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module

from nblib.cli.output import Failure, error_line, quiet
from nblib.cli.parser import Parser, unknown
from nblib.engine.errors import InputError, SessionError

__all__ = ["main"]

COMMANDS = {
    "doctor": "what is installed, what this machine can do, what will be slow",
    "pull": "fetch models and data sets of the offline pack; without names: list them",
    "finetune": "fine-tune a pretrained model on texts with classes",
    "resume": "go on with a run from its last checkpoint",
    "predict": "classify a sentence, or the rows of a file, with the model of a run",
    "export": "write the model of a run in other formats, and compare each with it",
    "lab": "open the labs in JupyterLab",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. ``argv``: the words after the program's name."""
    if argv is None:
        quiet()
    argv = list(sys.argv[1:] if argv is None else argv)
    try:
        try:
            return _dispatch(argv)
        finally:
            sys.stdout.flush()
    except InputError as error:
        error_line(str(error))
        return 2
    except KeyboardInterrupt:
        error_line("interrupted")
        return 130
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BrokenPipeError:
        # Whoever read our output has left, as `head` does; the interpreter must not flush it again at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        show = "--traceback" in argv or os.environ.get("NBLIB_TRACEBACK", "0") not in ("", "0")
        error_line(_describe(error) + ("" if show else "; --traceback shows where"), every_process=True)
        if show:
            traceback.print_exception(type(error), error, error.__traceback__, file=sys.stderr)
        return 1


def _dispatch(argv: list[str]) -> int:
    if not argv:
        raise InputError(f"no command given; give one of {', '.join(COMMANDS)}")
    name, rest = argv[0], argv[1:]
    if name.startswith("-"):
        _overview().parse(argv)
    if name not in COMMANDS:
        raise unknown("command", name, COMMANDS)
    module = import_module(f"nblib.cli.{name}")
    return module.command(Parser(prog=f"nblib {name}", description=module.__doc__), rest)


def _overview() -> Parser:
    from nblib import __version__

    width = max(map(len, COMMANDS))
    listing = "\n".join(f"  {name:<{width}}  {text}" for name, text in COMMANDS.items())
    parser = Parser(
        prog="nblib",
        usage="nblib COMMAND …",
        description=f"The runs of the labs, from a shell.\n\ncommands:\n{listing}",
        epilog="`nblib COMMAND --help` lists what a command can be told.",
    )
    parser.add_argument("--version", action="version", version=f"nblib {__version__}")
    return parser


def _describe(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [""]
    if isinstance(error, (Failure, SessionError)):
        return lines[0]
    return f"{type(error).__name__}: {lines[0]}"
