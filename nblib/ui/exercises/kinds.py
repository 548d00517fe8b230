"""The kinds of answers and how each is graded: a number, a choice, a word, a function."""

from __future__ import annotations

import copy
import hashlib
import math
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup

from nblib.ui.pages import Page

RIGHT, WRONG, UNREADABLE, UNANSWERED = "right", "not yet", "cannot be graded", "no answer yet"
_LOOK = {RIGHT: ("--nbl-good", "✓"), WRONG: ("--nbl-bad", "✗"), UNREADABLE: ("--nbl-warn", "!"),
         UNANSWERED: ("--nbl-line", "○")}  # fmt: skip


@dataclass(frozen=True)
class Result:
    """A verdict and what to say with it; the answer itself is never in ``text`` unless it was given."""

    name: str
    verdict: str
    text: str

    @property
    def right(self) -> bool:
        return self.verdict == RIGHT

    def page(self, note: str = "") -> Page:
        colour, sign = _LOOK[self.verdict]
        text = " ".join([self.text, note]).strip()
        html = Markup(
            '<div role="status" style="border-left:4px solid var({});padding:4px 12px;margin:2px 0;max-width:820px">'
            '<b><span aria-hidden="true">{}</span> {}</b> <span class="nbl-soft">{}</span><br>{}</div>'
        ).format(colour, sign, self.verdict.capitalize(), self.name, text)
        return Page(html, f"{sign} {self.name}, {self.verdict}: {text}")


@dataclass(frozen=True)
class Exercise:
    """``grader(answer)`` → (verdict, text). ``answer()`` and ``because`` are for ``reveal``."""

    name: str
    asks: str
    grader: Callable[[Any], tuple[str, str]]
    answer: Callable[[], str]
    because: str

    def grade(self, answer: Any) -> Result:
        if answer is None or answer is ...:
            return Result(self.name, UNANSWERED, f"Give {self.asks} and run this cell again.")
        return Result(self.name, *self.grader(answer))

    def revealed(self) -> Page:
        html = Markup("<p><b>{}</b>: {}<br>{}</p>").format(self.name, self.answer(), self.because)
        return Page(html, f"{self.name}: {self.answer()}\n{self.because}")


# -- numbers -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mistake:
    """What a typical slip gives, and the hint that fits it."""

    gives: Any
    hint: str


def number(
    name: str,
    correct: Callable[[], float],
    mistakes: Callable[[], Sequence[Mistake]],
    *,
    praise: str,
    because: str,
    otherwise: str,
    tolerance: float = 0.01,
    whole: bool = False,
) -> Exercise:
    """Right within ``tolerance`` (relative; exact for whole numbers). ``mistakes`` are compared in their order."""

    def close(given: float, value: float) -> bool:
        if whole:
            return given == value
        return math.isclose(given, value, rel_tol=tolerance, abs_tol=1e-12)

    def grader(given: Any) -> tuple[str, str]:
        value = _as_number(given)
        if isinstance(value, str):
            return UNREADABLE, value
        wanted = correct()
        if close(value, wanted):
            return RIGHT, praise
        for mistake in mistakes():
            if close(value, mistake.gives):
                return WRONG, mistake.hint
        if close(value, 100 * wanted):
            return WRONG, "That is a percentage; give it as a share between 0 and 1."
        if whole and value != round(value):
            return WRONG, "The answer is a whole number."
        return WRONG, otherwise

    def shown() -> str:
        wanted = correct()
        return f"{wanted:,.0f}" if whole else f"{wanted:.4g}"

    return Exercise(name, "a number", grader, shown, because)


def _as_number(given: Any) -> float | str:
    if isinstance(given, str):
        return f"{given!r} is text; leave the quotation marks out."
    if isinstance(given, bool):
        return "True and False are no numbers."
    if callable(given):
        return "That is a function; call it, and give the number that it returns."
    try:
        value = float(given)
    except (TypeError, ValueError):
        return f"A number is needed, and this is of type {type(given).__name__}."
    return value if math.isfinite(value) else "The result is no finite number; look for a division by zero."


# -- words and choices ---------------------------------------------------------------------------------------------


def digest(name: str, value: str) -> str:
    """How an answer is held: the exercise's name is the salt."""
    return hashlib.sha256(f"nblib/{name}/{value}".encode()).hexdigest()[:20]


def _found(name: str, held: str, candidates: Sequence[str]) -> str:
    return next(c for c in candidates if digest(name, c) == held)


