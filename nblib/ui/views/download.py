"""Buttons for all live charts of a panel together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anywidget
import traitlets

from nblib.ui.views.files import script


class Download(anywidget.AnyWidget):
    """The charts of one ``group`` in the same panel, saved as one SVG or PNG; made in the browser, offline. With
    ``on_open`` a third button opens them as a plotly figure.

    It also keeps the plotly figures of that panel as wide as their places; ``pictures`` counts those that came.
    """

    _esm = script("download.js")
    panel = traitlets.Unicode("nblib-panel").tag(sync=True)
    group = traitlets.Unicode("").tag(sync=True)
    filename = traitlets.Unicode("figure").tag(sync=True)
    pictures = traitlets.Int(0).tag(sync=True)
    opens = traitlets.Bool(False).tag(sync=True)

    def __init__(self, **values: Any):
        super().__init__(**values)
        self.add_class("nblib-download-host")

    def on_open(self, open_figure: Callable[[], None]) -> None:
        """Offer a button that opens the charts as a plotly figure, which is ``open_figure``'s to show."""
        self.opens = True
        self.on_msg(lambda _widget, content, _buffers: open_figure() if content.get("type") == "open" else None)
