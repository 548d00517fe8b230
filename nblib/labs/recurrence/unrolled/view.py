"""A recurrent network drawn over time."""

from __future__ import annotations

from typing import Any

import anywidget
import numpy as np
import traitlets

from nblib.ui.views.files import script, text


class Unrolled(anywidget.AnyWidget):
    """Steps through a sentence and back through time, all in the browser.

    ``tokens``: what each step reads. ``states``: float32 [steps, hidden], within −1 … 1. ``gradients``: float32
    [steps], ‖dL/dh_t‖ of a loss at the last step. ``verdict``: a sentence about them. ``weight_scale``: what a person
    sets on the slider, 0 to 4. ``whole``: new data is shown
    walked through to the end; the person's own moment is kept otherwise.
    """

    _esm = script("view.js", __file__)
    _css = text("panel.css") + text("kit.css")

    tokens = traitlets.List().tag(sync=True)
    states = traitlets.Bytes(b"").tag(sync=True)
    gradients = traitlets.Bytes(b"").tag(sync=True)
    cell = traitlets.Unicode("rnn").tag(sync=True)
    verdict = traitlets.Unicode("").tag(sync=True)
    weight_scale = traitlets.Float(1.0).tag(sync=True)
    whole = traitlets.Bool(False).tag(sync=True)
    empty = traitlets.Unicode("Type a sentence.").tag(sync=True)
    height = traitlets.Int(330).tag(sync=True)

    def __init__(self, **values: Any):
        super().__init__(**values)
        self.add_class("nblib-unrolled-host")

    def show(self, tokens: list[str], states: np.ndarray, gradients: np.ndarray, **traits: Any) -> None:
        with self.hold_sync():
            for name, value in traits.items():
                setattr(self, name, value)
            self.tokens = list(tokens)
            self.states = np.ascontiguousarray(states, np.float32).tobytes()
            self.gradients = np.ascontiguousarray(gradients, np.float32).tobytes()
