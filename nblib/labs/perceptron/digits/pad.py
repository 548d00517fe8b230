"""A pad to write digits on."""

from __future__ import annotations

import base64
from typing import Any

import anywidget
import numpy as np
import traitlets

from nblib.ui.views.files import script, text

SIDE = 64


class Pad(anywidget.AnyWidget):
    """What is drawn comes as {"type": "ink", "bits": base64 of 64×64 bits, "number"}; see ``ink_of``.

    ``probabilities``: float32 [10], empty where nothing can be said, for the reason in ``message``. ``image``: uint8
    [side, side], what the net was given, 255 for ink.
    """

    _esm = script("pad.js", __file__)
    _css = text("panel.css") + text("kit.css") + text("play.css")

    probabilities = traitlets.Bytes(b"").tag(sync=True)
    image = traitlets.Bytes(b"").tag(sync=True)
    side = traitlets.Int(8).tag(sync=True)
    message = traitlets.Unicode("").tag(sync=True)
    seen = traitlets.Int(0).tag(sync=True)

    def __init__(self, **values: Any):
        super().__init__(**values)
        self.add_class("nblib-pad-host")


def ink_of(bits: str) -> np.ndarray:
    """bool [64, 64] of a message's bits. Raises ValueError for what is none."""
    raw = base64.b64decode(bits, validate=True)
    if len(raw) != SIDE * SIDE // 8:
        raise ValueError(f"{len(raw)} bytes of ink")
    return np.unpackbits(np.frombuffer(raw, np.uint8)).reshape(SIDE, SIDE).astype(bool)
