"""Exercises that grade themselves.

    from nblib.ui.exercises import check, reveal

    check("09-steps", 123)       # right, or a hint that fits the mistake
    reveal("09-steps")           # the answer, for those who ask

What was passed is kept in the cache folder and shown by lab 00. The answers are computed from the data and the code of
these labs, or held as salted hashes; they stand in no notebook.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from nblib.engine.errors import InputError
from nblib.engine.text import nearest
from nblib.index import LABS
from nblib.ui.exercises import progress
from nblib.ui.exercises.kinds import Exercise, Result
from nblib.ui.pages import present

__all__ = ["Exercise", "Result", "check", "exercises", "grade", "names", "progress", "reveal"]


def grade(name: str, answer: Any = None) -> Result:
    """The verdict on an answer, and a hint; shows and records nothing. Raises InputError for an unknown exercise."""
    return _find(name).grade(answer)


def check(name: str, answer: Any = None) -> None:
    """Grade an answer, say so in the cell's output, and remember that the exercise was passed."""
    result = grade(name, answer)
    note = progress.record(name) if result.right else ""
    present(result.page(note))


def reveal(name: str) -> None:
    """Show the answer and why it is the answer. The exercise does not count as passed by this."""
    present(_find(name).revealed())


def names(lab: str) -> list[str]:
    """The exercises of a lab, "09" for one, in their order."""
    return [name for name in exercises() if name.startswith(f"{lab}-")]


@cache
def exercises() -> dict[str, Exercise]:
    """All of them by name, from the folders of the labs that are there; a lab may have no ``exercises`` module."""
    modules = [f"{lab.package}.exercises" for lab in LABS if lab.exists]
    groups = [import_module(module).EXERCISES for module in modules if find_spec(module) is not None]
    return {exercise.name: exercise for group in groups for exercise in group}


def _find(name: str) -> Exercise:
    known = exercises()
    if name not in known:
        raise InputError(f"no exercise {name!r}{nearest(name, known)} There are {', '.join(known)}")
    return known[name]
