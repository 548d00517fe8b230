"""The base of the views: a script with its traits, and the messages that a person's hand sends."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import anywidget

Content = dict[str, Any]


class View(anywidget.AnyWidget):
    """A widget whose script and style stand beside its class. ``host``: the class of its place in the style."""

    host = ""

    def __init__(self, **values: Any):
        super().__init__(**values)
        self.add_class(self.host)

    def assign(self, **values: Any) -> None:
        """Set several traits in one message; nothing is sent where nothing changed."""
        with self.hold_sync():
            for name, value in values.items():
                setattr(self, name, value)


class AnsweringView(View):
    """A view whose script sends what a person does as messages of a ``type``, each with a ``number``.

    The number of the last message that was answered stands in the trait that ``counter`` names. The script sends the
    next one only then, so that a hand that moves fast cannot pile up messages before a busy kernel.
    """

    counter = "seen"

    def __init__(self, **values: Any):
        super().__init__(**values)
        self._answer: Callable[[Content], object] | None = None
        self._kinds: tuple[str, ...] = ()
        self._answering: AbstractContextManager = nullcontext()
        self._together = False
        self._number = 0
        self.on_msg(self.receive)

    def listen(
        self,
        answer: Callable[[Content], object],
        kinds: tuple[str, ...] = (),
        *,
        lock: AbstractContextManager | None = None,
        together: bool = False,
    ) -> None:
        """``answer(content)`` is called with each message, or with those whose type is one of ``kinds``.

        ``lock`` is held meanwhile, for a panel in which a worker or another handler writes the same view. ``together``:
        what the answer changes in this view is sent in one message, with the number.
        """
        self._answer, self._kinds, self._together = answer, kinds, together
        self._answering = lock or nullcontext()

    def receive(self, widget: View, content: Content, buffers: list) -> None:
        """Answer one message; its number counts as answered also where the answer raises."""
        if self._answer is None or (self._kinds and content.get("type") not in self._kinds):
            return
        with self._answering, self.hold_sync() if self._together else nullcontext():
            try:
                if "number" in content:
                    self._number = int(content["number"])
                self._answer(content)
            finally:
                self.acknowledge()

    def acknowledge(self) -> None:
        """Tell the script that the last message has its answer."""
        setattr(self, self.counter, self._number)
