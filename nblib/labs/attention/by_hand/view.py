"""Attention by hand: matrices in which every cell can be edited or says where it comes from."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from nblib.ui import traits
from nblib.ui.views.files import script, text
from nblib.ui.views.view import AnsweringView, Content


class ByHand(AnsweringView):
    """Grids of numbers on one canvas, in stages; an edit goes to Python, and all of them come back in one message.

    ``matrices``: one dict a matrix, with "name", "title", "stage" ("input", "project", "weights" or "output"),
    "shape", "rows" and "columns" ("tokens" or "numbers": what stands beside and above it), "edit" (whether a person may
    type into it), "head" (−1 where it belongs to all), "bands" (heads marked in its columns, 0 for none), "sign" (what
    stands before it) and "rule", from which the script tells where a cell comes from: see ``RULES`` below. ``data``:
    their float64 numbers, one matrix after the other. ``scale`` and ``usual``: the factor on the scores, and 1/√d.
    ``curves``: float32 [1 + 2·heads, scales]: the scales, then for each head entropy (as a share of the largest) and
    gradient. ``pads``: tokens at the end that are padding. ``problem``: {"name", "row", "column", "text"} of an edit
    that was refused, {} for none. ``seen``: number of the last edit that was answered; the script sends the next one
    only then, with all that was edited in between. Until then the script shows what it computes from the same rules.
    """

    host = "nblib-hand-host"
    _esm = script("view.js", __file__)
    _css = text("panel.css") + text("kit.css") + text("view.css", __file__)

    tokens = traits.items()
    matrices = traits.items()
    data = traits.data()
    heads = traits.whole(1)
    scale = traits.number(1.0)
    usual = traits.number(1.0)
    curves = traits.data()
    pads = traits.whole()
    note = traits.text()
    empty = traits.text()
    problem = traits.mapping()
    seen = traits.whole()

    def __init__(
        self,
        edited: Callable[[list, dict], None] = lambda cells, more: None,
        lock: AbstractContextManager | None = None,
        **values: Any,
    ):
        """``edited(cells, more)`` is called with [name, row, column, text] each, and {"scale": number or None} where
        the slider was moved; under ``lock``, for a panel whose other handlers may run in another thread."""
        super().__init__(**values)
        self._edited = edited
        self.listen(self._edit, kinds=("edit",), lock=lock or threading.RLock(), together=True)

    def show(self, matrices: Sequence[dict], numbers: Sequence[np.ndarray], **values: Any) -> None:
        """Other numbers, and what else has changed, in one message."""
        with self.hold_sync():
            self.assign(**values)
            self.matrices = list(matrices)
            flat = [np.asarray(m, np.float64).ravel() for m in numbers]
            self.data = np.concatenate(flat).tobytes() if flat else b""

    def _edit(self, content: Content) -> None:
        cells = [[str(c[0]), int(c[1]), int(c[2]), str(c[3])] for c in content.get("cells", [])]
        self._edited(cells, {"scale": content["scale"]} if "scale" in content else {})


# What a "rule" may be, with its fields: how the numbers of a matrix come about from those of others.
RULES = {
    "given": (),
    "add": ("left", "right"),
    # left[r, start + k] · right[k, offset + c], or with "transposed" right[c, start + k], summed over k < length
    "product": ("left", "right", "start", "length", "transposed", "offset"),
    "scale": ("of",),
    "mask": ("of", "causal", "padding"),
    "softmax": ("of",),
    "entropy": ("of",),
    "join": (),
}
