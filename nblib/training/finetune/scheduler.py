"""Our learning-rate schedule as torch's scheduler, for the Trainer; its peak can be moved between two steps."""

from __future__ import annotations

import torch
from torch.optim.lr_scheduler import LambdaLR

from nblib.training.schedules import Schedule


def scheduler_of(optimizer: torch.optim.Optimizer, schedule: Schedule) -> LambdaLR:
    """A scheduler that gives step 1, 2, … the optimiser's rate times ``schedule(step)``."""
    # torch counts the steps that are done; ours is the number of the one to come.
    return LambdaLR(optimizer, lambda done: schedule(done + 1))


def set_peak(scheduler: LambdaLR, peak: float) -> None:
    """From the next step on the schedule has this peak and the shape it had."""
    # The base, not the groups' rate: the next scheduler step would write over that.
    groups = scheduler.optimizer.param_groups
    scheduler.base_lrs = [peak] * len(groups)
    for group, factor in zip(groups, scheduler.lr_lambdas, strict=True):
        group["initial_lr"] = peak
        group["lr"] = peak * factor(scheduler.last_epoch)
    scheduler._last_lr = [group["lr"] for group in groups]
