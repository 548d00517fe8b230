"""Where a token stands, as numbers that are added to what it is."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def sinusoidal(length: int, hidden_size: int, base: float = 10_000.0) -> Tensor:
    """float32 (length, hidden_size): sines in the even columns, cosines in the odd ones.

    PE(t, 2i) = sin(t / base^(2i/D)), PE(t, 2i+1) = cos(t / base^(2i/D)). Vaswani et al., "Attention is all you need",
    2017, section 3.5. The dot product of two rows depends only on how far apart they are. Raises ValueError for an odd
    ``hidden_size``.
    """
    if hidden_size % 2:
        raise ValueError(f"hidden_size: sines and cosines come in pairs, {hidden_size} is odd")
    turns = torch.exp(torch.arange(0, hidden_size, 2, dtype=torch.float64) * (-math.log(base) / hidden_size))  # (D/2)
    angles = torch.arange(length, dtype=torch.float64)[:, None] * turns  # (T, D/2)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1).float()  # (T, D)
