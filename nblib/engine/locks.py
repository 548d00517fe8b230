"""A run folder belongs to one process at a time."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from nblib.engine.errors import InputError


class FolderLock:
    """Holds ``folder/lock`` until released or until the process ends, however it ends.

    The operating system holds the lock, so a killed process leaves none behind; the file's text only says who has it.
    Raises InputError where another process has the folder.
    """

    def __init__(self, folder: str | Path):
        self.path = Path(folder) / "lock"
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _lock(self._file)
        except OSError:
            holder = os.read(self._file, 200).decode("utf-8", "replace").strip() or "another process"
            os.close(self._file)
            raise InputError(
                f"{folder}: {holder} is working in this run folder; wait for it, or give another output folder"
            ) from None
        os.ftruncate(self._file, 0)
        os.write(self._file, f"process {os.getpid()} on {socket.gethostname()}\n".encode())

    def release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _lock(file: int) -> None:
    try:
        import fcntl
    except ImportError:
        import msvcrt

        # Windows locks bytes; one far beyond the text leaves the text readable to others.
        os.lseek(file, 1 << 20, os.SEEK_SET)
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        finally:
            os.lseek(file, 0, os.SEEK_SET)
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
