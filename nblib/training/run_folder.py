"""The folder of a run: a new one, the one to go on with, or none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nblib.engine import checkpoints
from nblib.engine.config import RunConfig
from nblib.engine.errors import InputError
from nblib.engine.files import write_atomic
from nblib.engine.locks import is_empty
from nblib.engine.run import Run


def fresh(base: str) -> str:
    """``base`` with the first number that no folder has yet: "runs/book" → "runs/book-1"."""
    number = 1
    while (folder := Path(f"{base}-{number}")).exists():
        number += 1
    return str(folder)


def folder_for(output: str | None, run: Run) -> Path | None:
    """``output``, or None where nothing is to be written. Raises InputError where it cannot be a new run's."""
    if output is None:
        return None
    folder = Path(output)
    if run.resuming:
        return folder
    if folder.exists() and not folder.is_dir():
        raise InputError(f"output: {folder} is a file; give the name of a new folder")
    if (folder / "history.jsonl").exists() or (folder / "config.yaml").exists():
        raise InputError(
            f"output: {folder} holds another run; give another folder, or go on with: nblib resume {folder}"
        )
    if folder.exists() and not is_empty(folder):
        raise InputError(f"output: {folder} is not empty; give the name of a new folder")
    return folder


def checkpoint_of(run: Run, folder: Path) -> Path | None:
    """The checkpoint that a resumed run goes on from, if there is one; says which are passed over."""
    if not run.resuming:
        return None
    checkpoint, passed_over = checkpoints.newest(folder / "checkpoints")
    for problem in passed_over:
        run.say(f"{problem}: passed over")
    return checkpoint


def open_folder(config: RunConfig, run: Run, folder: Path, checkpoint: Path | None, **facts: Any) -> None:
    """Take the folder for this run: a new one gets its config and an event with the ``facts``."""
    if run.resuming:
        # What a process that died wrote after its last checkpoint no longer counts.
        run.open(folder, resume_from=checkpoints.step_of(checkpoint) if checkpoint else 0)
        where = f"from {checkpoint.name}" if checkpoint else "from the beginning: there is no checkpoint yet"
        run.say(f"going on {where}")
        return
    run.open(folder)
    write_atomic(folder / "config.yaml", config.to_yaml())
    run.session.history.event("start", job=config.kind, **facts)
