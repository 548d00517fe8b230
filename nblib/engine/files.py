"""Files and folders that are written as a whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path


def write_atomic(path: str | Path, content: str | bytes) -> None:
    """Write a file so that a reader finds the old content or the new, never a part of it, whatever happens meanwhile.

    Text is written as UTF-8 with the line ends that it has. The folder must be there. Raises OSError (a full disk,
    no permission); the old file is untouched then, and no temporary one stays.
    """
    path = Path(path)
    data = content.encode("utf-8") if isinstance(content, str) else content
    temporary = beside(path)
    try:
        with open(temporary, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync(path.parent)


def replace_folder(temporary: str | Path, final: str | Path) -> None:
    """Bring everything in ``temporary`` to the disk and give it the name ``final``, in the place of what had that name.

    Both lie on one disk. A folder cannot be renamed onto another, so the old one steps aside for a moment; where the
    process is killed in that moment, ``restore(final)`` brings it back. Raises OSError; the old folder is in its place
    then.
    """
    temporary, final = Path(temporary), Path(final)
    for folder, _, files in os.walk(temporary):
        for file in files:
            sync(Path(folder) / file)
        sync(Path(folder))
    restore(final)
    aside = _aside(final)
    try:
        if final.exists():
            os.rename(final, aside)
        os.rename(temporary, final)
    except BaseException:
        if aside.exists() and not final.exists():
            os.rename(aside, final)
        raise
    sync(final.parent)
    _delete(aside)


def restore(final: str | Path) -> None:
    """Finish or undo what a ``replace_folder`` left that was killed half-way."""
    final = Path(final)
    aside = _aside(final)
    if not aside.exists():
        return
    if final.exists():
        _delete(aside)
    else:
        os.rename(aside, final)


def beside(path: Path) -> Path:
    """A name in the same folder that nobody uses: hidden, ending in ``.part``."""
    return path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.part")


def sync(path: Path) -> None:
    """Bring one file or folder to the disk."""
    if os.name == "nt" and path.is_dir():
        return  # Windows opens no folders; its file system journals renames by itself
    # Windows syncs only what was opened for writing.
    handle = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _aside(final: Path) -> Path:
    return final.with_name(f".{final.name}.old")


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
