"""A form of many settings in one widget: one model and one script, however many controls."""

from __future__ import annotations

from nblib.ui import traits
from nblib.ui.views.files import script, text
from nblib.ui.views.view import AnsweringView


class Form(AnsweringView):
    """Shows ``fields``; everything a person does comes back as a message ``{"type": "edit", ...}``.

    ``fields``: one dict a control, see ``nblib.ui.controls``. ``state``: name → what the control shows now.
    ``notes``: name → {"tone": "error" | "pending" | "done", "text"}. ``locked``: names that take no edits.
    ``seen``: number of the last edit that was answered. ``front``: where the form is shown, as the script finds it:
    "lab", "classic" or "colab".
    """

    host = "nblib-form-host"
    _esm = script("form.js")
    _css = text("panel.css")

    fields = traits.items()
    state = traits.mapping()
    notes = traits.mapping()
    locked = traits.items()
    seen = traits.whole()
    front = traits.text("lab")
