"""What every training of a model of ours can be told."""

from __future__ import annotations

from typing import Literal

from nblib.engine.config import RunConfig, setting


class FitConfig(RunConfig):
    """The settings that ``nblib.training.fit`` reads. Each lab's config adds its own and may change the defaults."""

    batch_size: int = setting(
        64, "Examples that one optimiser step sees", group="Optimiser", scale="log", ge=1, le=65536, slider=(1, 512)
    )
    learning_rate: float = setting(
        1e-3, "Peak of the learning rate (Adam)", group="Optimiser", scale="log", gt=0, le=10, slider=(1e-5, 1e-1),
        live=True,
    )  # fmt: skip
    max_grad_norm: float = setting(
        1.0, "Clip the gradient to this norm; 0 leaves it as it is", group="Optimiser", ge=0, slider=(0, 10), step=0.1,
        live=True,
    )  # fmt: skip
    max_steps: int = setting(
        2000, "Optimiser steps of the whole run", group="Optimiser", scale="log", ge=1, slider=(10, 20000)
    )
    eval_steps: int | None = setting(
        200, "Evaluate every so many steps, and at the end", group="Running", scale="log", ge=1, slider=(10, 5000),
        more=True,
    )  # fmt: skip
    save_steps: int | None = setting(
        None, "Write a checkpoint every so many steps, and at the end; into the folder of the run", group="Running",
        scale="log", ge=1, slider=(10, 5000), more=True,
    )  # fmt: skip
    seed: int = setting(
        0, "Seed of the first weights, of the data and of dropout", group="Running", ge=0, le=2**31 - 1,
        slider=(0, 20), step=1, more=True,
    )  # fmt: skip
    device: Literal["auto", "cpu", "cuda"] = setting(
        "auto", "Where to compute; auto takes a GPU where there is one", group="Running", more=True
    )
    output: str | None = setting(
        None, "Folder of the run; without one nothing is written, and nothing can be gone on with later",
        group="Running", more=True,
    )  # fmt: skip
