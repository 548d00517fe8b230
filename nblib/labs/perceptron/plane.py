"""The plane in which a perceptron draws its line."""

from __future__ import annotations

import numpy as np

from nblib.ui import traits
from nblib.ui.views.files import script, text
from nblib.ui.views.view import AnsweringView


class Plane(AnsweringView):
    """Shows a field, a line and points; what a person does with the points comes back as messages.

    ``field``: uint8 [side, side], 128 where the sum is zero, the first row at the top. ``extent``: x1 and x2 at the
    edges. ``points``: float32 rows (x1, x2, class). ``line``: [w1, w2, b] of w·x + b = 0. ``marked``: the point last
    presented, -1 for none. ``pen``: the class of the next point.

    Messages: {"type": "add", "x", "y", "label"}, {"type": "move", "index", "x", "y"}, {"type": "remove", "index"}, each
    with its ``number``; the next is sent once ``seen`` has reached it.
    """

    host = "nblib-plane-host"
    _esm = script("plane.js", __file__)
    _css = text("panel.css") + text("kit.css") + text("play.css")

    field = traits.data()
    side = traits.whole(60)
    extent = traits.items([-1.0, 1.0, -1.0, 1.0])
    points = traits.data()
    line = traits.items([0.0, 0.0, 0.0])
    marked = traits.whole(-1)
    pen = traits.whole(1)
    seen = traits.whole()

    def grid(self) -> np.ndarray:
        """The points of the field, float64 [side·side, 2], row by row from the top."""
        x0, x1, y0, y1 = self.extent
        steps = (np.arange(self.side) + 0.5) / self.side
        x, y = np.meshgrid(x0 + steps * (x1 - x0), y1 - steps * (y1 - y0))
        return np.column_stack([x.ravel(), y.ravel()])
