"""Files and folders that are written as a whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# With these a file system says that it does not sync folders, as some network ones do not.
_NO_FOLDER_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EBADF, errno.EACCES, errno.EPERM}


def write_atomic(path: str | Path, content: str | bytes) -> None:
    """Write a file so that a reader finds the old content or the new, never a part of it, whatever happens meanwhile.

    Text is written as UTF-8 with the line ends that it has. The folder must be there. Raises OSError (a full disk,
    no permission); the old file is untouched then, and no temporary one stays.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    with replacing(path) as temporary, open(temporary, "xb") as file:
        file.write(data)


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """The name of a temporary file beside ``path``: what the block writes there gets the name ``path`` at its end.

    Whatever is raised, in the block or at its end, the old file is untouched and no temporary one stays.
    """
    path = Path(path)
    temporary = beside(path)
    try:
        yield temporary
        sync(temporary)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync(path.parent)


def seal(folder: str | Path, marker: str, about: dict[str, Any]) -> dict[str, Any]:
    """Bring every file in ``folder`` to the disk, then write a list of them, so that a reader can tell it is whole.

    The list, a JSON file named ``marker`` and written last, is returned: ``about``, and under "files" the bytes and the
    sha256 of each by its path in the folder.
    """
    folder = Path(folder)
    files = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        files[path.relative_to(folder).as_posix()] = {"bytes": path.stat().st_size, "sha256": sha256_of(path)}
    for name in files:
        sync(folder / name)
    listed = {**about, "files": files}
    (folder / marker).write_text(json.dumps(listed, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    sync(folder / marker)
    for inner in sorted({(folder / name).parent for name in files} - {folder}):
        sync(inner)
    sync(folder)
    return listed


def replace_folder(temporary: str | Path, final: str | Path) -> None:
    """Bring everything in ``temporary`` to the disk and give it the name ``final``, in the place of what had that name.

    Both lie on one disk. Where the process is killed in the moment in which the old folder has stepped aside,
    ``restore(final)`` brings it back. Raises OSError; the old folder is in its place then.
    """
    temporary, final = Path(temporary), Path(final)
    for folder, _, files in os.walk(temporary):
        for file in files:
            sync(Path(folder) / file)
        sync(Path(folder))
    restore(final)
    swap(temporary, final, old_name(final))


def swap(temporary: Path, final: Path, old: Path) -> None:
    """Give ``temporary``, which is on the disk, the name ``final``; what had that name is deleted.

    A folder cannot be renamed onto another, so the old one is named ``old`` for a moment. Raises OSError; it is back in
    its place then.
    """
    try:
        if final.exists():
            os.rename(final, old)
        os.rename(temporary, final)
    except BaseException:
        if old.exists() and not final.exists():
            os.rename(old, final)
        raise
    sync(final.parent)
    _delete(old)


def restore(final: str | Path) -> None:
    """Finish or undo what a ``replace_folder`` left that was killed half-way."""
    final = Path(final)
    old = old_name(final)
    if not old.exists():
        return
    if final.exists():
        _delete(old)
    else:
        os.rename(old, final)


def old_name(final: Path) -> Path:
    """What a folder is called while another takes its place."""
    return final.with_name(f".{final.name}.old")


def beside(path: Path) -> Path:
    """A name in the same folder that nobody uses: hidden, ending in ``.part``."""
    return path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.part")


def sync(path: Path) -> None:
    """Bring one file or folder to the disk. Raises OSError, but not where the file system syncs no folders."""
    is_folder = path.is_dir()
    if os.name == "nt" and is_folder:
        return  # Windows opens no folders; its file system journals renames by itself
    try:
        # Windows syncs only what was opened for writing.
        handle = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        if not is_folder or error.errno not in _NO_FOLDER_SYNC:
            raise


def sha256_of(path: str | Path) -> str:
    """The sha256 of a file, hexadecimal."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
