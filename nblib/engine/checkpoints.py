"""Checkpoints that are complete or absent.

A checkpoint is a folder ``step-000120``. It is filled under another name, every file is brought to the disk, a list of
the files with their sizes and sha256 (``complete.json``) is written last, and only then does the folder get its name.
A reader trusts a folder whose list is there and true.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from nblib.engine import files
from nblib.engine.errors import InputError

MARKER = "complete.json"
_PREFIX = "step-"
# What torch.load reads with weights_only=True; every other file that could be a pickle is refused.
_TENSORS_ONLY = {"optimizer.pt", "scheduler.pt", "scaler.pt"}
_PICKLES = {".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib"}


class Broken(Exception):
    """One checkpoint is not what its list says."""


def name(step: int) -> str:
    return f"{_PREFIX}{step:06d}"


def step_of(path: Path) -> int:
    return int(path.name[len(_PREFIX) :])


def found(folder: str | Path) -> list[Path]:
    """The checkpoints in a folder, newest first, unread."""
    folder = Path(folder)
    if not folder.is_dir():
        return []
    named = [p for p in folder.iterdir() if p.name.startswith(_PREFIX) and p.name[len(_PREFIX) :].isdigit()]
    return sorted(named, key=step_of, reverse=True)


def write(folder: str | Path, step: int, fill: Callable[[Path], None], need_bytes: int = 0) -> Path:
    """Have ``fill(temporary_folder)`` write the files, then make them a checkpoint. Returns its path.

    Raises OSError where the disk has less than ``need_bytes`` left or fills up; nothing half-written stays.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    sweep(folder)
    free = shutil.disk_usage(folder).free
    if free < need_bytes:
        raise OSError(28, f"{need_bytes / 1e6:.0f} MB are needed and {free / 1e6:.0f} MB are left", str(folder))
    final, temporary = folder / name(step), folder / f".{name(step)}.part"
    temporary.mkdir()
    try:
        fill(temporary)
        files.seal(temporary, MARKER, {"step": step})
        files.swap(temporary, final, files.old_name(final))
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return final


def verify(path: str | Path) -> dict:
    """The list of a checkpoint, after comparing every file with it.

    Raises Broken where it is incomplete or changed, and InputError where it holds a pickle.
    """
    path = Path(path)
    for file in path.iterdir():
        if file.suffix in _PICKLES and file.name not in _TENSORS_ONLY:
            raise InputError(f"{file}: a pickle can run code when it is loaded; refused. Delete it to go on")
    try:
        listed = json.loads((path / MARKER).read_text())
        stated = listed["files"]
    except FileNotFoundError:
        raise Broken(f"{path.name} is incomplete (no {MARKER})") from None
    except (ValueError, KeyError, TypeError):
        raise Broken(f"{path.name} has an unreadable {MARKER}") from None
    for file, facts in stated.items():
        target = path / file
        if not target.is_file():
            raise Broken(f"{path.name} lacks {file}")
        if target.stat().st_size != facts["bytes"]:
            raise Broken(f"{path.name}/{file} has {target.stat().st_size} bytes of {facts['bytes']}")
        if files.sha256_of(target) != facts["sha256"]:
            raise Broken(f"{path.name}/{file} was changed since it was written")
    unlisted = {p.name for p in path.iterdir()} - set(stated) - {MARKER}
    if unlisted:
        raise Broken(f"{path.name} holds files that it does not list ({', '.join(sorted(unlisted))})")
    return listed


def newest(folder: str | Path) -> tuple[Path | None, list[str]]:
    """The newest complete checkpoint, and a sentence for every newer one that was passed over.

    Raises InputError where there are checkpoints and every one is broken: to begin again from nothing is for the
    person to decide.
    """
    passed_over: list[str] = []
    for path in found(folder):
        try:
            verify(path)
        except Broken as problem:
            passed_over.append(str(problem))
        else:
            return path, passed_over
    if passed_over:
        raise InputError(
            f"{folder}: every checkpoint is broken ({'; '.join(passed_over)}); "
            "nothing was changed. Start a new run in another folder"
        )
    return None, passed_over


def prune(folder: str | Path, keep: int = 2, best: int | None = None) -> None:
    """Keep the newest ones and the best; delete the rest."""
    for path in found(folder)[keep:]:
        if step_of(path) != best:
            shutil.rmtree(path)


def sweep(folder: str | Path) -> None:
    """Delete what a process that died left half-written, and bring back what it was about to replace."""
    for path in Path(folder).glob(f".{_PREFIX}*.part"):
        shutil.rmtree(path, ignore_errors=True)
    for path in Path(folder).glob(f".{_PREFIX}*.old"):
        files.restore(path.with_name(path.name[1 : -len(".old")]))
