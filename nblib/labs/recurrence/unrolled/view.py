"""A recurrent network drawn over time."""

from __future__ import annotations

from typing import Any

import numpy as np

from nblib.ui import traits
from nblib.ui.views.files import script, text
from nblib.ui.views.view import View


class Unrolled(View):
    """Steps through a sentence and back through time, all in the browser.

    ``tokens``: what each step reads. ``states``: float32 [steps, hidden], within −1 … 1. ``gradients``: float32
    [steps], ‖dL/dh_t‖ of a loss at the last step. ``verdict``: a sentence about them. ``weight_scale``: what a person
    sets on the slider, 0 to 4. ``whole``: new data is shown
    walked through to the end; the person's own moment is kept otherwise.
    """

    host = "nblib-unrolled-host"
    _esm = script("view.js", __file__)
    _css = text("panel.css") + text("kit.css")

    tokens = traits.items()
    states = traits.data()
    gradients = traits.data()
    cell = traits.text("rnn")
    verdict = traits.text()
    weight_scale = traits.number(1.0)
    whole = traits.flag()
    empty = traits.text("Type a sentence.")
    height = traits.whole(330)

    def show(self, tokens: list[str], states: np.ndarray, gradients: np.ndarray, **values: Any) -> None:
        with self.hold_sync():
            self.assign(**values)
            self.tokens = list(tokens)
            self.states = np.ascontiguousarray(states, np.float32).tobytes()
            self.gradients = np.ascontiguousarray(gradients, np.float32).tobytes()
