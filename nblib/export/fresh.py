"""Run one of this package's modules in a fresh process."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import nblib

_COLOURS = re.compile("\x1b\\[[0-9;]*m")
_SIGNALS = {9: "was killed, most likely for want of memory", 6: "aborted", 11: "crashed"}


class ChildFailed(Exception):
    """The process ended with an error; the message is its last word, in one line."""


def run(module: str, *arguments: str | Path, cwd: Path) -> None:
    """``python -m module arguments`` with the hub switched off and ``cwd`` as its folder; its output is not shown.

    Raises ChildFailed. An interrupt, or any other exception here, kills the process.
    """
    command = [sys.executable, "-m", module, *map(str, arguments)]
    done = subprocess.run(
        command, cwd=cwd, env=environment(), capture_output=True, encoding="utf-8", errors="replace", check=False
    )
    if done.returncode:
        raise ChildFailed(_last_word(done.returncode, done.stderr))


def environment() -> dict[str, str]:
    """This process's environment, with which a fresh one finds the same nblib from any folder, and no network."""
    made = {**os.environ, "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "PYTHONIOENCODING": "utf-8"}
    paths = [os.path.abspath(p) for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p]
    home = str(Path(nblib.__file__).resolve().parents[1])
    # Where packages are installed it is found anyway; put in front, old backports there would hide the library's own.
    if home not in {str(Path(sysconfig.get_path(name)).resolve()) for name in ("purelib", "platlib")}:
        paths.insert(0, home)
    if paths:
        made["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(paths))
    return made


def _last_word(code: int, stderr: str) -> str:
    if code < 0:
        return f"the process {_SIGNALS.get(-code, f'ended by signal {-code}')}"
    lines = [line for line in stderr.splitlines() if line.strip()]
    starts = [i for i, line in enumerate(lines) if line.startswith("Traceback ")]
    # Of chained errors the first is the cause; its line is the first one after the frames.
    named = [line for line in lines[starts[0] + 1 :] if not line[0].isspace()] if starts else []
    word = (named or lines[-1:] or [f"exit status {code}"])[0]
    return _COLOURS.sub("", word).strip()[:300]
