"""What the panels over ``nblib.training.fit`` share: the job that the worker made."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

import numpy as np

from nblib.engine.config import RunConfig
from nblib.engine.history import History
from nblib.engine.session import Session
from nblib.figures import decimate, smooth, window_for
from nblib.ui.controls import Controls
from nblib.ui.run_panel import RunPanel

if TYPE_CHECKING:
    from nblib.training.fit import Fit

POINTS = 400
F = TypeVar("F", bound="Fit")
C = TypeVar("C", bound=RunConfig)


class FitPanel(RunPanel, Generic[F, C]):
    """``fit``: the job of the session that is watched, once there is one. While a run is active only the worker may
    touch it, in ``draw``. A panel names its job and its config: ``FitPanel["Recurrence", RecurrentConfig]``."""

    controls: Controls[C]
    _made: Any = None

    def __init__(
        self,
        cfg: RunConfig | None = None,
        session: Session | None = None,
        folder: str | Path | None = None,
        *,
        make_job: Callable[[RunConfig], Callable] | None = None,
    ):
        make = make_job or (lambda config: config.make_job())

        def keep(config: RunConfig) -> Callable:
            self._made = make(config)
            return self._made

        super().__init__(cfg, session, folder, make_job=keep)

    @property
    def fit(self) -> F | None:
        if self._made is not None:
            return self._made
        job = self.session.job if self.session is not None else None
        # A panel is given sessions of its own kind of job.
        return cast("F", job) if hasattr(job, "live") and hasattr(job, "done") else None

    @property
    def model(self) -> Any:
        """The model, once it is made and has taken a step."""
        return getattr(self.fit, "model", None)

    def settings_of(self, session: Session | None) -> C:
        """The settings of a session; those in the controls where it has none."""
        config = session.config if session is not None else None
        return self.controls.config if config is None else cast("C", config)

    def forget(self) -> None:
        self._made = None

    def status_cells(self, session: Session | None) -> list[list[str]]:
        cells = super().status_cells(session)
        speed = session.items_per_second if session is not None else math.nan
        if speed >= 10_000:
            cells[2][1] = f"{speed / 1000:.1f}k {self.unit}/s"
        return cells


def smoothed(history: History, metric: str) -> tuple[np.ndarray, np.ndarray]:
    """Steps and values of a metric for a curve: a moving mean, at most ``POINTS`` of it."""
    values = history[metric]
    # A run that explodes goes through numbers whose sum is none.
    with np.errstate(over="ignore", invalid="ignore"):
        return decimate(history.steps(metric), smooth(values, window_for(len(values))), POINTS)
