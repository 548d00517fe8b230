"""What frozen layers give is computed once and kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch


class _Enough(Exception):
    """The hidden state is caught; the layers above need not run."""


class FrozenCache:
    """The output of the highest frozen layer for every example: float [tokens of all examples, hidden_size].

    It is filled in a fixed order and in fixed batches, because one sentence alone and in a padded batch differ by 1e-6
    and a resumed run must find the same bits. ``replay`` then lets a model start from it: the frozen layers are
    replaced by one that returns the kept state, the model's own code does the rest. The oracle is the uncached model
    with its frozen layers in eval mode.
    """

    def __init__(self, layers, count: int, lengths: np.ndarray):
        self._layers, self._count = layers, count
        self.offsets = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
        self.states: torch.Tensor | None = None
        self._tuple = False

    @staticmethod
    def bytes_needed(lengths: np.ndarray, hidden_size: int) -> int:
        return int(np.sum(lengths)) * hidden_size * 4

    def fill(self, forward: Callable, collate: Callable, batch_size: int, between: Callable[[int, int], None]) -> None:
        """``forward(**inputs)`` runs the model; ``collate(rows)`` makes its inputs; ``between(done, of)`` is called
        after every batch."""
        import torch

        lengths = np.diff(self.offsets)
        order = np.argsort(lengths, kind="stable")[::-1]
        caught: list = []

        def catch(module, args, output):
            self._tuple = isinstance(output, tuple)
            caught.append(output[0] if self._tuple else output)
            raise _Enough

        handle = self._layers[self._count - 1].register_forward_hook(catch)
        try:
            for start in range(0, len(order), batch_size):
                rows = order[start : start + batch_size]
                inputs = collate(rows)
                with torch.no_grad():
                    try:
                        forward(**inputs)
                    except _Enough:
                        pass
                state = caught.pop()
                if self.states is None:
                    shape = (int(self.offsets[-1]), state.shape[-1])
                    self.states = torch.empty(shape, dtype=state.dtype, device=state.device)
                mask = inputs["attention_mask"].bool()
                for row, tokens, hidden in zip(rows, mask, state, strict=True):
                    self.states[self.offsets[row] : self.offsets[row + 1]] = hidden[tokens]
                between(min(start + batch_size, len(order)), len(order))
        finally:
            handle.remove()

    def batch(self, rows: list[int], attention_mask):
        """The kept states of these examples, float [batch, length, hidden_size], zero where ``attention_mask`` is."""
        import torch

        states = self.states
        if states is None:
            raise RuntimeError("batch: no state is kept yet; fill() comes first")
        hidden = states.new_zeros((*attention_mask.shape, states.shape[1]))
        parts = [states[self.offsets[r] : self.offsets[r + 1]] for r in rows]
        hidden[attention_mask.bool()] = torch.cat(parts)
        return hidden

    def difference(self, model, rows: list[int], inputs: dict) -> float:
        """The largest one between logits of the whole model and of the model that starts from the kept states."""
        import torch

        with torch.no_grad():
            whole = model(**inputs).logits
            with self.replay(self.batch(rows, inputs["attention_mask"])):
                again = model(**inputs).logits
        return float((whole - again).abs().max())

    @contextmanager
    def replay(self, hidden) -> Iterator[None]:
        """Inside, the model's list of layers is the kept state followed by the layers that learn."""
        import torch

        layers, whole = self._layers, list(self._layers)
        kept = torch.nn.Module()
        kept.forward = lambda *args, **kwargs: (hidden,) if self._tuple else hidden
        # Every model walks over its ModuleList; changing what is in it leaves all else as its authors wrote it.
        layers._modules = {str(i): m for i, m in enumerate([kept, *whole[self._count :]])}
        try:
            yield
        finally:
            layers._modules = {str(i): m for i, m in enumerate(whole)}
