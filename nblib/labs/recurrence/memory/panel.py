"""RNN, LSTM and GRU side by side while they learn: the loss, how far back the gradient reaches, and the gates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
import numpy as np

from nblib.engine.history import History
from nblib.engine.session import Session
from nblib.labs.recurrence.memory.config import NAMES, RecurrentConfig
from nblib.ui.drawer import Drawer
from nblib.ui.elements import Choice
from nblib.ui.fit_panel import FitPanel, smoothed
from nblib.ui.text_input import shortened
from nblib.ui.views.heat import Heat
from nblib.ui.views.lines import Lines

if TYPE_CHECKING:
    from nblib.labs.recurrence.memory.job import Recurrence

MOST_LETTERS = 160
# Below this a gradient is as good as none; colours end here.
FAINTEST = 1e-12
SENTENCE = "she said: do you remember where we left the keys?"


class RecurrencePanel(FitPanel["Recurrence", RecurrentConfig]):
    """Settings on the left; on the right the loss of each network, and below it a heatmap a network: the gradient norm
    at every time step, a column each time it was looked at. A slider goes through the training steps."""

    config_class = RecurrentConfig
    unit = "seqs"
    in_sight = (
        "task", "length", "hidden_size", "weight_scale", "learning_rate", "max_grad_norm", "batch_size", "max_steps",
    )  # fmt: skip
    apart = {"eval_steps": "only at the end", "save_steps": "only at the end", "output": "none: nothing is written"}
    fastest = 0.5

    def pictures(self) -> widgets.DOMWidget:
        self.lines = Lines(
            title="Loss", log_scale=True, height=190, empty="Press Start: the loss of each network comes here."
        )
        self.heat = Heat(
            title="‖dL/dh‖ at every time step: how far back the gradient reaches", scale="log", row_title="time step",
            column_title="training step", row_start=1, scrub=True, profile=True, height=200,
            empty="Press Start: one heatmap a network, a column every few steps.",
        )  # fmt: skip
        return widgets.VBox([self.lines, self.heat])

    def make_drawers(self) -> dict[str, Any]:
        return {"gates": GatesDrawer(self)}

    def forget(self) -> None:
        super().forget()
        self._columns: tuple = ()

    def look(self) -> tuple:
        return self.shown_drawer, *(self.drawers["gates"].asked() if hasattr(self, "drawers") else ())

    def draw(self, session: Session | None) -> None:
        history = session.history if session is not None else History()
        task = self.settings_of(session).task
        log = task != "characters"
        from nblib.labs.recurrence.memory.tasks import ADDING_BY_CHANCE

        level = ADDING_BY_CHANCE if task == "adding" and history.metrics else None
        self.lines.show(curves(history), log_scale=log, level=level, title=_title(task),
                        until=float((session.total if session is not None else 0) or 0))  # fmt: skip
        self._draw_heat()
        if hasattr(self, "drawers") and self.shown_drawer == "gates":
            self.drawers["gates"].draw()

    def _draw_heat(self) -> None:
        fit = self.fit
        steps = tuple(fit.columns.steps) if fit is not None else ()
        # The number of columns alone would not do: they are thinned and grow again.
        if (id(fit), steps) == self._columns:
            return
        self._columns = (id(fit), steps)
        if fit is None or not steps:
            self.heat.show(np.zeros((0, 0, 0)), range=(FAINTEST, 1.0), names=[], kinds=[], column_labels=[])
            return
        values = np.transpose(fit.columns.array, (1, 2, 0))  # networks, time steps, columns
        finite = values[np.isfinite(values) & (values > 0)]
        high = float(finite.max()) if finite.size else 1.0
        low = float(max(FAINTEST, high * 1e-9, finite.min())) if finite.size else FAINTEST
        names, kinds = [NAMES[cell] for cell in fit.cells], list(fit.cells)
        self.heat.show(values, range=(min(low, high / 10), high), names=names, kinds=kinds, column_labels=list(steps),
                       caption=reach(fit.cells, values[:, :, -1]))  # fmt: skip


class GatesDrawer(Drawer):
    """The gates of one network over a typed sentence, or over an example of the task."""

    title, icon = "Gates", "try"
    tooltip = "What the gates do over a sentence of yours, or over an example of the task"

    def __init__(self, panel: RecurrencePanel):
        super().__init__(panel)
        self.sentence = widgets.Text(
            value=SENTENCE,
            description="Sentence",
            continuous_update=True,
            layout={"flex": "1 1 300px", "width": "auto"},
        )
        self.network: Choice[str] = Choice(
            options=[(name, cell) for cell, name in NAMES.items()], value="lstm", description="Network",
            layout={"width": "210px"},
        )  # fmt: skip
        for control in (self.sentence, self.network):
            control.observe(lambda _change: panel.redraw(), "value")
        self.heat = Heat(row_title="neuron", column_title="character", height=420, stacked=True, colours="viridis",
                         empty="The gates come here once the networks are there: press Start.")  # fmt: skip
        row = widgets.HBox([self.network, self.sentence], layout={"flex_flow": "row wrap", "grid_gap": "4px 12px"})
        self.widget = widgets.VBox([row, self.heat], layout={"width": "100%"})

    def asked(self) -> tuple:
        return self.sentence.value, self.network.value

    def opened(self) -> None:
        self.panel.redraw()

    def draw(self) -> None:
        fit, cell, model = self.panel.fit, self.network.chosen, self.panel.model
        if fit is None or model is None:
            self._nothing("The gates come here once the networks are there: press Start.")
            return
        if cell not in model:
            self._nothing(f"This run trains no {NAMES[cell]}; choose another network.")
            return
        from nblib.labs.recurrence.memory.job import gates

        self.sentence.disabled = fit.text is None
        text, note = shortened(self.sentence.value, MOST_LETTERS)
        x, labels, title = fit.example(text)
        if not labels:
            self._nothing("The sentence is empty: type a word.")
            return
        found = gates(model[cell], x)
        values = np.stack([value.T for value in found.values()])  # gates, neurons, steps
        state = cell == "rnn"
        self.heat.show(
            values, range=(-1, 1) if state else (0, 1), names=list(found), kinds=["" for _ in found],
            colours="diverging" if state else "viridis", column_labels=labels, title=title, caption=note,
            column_title="character" if fit.text is not None else "time step",
        )  # fmt: skip

    def _nothing(self, why: str) -> None:
        self.heat.show(
            np.zeros((0, 0, 0)), range=(0, 1), names=[], kinds=[], column_labels=[], empty=why, title="", caption=""
        )


def curves(history: History) -> list[tuple]:
    """For ``Lines``: a solid line of the loss and a dashed one of the evaluation for each network."""
    found = []
    metrics = history.metrics
    for cell, name in NAMES.items():
        metric = f"loss_{cell}"
        if metric not in metrics and "loss" in metrics and f"eval_loss_{cell}" in metrics and "loss_rnn" not in metrics:
            metric = "loss"
        if metric in metrics:
            found.append((name, cell, *smoothed(history, metric), ()))
        if f"eval_loss_{cell}" in metrics:
            steps, values = history.steps(f"eval_loss_{cell}"), history[f"eval_loss_{cell}"]
            found.append((f"{name}, new examples", cell, steps, values, (6, 4)))
    return found


def reach(cells: tuple[str, ...], last: np.ndarray) -> str:
    """What share of the gradient arrives at the first time step. ``last``: [networks, time steps]."""
    found = []
    for cell, norms in zip(cells, last, strict=True):
        peak = float(np.nanmax(norms)) if np.isfinite(norms).any() else 0.0
        share = float(norms[0]) / peak if peak > 0 else 0.0
        found.append(f"{NAMES[cell]} {share:.0e}" if share < 0.01 else f"{NAMES[cell]} {share:.2f}")
    return "Of the largest gradient, this arrives at the first time step: " + ", ".join(found) + "."


def _title(task: str) -> str:
    return {
        "adding": "Loss: squared error of the sum (dotted: always saying 1)",
        "copy": "Loss: cross-entropy of the four symbols",
        "characters": "Loss: cross-entropy of the next character",
    }[task]
