"""A run as text, to take elsewhere."""

from __future__ import annotations

from typing import Any

import anywidget
import traitlets

from nblib.ui.views.files import script


class Copying(anywidget.AnyWidget):
    """``texts``: [[name, text], ...]; one is shown at a time, with a button that copies it.

    Where the browser keeps the clipboard closed, the text is selected and the person is told which keys to press.
    """

    _esm = script("copying.js")
    texts = traitlets.List().tag(sync=True)

    def __init__(self, **values: Any):
        super().__init__(**values)
        self.add_class("nblib-copy-host")
