"""The tree of a beam search, to be opened and walked through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nblib.ui import traits
from nblib.ui.views.files import script, text
from nblib.ui.views.view import View


class Tree(View):
    """All that a beam search looked at. A branch that ended carries its rank, a dropped one hides behind its parent
    until that is opened; hovering and the arrow keys read a path and its probability, in the browser alone.

    ``nodes``: lists of parent (−1 for the root), symbol, log P of the path, fate ("kept", "ended", "dropped"), rank
    among the finished paths (0 for none) and its score; parents stand before their children. ``space``: between the
    symbols of a path that is read out. ``steered``: with sliders for ``num_beams`` and ``length_penalty``, which a
    person sets and whoever listens answers with another tree.
    """

    host = "nblib-tree-host"
    _esm = script("tree.js")
    _css = text("panel.css") + text("kit.css") + text("tree.css")

    nodes = traits.items()
    title = traits.text()
    space = traits.text()
    height = traits.whole(380)
    steered = traits.flag()
    num_beams = traits.whole(5)
    length_penalty = traits.number(1.0)
    empty = traits.text("no tree yet")

    def show(self, nodes: Sequence[Sequence[Any]], **values: Any) -> None:
        with self.hold_sync():
            self.assign(**values)
            self.nodes = [list(node) for node in nodes]
