"""What the command line writes: results on standard output, one line of trouble on standard error."""

from __future__ import annotations

import logging
import os
import shutil
import sys
import warnings
from typing import TextIO


class Failure(RuntimeError):
    """Something failed inside; the message says it in one line."""


def process() -> int:
    """The number of this process among those that `accelerate launch` started; 0 when it is the only one."""
    return int(os.environ.get("RANK", "0"))


def first_process() -> bool:
    return process() == 0


def error_line(text: str, *, every_process: bool = False) -> None:
    """``nblib: text`` on standard error, from one process a machine unless ``every_process``."""
    if every_process or os.environ.get("LOCAL_RANK", "0") == "0":
        which = f"process {process()}: " if process() else ""
        print(f"nblib: {which}{' '.join(text.split())}", file=sys.stderr, flush=True)


def quiet() -> None:
    """Keep the libraries from chatting and warning into our output: what matters of it we say ourselves."""
    settings = {
        "ACCELERATE_LOG_LEVEL": "error",
        "DATASETS_VERBOSITY": "error",
        "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_VERBOSITY": "error",
        "TORCH_CPP_LOG_LEVEL": "ERROR",
        "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1",
        "TRANSFORMERS_VERBOSITY": "error",
    }
    for name, value in settings.items():
        os.environ.setdefault(name, value)
    # `python -W …` asks for them.
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    logging.getLogger().addHandler(logging.NullHandler())
    for stream in (sys.stdout, sys.stderr):
        # A console that has no sign for a letter of a class name is no reason to end a run.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


class Lines:
    """Lines on a stream, below them, on a terminal, one that is written over again and again."""

    def __init__(self, stream: TextIO | None = None):
        self.stream = stream if stream is not None else sys.stdout
        self.live = self.stream.isatty()
        self._shown = 0

    @property
    def width(self) -> int:
        """Letters that fit on one line of the terminal."""
        return shutil.get_terminal_size().columns - 1

    def say(self, text: str) -> None:
        """A line that stays."""
        self.clear()
        self.stream.write(text + "\n")
        self.stream.flush()

    def show(self, text: str) -> None:
        """The line that is written over; nothing where the stream is no terminal."""
        if not self.live:
            return
        text = text[: self.width]
        self.stream.write("\r" + text.ljust(self._shown))
        self.stream.flush()
        self._shown = len(text)

    def clear(self) -> None:
        if self._shown:
            self.stream.write("\r" + " " * self._shown + "\r")
            self._shown = 0


def megabytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.{0 if count >= 1e7 else 1}f} MB"
