"""The status line of a panel, and what has to be said above it."""

from __future__ import annotations

from typing import Any

import anywidget
import traitlets

from nblib.ui.views.files import script


class Status(anywidget.AnyWidget):
    """State, progress and numbers of a run, each in a place of fixed width; every text is shown as text.

    ``tone``: "idle", "busy", "paused", "good" or "bad". ``cells``: [[name, value], ...], always the same names.
    ``progress``: 0 to 1, or None. ``notice``: one line, ``notice_tone``: "bad" or "plain"; ``details``: a traceback or
    a list of remarks behind a disclosure called ``details_label``. ``action``: the word on the one button beside the
    notice, "" for none; pressing it sends ``{"type": "action"}``.
    Where a press in the panel is not ``heard`` within 4 s, as after a restart of the kernel, the page says so.
    """

    _esm = script("status.js")
    message = traitlets.Unicode("").tag(sync=True)
    tone = traitlets.Unicode("idle").tag(sync=True)
    cells = traitlets.List().tag(sync=True)
    progress = traitlets.Float(None, allow_none=True).tag(sync=True)
    notice = traitlets.Unicode("").tag(sync=True)
    notice_tone = traitlets.Unicode("plain").tag(sync=True)
    details = traitlets.Unicode("").tag(sync=True)
    details_label = traitlets.Unicode("").tag(sync=True)
    action = traitlets.Unicode("").tag(sync=True)
    heard = traitlets.Int(0).tag(sync=True)

    def __init__(self, **values: Any):
        super().__init__(**values)
        self.add_class("nblib-status-host")
        self.on_msg(self._answer)

    def _answer(self, _widget: Any, content: dict, _buffers: Any) -> None:
        if content.get("type") == "ping":
            self.heard = int(content.get("number", 0))

    def show(self, **values: Any) -> None:
        """Set several traits in one message; nothing is sent where nothing changed."""
        with self.hold_sync():
            for name, value in values.items():
                setattr(self, name, value)
