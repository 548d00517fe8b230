"""Dropout that draws from a generator of its own."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Dropout(nn.Module):
    """Srivastava et al., "Dropout", 2014: in training each number is zero with ``probability``, else divided by 1 − p.

    ``generator`` is set by the loop, which seeds it before every step; ``torch.nn.Dropout`` draws from the process-wide
    generator, which another thread may be using. Without one (outside a run) it draws from the process-wide one too.
    """

    def __init__(self, probability: float):
        super().__init__()
        self.probability = probability
        self.generator: torch.Generator | None = None

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or not self.probability:
            return x
        kept = torch.rand(x.shape, generator=self.generator, device=x.device) >= self.probability
        return x * kept / (1 - self.probability)

    def extra_repr(self) -> str:
        return f"probability={self.probability}"


def give_generator(model: nn.Module, generator: torch.Generator) -> None:
    """Have every ``Dropout`` of a model draw from this generator."""
    for module in model.modules():
        if isinstance(module, Dropout):
            module.generator = generator
