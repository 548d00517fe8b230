"""What a model from one sequence to another can do, whatever it is made of."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn


class EncoderDecoder(nn.Module):
    """The base of ``Seq2Seq`` and ``Transformer``: what search and the labs ask of either.

    ``config``: the arguments that the model was made with, by name.
    """

    config: dict[str, Any]

    def encode(self, source: Tensor) -> Any:
        """What the decoder has of sources, int64 (B, S), padded at the end."""
        raise NotImplementedError

    def start(self, memory: Any) -> Any:
        """The state in which the decoder begins: from what ``encode`` gave."""
        raise NotImplementedError

    def step(self, symbols: Tensor, state: Any) -> tuple[Tensor, Any, Tensor | None]:
        """One symbol on. symbols: int64 (B). Returns logits (B, V), the next state, and where it looked."""
        raise NotImplementedError
