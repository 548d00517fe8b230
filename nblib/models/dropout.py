"""Dropout that draws from a generator of its own."""

from __future__ import annotations

import torch
from torch import Tensor, nn

# The probability is met to one part in as many.
STEPS = 2**16


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
        return x * self.mask(x)

    def mask(self, x: Tensor) -> Tensor:
        """What x is multiplied by: 0 or 1/(1 − p), in its shape and kind."""
        # Four draws of 16 bits from each of 64: drawing is what dropout takes its time for.
        bits = torch.empty((x.numel() + 3) // 4, dtype=torch.int64, device=x.device)
        bits = bits.random_(-(2**63), None, generator=self.generator).view(torch.int16)[: x.numel()].view(x.shape)
        least = min(round(self.probability * STEPS), STEPS - 1) - STEPS // 2
        return torch.ge(bits, least, out=torch.empty_like(x)).mul_(1 / (1 - self.probability))

    def extra_repr(self) -> str:
        return f"probability={self.probability}"


def give_generator(model: nn.Module, generator: torch.Generator) -> None:
    """Have every ``Dropout`` of a model draw from this generator."""
    for module in model.modules():
        if isinstance(module, Dropout):
            module.generator = generator
