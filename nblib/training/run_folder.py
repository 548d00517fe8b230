"""The folder of a run of a model of ours: a new one, the one to go on with, or none."""

from __future__ import annotations

from pathlib import Path

from nblib.engine import checkpoints
from nblib.engine.errors import InputError
from nblib.engine.files import write_atomic
from nblib.engine.locks import is_empty
from nblib.engine.run import Run
from nblib.training.config import FitConfig


def fresh(base: str) -> str:
    """``base`` with the first number that no folder has yet: "runs/book" → "runs/book-1"."""
    number = 1
    while (folder := Path(f"{base}-{number}")).exists():
        number += 1
    return str(folder)


def folder_for(config: FitConfig, run: Run) -> Path | None:
    """``config.output``, or None where nothing is to be written. Raises InputError where it cannot be a new run's."""
    if config.output is None:
        return None
    folder = Path(config.output)
    if run.resuming:
        return folder
    if folder.exists() and not folder.is_dir():
        raise InputError(f"output: {folder} is a file; give the name of a new folder")
    if (folder / "history.jsonl").exists() or (folder / "config.yaml").exists():
        raise InputError(f"output: {folder} holds another run; give another folder, or go on: nblib resume {folder}")
    if folder.exists() and not is_empty(folder):
        raise InputError(f"output: {folder} is not empty; give the name of a new folder")
    return folder


def begin_folder(config: FitConfig, run: Run, folder: Path | None) -> Path | None:
    """Take the folder for this run and write its config; returns the checkpoint to go on from, if there is one."""
    if folder is None:
        return None
    if not run.resuming:
        run.open(folder)
        write_atomic(folder / "config.yaml", config.to_yaml())
        run.session.history.event("start", job=config.kind)
        return None
    checkpoint, passed_over = checkpoints.newest(folder / "checkpoints")
    for problem in passed_over:
        run.say(f"{problem}: passed over")
    # What a process that died wrote after its last checkpoint no longer counts.
    run.open(folder, resume_from=checkpoints.step_of(checkpoint) if checkpoint else 0)
    where = f"from {checkpoint.name}" if checkpoint else "from the beginning: there is no checkpoint yet"
    run.say(f"going on {where}")
    return checkpoint
