"""A run as text, to take elsewhere."""

from __future__ import annotations

from nblib.ui import traits
from nblib.ui.views.files import script
from nblib.ui.views.view import View


class Copying(View):
    """``texts``: [[name, text], ...]; one is shown at a time, with a button that copies it.

    Where the browser keeps the clipboard closed, the text is selected and the person is told which keys to press.
    """

    host = "nblib-copy-host"
    _esm = script("copying.js")
    texts = traits.items()
