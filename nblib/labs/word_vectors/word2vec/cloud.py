"""Words as points in space: they move as they learn, and turn under the hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nblib.figures import OKABE_ITO
from nblib.ui import traits
from nblib.ui.views.files import script, text
from nblib.ui.views.view import View

COLOURS = ("blue", "vermillion", "green", "purple", "orange", "sky")


class Cloud(View):
    """A canvas of labelled points, in 2-D or 3-D; from one set of places to the next they glide.

    ``points``: float32 [n, 3] as bytes. ``words``: n labels, those that must be seen first. ``groups``: uint8 [n] as
    bytes, 0 for none, k for the k-th of ``legend`` ([[name, colour], ...]). ``marked``: places to be ringed, the first
    one boldly. ``curve``: float32 as bytes, a line drawn below, and ``curve_text`` beside it. ``note``: the sentence
    under the picture. A click on a word sends ``{"type": "pick", "word": ...}``. ``flat``: 2-D, whatever the third
    number; the person may change it.
    """

    host = "nblib-cloud-host"
    _esm = script("cloud.js", __file__)
    _css = text("panel.css") + text("cloud.css", __file__)

    points = traits.data()
    words = traits.items()
    groups = traits.data()
    legend = traits.items()
    marked = traits.items()
    curve = traits.data()
    curve_text = traits.text()
    note = traits.text()
    empty = traits.text()
    flat = traits.flag()
    height = traits.whole(380)

    def show(
        self,
        points: np.ndarray,
        words: Sequence[str],
        groups: np.ndarray | None = None,
        legend: Sequence[str] = (),
        marked: Sequence[int] = (),
        **texts: Any,
    ) -> None:
        """Other places, in one message. ``points`` [n, 2 or 3]; ``legend``: names of the groups 1, 2, …, at most six.

        Raises ValueError where the lengths do not fit.
        """
        points = np.asarray(points, np.float32).reshape(len(words), -1 if len(words) else 3)
        placed = np.zeros((len(words), 3), np.float32)
        placed[:, : points.shape[1]] = points[:, :3]
        groups = np.zeros(len(words), np.uint8) if groups is None else np.asarray(groups, np.uint8)
        if len(groups) != len(words) or len(legend) > len(COLOURS):
            raise ValueError(f"{len(groups)} groups for {len(words)} words, {len(legend)} names of groups")
        with self.hold_sync():
            self.words, self.groups = list(words), groups.tobytes()
            self.legend = [[name, OKABE_ITO[COLOURS[i]]] for i, name in enumerate(legend)]
            self.marked = [int(i) for i in marked]
            self.points = placed.tobytes()
            for name, value in texts.items():
                setattr(self, name, value)
