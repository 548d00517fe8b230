"""Scaled dot-product attention, its masks, and several heads of it."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from nblib.models.dropout import Dropout


class Attended(NamedTuple):
    """What attention gives: ``values`` (..., Q, V) and the ``weights`` (..., Q, K) that they were mixed with."""

    values: Tensor
    weights: Tensor


def attention(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None, scale: float | None = None):
    """softmax(Q Kᵀ / √d) V. Vaswani et al., "Attention is all you need", 2017.

    Args:
        query: (..., Q, d). key: (..., K, d). value: (..., K, V).
        mask: bool, broadcast to (..., Q, K); True where a query may look. A query that may look nowhere gets zeros.
        scale: factor on the scores, 1/√d when left out.

    Returns ``Attended``.
    """
    scores = query @ key.transpose(-2, -1) * (query.shape[-1] ** -0.5 if scale is None else scale)  # (..., Q, K)
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    weights = torch.softmax(scores, dim=-1)  # (..., Q, K), each row sums to one
    if mask is not None:
        weights = weights.masked_fill(~mask.any(dim=-1, keepdim=True), 0.0)
    return Attended(weights @ value, weights)


def causal_mask(length: int, device: torch.device | None = None) -> Tensor:
    """bool (T, T): query t may look at keys 0 … t."""
    return torch.ones(length, length, dtype=torch.bool, device=device).tril()


def padding_mask(attention_mask: Tensor) -> Tensor:
    """bool (B, 1, 1, K) for heads, from an ``attention_mask`` (B, K) with 1 for a token and 0 for padding."""
    return attention_mask.bool()[:, None, None, :]


class MultiHeadAttention(nn.Module):
    """Several small attentions side by side, each in a subspace of its own.

    Args:
        hidden_size: D, of the queries and of what comes out.
        num_heads: H; D is a multiple of it, and each head is D/H wide.
        dropout: on the weights, in training.
        generator: what the weights are drawn from (uniform, Glorot and Bengio, 2010).

    ``keep`` set to True has the last call's weights kept in ``weights`` (B, H, Q, K), without a graph.
    Raises ValueError where the heads do not divide the width.
    """

    def __init__(
        self, hidden_size: int, num_heads: int, dropout: float = 0.0, *, generator: torch.Generator | None = None
    ):
        super().__init__()
        if hidden_size % num_heads:
            raise ValueError(f"num_heads: {num_heads} heads do not divide hidden_size {hidden_size}")
        self.num_heads = num_heads
        self.query, self.key, self.value, self.output = (linear(hidden_size, hidden_size, generator) for _ in range(4))
        self.dropout = Dropout(dropout)
        self.keep = False
        self.weights: Tensor | None = None

    def split(self, x: Tensor) -> Tensor:
        """(B, T, D) → (B, H, T, D/H)."""
        return x.unflatten(-1, (self.num_heads, -1)).transpose(1, 2)

    def project(self, source: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values of ``source`` (B, K, D), each (B, H, K, D/H): what a decoder keeps from step to step."""
        key, value = self._at_once(source, self.key, self.value)
        return key, value

    def forward(
        self, x: Tensor, source: Tensor | tuple[Tensor, Tensor] | None = None, mask: Tensor | None = None
    ) -> Tensor:
        """x: (B, Q, D) asks; ``source`` (B, K, D) is asked, x itself when left out, or keys and values of ``project``.

        mask: bool, broadcast to (B, H, Q, K). → (B, Q, D).
        """
        query, key, value = self._projected(x, source)  # (B, H, Q, D/H), (B, H, K, D/H) twice
        if self.keep:
            weights = attention(query, key, value, mask).weights  # (B, H, Q, K)
            self.weights = weights.detach()
            values = self.dropout(weights) @ value
        elif self.training and self.dropout.probability:
            values = self.dropout(_weights(query, key, mask)) @ value
        else:
            # The same sum without the matrix of weights ever lying in memory.
            values = nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        return self.output(values.transpose(1, 2).flatten(2))  # heads side by side again: (B, Q, D)

    def _projected(self, x: Tensor, source: Tensor | tuple[Tensor, Tensor] | None) -> tuple[Tensor, Tensor, Tensor]:
        if isinstance(source, tuple):
            return self.split(self.query(x)), *source
        if source is None:
            query, key, value = self._at_once(x, self.query, self.key, self.value)
            return query, key, value
        return self.split(self.query(x)), *self.project(source)

    def _at_once(self, x: Tensor, *layers: nn.Linear) -> tuple[Tensor, ...]:
        """Several maps of the same thing as one product of matrices, which is faster than one each."""
        weight, bias = torch.cat([m.weight for m in layers]), torch.cat([m.bias for m in layers])
        return tuple(self.split(part) for part in nn.functional.linear(x, weight, bias).chunk(len(layers), dim=-1))


def _weights(query: Tensor, key: Tensor, mask: Tensor | None) -> Tensor:
    """Those of ``attention``, sooner: for training, where every query may look somewhere."""
    scores = query * query.shape[-1] ** -0.5 @ key.transpose(-2, -1)  # (B, H, Q, K)
    if mask is not None:
        # What is added is as small as the mask; filling goes through the scores place by place.
        scores += torch.zeros_like(mask, dtype=scores.dtype).masked_fill_(~mask, -math.inf)
    return torch.softmax(scores, dim=-1)


def linear(inputs: int, outputs: int, generator: torch.Generator | None, bias: bool = True) -> nn.Linear:
    """A linear layer whose weights come from ``generator``, a generator with seed 0 when left out; biases are zero."""
    layer = nn.Linear(inputs, outputs, bias=bias, device="meta").to_empty(device="cpu")
    bound = math.sqrt(6 / (inputs + outputs))
    with torch.no_grad():
        layer.weight.uniform_(-bound, bound, generator=generator or torch.Generator().manual_seed(0))
        if bias:
            layer.bias.zero_()
    return layer
