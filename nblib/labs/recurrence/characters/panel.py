"""A model that writes letter by letter: its loss, what it writes as it learns, and what its neurons know."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from nblib.engine.history import History
from nblib.engine.session import Session
from nblib.engine.states import PAUSED
from nblib.labs.recurrence.characters.config import CharactersConfig
from nblib.labs.recurrence.characters.drawers import InsideDrawer, NeuronsDrawer
from nblib.labs.recurrence.characters.writing import Writing
from nblib.labs.recurrence.memory.config import NAMES
from nblib.ui.fit_panel import FitPanel, smoothed
from nblib.ui.text_input import well_formed
from nblib.ui.views.lines import Lines

if TYPE_CHECKING:
    from nblib.labs.recurrence.characters.job import Characters

MOST_SAMPLES = 60
# Writing takes a hundredth of the time at most, and nobody reads faster than this.
PAUSE_SECONDS = 2.5
REST = 100


class CharactersPanel(FitPanel["Characters", CharactersConfig]):
    """Settings on the left, the loss and what the model writes on the right. While it learns it writes every few
    seconds, and at once where the temperature is moved; the older samples stay, a slider away."""

    config_class = CharactersConfig
    unit = "chars"
    in_sight = ("cell", "hidden_size", "num_layers", "learning_rate", "max_grad_norm", "max_steps", "temperature")
    apart = {
        "max_characters": "all", "eval_steps": "only at the end", "save_steps": "only at the end",
        "output": "none: nothing is written",
    }  # fmt: skip
    fastest = 0.4

    def pictures(self) -> widgets.DOMWidget:
        self.lines = Lines(title="Loss: nats a character", height=180, empty="Press Start: the loss comes here.")
        self.writing = Writing()
        self.prompt = widgets.Text(
            value="", description="It goes on from", placeholder="the start of a line", continuous_update=False,
            style={"description_width": "initial"}, layout={"width": "100%"},
        )  # fmt: skip
        self.prompt.observe(lambda _change: self.redraw(), "value")
        return widgets.VBox([self.lines, self.writing, self.prompt])

    def make_drawers(self) -> dict[str, Any]:
        return {"neurons": NeuronsDrawer(self), "inside": InsideDrawer(self)}

    def forget(self) -> None:
        super().forget()
        self._samples: list[dict] = []
        self._events_read = 0
        self._written: tuple = ()
        self._next_writing = 0.0

    def look(self) -> tuple:
        return (self.prompt.value, *self._drawer_asks())

    def _drawer_asks(self) -> tuple:
        return (self.shown_drawer, self.drawers["inside"].sentence.value) if hasattr(self, "drawers") else ()

    def draw(self, session: Session | None) -> None:
        history = session.history if session is not None else History()
        until = float((session.total if session is not None else 0) or 0)
        self.lines.show(curves(history, self.controls.config.cell), until=until)
        self._take_events(history)
        if (fit := self.fit) is not None and self.model is not None and session is not None:
            self._write(session, fit)
        if [s["number"] for s in self._samples] != [s["number"] for s in self.writing.samples]:
            self.writing.samples = list(self._samples)
        if hasattr(self, "drawers") and self.shown_drawer == "inside":
            self.drawers["inside"].draw()

    def _take_events(self, history: History) -> None:
        """What the run itself wrote, at its evaluations: a folder that is opened again shows that."""
        events = history.events
        for event in events[self._events_read :]:
            if event.get("event") == "sample":
                self._add(event["step"], event["temperature"], event["text"])
        self._events_read = len(events)

    def _write(self, session: Session, fit: Characters) -> None:
        # Over, the config's; during a run, what the worker says is in force.
        temperature = fit.live["temperature"] if session.active else self.controls.config.temperature
        asked = (fit.done, temperature, self.prompt.value)
        now = time.monotonic()
        moved = asked[1:] != self._written[1:]
        if (
            asked == self._written
            or fit.done == 0
            or not (moved or session.state == PAUSED or now >= self._next_writing)
        ):
            return
        if not session.active and not moved:
            return
        self._written = asked
        fit.live["temperature"] = temperature
        self.model.eval()
        prompt = well_formed(self.prompt.value)
        text = fit.sample(self.model, fit.done, prompt)
        said = prompt + text if text else "The weights are no finite numbers: there is nothing to draw from."
        self._add(fit.done, temperature, said)
        self._next_writing = time.monotonic() + max(PAUSE_SECONDS, REST * (time.monotonic() - now))

    def _add(self, step: int, temperature: float, text: str) -> None:
        number = self._samples[-1]["number"] + 1 if self._samples else 0
        self._samples.append({"number": number, "step": step, "temperature": temperature, "text": text})
        if len(self._samples) > MOST_SAMPLES:
            # The first and the newest ones stay; what lies between is thinned.
            self._samples = [*self._samples[:1], *self._samples[1:-20:2], *self._samples[-20:]]


def curves(history: History, cell: str) -> list[tuple]:
    found = []
    if "loss" in history:
        found.append((f"{NAMES[cell]}, training", cell, *smoothed(history, "loss"), ()))
    if "eval_loss" in history:
        found.append(("held-out text", cell, history.steps("eval_loss"), history["eval_loss"], (6, 4)))
    return found
