"""Small pictures, and a table of pictures counted by what they are and what was said of them."""

from __future__ import annotations

from typing import Any

import anywidget
import numpy as np
import traitlets

from nblib.ui.views.files import script, text


class Gallery(anywidget.AnyWidget):
    """``pictures``: uint8 [n, side, side], dark for 255; ``signed``: 128 is zero. ``captions``: one text a picture.
    ``size``: pixels of the page for each. ``message``: a line below."""

    _esm = script("gallery.js")
    _css = text("panel.css") + text("kit.css") + text("play.css")

    pictures = traitlets.Bytes(b"").tag(sync=True)
    side = traitlets.Int(8).tag(sync=True)
    signed = traitlets.Bool(False).tag(sync=True)
    captions = traitlets.List().tag(sync=True)
    size = traitlets.Int(44).tag(sync=True)
    message = traitlets.Unicode("").tag(sync=True)

    def __init__(self, **values: Any):
        super().__init__(**values)
        self.add_class("nblib-gallery-host")

    def show(self, pictures: np.ndarray, **traits: Any) -> None:
        """Show uint8 [n, side, side], with traits, in one message."""
        with self.hold_sync():
            for name, value in traits.items():
                setattr(self, name, value)
            self.side = int(pictures.shape[-1])
            self.pictures = np.ascontiguousarray(pictures, np.uint8).tobytes()


class Confusion(anywidget.AnyWidget):
    """``counts``: 100 numbers, row by row: what a picture is, column by column: what was said. ``chosen``: the cell
    [row, column] that a person pressed."""

    _esm = script("confusion.js")
    _css = text("panel.css") + text("kit.css") + text("play.css")

    counts = traitlets.List([0] * 100).tag(sync=True)
    chosen = traitlets.List([-1, -1]).tag(sync=True)

    def __init__(self, **values: Any):
        super().__init__(**values)
        self.add_class("nblib-confusion-host")
