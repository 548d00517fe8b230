"""Neurons over a text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import anywidget
import numpy as np
import traitlets

from nblib.ui.views.files import script, text


class Neurons(anywidget.AnyWidget):
    """A text coloured by one neuron at a time; which one is chosen in the browser. All text is shown as text.

    ``found``: dicts with meaning, verdict, score, chance and untrained (as texts) and neuron (−1 where there is none
    to show)."""

    _esm = script("neurons_view.js", __file__)
    _css = text("panel.css") + text("kit.css")

    letters = traitlets.List().tag(sync=True)
    values = traitlets.Bytes(b"").tag(sync=True)
    neuron = traitlets.Int(0).tag(sync=True)
    found = traitlets.List().tag(sync=True)
    empty = traitlets.Unicode("Nothing to show yet.").tag(sync=True)
    caption = traitlets.Unicode("").tag(sync=True)

    def __init__(self, **values: Any):
        super().__init__(**values)
        self.add_class("nblib-neurons-host")

    def show(self, letters: Sequence[str], states: np.ndarray, **traits: Any) -> None:
        """``states`` [characters, neurons] within −1 … 1; sent as int8."""
        with self.hold_sync():
            for name, value in traits.items():
                setattr(self, name, value)
            self.letters = list(letters)
            self.values = np.clip(np.round(np.nan_to_num(states) * 127), -127, 127).astype(np.int8).tobytes()