def choice(
    name: str, options: Sequence[str], held: str, hints: dict[str, str], *, praise: str, because: str
) -> Exercise:
    """One letter of ``options``; ``hints``: wrong letter → hint."""

    def grader(given: Any) -> tuple[str, str]:
        letter = str(given).strip().strip("().").lower()
        if letter not in options:
            return UNREADABLE, f'Give one letter of {", ".join(options)}, as in answer = "{options[0]}".'
        return (RIGHT, praise) if digest(name, letter) == held else (WRONG, hints[letter])

    return Exercise(name, "one letter", grader, lambda: _found(name, held, options), because)


def word(
    name: str,
    candidates: Callable[[], Sequence[str]],
    held: str,
    hints: dict[str, str],
    *,
    praise: str,
    because: str,
    otherwise: str,
    unknown: str,
) -> Exercise:
    """One of many names that the checker can list; ``unknown`` is said, with the nearest, of what is none of them."""
    from nblib.engine.text import nearest

    def grader(given: Any) -> tuple[str, str]:
        if not isinstance(given, str):
            return UNREADABLE, 'Give a name in quotation marks, as in answer = "epochs".'
        said = given.strip().strip("-").lower().replace("-", "_").replace(" ", "_")
        if said not in candidates():
            # Near an answer by its spelling alone would give it away.
            known = [c for c in candidates() if digest(name, c) != held]
            return WRONG, unknown + nearest(said, known)
        return (RIGHT, praise) if digest(name, said) == held else (WRONG, hints.get(said, otherwise))

    return Exercise(name, "a name in quotation marks", grader, lambda: _found(name, held, candidates()), because)


# -- functions -----------------------------------------------------------------------------------------------------


def function(
    name: str,
    oracle: Callable,
    cases: Sequence[tuple],
    mistakes: Sequence[tuple[Callable, str]],
    *,
    signature: str,
    praise: str,
    because: str,
    tolerance: float = 1e-6,
) -> Exercise:
    """A function that returns a number, run on ``cases`` (argument tuples) and compared with ``oracle``.

    ``mistakes``: (a function with a typical slip, the hint for it); the hint is given when the answer does on every
    case what that function does.
    """

    def same(a: Any, b: Any) -> bool:
        return math.isclose(float(a), float(b), rel_tol=tolerance, abs_tol=tolerance)

    def grader(given: Any) -> tuple[str, str]:
        if not callable(given):
            return UNREADABLE, f"Give the function itself, without brackets: {signature.partition('(')[0]}."
        found = []
        for case in cases:
            try:
                value = given(*copy.deepcopy(case))
            except Exception as error:
                return WRONG, f"{_explained(error, given)} It was called with {_call(signature, case)}."
            if value is ...:
                return UNANSWERED, f"Write {signature} and run this cell again."
            if value is None:
                return WRONG, "The function returns nothing: its last line needs a `return`."
            value = _as_number(value)
            if isinstance(value, str):
                return WRONG, f"{value} It was called with {_call(signature, case)}."
            found.append(value)
        wrong = [i for i, case in enumerate(cases) if not same(found[i], oracle(*case))]
        if not wrong:
            return RIGHT, praise
        for slip, hint in mistakes:
            if all(same(value, _value(slip, case)) for value, case in zip(found, cases, strict=True)):
                return WRONG, hint
        case = cases[wrong[0]]
        return WRONG, (
            f"Right on {len(cases) - len(wrong)} of {len(cases)} inputs. {_call(signature, case)} gave "
            f"{found[wrong[0]]:.4g}, which is too {'large' if found[wrong[0]] > oracle(*case) else 'small'}."
        )

    return Exercise(name, f"a function {signature}", grader, lambda: signature, because)


def _value(slip: Callable, case: tuple) -> float:
    try:
        return float(slip(*case))
    except (ArithmeticError, ValueError):
        return math.nan


def _explained(error: Exception, function: Callable) -> str:
    """What stopped the function, and the line of its own that led there."""
    home = getattr(getattr(function, "__code__", None), "co_filename", None)
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == home]
    where = f" in line {own[-1].lineno} of its cell" if own else ""
    return f"The function stopped{where} with {type(error).__name__}: {error}."


def _call(signature: str, case: tuple) -> str:
    parts = [repr(a.tolist() if isinstance(a, np.ndarray) else a) for a in case]
    return f"{signature.partition('(')[0]}({', '.join(parts)})"
