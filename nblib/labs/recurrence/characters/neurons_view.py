"""Neurons over a text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nblib.ui import traits
from nblib.ui.views.files import script, text
from nblib.ui.views.view import View


class Neurons(View):
    """A text coloured by one neuron at a time; which one is chosen in the browser. All text is shown as text.

    ``found``: dicts with meaning, verdict, score, chance and untrained (as texts) and neuron (−1 where there is none
    to show)."""

    host = "nblib-neurons-host"
    _esm = script("neurons_view.js", __file__)
    _css = text("panel.css") + text("kit.css")

    letters = traits.items()
    values = traits.data()
    neuron = traits.whole()
    found = traits.items()
    empty = traits.text("Nothing to show yet.")
    caption = traits.text()

    def show(self, letters: Sequence[str], states: np.ndarray, **values: Any) -> None:
        """``states`` [characters, neurons] within −1 … 1; sent as int8."""
        with self.hold_sync():
            self.assign(**values)
            self.letters = list(letters)
            self.values = np.clip(np.round(np.nan_to_num(states) * 127), -127, 127).astype(np.int8).tobytes()
