"""The status line of a panel, and what has to be said above it."""

from __future__ import annotations

from typing import Any

from nblib.ui import traits
from nblib.ui.views.files import script
from nblib.ui.views.view import AnsweringView


class Status(AnsweringView):
    """State, progress and numbers of a run, each in a place of fixed width; every text is shown as text.

    ``tone``: "idle", "busy", "paused", "good" or "bad". ``cells``: [[name, value], ...], always the same names.
    ``progress``: 0 to 1, or None. ``notice``: one line, ``notice_tone``: "bad" or "plain"; ``details``: a traceback or
    a list of remarks behind a disclosure called ``details_label``. ``action``: the word on the one button beside the
    notice, "" for none; pressing it sends ``{"type": "action"}``.
    Where a press in the panel is not ``heard`` within 4 s, as after a restart of the kernel, the page says so.
    """

    host = "nblib-status-host"
    counter = "heard"
    _esm = script("status.js")
    message = traits.text()
    tone = traits.text("idle")
    cells = traits.items()
    progress = traits.number_or_none()
    notice = traits.text()
    notice_tone = traits.text("plain")
    details = traits.text()
    details_label = traits.text()
    action = traits.text()
    heard = traits.whole()

    def __init__(self, **values: Any):
        super().__init__(**values)
        self.listen(lambda content: None, kinds=("ping",))

    def show(self, **values: Any) -> None:
        """Set several traits in one message; nothing is sent where nothing changed."""
        self.assign(**values)
