"""Fine-tuning of a pretrained encoder: every number that it can be told."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import model_validator

from nblib.engine.config import RunConfig, setting

READING = ("text_column", "label_column", "train_fraction", "validation_fraction", "test_fraction", "split_seed")


class FineTuneConfig(RunConfig):
    """Fine-tune a pretrained encoder to classify texts.

    ``batch_size`` is the number of examples that one optimiser step sees, over all processes and accumulated parts.
    """

    kind: ClassVar[str] = "finetune"
    job: ClassVar[str] = "nblib.training.finetune.job:finetune"

    dataset: str = setting(
        "reviews", "Name in the offline pack, hub id, or path of a CSV, TSV, JSONL or Parquet file", group="Data"
    )
    text_column: str | None = setting(
        None, "Column that holds the text (found by its name when left out)", group="Data", more=True
    )
    label_column: str | None = setting(
        None, "Column that holds the class (found by its name when left out)", group="Data", more=True
    )
    train_fraction: float = setting(
        0.8, "Share of the rows to train on", group="Data", gt=0, le=1, slider=(0.05, 0.95), step=0.05, more=True
    )
    validation_fraction: float = setting(
        0.1,
        "Share of the rows to validate on while training",
        group="Data",
        gt=0,
        le=1,
        slider=(0.05, 0.5),
        step=0.05,
        more=True,
    )
    test_fraction: float = setting(
        0.1,
        "Share of the rows kept for the last test",
        group="Data",
        gt=0,
        le=1,
        slider=(0.05, 0.5),
        step=0.05,
        more=True,
    )
    split_seed: int = setting(
        0,
        "Seed of the split, apart from the seed of the training",
        group="Data",
        ge=0,
        le=2**31 - 1,
        slider=(0, 20),
        step=1,
        more=True,
    )
    max_train_samples: int | None = setting(
        None, "Train on this many examples only", group="Data", scale="log", ge=1, slider=(64, 16384)
    )
    max_eval_samples: int | None = setting(
        None,
        "Validate and test on this many examples each only",
        group="Data",
        scale="log",
        ge=1,
        slider=(64, 4096),
        more=True,
    )
    model: str = setting("minilm", "Name in the offline pack, hub id, or path of a transformers folder", group="Model")
    max_length: int = setting(
        128,
        "Longest text in tokens; longer ones are cut",
        group="Model",
        ge=4,
        le=8192,
        slider=(16, 512),
        step=8,
        more=True,
    )
    freeze_layers: int = setting(
        0, "Keep the embeddings and this many lower layers as they are", group="Model", ge=0, slider=(0, 12), step=1
    )
    cache_frozen: bool = setting(True, "Compute the output of frozen layers once and keep it", group="Model", more=True)
    frozen_cache_mb: int = setting(
        1024,
        "Most memory for the output of frozen layers, in megabytes",
        group="Model",
        scale="log",
        ge=0,
        slider=(64, 8192),
        more=True,
    )
    dropout: float | None = setting(
        None,
        "Dropout probability in the model's layers (the model's own when left out)",
        group="Model",
        ge=0,
        le=0.9,
        slider=(0, 0.5),
        step=0.05,
        more=True,
    )
    attn_implementation: Literal["sdpa", "eager"] = setting(
        "sdpa", "How attention is computed", group="Model", more=True
    )
    epochs: int = setting(2, "Passes over the training data", group="Optimiser", ge=1, slider=(1, 10), step=1)
    max_steps: int | None = setting(
        None,
        "Stop after this many optimiser steps, whatever the epochs",
        group="Optimiser",
        scale="log",
        ge=1,
        slider=(1, 10000),
        more=True,
    )
    batch_size: int = setting(
        32,
        "Examples that one optimiser step sees, over all processes and accumulation",
        group="Optimiser",
        scale="log",
        ge=1,
        slider=(1, 256),
    )
    gradient_accumulation_steps: int = setting(
        1, "Parts that a batch is split into to save memory", group="Optimiser", ge=1, slider=(1, 16), step=1, more=True
    )
    learning_rate: float = setting(
        1e-4,
        "Peak of the learning-rate schedule",
        group="Optimiser",
        scale="log",
        gt=0,
        le=1,
        slider=(1e-6, 1e-2),
        live=True,
    )
    lr_scheduler_type: Literal["linear", "cosine", "constant", "inverse_sqrt"] = setting(
        "linear", "Shape of the learning rate after warm-up", group="Optimiser", more=True
    )
    warmup_ratio: float = setting(
        0.1,
        "Share of the steps in which the learning rate climbs to its peak",
        group="Optimiser",
        ge=0,
        le=1,
        slider=(0, 0.5),
        step=0.01,
    )
    weight_decay: float = setting(
        0.01,
        "Pull of the weights towards zero (AdamW)",
        group="Optimiser",
        ge=0,
        le=1,
        slider=(0, 0.3),
        step=0.01,
        live=True,
        more=True,
    )
    max_grad_norm: float = setting(
        1.0,
        "Clip the gradient to this norm; 0 leaves it as it is",
        group="Optimiser",
        ge=0,
        slider=(0, 10),
        step=0.1,
        live=True,
        more=True,
    )
    label_smoothing_factor: float = setting(
        0.0,
        "Share of the target spread over the other classes",
        group="Optimiser",
        ge=0,
        le=0.9,
        slider=(0, 0.5),
        step=0.01,
        more=True,
    )
    class_weights: bool = setting(
        False, "Weigh each class by the inverse of its frequency", group="Optimiser", more=True
    )
    group_by_length: bool = setting(
        True, "Put texts of like length into one batch, so that little is padded", group="Running", more=True
    )
    precision: Literal["auto", "fp32", "bf16"] = setting(
        "auto",
        "Number format of the computation; auto takes bf16 only where the device is fast at it",
        group="Running",
        more=True,
    )
    eval_batch_size: int = setting(
        64, "Examples in one batch of the evaluation", group="Running", scale="log", ge=1, slider=(1, 512), more=True
    )
    eval_steps: int | None = setting(
        None,
        "Validate every so many steps (every epoch when left out)",
        group="Running",
        scale="log",
        ge=1,
        slider=(1, 1000),
        more=True,
    )
    save_steps: int | None = setting(
        None,
        "Write a checkpoint every so many steps (every epoch when left out)",
        group="Running",
        scale="log",
        ge=1,
        slider=(1, 1000),
        more=True,
    )
    early_stopping_patience: int = setting(
        0,
        "Stop after this many evaluations without a better one; 0 never stops early",
        group="Running",
        ge=0,
        slider=(0, 10),
        step=1,
        more=True,
    )
    metric_for_best_model: Literal["eval_loss", "eval_accuracy", "eval_f1_macro"] = setting(
        "eval_loss", "What makes one checkpoint better than another", group="Running", more=True
    )
    seed: int = setting(
        0,
        "Seed of the order of the data, the new layers and dropout",
        group="Running",
        ge=0,
        le=2**31 - 1,
        slider=(0, 20),
        step=1,
        more=True,
    )
    output: str | None = setting(
        None, "Folder of the run (a new one under runs/ when left out)", group="Running", more=True
    )

    def reading(self) -> dict[str, Any]:
        """How ``sources.load`` is to read and split the data set: its options by name."""
        return {name: getattr(self, name) for name in READING}

    @model_validator(mode="after")
    def _together(self):
        total = self.train_fraction + self.validation_fraction + self.test_fraction
        if abs(total - 1) > 1e-6:
            raise ValueError(f"train_fraction, validation_fraction and test_fraction add up to {total:.4g}; make it 1")
        if self.batch_size % self.gradient_accumulation_steps:
            raise ValueError(
                f"batch_size: {self.batch_size} examples do not divide into "
                f"gradient_accumulation_steps={self.gradient_accumulation_steps} parts; change one of them"
            )
        return self
