"""A question that is answered as it is typed, and the answer as words with bars."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import anywidget
import traitlets

from nblib.ui.views.files import script, text


class Ask(anywidget.AnyWidget):
    """Fields to type in, a line that says what came of it, and rows of a word, a bar, a number and a remark.

    ``fields``: [{"name", "label", "placeholder", "wide"}, ...]; ``texts``: name → what stands there. ``said``: one
    line, ``tone`` "plain" or "bad". ``rows``: [[word, value, number, remark, tone], ...]; value is the length of the
    bar from 0 to 1, from −1 to 1 about the middle where ``diverging``, None for no bar; tone "", "soft" or "bad".
    ``ends``: what the two ends of the bars mean. ``pickable``: words are buttons, which send ``{"type": "pick"}``.
    ``seen``: number of the last question that was answered; the script sends the next one only then.
    """

    _esm = script("ask.js")
    _css = text("panel.css") + text("ask.css")

    title = traitlets.Unicode("").tag(sync=True)
    fields = traitlets.List().tag(sync=True)
    texts = traitlets.Dict().tag(sync=True)
    rows = traitlets.List().tag(sync=True)
    said = traitlets.Unicode("").tag(sync=True)
    tone = traitlets.Unicode("plain").tag(sync=True)
    ends = traitlets.List().tag(sync=True)
    diverging = traitlets.Bool(False).tag(sync=True)
    pickable = traitlets.Bool(False).tag(sync=True)
    seen = traitlets.Int(0).tag(sync=True)

    def __init__(
        self,
        answer: Callable[[dict[str, str]], None] = lambda texts: None,
        pick: Callable[[str], None] | None = None,
        after: Callable[[], None] = lambda: None,
        lock: threading.RLock | None = None,
        **values: Any,
    ):
        """``answer(texts)`` is called with what stands in the fields, ``after()`` once the answer has been sent, and
        ``pick(word)`` with a word that was pressed; all under ``lock``, for a panel in which a worker answers too."""
        super().__init__(pickable=pick is not None, **values)
        self.add_class("nblib-ask-host")
        self._answer, self._pick, self._after, self._lock = answer, pick, after, lock or threading.RLock()
        self.on_msg(self._hear)

    def show(self, rows: list[list], said: str = "", tone: str = "plain", **more: Any) -> None:
        """Another answer, in one message."""
        with self.hold_sync():
            self.rows, self.said, self.tone = rows, said, tone
            for name, value in more.items():
                setattr(self, name, value)

    def fill(self, **texts: str) -> None:
        """Put texts into fields as if a person had typed them."""
        with self._lock:
            with self.hold_sync():
                self.texts = {**self.texts, **texts}
                self._answer(dict(self.texts))
            self._after()

    def _hear(self, _widget: Any, content: dict, _buffers: Any = None) -> None:
        if content.get("type") == "pick" and self._pick is not None:
            with self._lock:
                self._pick(str(content.get("word", "")))
        if content.get("type") != "ask":
            return
        known = {f["name"] for f in self.fields}
        texts = {n: str(t) for n, t in dict(content.get("texts", {})).items() if n in known}
        try:
            with self._lock, self.hold_sync():
                self.seen = int(content.get("number", 0))
                self.texts = {**self.texts, **texts}
                self._answer(dict(self.texts))
        finally:
            # What else follows from the answer is not what the person waits for.
            with self._lock:
                self._after()
