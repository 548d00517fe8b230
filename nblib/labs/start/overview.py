"""The map of the labs: what each is for, what it takes, and the exercises that were passed."""

from __future__ import annotations

from markupsafe import Markup

from nblib import sources
from nblib.engine.text import duration
from nblib.index import LABS, Lab
from nblib.labs.start.links import link
from nblib.ui import exercises
from nblib.ui.pages import Page, table


def lab_map() -> Page:
    """The twelve labs: what each is for, the time and the disk that it takes, and the exercises that were passed."""
    passed = exercises.progress.passed()
    rows = []
    for lab in LABS:
        names = exercises.names(lab.number)
        done = sum(name in passed for name in names)
        if lab.exists:
            figures = [duration(lab.seconds), _disk(lab), _progress(done, len(names))]
            rows.append([lab.number, link(lab, lab.name), lab.promise, *figures])
        else:
            soft = Markup('<span class="nbl-soft">{}</span>')
            rows.append([*(soft.format(text) for text in (lab.number, lab.name, lab.promise, "coming")), "", ""])
    note = (
        "Time: about, for “Run All” on two idle CPU cores; on a GPU, not measured. Disk: what the lab needs from the "
        "offline pack, and what its runs leave in labs/runs/."
    )
    if not exercises.progress.writable():
        note += f" {exercises.progress.NOTE}"
    return table(["", "Lab", "What you will be able to do", "Time", "Disk", "Exercises"], rows, note=note)


def _disk(lab: Lab) -> str:
    items = [item for item in sources.catalogue() if item.name in lab.pack]
    if not items:
        return "none"
    return f"{sum(item.disk_bytes for item in items) / 1e6:.0f} MB, runs {lab.runs_mb} MB"


def _progress(done: int, of: int) -> str:
    return f"{done} of {of} passed" if of else "none"
