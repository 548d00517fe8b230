"""Words that more than one part says: how long, and what was probably meant."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable


def duration(seconds: float, unknown: str = "?") -> str:
    """Seconds as a person says them, in two units at most: 45 s, 3 min 20 s, 2 h 05 min."""
    if not math.isfinite(seconds):
        return unknown
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def alike(name: str, names: Iterable[str], cutoff: float = 0.6) -> list[str]:
    """The names that are written most like ``name``, three at most, the nearest first."""
    # Only whoever mistyped waits for it.
    import difflib

    return difflib.get_close_matches(name, list(names), n=3, cutoff=cutoff)


def did_you_mean(
    name: str,
    names: Iterable[str],
    *,
    cutoff: float = 0.6,
    form: Callable[[str], str] = str,
    between: str = ", ",
) -> str:
    """'did you mean a, b?', or nothing where no name is alike."""
    close = alike(name, names, cutoff)
    return f"did you mean {between.join(map(form, close))}?" if close else ""


def nearest(name: str, names: Iterable[str]) -> str:
    """The end of a message about an unknown option or choice: '; did you mean a, b?' or nothing."""
    hint = did_you_mean(name.replace("-", "_"), names)
    return f"; {hint}" if hint else ""
