"""Small pictures, and a table of pictures counted by what they are and what was said of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from nblib.ui import traits
from nblib.ui.views.files import script, text
from nblib.ui.views.view import View


class Gallery(View):
    """``pictures``: uint8 [n, side, side], dark for 255; ``signed``: 128 is zero. ``captions``: one text a picture.
    ``size``: pixels of the page for each. ``message``: a line below."""

    host = "nblib-gallery-host"
    _esm = script("gallery.js")
    _css = text("panel.css") + text("kit.css") + text("play.css")

    pictures = traits.data()
    side = traits.whole(8)
    signed = traits.flag()
    captions = traits.items()
    size = traits.whole(44)
    message = traits.text()

    def show(self, pictures: np.ndarray, **values: Any) -> None:
        """Show uint8 [n, side, side], with other traits, in one message."""
        with self.hold_sync():
            self.assign(**values)
            self.side = int(pictures.shape[-1])
            self.pictures = np.ascontiguousarray(pictures, np.uint8).tobytes()


class Confusion(View):
    """``counts``: 100 numbers, row by row: what a picture is, column by column: what was said. ``chosen``: the cell
    [row, column] that a person pressed."""

    host = "nblib-confusion-host"
    _esm = script("confusion.js")
    _css = text("panel.css") + text("kit.css") + text("play.css")

    counts = traits.items([0] * 100)
    chosen = traits.items([-1, -1])
