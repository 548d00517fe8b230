"""A GRU with attention and a Transformer side by side: every number that they can be told."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import model_validator

from nblib.engine.config import setting
from nblib.labs.seq2seq.config import TransformerConfig, memory

NAMES = {"gru": "GRU with attention", "transformer": "Transformer"}


class RaceConfig(TransformerConfig):
    """Train a GRU with attention and a Transformer on the same batches; what the GRU shares with it is not said twice.

    The width of the Transformer is the GRU's ``embedding_size``.
    """

    kind: ClassVar[str] = "race"
    job: ClassVar[str] = "nblib.labs.transformer.job:race"

    equal: Literal["steps", "time"] = setting(
        "steps", "Both take every step; or whoever had less time so far takes the next, and both get the same time",
        group="Race",
    )  # fmt: skip
    attention: Literal["additive", "multiplicative"] = setting(
        "multiplicative", "How the GRU looks back at the source", group="Race", more=True
    )
    gru_hidden_size: int | None = setting(
        None, "Numbers in the state of the GRU; left out, as many as give both the same number of parameters",
        group="Race", scale="log", ge=2, le=4096, slider=(16, 1024), more=True,
    )  # fmt: skip
    gru_learning_rate: float = setting(
        3e-3, "Peak of the learning rate of the GRU (Adam)", group="Race", scale="log", gt=0, le=10,
        slider=(1e-5, 1e-1), live=True, more=True,
    )  # fmt: skip
    gru_adam_beta2: float = memory(0.999, "the GRU's Adam", "Race")

    @model_validator(mode="after")
    def _even(self):
        if self.gru_hidden_size is not None and self.gru_hidden_size % 2:
            raise ValueError(
                f"gru_hidden_size: each direction of the encoder has half of it; {self.gru_hidden_size} is odd"
            )
        return self
