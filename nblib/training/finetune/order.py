"""The order of the data: a pure function of (seed, epoch)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np


class OrderedBatches:
    """Micro-batches of example numbers for one process, in an order that only (seed, epoch) decide.

    The library's own length-grouped sampler draws from the process-wide generator, which another thread may be using.

    Every optimiser step sees ``batch_size`` examples, dealt out over ``world_size`` processes and
    ``accumulation`` micro-batches. Where the number of examples does not divide, a last, smaller batch takes a random
    rest; where that does not divide over the processes, its first examples are repeated.

    With ``lengths``, texts of like length share a batch: 50 batches are drawn at random, sorted by length and cut, and
    the order of the batches is shuffled again.
    """

    def __init__(
        self,
        size: int,
        batch_size: int,
        *,
        seed: int,
        lengths: np.ndarray | None = None,
        accumulation: int = 1,
        rank: int = 0,
        world_size: int = 1,
    ):
        self.size, self.batch_size, self.seed = size, batch_size, seed
        self.lengths = None if lengths is None else np.asarray(lengths)
        self.accumulation, self.rank, self.world_size = accumulation, rank, world_size
        self.micro = batch_size // (accumulation * world_size)
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __len__(self) -> int:
        full, rest = divmod(self.size, self.batch_size)
        mine = -(-rest // self.world_size)
        return full * self.accumulation + -(-mine // self.micro)

    def batches(self, epoch: int) -> list[np.ndarray]:
        """The examples of each optimiser step of an epoch, over all processes."""
        rng = np.random.default_rng([self.seed, epoch])
        order = rng.permutation(self.size)
        full, rest = divmod(self.size, self.batch_size)
        last, order = order[self.size - rest :], order[: self.size - rest]
        if self.lengths is not None:
            for start in range(0, len(order), 50 * self.batch_size):
                part = order[start : start + 50 * self.batch_size]
                order[start : start + 50 * self.batch_size] = part[np.argsort(self.lengths[part], kind="stable")]
        cut = list(order.reshape(full, self.batch_size))
        if self.lengths is not None:
            cut = [cut[i] for i in rng.permutation(full)]
        return [*cut, last] if rest else cut

    def __iter__(self) -> Iterator[list[int]]:
        for batch in self.batches(self.epoch):
            short = -len(batch) % self.world_size
            if short:
                batch = np.concatenate([batch, np.resize(batch, short)])
            mine = batch[self.rank :: self.world_size]
            for start in range(0, len(mine), self.micro):
                yield mine[start : start + self.micro].tolist()


def padding_share(lengths: np.ndarray, batches: list[np.ndarray]) -> float:
    """The share of padding among all tokens, when every batch is padded to its own longest text."""
    lengths = np.asarray(lengths)
    padded = sum(int(lengths[b].max()) * len(b) for b in batches if len(b))
    real = sum(int(lengths[b].sum()) for b in batches)
    return 1 - real / padded if padded else 0.0
