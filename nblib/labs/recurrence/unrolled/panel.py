"""A network unrolled over a typed sentence, before any training: what it keeps, and what its gradient keeps."""

from __future__ import annotations

import zlib
from typing import Any

import ipywidgets as widgets
import numpy as np

from nblib.labs.recurrence.unrolled.view import Unrolled
from nblib.ui.elements import Choice
from nblib.ui.text_input import words_or_characters

SENTENCE = "the keys to the old cabinet in the hall are lost"
MOST_STEPS = 80
INPUT, HIDDEN = 8, 12


class UnrolledPanel(widgets.VBox):
    """Type a sentence, choose a cell and the size of its recurrent weights, and walk through time and back.

    Every word is a fixed vector of its own; the weights are drawn once, and ``weight_scale`` multiplies those that
    carry the state from step to step. The loss asks the last state for a 1.
    """

    def __init__(self, sentence: str = SENTENCE, cell: str = "rnn", weight_scale: float = 1.0):
        self.sentence = widgets.Text(
            value=sentence,
            description="Sentence",
            continuous_update=True,
            layout={"flex": "1 1 320px", "width": "auto"},
        )
        self.cell: Choice[str] = Choice(
            options=[("RNN", "rnn"), ("LSTM", "lstm"), ("GRU", "gru")], value=cell, description="Cell",
            layout={"width": "190px"},
        )  # fmt: skip
        for control in (self.sentence, self.cell):
            control.observe(lambda _change: self.draw(), "value")
        self.view = Unrolled(whole=True, weight_scale=float(weight_scale))
        self.view.observe(lambda _change: self.draw(), "weight_scale")
        row = widgets.HBox([self.sentence, self.cell], layout={"flex_flow": "row wrap", "grid_gap": "4px 12px"})
        super().__init__([row, self.view], layout={"width": "100%"})
        self.add_class("nblib-panel")
        self.draw()

    def draw(self) -> None:
        words, note = words_or_characters(self.sentence.value, MOST_STEPS)
        if not words:
            empty = "The sentence is empty: type a word, and the network takes its first step."
            self.view.show([], np.zeros(0), np.zeros(0), empty=empty)
            return
        states, gradients = walk(words, self.cell.chosen, max(0.0, min(100.0, self.view.weight_scale)))
        self.view.show(words, states, gradients, cell=self.cell.value, verdict=f"{verdict(gradients)} {note}".strip())


def walk(words: list[str], cell: str, weight_scale: float) -> tuple[np.ndarray, np.ndarray]:
    """The hidden states, float32 [steps, hidden], and ‖dL/dh_t‖ of the loss ½ (y − 1)² at the last step, [steps]."""
    import torch

    from nblib.labs.recurrence.backpropagation import norms, through_time, trace
    from nblib.models.recurrent import Recurrent

    model = Recurrent(cell, INPUT, HIDDEN, 1, weight_scale=weight_scale)
    x = torch.from_numpy(np.stack([_vector(word) for word in words]))[None]  # (1, T, I)
    with torch.no_grad():
        hidden, _ = model.hidden(x)  # (1, T, H)
        direct = torch.zeros_like(hidden)
        direct[:, -1] = (model.readout(hidden[:, -1]) - 1) * model.readout.weight[0]
        seen = trace(cell, x, hidden, model.weights())
        gradients = norms(through_time(cell, seen, direct, model.weights()))
    return hidden[0].numpy(), gradients.numpy()


def verdict(gradients: Any) -> str:
    """How the gradient fares a step, in words."""
    known = np.asarray(gradients, np.float64)
    if len(known) < 3 or known[-1] <= 0 or not np.isfinite(known).all():
        return ""
    if known[0] <= 0:
        return "Nothing of it reaches the first step."
    a_step = float((known[0] / known[-1]) ** (1 / (len(known) - 1)))
    if a_step < 0.9:
        return f"On the way back it shrinks to {a_step:.2f} of itself a step: it vanishes."
    if a_step > 1.1:
        return f"On the way back it grows {a_step:.2f}-fold a step: it explodes."
    return f"On the way back it keeps about its size ({a_step:.2f} a step)."


def _vector(word: str) -> np.ndarray:
    """The same word gives the same vector, on every machine."""
    seed = zlib.crc32(word.encode("utf-8", "replace"))
    return np.random.default_rng(seed).normal(size=INPUT).astype(np.float32)
