"""The playground as a job of a ``Session``."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from nblib.engine.errors import Diverged
from nblib.engine.run import Run
from nblib.labs.perceptron.playground.config import PlaygroundConfig
from nblib.labs.perceptron.playground.play import Play

# Losses are measured every so many updates: often enough for a curve, seldom enough to cost next to nothing.
MEASURE_EVERY = 100


class Playground:
    """Trains until it is stopped, or for ``max_steps`` updates. The session's model is the ``Play``.

    The history gets ``loss`` and ``eval_loss`` every 100 updates. Returns both, as measured at the end, with the
    ``accuracy`` on the test points. ``start``: a Play to go on with, in place of a new one.

    Raises Diverged, when the session runs, once a weight is no finite number.
    """

    def __init__(self, config: PlaygroundConfig, start: Play | None = None):
        self.config, self._start = config, start

    def __call__(self, run: Run) -> dict[str, float]:
        # A weight may overflow, which the loss then says; numpy need not say it as well.
        with np.errstate(all="ignore"):
            play = run.model = self._start or Play(self.config)
            play.config = self.config

            def change(name: str, value: Any) -> Any:
                old = play.change(name, value)
                run.total = play.config.max_steps
                return old

            run.on_set(change)
            run.begin(total=play.config.max_steps)
            going = True
            while going and (play.config.max_steps is None or run.number < play.config.max_steps):
                items = play.update()
                if play.step % MEASURE_EVERY == 0:
                    loss, test = play.measure()
                    if not math.isfinite(loss):
                        raise Diverged(
                            f"the weights are no longer finite numbers at step {run.number + 1}; press Reset, or lower "
                            "the learning rate and press Start"
                        )
                    going = run.step(items=items, loss=loss, eval_loss=test)
                else:
                    going = run.step(items=items)
            loss, test = play.measure()
            run.log(loss=loss, eval_loss=test)
            return {"loss": loss, "eval_loss": test, "accuracy": play.accuracy()}


def playground(config: PlaygroundConfig, start: Any = None) -> Playground:
    """The job of a config, for ``Session(playground(config))``."""
    return Playground(config, start)
