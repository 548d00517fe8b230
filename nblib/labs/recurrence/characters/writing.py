"""Text that a model writes while it learns."""

from __future__ import annotations

from typing import Any

import anywidget
import traitlets

from nblib.ui.views.files import script, text


class Writing(anywidget.AnyWidget):
    """``samples``: dicts with number (each another), step, temperature and text, oldest first; the newest is written
    out and the others are reached by a slider. All text is shown as text."""

    _esm = script("writing.js", __file__)
    _css = text("panel.css") + text("kit.css")

    samples = traitlets.List().tag(sync=True)
    title = traitlets.Unicode("What it writes").tag(sync=True)
    empty = traitlets.Unicode("Nothing yet: press Start.").tag(sync=True)

    def __init__(self, **values: Any):
        super().__init__(**values)
        self.add_class("nblib-writing-host")
