"""What a view shares with its script, each trait with the type of its value.

traitlets gives every kind a constructor with a dozen options and a type that depends on them; a view needs eight kinds,
all of which are sent to the page when they change. These functions are the only place where such a trait is made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import traitlets


def text(value: str = "") -> traitlets.Unicode[str, str | bytes]:
    return traitlets.Unicode(value).tag(sync=True)


def flag(value: bool = False) -> traitlets.Bool[bool, bool | int]:
    return traitlets.Bool(value).tag(sync=True)


def whole(value: int = 0) -> traitlets.Int[int, int]:
    return traitlets.Int(value).tag(sync=True)


def number(value: float = 0.0) -> traitlets.Float[float, float | int]:
    return traitlets.Float(value).tag(sync=True)


def number_or_none() -> traitlets.Float[float | None, float | int | None]:
    """A number, None at first."""
    trait: traitlets.Float[float | None, float | int | None] = traitlets.Float(None, allow_none=True)
    return trait.tag(sync=True)


def data() -> traitlets.Bytes:
    """Arrays as bytes, sent as they are and not as JSON; the view's docstring says which."""
    return traitlets.Bytes(b"").tag(sync=True)


def items(value: Sequence[Any] = ()) -> traitlets.List[Any]:
    """A list of what JSON knows."""
    return traitlets.List(list(value)).tag(sync=True)


def mapping(value: Mapping[str, Any] | None = None) -> traitlets.Dict[str, Any]:
    """Names with what JSON knows."""
    return traitlets.Dict(dict(value or {})).tag(sync=True)
