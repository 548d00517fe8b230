"""A GRU with attention and a Transformer side by side while they learn: who is right, by steps and by the clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
import numpy as np

from nblib.engine.history import History
from nblib.engine.session import Session
from nblib.labs.transformer.attention_drawer import AttentionDrawer
from nblib.labs.transformer.config import NAMES, RaceConfig
from nblib.labs.transformer.schedule_figure import schedule_lines
from nblib.ui.elements import Choice, html, row
from nblib.ui.fit_panel import POINTS, FitPanel
from nblib.ui.pages import Page, table
from nblib.ui.views.lines import Lines

if TYPE_CHECKING:
    from nblib.labs.transformer.job import Race

KINDS = {"gru": "gru", "transformer": "other"}
SHORT = {"gru": "GRU", "transformer": "Transformer"}
STEPS, SECONDS = "own steps", "seconds of own training"
AXES = {STEPS: "step", SECONDS: "seconds"}


class RacePanel(FitPanel["Race", RaceConfig]):
    """Settings on the left. On the right, of both: the loss, the share of held-out pairs right from end to end and the
    same by the length of the input, over steps or over the seconds that each has had; the learning-rate schedules; and
    a table of sizes and speeds. Below, on demand, what both look at while they translate a typed sentence."""

    config_class = RaceConfig
    unit = "symbols"
    in_sight = (
        "task", "equal", "hidden_size", "num_layers", "lr_scheduler_type", "warmup_ratio", "learning_rate", "max_steps",
    )  # fmt: skip
    apart = {
        "max_train_samples": "all", "eval_steps": "only at the end", "save_steps": "only at the end",
        "output": "none: nothing is written", "gru_hidden_size": "as many parameters",
    }  # fmt: skip
    fastest = 0.4

    def pictures(self) -> widgets.DOMWidget:
        self.axis: Choice[str] = Choice(
            options=list(AXES), value=STEPS, description="Curves over", style={"description_width": "initial"},
            layout={"width": "290px"},
        )  # fmt: skip
        self.axis.observe(lambda _change: self.redraw(), "value")
        self.losses = Lines(title="Loss: nats a symbol", height=165, empty="Press Start: both losses come here.")
        self.exact = Lines(
            title="Held-out pairs right from end to end", height=165, between=[0, 1],
            empty="The first evaluation shows who is right.",
        )  # fmt: skip
        self.lengths = Lines(
            title="The same by length, at the last look", height=165, x_title="symbols going in", between=[0, 1],
            quiet=True, empty="The first evaluation shows who gets long inputs right.",
        )  # fmt: skip
        self.rates = Lines(title="Learning rate: the schedules", height=165, x_title="step of the run", quiet=True)
        self.numbers = html("")
        tools = row(self.axis)
        tools.add_class("nblib-tools")
        views = [self.losses, self.exact, self.lengths, self.rates]
        for view in views:
            view.layout.flex, view.layout.min_width = "1 1 320px", "0"
        charts = widgets.HBox(views, layout={"flex_flow": "row wrap", "grid_gap": "8px 16px", "overflow": "hidden"})
        return widgets.VBox([tools, charts, self.numbers])

    def make_drawers(self) -> dict[str, Any]:
        return {"looks": AttentionDrawer(self)}

    def forget(self) -> None:
        super().forget()
        if hasattr(self, "drawers"):
            self.drawers["looks"].forget()

    def look(self) -> tuple:
        return (self.axis.value, *(self.drawers["looks"].asked() if hasattr(self, "drawers") else ()))

    # -- drawing -------------------------------------------------------------------------------------------------------

    def draw(self, session: Session | None) -> None:
        history = session.history if session is not None else History()
        over, words = AXES[self.axis.chosen], self.axis.chosen
        self.losses.show(loss_curves(history, over), x_title=words)
        self.exact.show(exact_curves(history, over), x_title=words)
        self.lengths.show(length_curves(history))
        self._draw_rates(session)
        shown = html(numbers(history, self.fit).html).value if "loss" in history else ""
        if shown != self.numbers.value:
            self.numbers.value = shown
        if hasattr(self, "drawers") and self.shown_drawer == "looks":
            self.drawers["looks"].draw()

    def preview(self, session: Session, name: str) -> None:
        if name == "learning_rate":
            self._draw_rates(session)

    def _draw_rates(self, session: Session | None) -> None:
        history = session.history if session is not None else History()
        total = (session.total if session is not None else None) or self.controls.config.max_steps
        self.rates.show(schedule_lines(self.controls.config, total, history))


def loss_curves(history: History, over: str) -> list[tuple]:
    """For ``Lines``: training solid, held-out pairs dashed; ``over`` is "step" or "seconds"."""
    from nblib.figures import decimate, smooth, window_for

    found = []
    for name, words in SHORT.items():
        if (metric := f"loss_{name}") in history:
            values = history[metric]
            with np.errstate(over="ignore", invalid="ignore"):
                values = smooth(values, window_for(len(values)))
            found.append((words, KINDS[name], *decimate(history[f"{over}_{name}"], values, POINTS), ()))
        if (metric := f"eval_loss_{name}") in history:
            x = history[f"eval_{over}_{name}"]
            found.append((f"{words}, held out", KINDS[name], x, history[metric], (6, 4)))
    return found


def exact_curves(history: History, over: str) -> list[tuple]:
    return [
        (words, KINDS[name], history[f"eval_{over}_{name}"], history[f"eval_exact_{name}"], ())
        for name, words in NAMES.items()
        if f"eval_exact_{name}" in history
    ]


def length_curves(history: History) -> list[tuple]:
    found = []
    for name, words in NAMES.items():
        by_length = {}
        for metric in history.metrics:
            middle = metric.removeprefix("eval_exact_").removesuffix(f"_{name}")
            if metric == f"eval_exact_{middle}_{name}" and middle.isdigit():
                by_length[int(middle)] = history.last(metric)
        if by_length:
            lengths = np.array(sorted(by_length))
            found.append((words, KINDS[name], lengths, np.array([by_length[n] for n in lengths]), ()))
    return found


COUNTED = (
    "right from end to end", "parameters", "own steps", "own training", "symbols of the target a second",
    "all pairs once",
)  # fmt: skip


def numbers(history: History, fit: Any) -> Page:
    """A table of both: the share right at the last evaluation, parameters, own steps and seconds, speed."""
    model = getattr(fit, "model", None)
    columns = []
    for name in SHORT:
        count = f"{sum(p.numel() for p in model[name].parameters()):,}" if model is not None else "–"
        steps, seconds = history.last(f"step_{name}"), history.last(f"seconds_{name}")
        speed, epoch = (history.last(f"eval_{m}_{name}") for m in ("tokens_per_second", "epoch_seconds"))
        right = history.last(f"eval_exact_{name}")
        columns.append(
            [_text(right, "{:.1%}"), count, _text(steps, "{:,.0f}"), _text(seconds, "{:.1f} s"),
             _text(speed, "{:,.0f}"), _text(epoch, "{:.0f} s")]
        )  # fmt: skip
    rows = [[words, *both] for words, *both in zip(COUNTED, *columns, strict=True)]
    return table(["", *SHORT.values()], rows, [1, 2])


def _text(value: float, form: str) -> str:
    return form.format(value) if np.isfinite(value) else "–"
