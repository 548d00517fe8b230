"""A language model that writes letter by letter: every number that it can be told."""

from __future__ import annotations

from typing import ClassVar, Literal

from nblib.engine.config import setting
from nblib.training.config import FitConfig


class CharactersConfig(FitConfig):
    """Train a recurrent network to guess the next character of a text."""

    kind: ClassVar[str] = "characters"
    job: ClassVar[str] = "nblib.labs.recurrence.characters.job:characters"

    dataset: str = setting(
        "dialogues", "Name in the offline pack (dialogues), or path of a text file", group="Data", more=True
    )
    max_characters: int | None = setting(
        None, "Train on this many characters only", group="Data", scale="log", ge=1000, slider=(100_000, 10_000_000),
        more=True,
    )  # fmt: skip
    cell: Literal["lstm", "gru", "rnn"] = setting("lstm", "Kind of cell", group="Model")
    hidden_size: int = setting(
        192, "Numbers in the hidden state of a layer", group="Model", scale="log", ge=1, le=4096, slider=(32, 1024)
    )
    num_layers: int = setting(1, "Layers on top of each other", group="Model", ge=1, le=8, slider=(1, 4), step=1)
    embedding_size: int = setting(
        32, "Numbers in the vector of a character", group="Model", ge=1, le=1024, slider=(8, 128), step=8, more=True
    )
    dropout: float = setting(
        0.0, "Share of numbers left out between layers while training", group="Model", ge=0, le=0.9, slider=(0, 0.5),
        step=0.05, more=True,
    )  # fmt: skip
    length: int = setting(
        96, "Characters that gradients flow back through", group="Optimiser", ge=2, le=4096, slider=(16, 256), step=16,
        more=True,
    )  # fmt: skip
    batch_size: int = setting(
        48, "Pieces of text that one optimiser step sees", group="Optimiser", scale="log", ge=1, le=65536,
        slider=(1, 512), more=True,
    )  # fmt: skip
    learning_rate: float = setting(
        4e-3, "Learning rate (Adam)", group="Optimiser", scale="log", gt=0, le=10, slider=(1e-5, 1e-1), live=True
    )
    max_steps: int = setting(
        3000, "Optimiser steps of the whole run", group="Optimiser", scale="log", ge=1, slider=(10, 20000)
    )
    eval_steps: int | None = setting(
        250, "Evaluate every so many steps, and at the end", group="Running", scale="log", ge=1, slider=(10, 5000),
        more=True,
    )  # fmt: skip
    temperature: float = setting(
        0.7, "What the logits are divided by before a character is drawn: low is safe, high is bold", group="Writing",
        ge=0, le=10, slider=(0, 2), step=0.05, live=True,
    )  # fmt: skip
    sample_length: int = setting(
        200, "Characters written at a time", group="Writing", ge=1, le=10_000, slider=(50, 1000), step=50, more=True
    )
