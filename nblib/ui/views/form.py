"""A form of many settings in one widget: one model and one script, however many controls."""

from __future__ import annotations

from typing import Any

import anywidget
import traitlets

from nblib.ui.views.files import script, text


class Form(anywidget.AnyWidget):
    """Shows ``fields``; everything a person does comes back as a message ``{"type": "edit", ...}``.

    ``fields``: one dict a control, see ``nblib.ui.controls``. ``state``: name → what the control shows now.
    ``notes``: name → {"tone": "error" | "pending" | "done", "text"}. ``locked``: names that take no edits.
    ``seen``: number of the last edit that was answered; the script sends the next one only then, so that dragging a
    slider cannot pile up messages before a busy kernel. ``front``: where the form is shown, as the script finds it:
    "lab", "classic" or "colab".
    """

    _esm = script("form.js")
    _css = text("panel.css")

    fields = traitlets.List().tag(sync=True)
    state = traitlets.Dict().tag(sync=True)
    notes = traitlets.Dict().tag(sync=True)
    locked = traitlets.List().tag(sync=True)
    seen = traitlets.Int(0).tag(sync=True)
    front = traitlets.Unicode("lab").tag(sync=True)

    def __init__(self, **values: Any):
        super().__init__(**values)
        self.add_class("nblib-form-host")
