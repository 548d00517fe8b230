"""Sequence to sequence, with a GRU or with a Transformer: every number that it can be told."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import model_validator

from nblib.engine.config import setting
from nblib.training.config import FitConfig

Tasks = Literal["hanzi to pinyin", "pinyin to hanzi", "Chinese to English", "opus-100, Chinese to English"]


def smoothing(default: float) -> Any:
    return setting(
        default, "Share of the target spread over all symbols", group="Optimiser", ge=0, le=0.9, slider=(0, 0.4),
        step=0.02, live=True, more=True,
    )  # fmt: skip


def memory(default: float, whose: str = "Adam", group: str = "Optimiser") -> Any:
    return setting(
        default, f"How long {whose} remembers the size of gradients: the decay of their squares", group=group, ge=0,
        lt=1, slider=(0.9, 0.999), step=0.001, more=True,
    )  # fmt: skip


class TranslateConfig(FitConfig):
    """What both have in common."""

    task: Tasks = setting(
        "hanzi to pinyin", "What goes in, and what is to come out; opus-100 is fetched from the hub", group="Data"
    )
    tones: bool = setting(False, "Readings with the number of their tone: xing2 for xing", group="Data", more=True)
    max_train_samples: int | None = setting(
        None, "Train on this many pairs only", group="Data", scale="log", ge=1, slider=(100, 40_000), more=True
    )
    max_eval_samples: int = setting(
        800, "Held-out pairs looked at in each evaluation", group="Data", scale="log", ge=1, le=100_000,
        slider=(100, 5000), more=True,
    )  # fmt: skip
    batch_size: int = setting(
        128, "Pairs that one optimiser step sees", group="Optimiser", scale="log", ge=1, le=65536, slider=(8, 512),
        more=True,
    )  # fmt: skip
    dropout: float = setting(
        0.1, "Share of numbers left out while training", group="Model", ge=0, le=0.9, slider=(0, 0.5), step=0.05,
        more=True,
    )  # fmt: skip
    label_smoothing: float = smoothing(0.0)
    adam_beta2: float = memory(0.999)
    lr_scheduler_type: Literal["constant", "linear", "cosine", "inverse_sqrt", "exponential"] = setting(
        "linear", "Shape of the learning rate after warm-up", group="Optimiser", more=True
    )
    warmup_ratio: float = setting(
        0.02, "Share of the steps in which the learning rate climbs to its peak", group="Optimiser", ge=0, le=1,
        slider=(0, 0.3), step=0.01, more=True,
    )  # fmt: skip
    max_steps: int = setting(
        1500, "Optimiser steps of the whole run", group="Optimiser", scale="log", ge=1, slider=(10, 20000)
    )
    eval_steps: int | None = setting(
        100, "Evaluate every so many steps, and at the end", group="Running", scale="log", ge=1, slider=(10, 5000),
        more=True,
    )  # fmt: skip


class Seq2SeqConfig(TranslateConfig):
    """Train a GRU that reads, and another that writes."""

    kind: ClassVar[str] = "seq2seq"
    job: ClassVar[str] = "nblib.labs.seq2seq.job:seq2seq"

    attention: Literal["none", "additive", "multiplicative"] = setting(
        "multiplicative", "What the decoder may look at: one fixed vector, or every state of the encoder", group="Model"
    )
    hidden_size: int = setting(
        64, "Numbers in the state of the decoder", group="Model", scale="log", ge=2, le=4096, slider=(16, 1024)
    )
    embedding_size: int = setting(
        64, "Numbers in the vector of a symbol", group="Model", scale="log", ge=1, le=4096, slider=(8, 512), more=True
    )
    teacher_forcing: float = setting(
        1.0, "How often the decoder is given the right symbol in place of its own", group="Optimiser", ge=0, le=1,
        slider=(0, 1), step=0.05, live=True,
    )  # fmt: skip
    learning_rate: float = setting(
        3e-3, "Peak of the learning rate (Adam)", group="Optimiser", scale="log", gt=0, le=10, slider=(1e-5, 1e-1),
        live=True,
    )  # fmt: skip

    @model_validator(mode="after")
    def _even(self):
        if self.hidden_size % 2:
            raise ValueError(f"hidden_size: each direction of the encoder has half of it; {self.hidden_size} is odd")
        return self


class TransformerConfig(TranslateConfig):
    """Train a Transformer on the same tasks."""

    kind: ClassVar[str] = "transformer"
    job: ClassVar[str] = "nblib.labs.seq2seq.job:transformer"

    hidden_size: int = setting(
        64, "Numbers at each place, from the first layer to the last", group="Model", scale="log", ge=2, le=4096,
        slider=(16, 512),
    )  # fmt: skip
    num_heads: int = setting(4, "Heads of each attention", group="Model", ge=1, le=64, slider=(1, 16), step=1)
    num_layers: int = setting(
        1, "Layers of the encoder, and of the decoder", group="Model", ge=1, le=24, slider=(1, 6), step=1
    )
    intermediate_size: int = setting(
        128, "Numbers inside the feed-forward nets", group="Model", scale="log", ge=1, le=16384, slider=(16, 2048),
        more=True,
    )  # fmt: skip
    norm: Literal["before", "after"] = setting(
        "before", "Layer norm before each part, or after each sum as in the paper", group="Model", more=True
    )
    # On sets as small as these it only slows the Transformer down.
    dropout: float = setting(
        0.0, "Share of numbers left out while training", group="Model", ge=0, le=0.9, slider=(0, 0.5), step=0.05,
        more=True,
    )  # fmt: skip
    tied: bool = setting(False, "The readout is the target's embedding", group="Model", more=True)
    # As in the paper: it costs likelihood and gains right answers.
    label_smoothing: float = smoothing(0.1)
    # The paper's. On the first gradient after many zeros Adam goes the further the longer it remembers them: too far
    # for the vectors of rare symbols.
    adam_beta2: float = memory(0.98)
    learning_rate: float = setting(
        3e-3, "Peak of the learning rate (Adam)", group="Optimiser", scale="log", gt=0, le=10, slider=(1e-5, 1e-1),
        live=True,
    )  # fmt: skip

    @model_validator(mode="after")
    def _divides(self):
        if self.hidden_size % self.num_heads or self.hidden_size % 2:
            raise ValueError(
                f"num_heads: {self.num_heads} heads do not divide hidden_size {self.hidden_size} (which is to be even)"
            )
        return self
