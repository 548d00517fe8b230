"""A question that is answered as it is typed, and the answer as words with bars."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from nblib.ui import traits
from nblib.ui.views.files import script, text
from nblib.ui.views.view import AnsweringView, Content, View


class Ask(AnsweringView):
    """Fields to type in, a line that says what came of it, and rows of a word, a bar, a number and a remark.

    ``fields``: [{"name", "label", "placeholder", "wide"}, ...]; ``texts``: name → what stands there. ``said``: one
    line, ``tone`` "plain" or "bad". ``rows``: [[word, value, number, remark, tone], ...]; value is the length of the
    bar from 0 to 1, from −1 to 1 about the middle where ``diverging``, None for no bar; tone "", "soft" or "bad".
    ``ends``: what the two ends of the bars mean. ``pickable``: words are buttons, which send ``{"type": "pick"}``.
    ``seen``: number of the last question that was answered.
    """

    host = "nblib-ask-host"
    _esm = script("ask.js")
    _css = text("panel.css") + text("ask.css")

    title = traits.text()
    fields = traits.items()
    texts = traits.mapping()
    rows = traits.items()
    said = traits.text()
    tone = traits.text("plain")
    ends = traits.items()
    diverging = traits.flag()
    pickable = traits.flag()
    seen = traits.whole()

    def __init__(
        self,
        answer: Callable[[dict[str, str]], None] = lambda texts: None,
        pick: Callable[[str], None] | None = None,
        after: Callable[[], None] = lambda: None,
        lock: AbstractContextManager | None = None,
        **values: Any,
    ):
        """``answer(texts)`` is called with what stands in the fields, ``after()`` once the answer has been sent, and
        ``pick(word)`` with a word that was pressed; all under ``lock``, for a panel in which a worker answers too."""
        super().__init__(pickable=pick is not None, **values)
        self._answer_texts, self._pick, self._after, self._lock = answer, pick, after, lock or threading.RLock()
        self.listen(self._ask, kinds=("ask",), lock=self._lock, together=True)

    def show(self, rows: list[list], said: str = "", tone: str = "plain", **more: Any) -> None:
        """Another answer, in one message."""
        self.assign(rows=rows, said=said, tone=tone, **more)

    def fill(self, **texts: str) -> None:
        """Put texts into fields as if a person had typed them."""
        with self._lock:
            with self.hold_sync():
                self.texts = {**self.texts, **texts}
                self._answer_texts(dict(self.texts))
            self._after()

    def receive(self, widget: View, content: Content, buffers: list) -> None:
        if content.get("type") == "pick" and self._pick is not None:
            with self._lock:
                self._pick(str(content.get("word", "")))
        if content.get("type") != "ask":
            return
        try:
            super().receive(widget, content, buffers)
        finally:
            # What else follows from the answer is not what the person waits for.
            with self._lock:
                self._after()

    def _ask(self, content: Content) -> None:
        known = {field["name"] for field in self.fields}
        texts = {n: str(t) for n, t in dict(content.get("texts", {})).items() if n in known}
        self.texts = {**self.texts, **texts}
        self._answer_texts(dict(self.texts))
