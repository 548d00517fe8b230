"""A run in several processes: what they add up, and what process 0 decides for all."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import torch

T = TypeVar("T")


class Processes:
    """``count`` processes, of which this is number ``rank``. With one, nothing is sent and everything is as given."""

    def __init__(self, count: int, rank: int, device: torch.device):
        self.count, self.rank, self.device = max(1, count), rank, device

    @property
    def alone(self) -> bool:
        return self.count == 1

    def from_first(self, value: T) -> T:
        """The value that process 0 gave; any plain object."""
        if self.alone:
            return value
        values = [value]
        torch.distributed.broadcast_object_list(values, src=0)
        return values[0]

    def mean(self, value: torch.Tensor) -> torch.Tensor:
        """The mean over the processes, in place."""
        if not self.alone:
            torch.distributed.all_reduce(value)
            value /= self.count
        return value

    def total(self, array: np.ndarray) -> np.ndarray:
        """The sum over the processes."""
        if self.alone:
            return array
        total = torch.from_numpy(array).to(self.device)
        torch.distributed.all_reduce(total)
        return total.cpu().numpy()

    def wait_for_all(self) -> None:
        if not self.alone:
            torch.distributed.barrier()
