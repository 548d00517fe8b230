"""A run folder belongs to one process at a time."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from filelock import FileLock, Timeout

from nblib.engine.errors import InputError

# What is locked, and the text that says who has it: apart, since older filelock empties what it locks, and Windows lets
# nobody else read it.
LOCKED, HOLDER = ".lock", "lock"


class FolderLock:
    """Holds a folder until released or until the process ends, however it ends.

    The operating system holds the lock, so a killed process leaves none behind. Raises InputError where another process
    has the folder, and OSError where nothing can be written there.
    """

    def __init__(self, folder: str | Path):
        folder = Path(folder)
        holder = folder / HOLDER
        # Not bound to a thread: whoever ends the run lets the folder go.
        self._lock = FileLock(folder / LOCKED, thread_local=False)
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise InputError(
                f"{folder}: {_text(holder)} is working in this run folder; wait for it, or give another output folder"
            ) from None
        try:
            holder.write_text(f"process {os.getpid()} on {socket.gethostname()}\n", encoding="utf-8")
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        """Let the folder go; again does nothing."""
        self._lock.release()


def is_empty(folder: str | Path) -> bool:
    """Whether the folder holds nothing but what locks it."""
    return all(path.name in (LOCKED, HOLDER) for path in Path(folder).iterdir())


def _text(holder: Path) -> str:
    try:
        return holder.read_text(encoding="utf-8", errors="replace").strip() or "another process"
    except OSError:
        return "another process"
