"""Take named files out of a zip, wheel or tar archive whose checksum is already known to be right.

Nothing is extracted by the archive's own paths: every file is copied to a name that the caller chose. An archive with a
link, a device, an absolute path or a `..` anywhere in it is refused as a whole.
"""

import io
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from nblib.engine.errors import InputError

_BROKEN = (zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error, NotImplementedError)


def _refuse_path(archive: str, name: str) -> None:
    parts = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or ":" in parts[0] or ".." in parts:
        raise InputError(f"{archive} holds a path that leads out of its folder ({name!r}): not unpacked")


def _zip_members(archive: zipfile.ZipFile, label: str) -> dict[str, Callable[[], IO[bytes]]]:
    members = {}
    for info in archive.infolist():
        _refuse_path(label, info.filename)
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise InputError(f"{label} holds a link or a device ({info.filename!r}): not unpacked")
        members[info.filename] = lambda info=info: archive.open(info)
    return members


def _tar_members(archive: tarfile.TarFile, label: str) -> dict[str, Callable[[], IO[bytes]]]:
    members = {}
    for info in archive.getmembers():
        _refuse_path(label, info.name)
        if not (info.isreg() or info.isdir()):
            raise InputError(f"{label} holds a link or a device ({info.name!r}): not unpacked")
        if info.isreg():
            members[info.name] = lambda info=info: archive.extractfile(info)
    return members


@contextmanager
def _opened(file: IO[bytes], label: str) -> Iterator[dict[str, Callable[[], IO[bytes]]]]:
    try:
        if zipfile.is_zipfile(file):
            file.seek(0)
            with zipfile.ZipFile(file) as archive:
                yield _zip_members(archive, label)
        else:
            file.seek(0)
            with tarfile.open(fileobj=file, mode="r:*") as archive:
                yield _tar_members(archive, label)
    except _BROKEN as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(":")
        raise InputError(f"{label} is a broken archive: {reason}") from error


def _member(members: dict[str, Callable[[], IO[bytes]]], name: str, label: str) -> IO[bytes]:
    if name not in members:
        raise InputError(f"{label} lacks the file {name!r}")
    return members[name]()


def unpack(archive: Path, files: tuple[tuple[str, str], ...], folder: Path) -> None:
    """Copy files of the archive into the folder.

    Args:
        archive: a zip, a wheel, or a tar of any compression.
        files: (path in the archive, path in the folder); "outer!inner" names a file of an archive in the archive.
        folder: is there already.

    Raises:
        InputError: a link, a device, a path out of the folder, a missing file or a broken archive; the folder may then
            hold some of the files, and the caller throws it away.
    """
    with open(archive, "rb") as file, _opened(file, archive.name) as members:
        inner_archives: dict[str, bytes] = {}
        for source, target in files:
            outer, _, inner = source.partition("!")
            path = folder / target
            path.parent.mkdir(parents=True, exist_ok=True)
            if not inner:
                with _member(members, outer, archive.name) as stream, open(path, "wb") as sink:
                    shutil.copyfileobj(stream, sink, 1 << 20)
                continue
            label = outer.rpartition("/")[2]
            if outer not in inner_archives:
                with _member(members, outer, archive.name) as stream:
                    inner_archives[outer] = stream.read()
            with _opened(io.BytesIO(inner_archives[outer]), label) as inner_members:
                with _member(inner_members, inner, label) as stream, open(path, "wb") as sink:
                    shutil.copyfileobj(stream, sink, 1 << 20)
