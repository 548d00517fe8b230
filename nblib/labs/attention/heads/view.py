"""The heads of a model as dials, and what the model says with them as they stand."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import anywidget
import numpy as np
import traitlets

from nblib.ui.views.files import script, text


class Heads(anywidget.AnyWidget):
    """A grid of heads, each with a share from 0 to 1 of what it says, and bars of the answer before and now.

    What a person sets comes as messages, the newest one only; what is shown goes as messages, and ``texts`` (name →
    text), ``fields`` ([name, label] each) and ``busy`` (progress of a measurement from 0 to 1, None without one) as
    traits. ``heard``: number of the last message that was answered.
    """

    _esm = script("view.js", __file__)
    _css = text("panel.css") + text("kit.css") + text("../explorer/view.css", __file__) + text("view.css", __file__)

    layers = traitlets.Int(0).tag(sync=True)
    heads = traitlets.Int(0).tag(sync=True)
    fields = traitlets.List().tag(sync=True)
    texts = traitlets.Dict().tag(sync=True)
    answer = traitlets.Dict().tag(sync=True)
    scales = traitlets.Bytes(b"").tag(sync=True)
    damage = traitlets.Bytes(b"").tag(sync=True)
    damage_about = traitlets.Unicode("").tag(sync=True)
    loss = traitlets.Unicode("").tag(sync=True)
    said = traitlets.Unicode("").tag(sync=True)
    tone = traitlets.Unicode("plain").tag(sync=True)
    busy = traitlets.Float(None, allow_none=True).tag(sync=True)
    busy_about = traitlets.Unicode("").tag(sync=True)
    heard = traitlets.Int(0).tag(sync=True)

    def __init__(self, hear: Callable[[dict], None] = lambda content: None, **values: Any):
        """``hear(content)`` is called with what a person did: type "set", "ask", "settled", "measure" or "stop"."""
        super().__init__(**values)
        self.add_class("nblib-heads-host")
        self._heard, self._lock = hear, threading.RLock()
        self.on_msg(self._hear)

    def say(self, words: str, tone: str = "bad") -> None:
        """One line above the heads; what is shown stays."""
        self.show(said=words, tone=tone)

    def show(self, **traits: Any) -> None:
        """Set several traits in one message; arrays become float32 bytes."""
        with self.hold_sync():
            for name, value in traits.items():
                setattr(self, name, np.asarray(value, np.float32).tobytes() if isinstance(value, np.ndarray) else value)

    def bars(self, labels: Sequence[str], before: Sequence[float], now: Sequence[float], about: str) -> None:
        """What the model said of each label, and what it says now."""
        self.answer = {
            "labels": list(labels),
            "before": [float(v) for v in before],
            "now": [float(v) for v in now],
            "about": about,
        }

    def _hear(self, _widget: Any, content: dict, _buffers: Any = None) -> None:
        with self._lock, self.hold_sync():
            self._heard(content)
            self.heard = int(content.get("number", 0))
