"""Beam search, and the tree of all that it looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor

KEPT, ENDED, DROPPED = "kept", "ended", "dropped"


class Node(NamedTuple):
    """A symbol that was considered: after node ``parent`` (−1 for the first), ``depth`` symbols from the begin.

    ``log_probability`` is that of the whole path. ``fate``: "kept" in the beam, "ended" there, or "dropped".
    """

    parent: int
    symbol: int
    depth: int
    log_probability: float
    fate: str


class Hypothesis(NamedTuple):
    """A finished path: its symbols, without the begin; log P of it; that over length^length_penalty; its last node."""

    symbols: list[int]
    log_probability: float
    score: float
    node: int


class Beam(NamedTuple):
    """``hypotheses``, the best first, and the tree of ``nodes`` that were looked at, parents before children."""

    hypotheses: list[Hypothesis]
    nodes: list[Node]


@torch.no_grad()
def beam_search(
    step: Callable[[Tensor, Any], tuple[Tensor, Any, Any]],
    state: Any,
    *,
    begin: int,
    end: int,
    num_beams: int,
    max_length: int,
    length_penalty: float = 1.0,
    device: torch.device | None = None,
) -> Beam:
    """The ``num_beams`` likeliest paths go on at every step. Of one source; the paths are the rows of the batch.

    Args:
        step: takes symbols (R) and a state, gives logits (R, V), the next state, and anything else.
        state: what ``step`` begins with, for one row; ``state.select(rows)`` gives that of other rows.
        begin, end: the symbols that a path starts from and is over with.
        max_length: symbols after the begin; a path that long is over too.
        length_penalty: finished paths are ranked by log P / length^length_penalty (Wu et al., "Google's neural machine
            translation system", 2016, have a close relative of it). It ends once no path in the beam can do better.

    The rules are those of ``transformers``' ``generate(num_beams=…, early_stopping=False)``. Raises ValueError for a
    beam or a length below one.
    """
    if num_beams < 1 or max_length < 1:
        raise ValueError(f"num_beams and max_length are at least 1; given were {num_beams} and {max_length}")
    nodes = [Node(-1, begin, 0, 0.0, KEPT)]
    finished: list[tuple[float, int]] = []
    running, totals = [0], torch.zeros(1, device=device)
    symbols = torch.tensor([begin], device=device)
    for depth in range(1, max_length + 1):
        logits, state, *_ = step(symbols, state)
        paths = totals[:, None] + torch.log_softmax(logits.float(), dim=1)  # (R, V)
        survivors: list[tuple[int, int, int, float]] = []
        for rank, (value, row, symbol) in enumerate(_likeliest(paths, 2 * num_beams)):
            over, fate = symbol == end or depth == max_length, DROPPED
            if over and rank < num_beams:
                fate = ENDED
                finished.append((value / depth**length_penalty, len(nodes)))
            elif not over and len(survivors) < num_beams:
                fate = KEPT
                survivors.append((row, symbol, len(nodes), value))
            nodes.append(Node(running[row], symbol, depth, value, fate))
        finished = sorted(finished, key=lambda f: -f[0])[:num_beams]
        best = max((s[3] for s in survivors), default=None)
        if best is None or (len(finished) == num_beams and best / depth**length_penalty <= finished[-1][0]):
            break
        rows, symbols, totals = (torch.tensor([s[k] for s in survivors], device=device) for k in (0, 1, 3))
        running, state = [s[2] for s in survivors], state.select(rows)
    return Beam([Hypothesis(path(nodes, n), nodes[n].log_probability, score, n) for score, n in finished], nodes)


def _likeliest(paths: Tensor, number: int) -> Iterator[tuple[float, int, int]]:
    """Of ``paths`` (R, V) the ``number`` with the largest values, the largest first: value, row, symbol."""
    values, places = paths.flatten().topk(min(number, paths.numel()))
    for value, place in zip(values.tolist(), places.tolist(), strict=True):
        row, symbol = divmod(place, paths.shape[1])
        yield value, row, symbol


def path(nodes: list[Node], node: int) -> list[int]:
    """The symbols on the way to a node, without the begin."""
    symbols = []
    while nodes[node].parent >= 0:
        symbols.append(nodes[node].symbol)
        node = nodes[node].parent
    return symbols[::-1]
