"""Buttons that save the live figure of the panel they stand in."""

from __future__ import annotations

from typing import Any

import anywidget
import traitlets

from nblib.ui.views.files import script


class Download(anywidget.AnyWidget):
    """PNG and SVG of the plotly figure in the nearest element of class ``panel``; made in the browser, offline.

    It also keeps the plotly figures of that panel as wide as their places; ``pictures`` counts those that come later.
    """

    _esm = script("download.js")
    panel = traitlets.Unicode("nblib-panel").tag(sync=True)
    filename = traitlets.Unicode("figure").tag(sync=True)
    pictures = traitlets.Int(0).tag(sync=True)

    def __init__(self, **values: Any):
        super().__init__(**values)
        self.add_class("nblib-download-host")
