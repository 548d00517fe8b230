"""The tree of a beam search as rows, for a view or a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nblib.decoding.beam import Beam

# A path that cannot be; JSON has no −∞.
NEVER = -1e9


def rows(beam: Beam, name: Callable[[int], str]) -> list[list[Any]]:
    """For each node [parent, symbol, log P of the path, fate, rank, score]; ``name`` gives a symbol's number a text.

    Rank 1 is the best finished path, 0 stands for a node that is no finished path in the end; its score is 0 then.
    """
    rank = {h.node: (k + 1, h.score) for k, h in enumerate(beam.hypotheses)}
    return [
        [n.parent, "" if n.parent < 0 else name(n.symbol), max(n.log_probability, NEVER), n.fate,
         *((rank[k][0], max(rank[k][1], NEVER)) if k in rank else (0, 0.0))]
        for k, n in enumerate(beam.nodes)
    ]  # fmt: skip
