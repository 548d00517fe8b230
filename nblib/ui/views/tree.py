"""The tree of a beam search, to be opened and walked through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import anywidget
import traitlets

from nblib.ui.views.files import script, text


class Tree(anywidget.AnyWidget):
    """All that a beam search looked at. A branch that ended carries its rank, a dropped one hides behind its parent
    until that is opened; hovering and the arrow keys read a path and its probability, in the browser alone.

    ``nodes``: lists of parent (−1 for the root), symbol, log P of the path, fate ("kept", "ended", "dropped"), rank
    among the finished paths (0 for none) and its score; parents stand before their children. ``space``: between the
    symbols of a path that is read out. ``steered``: with sliders for ``num_beams`` and ``length_penalty``, which a
    person sets and whoever listens answers with another tree.
    """

    _esm = script("tree.js")
    _css = text("panel.css") + text("kit.css") + text("tree.css")

    nodes = traitlets.List().tag(sync=True)
    title = traitlets.Unicode("").tag(sync=True)
    space = traitlets.Unicode("").tag(sync=True)
    height = traitlets.Int(380).tag(sync=True)
    steered = traitlets.Bool(False).tag(sync=True)
    num_beams = traitlets.Int(5).tag(sync=True)
    length_penalty = traitlets.Float(1.0).tag(sync=True)
    empty = traitlets.Unicode("no tree yet").tag(sync=True)

    def __init__(self, **values: Any):
        super().__init__(**values)
        self.add_class("nblib-tree-host")

    def show(self, nodes: Sequence[Sequence[Any]], **traits: Any) -> None:
        with self.hold_sync():
            for name, value in traits.items():
                setattr(self, name, value)
            self.nodes = [list(node) for node in nodes]
