"""A pad to write digits on."""

from __future__ import annotations

import base64

import numpy as np

from nblib.ui import traits
from nblib.ui.views.files import script, text
from nblib.ui.views.view import AnsweringView

SIDE = 64


class Pad(AnsweringView):
    """What is drawn comes as {"type": "ink", "bits": base64 of 64×64 bits, "number"}; see ``ink_of``.

    ``probabilities``: float32 [10], empty where nothing can be said, for the reason in ``message``. ``image``: uint8
    [side, side], what the net was given, 255 for ink.
    """

    host = "nblib-pad-host"
    _esm = script("pad.js", __file__)
    _css = text("panel.css") + text("kit.css") + text("play.css")

    probabilities = traits.data()
    image = traits.data()
    side = traits.whole(8)
    message = traits.text()
    seen = traits.whole()


def ink_of(bits: str) -> np.ndarray:
    """bool [64, 64] of a message's bits. Raises ValueError for what is none."""
    raw = base64.b64decode(bits, validate=True)
    if len(raw) != SIDE * SIDE // 8:
        raise ValueError(f"{len(raw)} bytes of ink")
    return np.unpackbits(np.frombuffer(raw, np.uint8)).reshape(SIDE, SIDE).astype(bool)
