"""Handwritten digits: train a net, write on a pad, look at its weights and its mistakes."""

from __future__ import annotations

import math
from typing import Any

import ipywidgets as widgets
import numpy as np

from nblib.engine.history import History
from nblib.engine.session import Session
from nblib.labs.perceptron.digits.config import DigitsConfig
from nblib.labs.perceptron.digits.job import Reader
from nblib.labs.perceptron.digits.pad import Pad, ink_of
from nblib.sources.digits import as_scanned
from nblib.ui.drawer import Drawer
from nblib.ui.elements import html, row
from nblib.ui.run_panel import RunPanel
from nblib.ui.views.gallery import Confusion, Gallery
from nblib.ui.views.lines import Lines
from nblib.ui.views.view import Content

MOST_NEURONS, MOST_BEHIND = 64, 24
WAITING = "press Start: it has not learnt yet"


class DigitsPanel(RunPanel):
    """``DigitsPanel(DigitsConfig(...))`` as the last expression of a cell.

    The pad is answered by a copy of the net, made at each redraw: nothing but the worker touches the one in training.
    """

    config_class = DigitsConfig
    unit = "digits"
    in_sight = ("dataset", "hidden_size", "activation", "learning_rate", "batch_size", "epochs", "weight_decay")
    apart = {"max_train_samples": "all"}
    rest = 25

    def pictures(self) -> widgets.DOMWidget:
        self.pad = Pad(message=WAITING)
        self.pad.listen(self._hear_pad)
        self.lines = Lines(height=150, empty="loss and accuracy appear here as it learns", title="")
        self.weights = Gallery(signed=True, size=40)
        self.confusion = Confusion()
        self.confusion.observe(lambda _change: self._show_behind(), "chosen")
        self.behind = Gallery(size=40)
        self.behind.layout.flex, self.behind.layout.min_width = "1 1 260px", "0"
        self._ink = np.zeros((64, 64), bool)
        self._reader: Reader | None = None
        self._answers: np.ndarray | None = None
        return widgets.VBox([self.pad, self.lines], layout={"grid_gap": "10px"})

    def make_drawers(self) -> dict[str, Any]:
        weights = _Section("First layer", "data", "The weights of each hidden neuron as a picture", self.weights)
        behind = row(self.confusion, self.behind)
        about = "What was read as what, and the pictures behind each cell"
        return {"weights": weights, "confusion": _Section("Confusion matrix", "results", about, behind)}

    def forget(self) -> None:
        self._reader = None

    def draw(self, session: Session | None) -> None:
        history = session.history if session is not None else History()
        curves = []
        for name, key, metric, dash in (
            ("loss", "lstm", "loss", ()),
            ("test accuracy", "rnn", "eval_accuracy", (6, 3)),
        ):
            if metric in history:
                steps, values = history.steps(metric), history[metric]
                keep = np.unique(np.linspace(0, len(steps) - 1, 300).astype(int))
                curves.append((name, key, steps[keep], values[keep], dash))
        self.lines.show(curves, until=float(session.total or 0) if session is not None else 0.0)
        model = session.model if session is not None else None
        if model is None:
            self._reader = self._answers = None
            self.weights.show(np.zeros((0, 8, 8), np.uint8), message=WAITING)
            with self.confusion.hold_sync():
                self.confusion.counts, self.confusion.chosen = [0] * 100, [-1, -1]
        else:
            reader = model.copy()
            answers = reader.answers(1000).argmax(1)
            self._reader, self._answers = reader, answers
            self._show_weights(reader)
            counts = np.zeros((10, 10), np.int64)
            np.add.at(counts, (model.digits.test_labels[: len(answers)], answers), 1)
            self.confusion.counts = counts.ravel().tolist()
        self._read_pad()
        self._show_behind()

    def _show_weights(self, reader: Reader) -> None:
        side, first = reader.digits.side, reader.net.weights[0]
        pictures = first.T[:MOST_NEURONS].reshape(-1, side, side)
        size = np.abs(pictures).max(axis=(1, 2), keepdims=True) + 1e-12
        shown = (128 + 127 * pictures / size).astype(np.uint8)
        more = "" if first.shape[1] <= MOST_NEURONS else f" Of {first.shape[1]} neurons the first {MOST_NEURONS}."
        text = "Blue pixels speak for a neuron, orange ones against it, each picture to its own scale."
        self.weights.show(shown, captions=[], message=text + more)

    def status_cells(self, session: Session | None) -> list[list[str]]:
        cells = super().status_cells(session)
        speed = session.items_per_second if session is not None else math.nan
        cells[2][1] = "–" if math.isnan(speed) else f"{speed / 1000:.0f}k digits/s"
        return cells

    # -- the pad -----------------------------------------------------------------------------------------------------

    def _hear_pad(self, content: Content) -> None:
        try:
            if content.get("type") == "ink":
                self._ink = ink_of(str(content.get("bits", "")))
                with self.lock:
                    self._read_pad()
        except ValueError:
            self.say("pad: what came from the page is no drawing; press Clear and draw again")

    def _read_pad(self) -> None:
        reader = self._reader
        side, levels = (reader.digits.side, reader.digits.levels) if reader is not None else (8, 16.0)
        image = as_scanned(self._ink, side, levels)
        empty = not self._ink.any()
        message = WAITING if reader is None else "draw a digit from 0 to 9"
        with self.pad.hold_sync():
            self.pad.side, self.pad.message = side, message
            self.pad.image = (255 * image / levels).astype(np.uint8).tobytes()
            with np.errstate(all="ignore"):
                nothing = np.empty(0, np.float32)
                answer = reader.probabilities(image) if reader is not None and not empty else nothing
            self.pad.probabilities = np.nan_to_num(answer).astype(np.float32).tobytes()

    def _show_behind(self) -> None:
        true, read = self.confusion.chosen
        if self._reader is None or self._answers is None or true < 0:
            text = WAITING if self._answers is None else "Press a cell to see its pictures."
            self.behind.show(np.zeros((0, 8, 8), np.uint8), message=text)
            return
        digits = self._reader.digits
        labels = digits.test_labels[: len(self._answers)]
        places = np.flatnonzero((labels == true) & (self._answers == read))
        images = digits.test_images[places[:MOST_BEHIND]].reshape(-1, digits.side, digits.side)
        more = f", the first {MOST_BEHIND} of them" if len(places) > MOST_BEHIND else ""
        text = f"{len(places)} test pictures of {true} read as {read}{more}."
        self.behind.show((255 * images / digits.levels).astype(np.uint8), message=text)


class _Section(Drawer):
    """A drawer that holds what is always kept up to date."""

    def __init__(self, title: str, icon: str, tooltip: str, content: widgets.Widget):
        super().__init__()
        self.title, self.icon, self.tooltip = title, icon, tooltip
        self.fill([html(tooltip + "."), content])
