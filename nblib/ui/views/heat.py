"""Heatmaps side by side on canvas, for numbers that the browser can search through by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nblib.ui import traits
from nblib.ui.views.files import script, text
from nblib.ui.views.view import View


class Heat(View):
    """``panes`` heatmaps of the same size and colours; hovering and the arrow keys give a value without the kernel.

    Show an array with ``show``. ``scrub``: one column is chosen, by slider, click or key, and with ``profile`` drawn as
    curves below, one a pane. The newest column is followed until a person chooses another.

    ``stacked``: one below the other, for many columns. ``scale``: "linear" or "log". ``colours``: "viridis",
    "cividis" or "diverging" (around the middle of the range). ``kinds``: of panes, "rnn", "lstm" or "gru" gives a pane
    that network's colour. ``empty``: said while there is nothing to show; ``caption``: below the picture while
    nothing is pointed at."""

    host = "nblib-heat-host"
    _esm = script("heat.js")
    _css = text("panel.css") + text("kit.css")

    data = traits.data()
    shape = traits.items([0, 0, 0])
    range = traits.items([0.0, 1.0])
    scale = traits.text("linear")
    colours = traits.text("viridis")
    title = traits.text()
    names = traits.items()
    kinds = traits.items()
    row_title = traits.text("row")
    column_title = traits.text("column")
    row_labels = traits.items()
    row_start = traits.whole()
    column_labels = traits.items()
    height = traits.whole(200)
    stacked = traits.flag()
    scrub = traits.flag()
    profile = traits.flag()
    empty = traits.text("nothing to show yet")
    caption = traits.text()

    def show(self, values: np.ndarray, range: Sequence[float] | None = None, **others: Any) -> None:
        """Show ``values`` [panes, rows, columns] (NaN is left blank) between ``range``, in one message with ``others``.

        Without a range the smallest and largest finite value take its place; on a log scale values of 0 count as the
        smallest above it.
        """
        values = np.ascontiguousarray(values, np.float32)
        if range is None:
            finite = values[np.isfinite(values) & ((values > 0) if self.scale == "log" else True)]
            range = (float(finite.min()), float(finite.max())) if finite.size else (0.1, 1.0)
        with self.hold_sync():
            self.assign(**others)
            self.range = [float(v) for v in range]
            self.shape = list(values.shape)
            self.data = values.tobytes()
