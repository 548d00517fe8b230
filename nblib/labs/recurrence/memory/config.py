"""Recurrent networks side by side on a task that only memory can do: every number that can be told."""

from __future__ import annotations

from typing import ClassVar, Literal

from nblib.engine.config import setting
from nblib.training.config import FitConfig

NAMES = {"rnn": "RNN", "lstm": "LSTM", "gru": "GRU"}


class RecurrentConfig(FitConfig):
    """Train an RNN, an LSTM and a GRU on the same batches."""

    kind: ClassVar[str] = "recurrence"
    job: ClassVar[str] = "nblib.labs.recurrence.memory.job:recurrence"

    task: Literal["adding", "copy", "characters"] = setting(
        "adding",
        "What is to be learnt: add two marked numbers, repeat symbols after a pause, or guess the next character",
        group="Task",
    )
    length: int = setting(
        50, "How far memory must reach: steps of the sequence; of the copy task, blanks before the answer",
        group="Task", ge=2, le=2000, slider=(5, 200), step=5,
    )  # fmt: skip
    cells: Literal["all", "rnn", "lstm", "gru"] = setting(
        "all", "Which networks to train, on the same batches", group="Model", more=True
    )
    hidden_size: int = setting(
        64, "Numbers in the hidden state", group="Model", scale="log", ge=1, le=2048, slider=(8, 256)
    )
    equal: Literal["hidden size", "weights"] = setting(
        "hidden size",
        "What the networks have in common: the hidden state, or (by widening RNN and GRU) the number of weights",
        group="Model",
        more=True,
    )
    weight_scale: float = setting(
        1.0, "Factor on the recurrent weights before the first step", group="Model", ge=0, le=100, slider=(0, 4),
        step=0.1,
    )  # fmt: skip
    forget_bias: float = setting(
        0.0, "Added to the bias of the LSTM's forget gate before the first step: it begins by keeping", group="Model",
        ge=0, le=20, slider=(0, 6), step=0.5, more=True,
    )  # fmt: skip
    learning_rate: float = setting(
        1e-2, "Learning rate (Adam)", group="Optimiser", scale="log", gt=0, le=10, slider=(1e-5, 1e-1), live=True
    )
    record_steps: int = setting(
        10, "Keep the gradient of every time step each so many optimiser steps", group="Running", scale="log", ge=1,
        slider=(1, 100), more=True,
    )  # fmt: skip
