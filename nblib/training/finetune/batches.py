"""Batches for the Trainer: which examples, in our order, and their tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from nblib.training.finetune.config import FineTuneConfig
from nblib.training.finetune.data import Split
from nblib.training.finetune.order import OrderedBatches


class NumberLoader(DataLoader):
    """Batches as lists of example numbers; ``padded`` makes the tensors."""

    def set_epoch(self, epoch: int) -> None:
        # ``train_loader`` gives no other sampler.
        cast(OrderedBatches, self.batch_sampler).set_epoch(epoch)


def train_loader(config: FineTuneConfig, split: Split, rank: int, world_size: int) -> NumberLoader:
    """The examples of each micro-batch of this process, in an order that only (seed, epoch) decide."""
    order = OrderedBatches(
        len(split),
        config.batch_size,
        seed=config.seed,
        lengths=split.lengths if config.group_by_length else None,
        accumulation=config.gradient_accumulation_steps,
        rank=rank,
        world_size=world_size,
    )
    # A generator of its own: DataLoader draws a number from the process-wide one otherwise.
    draws = torch.Generator().manual_seed(0)
    # A range has all that the loader asks of a data set.
    numbers = cast("Dataset[int]", range(len(split)))
    return NumberLoader(numbers, batch_sampler=order, collate_fn=list, generator=draws)


def padded(split: Split, rows: Sequence[int], pad_token_id: int, device: torch.device) -> dict[str, torch.Tensor]:
    """int64 [batch, longest] of ids, mask and, where the tokenizer gives them, types, on the device."""
    longest = max(int(split.lengths[r]) for r in rows)
    ids = np.full((len(rows), longest), pad_token_id, np.int64)
    mask = np.zeros((len(rows), longest), np.int64)
    types = np.zeros((len(rows), longest), np.int64) if "token_type_ids" in split.tokens[0] else None
    for i, r in enumerate(rows):
        row = split.tokens[r]
        n = len(row["input_ids"])
        ids[i, :n], mask[i, :n] = row["input_ids"], 1
        if types is not None:
            types[i, :n] = row["token_type_ids"]
    arrays = {"input_ids": ids, "attention_mask": mask} | ({} if types is None else {"token_type_ids": types})
    return {name: torch.from_numpy(array).to(device, non_blocking=True) for name, array in arrays.items()}
