"""Exercises that grade themselves.

    from nblib.exercises import check, reveal

    check("09-steps", 123)       # right, or a hint that fits the mistake
    reveal("09-steps")           # the answer, for those who ask

What was passed is kept in the cache folder and shown by lab 00. The answers are computed from the data and the code of
these labs, or held as salted hashes; they stand in no notebook.
"""

from __future__ import annotations

from typing import Any

from nblib.config import nearest
from nblib.errors import InputError
from nblib.exercises import lab_00, lab_01, lab_02, lab_03, lab_04, lab_05, lab_06, lab_09, progress
from nblib.exercises.kinds import Exercise, Result
from nblib.pages import present

EXERCISES: dict[str, Exercise] = {
    e.name: e
    for e in (
        *lab_00.EXERCISES,
        *lab_01.EXERCISES,
        *lab_02.EXERCISES,
        *lab_03.EXERCISES,
        *lab_04.EXERCISES,
        *lab_05.EXERCISES,
        *lab_06.EXERCISES,
        *lab_09.EXERCISES,
    )
}

__all__ = ["EXERCISES", "Exercise", "Result", "check", "grade", "names", "progress", "reveal"]


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
    return [name for name in EXERCISES if name.startswith(f"{lab}-")]


def _find(name: str) -> Exercise:
    if name not in EXERCISES:
        raise InputError(f"no exercise {name!r}{nearest(name, EXERCISES)} There are {', '.join(EXERCISES)}")
    return EXERCISES[name]
