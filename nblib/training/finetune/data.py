"""A data set made ready for a model: split, tokenised, counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nblib import sources
from nblib.engine.errors import InputError
from nblib.sources.report import Report
from nblib.training.finetune.config import FineTuneConfig
from nblib.training.finetune.order import OrderedBatches, padding_share
from nblib.training.finetune.pretrained import load_tokenizer

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

SPLITS = ("train", "validation", "test")


@dataclass
class Split:
    """Texts, int labels [rows], token ids (one list a row) and their numbers [rows], before and after the cut."""

    texts: list[str]
    labels: np.ndarray
    tokens: list[dict[str, list[int]]] = field(repr=False)
    lengths: np.ndarray
    cut: np.ndarray

    def __len__(self) -> int:
        return len(self.texts)


@dataclass
class Prepared:
    """Everything about the data that a run and its panel need."""

    splits: dict[str, Split]
    names: list[str]
    tokenizer: PreTrainedTokenizerBase
    report: Report
    model_path: Path


def prepare(config: FineTuneConfig, between: Callable[[], None] = lambda: None) -> Prepared:
    """Load, split and tokenise. ``between()`` is called between pieces of work. Raises InputError."""
    tables, report = sources.load_with_report(config.dataset, **config.reading())
    if not {"text", "label"} <= set(tables["train"].column_names):
        raise InputError(f"dataset: {config.dataset} has no classes to learn; fine-tuning needs a text and a label")
    between()
    path = sources.model_path(config.model)
    tokenizer = load_tokenizer(path)
    names = list(tables["train"].features["label"].names)
    splits = {}
    for split in SPLITS:
        limit = config.max_train_samples if split == "train" else config.max_eval_samples
        rows = chosen_rows(len(tables[split]), limit, config.split_seed)
        texts, labels = tables[split]["text"], np.asarray(tables[split]["label"], np.int64)
        texts, labels = [texts[i] for i in rows], labels[rows]
        splits[split] = tokenise(tokenizer, texts, labels, config.max_length, between)
    if len(np.unique(splits["train"].labels)) < 2:
        raise InputError("max_train_samples: the examples chosen are all of one class; choose more")
    return Prepared(splits, names, tokenizer, report, path)


def chosen_rows(size: int, limit: int | None, seed: int) -> np.ndarray:
    """Which rows are used when there is a limit: a random choice that (size, seed) decide, in the file's order."""
    if limit is None or limit >= size:
        return np.arange(size)
    return np.sort(np.random.default_rng([seed, size]).permutation(size)[:limit])


def tokenise(tokenizer, texts, labels, max_length: int, between: Callable[[], None]) -> Split:
    tokens: list[dict[str, list[int]]] = []
    cut = np.zeros(len(texts), bool)
    for start in range(0, len(texts), 2000):
        part = texts[start : start + 2000]
        made = tokenizer(part, truncation=True, max_length=max_length, return_overflowing_tokens=False)
        # The model sees at most max_length tokens; whether more were there is known only without the cut.
        for i, text in enumerate(part):
            row = {name: made[name][i] for name in ("input_ids", "token_type_ids") if name in made}
            tokens.append(row)
            if len(row["input_ids"]) == max_length:
                cut[start + i] = (
                    len(tokenizer(text, truncation=True, max_length=max_length + 1)["input_ids"]) > max_length
                )
        between()
    lengths = np.array([len(row["input_ids"]) for row in tokens], np.int32)
    return Split(list(texts), labels, tokens, lengths, cut)


def describe(config: FineTuneConfig) -> dict:
    """What a person should know of the data before training on it.

    Keys: ``num_rows`` and ``class_counts`` by split, ``token_lengths`` (int32, training texts), ``truncated_share``,
    ``padding_share_grouped``, ``padding_share_random`` and ``padding_share_fixed`` (every text padded to
    ``max_length``), ``duplicates``, ``dropped`` (reason → rows), ``report_lines``, ``label_names``.
    """
    prepared = prepare(config)
    train = prepared.splits["train"]
    shares = {}
    for how, lengths in (("grouped", train.lengths), ("random", None)):
        order = OrderedBatches(len(train), config.batch_size, seed=config.seed, lengths=lengths)
        shares[f"padding_share_{how}"] = padding_share(train.lengths, order.batches(0))
    counts = {
        name: dict(zip(prepared.names, np.bincount(s.labels, minlength=len(prepared.names)).tolist(), strict=True))
        for name, s in prepared.splits.items()
    }
    return {
        "num_rows": {name: len(s) for name, s in prepared.splits.items()},
        "class_counts": counts,
        "token_lengths": train.lengths,
        "truncated_share": float(train.cut.mean()),
        **shares,
        "padding_share_fixed": float(1 - train.lengths.mean() / config.max_length),
        "duplicates": prepared.report.duplicates,
        "dropped": prepared.report.dropped,
        "report_lines": prepared.report.lines(),
        "label_names": prepared.names,
    }
