"""The folder that holds what was fetched: each item is there as a whole or not at all, and reading it writes nothing.

An item is made in a temporary folder beside its place, synced, marked with the sha256 of its files, and renamed. Two
processes may do this at once: the first to rename wins and the other throws its copy away. There is no lock file, so
that the cache may be a shared folder that nobody can write to.
"""

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
from nblib.engine.files import seal, sha256_of, swap

MARKER = ".nblib.json"
_TEMPORARY = ".nblib-tmp-"
_STALE_SECONDS = 86_400


def cache_folder() -> Path:
    """`NBLIB_CACHE` if set, else the platform's folder for caches; it may not be there yet."""
    chosen = os.environ.get("NBLIB_CACHE")
    if chosen:
        return Path(chosen).expanduser().absolute()
    from platformdirs import user_cache_path

    if sys.platform == "darwin":
        # Newer platformdirs follow XDG_CACHE_HOME here too; what was fetched before stays where it is.
        earlier = Path.home() / "Library" / "Caches" / "nblib"
        if earlier.is_dir():
            return earlier
    return user_cache_path("nblib", appauthor=False, opinion=False)


def offline() -> bool:
    """Whether `NBLIB_OFFLINE` forbids to fetch anything."""
    return os.environ.get("NBLIB_OFFLINE", "").strip().lower() not in ("", "0", "false", "no", "off")


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


def put(made: Path, place: Path, origin: str, about: dict) -> None:
    """Mark the folder `made` as complete and rename it to `place`; if a sound one is there by now, that one stays."""
    made.chmod(0o755)  # the cache may be shared
    for path in made.rglob("*"):
        if path.is_file():
            path.chmod(0o644)
    names = tuple(seal(made, MARKER, {**about, "origin": origin})["files"])
    for _ in range(5):
        if is_sound(place, origin, names):
            shutil.rmtree(made, ignore_errors=True)
            return
        try:
            swap(made, place, made.with_name(f"{made.name}-old"))
        except OSError:  # another process was there between the look and the rename: look again
            time.sleep(0.05)
            continue
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
