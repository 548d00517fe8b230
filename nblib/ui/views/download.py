"""Buttons for all live charts of a panel together."""

from __future__ import annotations

from collections.abc import Callable

from nblib.ui import traits
from nblib.ui.views.files import script
from nblib.ui.views.view import View


class Download(View):
    """The charts of one ``group`` in the same panel, saved as one SVG or PNG; made in the browser, offline. With
    ``on_open`` a third button opens them as a plotly figure.

    It also keeps the plotly figures of that panel as wide as their places; ``pictures`` counts those that came.
    """

    host = "nblib-download-host"
    _esm = script("download.js")
    panel = traits.text("nblib-panel")
    group = traits.text()
    filename = traits.text("figure")
    pictures = traits.whole()
    opens = traits.flag()

    def on_open(self, open_figure: Callable[[], None]) -> None:
        """Offer a button that opens the charts as a plotly figure, which is ``open_figure``'s to show."""
        self.opens = True
        self.on_msg(lambda _widget, content, _buffers: open_figure() if content.get("type") == "open" else None)
