"""Attention with nothing left out: every matrix between the words and what comes out, and how softmax saturates."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from nblib.models.attention import attention


class Steps(NamedTuple):
    """One self-attention over T words of D numbers, in H heads of d = D/H numbers.

    ``query``, ``key``, ``value``: (H, T, d). ``scores`` Q Kᵀ, ``scaled``, ``masked`` (−∞ where a query may not look)
    and ``weights`` (each row sums to one): (H, T, T). ``values``: (H, T, d), the weights times V. ``joined``: (T, D),
    the heads side by side again.
    """

    query: Tensor
    key: Tensor
    value: Tensor
    scores: Tensor
    scaled: Tensor
    masked: Tensor
    weights: Tensor
    values: Tensor
    joined: Tensor


def attention_steps(
    x: Tensor, query: Tensor, key: Tensor, value: Tensor, num_heads: int = 1, mask: Tensor | None = None,
    scale: float | None = None,
) -> Steps:  # fmt: skip
    """Attention of ``x`` (T, D) to itself, step by step; ``query``, ``key``, ``value`` (D, D) multiply from the right.

    ``mask``: bool (T, T), True where a query may look. ``scale``: factor on the scores, 1/√d when left out. Weights and
    values are those of ``nblib.models.attention``. Vaswani et al., "Attention is all you need", 2017, section 3.2.
    Raises ValueError where the heads do not divide the width.
    """
    width = x.shape[-1]
    if width % num_heads:
        raise ValueError(f"num_heads: {num_heads} heads do not divide a width of {width}")
    q, k, v = (split(x @ weights, num_heads) for weights in (query, key, value))  # (H, T, d) each
    factor: float = q.shape[-1] ** -0.5 if scale is None else scale
    scores = q @ k.transpose(1, 2)  # (H, T, T)
    scaled = scores * factor
    masked = scaled if mask is None else scaled.masked_fill(~mask, -math.inf)
    attended = attention(q, k, v, mask, factor)
    return Steps(q, k, v, scores, scaled, masked, attended.weights, attended.values, join(attended.values))


def split(x: Tensor, num_heads: int) -> Tensor:
    """(T, D) → (H, T, D/H): neighbouring columns make a head."""
    return x.unflatten(-1, (num_heads, -1)).transpose(0, 1)


def join(x: Tensor) -> Tensor:
    """(H, T, d) → (T, H·d): the way back from ``split``."""
    return x.transpose(0, 1).flatten(1)


def saturation(scores: Tensor, scales: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """How undecided softmax(scores · scale) is, and how much of a gradient it lets through, at each of S scales.

    scores: (H, T, T). Returns two tensors (S, H, T), a number a row: the entropy in bits, and the Frobenius norm of
    softmax's Jacobian diag(p) − p pᵀ, which goes to zero as one weight takes all.
    """
    s = scores * scales.to(scores)[:, None, None, None]  # (S, H, T, T)
    if mask is not None:
        s = s.masked_fill(~mask, -math.inf)
    p = torch.softmax(s, dim=-1)
    entropy = torch.special.entr(p).sum(-1) / math.log(2)
    jacobian = torch.diag_embed(p) - p[..., :, None] * p[..., None, :]  # (S, H, T, T, T)
    return entropy, jacobian.flatten(-2).norm(dim=-1)
