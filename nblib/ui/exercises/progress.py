"""Which exercises were passed: a small file in the cache folder, or memory where that cannot be written."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path

from nblib.engine.files import write_atomic
from nblib.sources import cache_folder

NOTE = "The cache folder cannot be written, so what you pass is remembered only until the kernel ends."

_memory: dict[str, str] = {}


def path() -> Path:
    return cache_folder() / "progress.json"


def passed() -> dict[str, str]:
    """Name of the exercise → the day on which it was first passed, as 2026-01-31."""
    return {**_memory, **_read()}


def record(name: str) -> str:
    """Remember that an exercise was passed; a note for the person where that could not be written, else ""."""
    kept = _read()
    if name in kept:
        return ""
    _memory.setdefault(name, date.today().isoformat())
    try:
        path().parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path(), json.dumps({"passed": {**_memory, **kept}}, indent=1) + "\n")
    except OSError:
        return NOTE
    return ""


def forget() -> None:
    """Begin again: no exercise counts as passed. Raises OSError where the file is there and cannot be removed."""
    _memory.clear()
    path().unlink(missing_ok=True)


def writable() -> bool:
    """Whether what is passed outlives this kernel."""
    folder = next(p for p in (path().parent, *path().parents) if p.is_dir())
    return os.access(folder, os.W_OK)


def _read() -> dict[str, str]:
    try:
        days = json.loads(path().read_text(encoding="utf-8"))["passed"]
        return {str(name): str(day) for name, day in days.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
