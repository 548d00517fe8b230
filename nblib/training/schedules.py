"""Learning-rate schedules: the one place that says which learning rate an optimiser step has.

The fine-tuning Trainer and ``Fit`` train with them; the panels' previews, the figures and the model card show them.

Steps count from 1. With w steps of warm-up, step k ≤ w has k/w of the peak: a whole share of it in step 1 already, and
the peak in step p = max(1, w). After step p a schedule falls towards what it would reach one step after the last,
so that neither the first nor the last step of a run is taken at a learning rate of 0. This is
``transformers.get_scheduler`` for one step more, without its first one: that has a learning rate of 0, and a run of six
steps loses a sixth of its data to it. What warm-up does is the same for all: "constant" climbs as the others do, and
then stays.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from nblib.engine.config import number_text

# Shape → factor on the peak after it: of the share of the way from the peak's step (0) to the one after the last (1),
# and of the step's number divided by that of the peak (1 or more).
FALLS: dict[str, Callable[[float, float], float]] = {
    "constant": lambda share, ratio: 1.0,
    "linear": lambda share, ratio: 1 - share,
    "cosine": lambda share, ratio: (1 + math.cos(math.pi * share)) / 2,
    # Vaswani and others, "Attention is all you need", 2017, section 5.3.
    "inverse_sqrt": lambda share, ratio: ratio**-0.5,
    "exponential": lambda share, ratio: 0.01**share,
}
SHAPES = tuple(FALLS)
WORDS = {
    "linear": "falls in a straight line towards 0",
    "cosine": "falls along half a cosine towards 0",
    "inverse_sqrt": "falls with one over the square root of the step",
    "exponential": "falls by the same share in every step, to a hundredth",
}


@dataclass(frozen=True)
class Schedule:
    """Factor on the peak of the learning rate at every step of a run.

    Args:
        shape: one of ``SHAPES``.
        total_steps: optimiser steps of the whole run.
        warmup_steps: steps in which the rate climbs to its peak; 0 and 1 are the same.
    """

    shape: str
    total_steps: int
    warmup_steps: int = 0

    def __call__(self, step: int) -> float:
        """The factor at step 1, 2, …, from 0 to 1; beyond the last step it is what the schedule ends in."""
        peak = min(max(1, self.warmup_steps), self.total_steps)
        if step <= peak:
            return step / peak
        share = min(1.0, (step - peak) / (self.total_steps + 1 - peak))
        return FALLS[self.shape](share, step / peak)

    def curve(self, points: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Steps 1 … total_steps (int32) and the factor at each (float64).

        With ``points`` at most that many, evenly spread, and the corner after warm-up.
        """
        steps = np.arange(1, self.total_steps + 1, dtype=np.int32)
        if points and self.total_steps > points:
            spread = np.linspace(1, self.total_steps, points).round()
            corner = np.clip([self.warmup_steps, self.warmup_steps + 1], 1, self.total_steps)
            steps = np.unique(np.concatenate([spread, corner])).astype(np.int32)
        return steps, np.array([self(step) for step in steps.tolist()])


def warmup_steps(config: Any, total_steps: int) -> int:
    """``config.warmup_ratio`` of the steps, rounded up."""
    return math.ceil(config.warmup_ratio * total_steps)


def schedule_of(config: Any, total_steps: int, shape: str | None = None) -> Schedule:
    """The schedule of a config with ``lr_scheduler_type`` and ``warmup_ratio``; ``shape``: in place of its own."""
    total_steps = max(1, int(total_steps))
    return Schedule(shape or config.lr_scheduler_type, total_steps, warmup_steps(config, total_steps))


def learning_rates(
    config: Any, total_steps: int, points: int = 0, shape: str | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The learning rate of each optimiser step, as a history keeps it: steps (int32) and rates (float32).

    ``points`` and ``shape`` as for ``Schedule.curve`` and ``schedule_of``.
    """
    steps, factors = schedule_of(config, total_steps, shape).curve(points)
    return steps, (config.learning_rate * factors).astype(np.float32)


def schedule_text(config: Any, total_steps: int | None = None) -> str:
    """What the learning rate does, in a sentence; warm-up in steps where their number is known."""
    peak, shape = number_text(config.learning_rate), config.lr_scheduler_type
    if not config.warmup_ratio:
        if shape == "constant":
            return f"The learning rate stays at {peak} from the first step to the last."
        return f"The learning rate starts at {peak} and {WORDS[shape]}."
    if total_steps:
        length = f"{warmup_steps(config, total_steps):,} of {total_steps:,} steps"
    else:
        length = f"the first {100 * config.warmup_ratio:g} % of the run"
    return f"The learning rate climbs to {peak} over {length}, then {WORDS.get(shape, 'stays there')}."
