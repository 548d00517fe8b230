"""Text that a model writes while it learns."""

from __future__ import annotations

from nblib.ui import traits
from nblib.ui.views.files import script, text
from nblib.ui.views.view import View


class Writing(View):
    """``samples``: dicts with number (each another), step, temperature and text, oldest first; the newest is written
    out and the others are reached by a slider. All text is shown as text."""

    host = "nblib-writing-host"
    _esm = script("writing.js", __file__)
    _css = text("panel.css") + text("kit.css")

    samples = traits.items()
    title = traits.text("What it writes")
    empty = traits.text("Nothing yet: press Start.")
