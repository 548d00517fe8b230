"""Always the likeliest symbol."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor


@torch.no_grad()
def greedy(
    step: Callable[[Tensor, Any], tuple[Tensor, Any, Any]],
    state: Any,
    *,
    rows: int,
    begin: int,
    end: int,
    max_length: int,
    device: torch.device | None = None,
) -> Tensor:
    """int64 (rows, T ≤ max_length): each row up to its ``end``, which is the padding behind it too.

    ``step`` takes symbols (rows) and a state, and gives logits (rows, V), the next state, and anything else.
    """
    symbols = torch.full((rows,), begin, dtype=torch.int64, device=device)
    over = torch.zeros(rows, dtype=torch.bool, device=device)
    answers = []
    for _ in range(max_length):
        logits, state, *_ = step(symbols, state)
        symbols = logits.argmax(dim=1).masked_fill(over, end)
        answers.append(symbols)
        over |= symbols == end
        if over.all():
            break
    return torch.stack(answers, dim=1)
