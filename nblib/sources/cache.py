"""The folder that holds what was fetched: each item is there as a whole or not at all, and reading it writes nothing.

An item is made in a temporary folder beside its place, synced, marked with the sha256 of its files, and renamed. Two
processes may do this at once: the first to rename wins and the other throws its copy away. There is no lock file, so
that the cache may be a shared folder that nobody can write to.
"""

import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from nblib.engine.errors import InputError

MARKER = ".nblib.json"
_TEMPORARY = ".nblib-tmp-"
_STALE_SECONDS = 86_400


def cache_folder() -> Path:
    """`NBLIB_CACHE` if set, else the platform's folder for caches; it may not be there yet."""
    chosen = os.environ.get("NBLIB_CACHE")
    if chosen:
        return Path(chosen).expanduser().absolute()
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "nblib"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "nblib"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "nblib"


def offline() -> bool:
    """Whether `NBLIB_OFFLINE` forbids to fetch anything."""
    return os.environ.get("NBLIB_OFFLINE", "").strip().lower() not in ("", "0", "false", "no", "off")


def sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def read_marker(folder: Path) -> dict | None:
    """The marker of a complete folder, None when there is none that can be read."""
    try:
        marker = json.loads((folder / MARKER).read_text(encoding="utf-8"))
        return marker if isinstance(marker["files"], dict) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def is_complete(folder: Path, origin: str, names: tuple[str, ...] = ()) -> bool:
    """Whether the folder was made whole from `origin` (an archive's sha256), has `names`, and all sizes are right."""
    marker = read_marker(folder)
    if marker is None or marker.get("origin") != origin or not set(names) <= set(marker["files"]):
        return False
    try:
        return all((folder / name).stat().st_size == entry["bytes"] for name, entry in marker["files"].items())
    except (OSError, KeyError, TypeError):
        return False


@lru_cache(maxsize=256)
def _hash_at(path: str, size: int, modified: int) -> str:
    return sha256_of(Path(path))


def is_sound(folder: Path, origin: str, names: tuple[str, ...] = ()) -> bool:
    """As `is_complete`, and every file has the sha256 of the marker; each file is read once a process."""
    if not is_complete(folder, origin, names):
        return False
    for name, entry in read_marker(folder)["files"].items():
        path = folder / name
        state = path.stat()
        if _hash_at(str(path), state.st_size, state.st_mtime_ns) != entry["sha256"]:
            return False
    return True


def _sync(path: Path) -> None:
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:  # a folder cannot be opened on Windows
        return
    try:
        os.fsync(handle)
    except OSError:  # some network file systems refuse it for folders
        pass
    finally:
        os.close(handle)


def _finish(folder: Path, origin: str, about: dict) -> None:
    """Sync every file, then write the marker last."""
    files = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        with open(path, "rb+") as file:
            os.fsync(file.fileno())
        path.chmod(0o644)  # as with the folder below: the cache may be shared
        files[path.relative_to(folder).as_posix()] = {"bytes": path.stat().st_size, "sha256": sha256_of(path)}
    marker = json.dumps({**about, "origin": origin, "files": files}, indent=1, ensure_ascii=False)
    with open(folder / MARKER, "w", encoding="utf-8") as file:
        file.write(marker + "\n")
        file.flush()
        os.fsync(file.fileno())
    folder.chmod(0o755)
    _sync(folder)


def put(made: Path, place: Path, origin: str, about: dict) -> None:
    """Mark the folder `made` as complete and rename it to `place`; if a sound one is there by now, that one stays."""
    _finish(made, origin, about)
    names = tuple(read_marker(made)["files"])
    for _ in range(5):
        if is_sound(place, origin, names):
            shutil.rmtree(made)
            return
        try:
            if place.exists():
                aside = made.with_name(f"{made.name}-old")
                place.rename(aside)
                shutil.rmtree(aside, ignore_errors=True)
            made.rename(place)
        except OSError:  # another process was there between the look and the rename: look again
            time.sleep(0.05)
            continue
        _sync(place.parent)
        return
    raise InputError(f"{place} cannot be replaced: close what uses it and try again")


def require_space(folder: Path, needed: int, what: str) -> None:
    """Raise unless the disk has `needed` bytes and a tenth more."""
    free = shutil.disk_usage(folder).free
    if free < needed * 1.1:
        raise InputError(
            f"{what} needs {needed * 1.1 / 1e6:,.0f} MB in {folder}, and {free / 1e6:,.0f} MB are free; "
            "make room or set NBLIB_CACHE to a folder on another disk"
        )


@contextmanager
def workspace(what: str) -> Iterator[Path]:
    """A temporary folder in the cache, gone at the end; what a killed process left a day ago is removed too.

    Raises:
        InputError: the cache cannot be written.
    """
    root = cache_folder()
    try:
        root.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=_TEMPORARY, dir=root))
    except OSError as error:
        raise InputError(
            f"{what} is not in the cache {root}, and the cache cannot be written ({error.strerror or error}); set "
            f"NBLIB_CACHE to a folder of your own, or let whoever keeps this one run `nblib pull {what}`"
        ) from error
    try:
        for old in root.glob(f"{_TEMPORARY}*"):
            if old != folder and time.time() - old.stat().st_mtime > _STALE_SECONDS:
                shutil.rmtree(old, ignore_errors=True)
        yield folder
    except OSError as error:
        raise InputError(f"{what} cannot be written into the cache {root}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
