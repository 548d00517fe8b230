"""Live curves on canvas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import anywidget
import numpy as np
import traitlets

from nblib.ui.views.files import script, text


class Lines(anywidget.AnyWidget):
    """A few curves over one axis, redrawn at once; the legend reads out what the pointer is over, else the last values.

    ``log_scale``: the values on a log scale. ``level``: a dotted line to compare with. ``until``: the axis reaches at
    least so far. ``between``: two values that the other axis reaches at least; the first axis then begins with the
    data. ``quiet``: the legend has values only while something is pointed at. ``kinds``: "rnn", "lstm" or "gru" gives
    a curve that network's colour; "rate" and "planned" are what was and what is to come; a "mark" is drawn as points
    that no line joins.
    """

    _esm = script("lines.js")
    _css = text("panel.css") + text("kit.css")

    data = traitlets.Bytes(b"").tag(sync=True)
    counts = traitlets.List().tag(sync=True)
    names = traitlets.List().tag(sync=True)
    kinds = traitlets.List().tag(sync=True)
    dashes = traitlets.List().tag(sync=True)
    title = traitlets.Unicode("").tag(sync=True)
    x_title = traitlets.Unicode("step").tag(sync=True)
    log_scale = traitlets.Bool(False).tag(sync=True)
    level = traitlets.Float(None, allow_none=True).tag(sync=True)
    until = traitlets.Float(0.0).tag(sync=True)
    between = traitlets.List([]).tag(sync=True)
    quiet = traitlets.Bool(False).tag(sync=True)
    height = traitlets.Int(200).tag(sync=True)
    empty = traitlets.Unicode("nothing to show yet").tag(sync=True)

    def __init__(self, **values: Any):
        super().__init__(**values)
        self.add_class("nblib-lines-host")

    def show(self, curves: Sequence[tuple[str, str, np.ndarray, np.ndarray, Sequence[int]]], **traits: Any) -> None:
        """Show (name, key, x, y, dash) each, dash as in canvas, () for a solid line; in one message with ``traits``."""
        numbers = [np.asarray(v, np.float32) for _, _, x, y, _ in curves for v in (x, y)]
        with self.hold_sync():
            for name, value in traits.items():
                setattr(self, name, value)
            self.names, self.kinds = [c[0] for c in curves], [c[1] for c in curves]
            self.dashes = [list(c[4]) for c in curves]
            self.counts = [len(c[2]) for c in curves]
            self.data = np.concatenate(numbers).tobytes() if numbers else b""
