"""Live curves on canvas."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
import numpy as np

from nblib.ui import traits
from nblib.ui.views.files import script, text
from nblib.ui.views.view import View

if TYPE_CHECKING:
    import plotly.graph_objects as go


class Lines(View):
    """A few curves over one axis, redrawn at once. On the page, without a kernel: what lies under the pointer is read
    out, a drag zooms into the first axis, a name in the legend hides its curve, the chart is saved as SVG or PNG.

    ``log_scale``: the values on a log scale. ``level``: a dotted line to compare with. ``until``: the axis reaches at
    least so far. ``between``: two values that the other axis reaches at least; the first axis then begins with the
    data. ``unit``: "%" writes shares as per cent. ``quiet``: the legend has no values. ``text``: what the chart shows
    in words, for who does not see it; left out, the ends of the curves. Charts of one ``group`` share the first axis:
    what is read out and zoomed into in one is in all; ``axis``: whether its numbers stand below this one; ``tools``:
    whether this chart has its own buttons.

    ``kinds``: "rnn", "lstm" or "gru" gives a curve that network's colour; "train", "validation", "accuracy" and "f1"
    are what they say; "raw" is faint; "rate" and "planned" are what was and what is to come; "mark" and "cross" are
    points that no line joins; a "level" has its name at its right end. Curves that are dashed and measured have
    markers.
    """

    host = "nblib-lines-host"
    _esm = script("lines.js")
    _css = text("lines.css")

    data = traits.data()
    counts, names, kinds, dashes = traits.items(), traits.items(), traits.items(), traits.items()
    title, x_title, unit, text = traits.text(), traits.text("step"), traits.text(), traits.text()
    log_scale = traits.flag()
    level = traits.number_or_none()
    until = traits.number()
    between = traits.items()
    quiet = traits.flag()
    height = traits.whole(200)
    empty = traits.text("nothing to show yet")
    group = traits.text()
    axis, tools, opens = traits.flag(True), traits.flag(True), traits.flag()

    def show(self, curves: Sequence[tuple[str, str, np.ndarray, np.ndarray, Sequence[int]]], **values: Any) -> None:
        """Show (name, key, x, y, dash) each, dash as in canvas, () for a solid line; in one message with ``values``."""
        numbers = [np.asarray(v, np.float32) for _, _, x, y, _ in curves for v in (x, y)]
        self.assign(
            **values,
            names=[c[0] for c in curves],
            kinds=[c[1] for c in curves],
            dashes=[list(c[4]) for c in curves],
            counts=[len(c[2]) for c in curves],
            data=np.concatenate(numbers).tobytes() if numbers else b"",
        )

    def curves(self) -> list[tuple[str, str, np.ndarray, np.ndarray, Sequence[int]]]:
        """What is shown, as ``show`` took it; x and y as float32 [n]."""
        numbers, shown = np.frombuffer(self.data, np.float32), []
        for name, kind, count, dash in zip(self.names, self.kinds, self.counts, self.dashes, strict=True):
            shown.append((name, kind, numbers[:count], numbers[count : 2 * count], tuple(dash)))
            numbers = numbers[2 * count :]
        return shown

    def figure(self) -> go.Figure:
        """The chart as it is now, as a plotly figure."""
        from nblib.figures import chart

        return chart(
            self.curves(), title=self.title, x_title=self.x_title, log_scale=self.log_scale, level=self.level,
            unit=self.unit, text=self.text,
        )  # fmt: skip

    def on_open(self, open_figure: Callable[[], None]) -> None:
        """Offer a button that opens the chart as a plotly figure, which is ``open_figure``'s to show."""
        self.opens = True
        self.on_msg(lambda _widget, content, _buffers: open_figure() if content.get("type") == "open" else None)


def charts_in(widget: widgets.Widget) -> Iterator[Lines]:
    """All live charts in a tree of widgets."""
    if isinstance(widget, Lines):
        yield widget
    for child in getattr(widget, "children", ()):
        yield from charts_in(child)
