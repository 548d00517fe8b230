"""The perceptron by hand: what its sliders hold."""

from __future__ import annotations

from typing import ClassVar

from nblib.engine.config import RunConfig, setting

_LINE = {"group": "line", "slider": (-3, 3), "step": 0.05, "ge": -100, "le": 100, "live": True}


class PerceptronConfig(RunConfig):
    """y = 1 if w1·x1 + w2·x2 > θ, else 0. Raises InputError, in one line, for anything that does not fit."""

    kind: ClassVar[str] = "perceptron"

    w1: float = setting(1.0, "weight of the first input", **_LINE)
    w2: float = setting(1.0, "weight of the second input", **_LINE)
    theta: float = setting(0.5, "threshold θ that the weighted sum must exceed", **_LINE)
    bias: float = setting(-0.5, "the same as a bias, b = −θ: add it and compare with 0", **_LINE)
    learning_rate: float = setting(
        0.5, "how far one update moves, η", group="learning", slider=(0.05, 2), step=0.05, gt=0, le=100, live=True
    )
    gap: float = setting(
        0.2, "room on both sides of the line between two clouds of points", group="points", slider=(0.02, 1), step=0.02,
        ge=0, le=1.2, live=True,
    )  # fmt: skip
