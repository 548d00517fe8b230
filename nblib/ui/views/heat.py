"""Heatmaps side by side on canvas, for numbers that the browser can search through by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import anywidget
import numpy as np
import traitlets

from nblib.ui.views.files import script, text


class Heat(anywidget.AnyWidget):
    """``panes`` heatmaps of the same size and colours; hovering and the arrow keys give a value without the kernel.

    Show an array with ``show``. ``scrub``: one column is chosen, by slider, click or key, and with ``profile`` drawn as
    curves below, one a pane. The newest column is followed until a person chooses another.

    ``stacked``: one below the other, for many columns. ``scale``: "linear" or "log". ``colours``: "viridis",
    "cividis" or "diverging" (around the middle of the range). ``kinds``: of panes, "rnn", "lstm" or "gru" gives a pane
    that network's colour. ``empty``: said while there is nothing to show; ``caption``: below the picture while
    nothing is pointed at."""

    _esm = script("heat.js")
    _css = text("panel.css") + text("kit.css")

    data = traitlets.Bytes(b"").tag(sync=True)
    shape = traitlets.List([0, 0, 0]).tag(sync=True)
    range = traitlets.List([0.0, 1.0]).tag(sync=True)
    scale = traitlets.Unicode("linear").tag(sync=True)
    colours = traitlets.Unicode("viridis").tag(sync=True)
    title = traitlets.Unicode("").tag(sync=True)
    names = traitlets.List().tag(sync=True)
    kinds = traitlets.List().tag(sync=True)
    row_title = traitlets.Unicode("row").tag(sync=True)
    column_title = traitlets.Unicode("column").tag(sync=True)
    row_labels = traitlets.List().tag(sync=True)
    row_start = traitlets.Int(0).tag(sync=True)
    column_labels = traitlets.List().tag(sync=True)
    height = traitlets.Int(200).tag(sync=True)
    stacked = traitlets.Bool(False).tag(sync=True)
    scrub = traitlets.Bool(False).tag(sync=True)
    profile = traitlets.Bool(False).tag(sync=True)
    empty = traitlets.Unicode("nothing to show yet").tag(sync=True)
    caption = traitlets.Unicode("").tag(sync=True)

    def __init__(self, **values: Any):
        super().__init__(**values)
        self.add_class("nblib-heat-host")

    def show(self, values: np.ndarray, range: Sequence[float] | None = None, **traits: Any) -> None:
        """Show ``values`` [panes, rows, columns] (NaN is left blank) between ``range``, in one message with ``traits``.

        Without a range the smallest and largest finite value take its place; on a log scale values of 0 count as the
        smallest above it.
        """
        values = np.ascontiguousarray(values, np.float32)
        if range is None:
            finite = values[np.isfinite(values) & ((values > 0) if self.scale == "log" else True)]
            range = (float(finite.min()), float(finite.max())) if finite.size else (0.1, 1.0)
        with self.hold_sync():
            for name, value in traits.items():
                setattr(self, name, value)
            self.range = [float(v) for v in range]
            self.shape = list(values.shape)
            self.data = values.tobytes()
