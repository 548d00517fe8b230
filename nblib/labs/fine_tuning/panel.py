"""Fine-tuning with one's hands on it: live curves, the schedule that moves with the sliders, results and export."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import ipywidgets as widgets
import numpy as np
from markupsafe import Markup

from nblib import figures
from nblib.engine.config import RunConfig
from nblib.engine.history import History
from nblib.engine.session import Session
from nblib.labs.fine_tuning.drawers import DRAWERS
from nblib.training import schedules
from nblib.training.finetune.config import FineTuneConfig
from nblib.ui.elements import html, row
from nblib.ui.run_panel import RunPanel
from nblib.ui.views.download import Download
from nblib.ui.views.lines import Lines

if TYPE_CHECKING:
    import plotly.graph_objects as go

IN_SIGHT = (
    "dataset", "model", "max_train_samples", "epochs", "batch_size", "learning_rate", "warmup_ratio", "freeze_layers",
)  # fmt: skip
APART = {
    "max_train_samples": "all",
    "max_eval_samples": "all",
    "max_steps": "no limit",
    "dropout": "the model's",
    "eval_steps": "each epoch",
    "save_steps": "each epoch",
    "text_column": "found by its name",
    "label_column": "found by its name",
    "output": "a new one under runs/",
}
PLANNED_POINTS = 200
# Seconds of a draw that is a long run's, and without one at most.
LONG_DRAW, LONG_REST = 0.002, 2.0


class FineTunePanel(RunPanel):
    """A panel to fine-tune a model: ``FineTunePanel(cfg)`` as the last expression of a cell, or ``display(...)``.

    Args:
        cfg: a FineTuneConfig, shown at first; the session's, or the defaults, when left out.
        session: a session to watch and steer, in any state.
        folder: a run folder; its curves are shown, and Start goes on from its last complete checkpoint.
        make_job: config → job, in place of the config's own; it is called in the worker thread.
    """

    config_class = FineTuneConfig
    in_sight, apart = IN_SIGHT, APART
    # A redraw takes a millisecond: ten a second are less than 1 % of the time.
    rest = 100

    def pictures(self) -> widgets.DOMWidget:
        self._rows: dict[tuple, int] = {}
        self.smoothing = widgets.Checkbox(value=True, description="smooth", indent=False, layout={"width": "auto"})
        self.log_scale = widgets.Checkbox(value=False, description="log loss", indent=False, layout={"width": "auto"})
        self.smoothing.observe(lambda _change: self.redraw(), "value")
        self.log_scale.observe(lambda change: setattr(self.losses, "log_scale", change["new"]), "value")
        together = {"group": uuid4().hex, "tools": False}
        self.losses = Lines(
            title="Loss", height=178, axis=False, empty="The loss draws itself here once the run has begun.", **together
        )
        self.accuracies = Lines(
            title="Validation accuracy", height=112, axis=False, unit="%", between=[0, 1],
            empty="Empty until the first look at the validation split.", **together,
        )  # fmt: skip
        self.rates = Lines(title="Learning rate", height=124, **together)
        self.download = Download(filename="curves", group=together["group"])
        self.download.on_open(lambda: self.open_figure(self.losses))
        self.caption = html("")
        self.caption.add_class("nblib-caption")
        tools = row(self.smoothing, self.log_scale, self.download)
        tools.add_class("nblib-tools")
        return widgets.VBox([tools, self.losses, self.accuracies, self.rates, self.caption])

    def figure_of(self, lines: Lines) -> go.Figure:
        """Loss and accuracy from the run's history; any of the charts opens both."""
        session = self.session
        history = session.history if session is not None else History()
        figure = figures.curves(
            history, smoothing=self.smoothing.value, log_scale=self.log_scale.value, baselines=_baselines(session),
            until=(session.total if session is not None else None) or None,
        )  # fmt: skip
        figure.layout.meta = {"text": self._text(history)}
        return figure

    def open_figure(self, lines: Lines) -> None:
        super().open_figure(lines)
        self.download.pictures += 1

    def rest_after(self, seconds: float) -> float:
        # With the status line, drawing a run of 30,000 steps stays below 1 % as well.
        return super().rest_after(seconds) if seconds < LONG_DRAW else min(LONG_REST, 2 * self.rest * seconds)

    def make_drawers(self) -> dict[str, Any]:
        return {name: kind(self) for name, kind in DRAWERS.items()}

    def suggestions(self) -> dict[str, list[str]]:
        from nblib import sources

        wanted = {"dataset": ("dataset", "classification"), "model": ("model", "encoder")}
        items = sources.catalogue()
        return {field: [i.name for i in items if (i.kind, i.task) == kind] for field, kind in wanted.items()}

    def known_rows(self, config: RunConfig, rows: int) -> None:
        """How many examples these settings train on, for the schedule to count steps before the run has."""
        self._rows[_rows_key(config)] = rows
        self.redraw()

    def forget(self) -> None:
        self._losses_seen: tuple = ()
        self._accuracies_seen: tuple = ()
        self._rates_seen: tuple = ()

    def look(self) -> tuple:
        return (self.smoothing.value,)

    def draw_key(self, session: Session | None) -> tuple:
        version, total, config = super().draw_key(session)
        return version, total or self._planned_steps(), config

    def draw(self, session: Session | None) -> None:
        history = session.history if session is not None else History()
        self._draw_rates(session, history)
        text = self._text(history)
        if self.caption.value != (markup := str(Markup.escape(text))):
            self.caption.value = markup
        until = self._end(session, history)
        key = (history.version, self.smoothing.value, until)
        if key != self._losses_seen:
            self._losses_seen = key
            self.losses.show(figures.loss_lines(history, smoothing=self.smoothing.value), until=until, text=text)
        evaluated = len(history["eval_accuracy"]) if "eval_accuracy" in history else 0
        baselines = _baselines(session)
        key = (evaluated, baselines, until)
        if key != self._accuracies_seen:
            self._accuracies_seen = key
            shown = figures.accuracy_lines(history, until, baselines) if evaluated else []
            self.accuracies.show(shown, until=until)

    def preview(self, session: Session, name: str) -> None:
        self._draw_rates(session, session.history)

    def _draw_rates(self, session: Session | None, history: History) -> None:
        (steps, rates), x_title = self._planned(session, history)
        taken = len(history["learning_rate"]) if "learning_rate" in history else 0
        key = (steps.tobytes(), rates.tobytes(), x_title, taken, len(history.events))
        if key != self._rates_seen:
            self._rates_seen = key
            self.rates.show(figures.rate_lines(history, (steps, rates)), x_title=x_title)

    def _end(self, session: Session | None, history: History) -> float:
        """The step that the charts end with: the run's last where it is known, else the last that was taken."""
        total = session.total if session is not None else None
        return float(total or max(history.last_step, self._planned_steps() or 0))

    def _text(self, history: History) -> str:
        total = self.session.total if self.session is not None else None
        if "loss" in history:
            return figures.curves_text(history, total)
        return schedules.schedule_text(self.controls.config, self._planned_steps())

    def _planned(self, session: Session | None, history: History) -> tuple[figures.Curve, str]:
        """The schedule ahead, over steps; over epochs as long as nobody knows how many steps there will be."""
        config = self.controls.config
        total = session.total if session is not None else None
        if total is None and "loss" in history:
            return figures.NOTHING, "step"
        total = total or self._planned_steps()
        if total is not None:
            steps, rates = schedules.learning_rates(config, total, PLANNED_POINTS)
            # A change by hand moves what is ahead, not what has been.
            ahead = steps >= (history.last_step if "learning_rate" in history else 0)
            return (steps[ahead], rates[ahead]), "step"
        steps, rates = schedules.learning_rates(config, 1000, PLANNED_POINTS)
        return ((steps * (config.epochs / 1000)).astype(np.float32), rates), "epoch"

    def _planned_steps(self) -> int | None:
        config = self.controls.config
        rows = self._rows.get(_rows_key(config), config.max_train_samples)
        by_epochs = None if rows is None else config.epochs * math.ceil(rows / config.batch_size)
        return min((n for n in (config.max_steps, by_epochs) if n is not None), default=None)


ROWS_DEPEND_ON = (
    "dataset",
    "text_column",
    "label_column",
    "train_fraction",
    "validation_fraction",
    "max_train_samples",
)


def _rows_key(config: RunConfig) -> tuple:
    return tuple(getattr(config, name) for name in ROWS_DEPEND_ON)


def _baselines(session: Session | None) -> dict[str, float]:
    """Accuracies on the validation split of what the model must beat, once the job has said them."""
    for event in session.history.events if session is not None else ():
        if event.get("event") == "baselines":
            found = event.get("figures", {}).get("validation", {})
            return {n: found[f"{n}_accuracy"] for n in ("majority", "tfidf") if f"{n}_accuracy" in found}
    return {}
