"""The heads of a model as dials, and what the model says with them as they stand."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nblib.ui import traits
from nblib.ui.views.files import script, text
from nblib.ui.views.view import AnsweringView, Content


class Heads(AnsweringView):
    """A grid of heads, each with a share from 0 to 1 of what it says, and bars of the answer before and now.

    What a person sets comes as messages, the newest one only; what is shown goes as messages, and ``texts`` (name →
    text), ``fields`` ([name, label] each) and ``busy`` (progress of a measurement from 0 to 1, None without one) as
    traits. ``heard``: number of the last message that was answered.
    """

    host = "nblib-heads-host"
    counter = "heard"
    _esm = script("view.js", __file__)
    _css = text("panel.css") + text("kit.css") + text("../explorer/view.css", __file__) + text("view.css", __file__)

    layers = traits.whole()
    heads = traits.whole()
    fields = traits.items()
    texts = traits.mapping()
    answer = traits.mapping()
    scales = traits.data()
    damage = traits.data()
    damage_about = traits.text()
    loss = traits.text()
    said = traits.text()
    tone = traits.text("plain")
    busy = traits.number_or_none()
    busy_about = traits.text()
    heard = traits.whole()

    def __init__(self, hear: Callable[[Content], None] = lambda content: None, **values: Any):
        """``hear(content)`` is called with what a person did: type "set", "ask", "settled", "measure" or "stop"."""
        super().__init__(**values)
        self.listen(hear, lock=threading.RLock(), together=True)

    def say(self, words: str, tone: str = "bad") -> None:
        """One line above the heads; what is shown stays."""
        self.show(said=words, tone=tone)

    def show(self, **values: Any) -> None:
        """Set several traits in one message; arrays become float32 bytes."""
        self.assign(
            **{n: np.asarray(v, np.float32).tobytes() if isinstance(v, np.ndarray) else v for n, v in values.items()}
        )

    def bars(self, labels: Sequence[str], before: Sequence[float], now: Sequence[float], about: str) -> None:
        """What the model said of each label, and what it says now."""
        self.answer = {
            "labels": list(labels),
            "before": [float(v) for v in before],
            "now": [float(v) for v in now],
            "about": about,
        }
