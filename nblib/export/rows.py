"""The texts on which an export is compared with its original."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nblib.engine.errors import InputError
from nblib.training.finetune.config import FineTuneConfig

MOST = 256
_SIZES = (1, 1, 2, 7, 32)
# Beside the rows: nothing at all, a sign no vocabulary has, and more than any max_length.
_PROBES = ("", "\U0001fae8 \u4f60\u597d", "word " * 9000)


@dataclass(frozen=True)
class Rows:
    """``batches`` of texts; ``labels``, int [rows], the class of each in the order of the batches, -1 where none is
    known or asked for; ``count``, how many are rows of the data; ``data``, where they are from, in words."""

    batches: list[list[str]]
    labels: np.ndarray
    count: int
    data: str


def held_out(config: FineTuneConfig, classes: list[str], verify: str | Path | None) -> Rows:
    """Up to 256 rows of the test split, of all lengths, in batches that mix them, three probes last.

    The run's own test split, or that of the data set ``verify``. Raises InputError where there are no such data.
    """
    from nblib import sources

    if verify is None:
        data = sources.load(config.dataset, **config.reading())
    else:
        data = sources.load(str(verify))
    test = data["test"]
    name = config.dataset if verify is None else str(verify)
    if "text" not in test.column_names or "label" not in test.column_names:
        raise InputError(f"verify: {name} has no text and label; name a data set for classification")
    if not len(test):
        raise InputError(f"verify: the test split of {name} is empty; name another data set")
    texts = test["text"][:]
    chosen = spread([len(text) for text in texts], MOST)
    position = {label: i for i, label in enumerate(classes)}
    known = np.array([position.get(label, -1) for label in test.features["label"].names])
    labels = known[np.asarray(test["label"][:])[chosen]]
    batches = in_batches([texts[i] for i in chosen])
    batches.append(list(_PROBES))
    return Rows(
        batches,
        np.concatenate([labels, np.full(len(_PROBES), -1)]),
        len(chosen),
        f"{len(chosen)} rows of the test split of {Path(name).name if Path(name).exists() else name}",
    )


def spread(lengths: list[int], most: int) -> list[int]:
    """Positions of at most ``most`` rows: evenly over the lengths, shortest and longest among them, then shuffled by a
    fixed seed so that neighbours differ in length."""
    order = np.argsort(lengths, kind="stable")
    chosen = order[np.unique(np.linspace(0, len(order) - 1, min(most, len(order))).round().astype(int))]
    return np.random.default_rng(0).permutation(chosen).tolist()


def in_batches(texts: list[str]) -> list[list[str]]:
    """Two batches of one, one of two, one of seven, then batches of 32."""
    batches, start, sizes = [], 0, iter(_SIZES)
    size = 1
    while start < len(texts):
        size = next(sizes, size)
        batches.append(texts[start : start + size])
        start += size
    return batches


def of_tokens(texts: list[str], count: int, tokens) -> tuple[str, int]:
    """A text of ``count`` tokens, or the most below it that a cut by characters gives, made of ``texts``; and how many
    tokens it has. ``tokens(text)`` counts them."""
    joined = " ".join(texts)[:2_000].strip() or "a"
    while tokens(joined) < count:
        joined = f"{joined} {joined}"
    low, high = 1, len(joined)
    while low < high:
        middle = (low + high + 1) // 2
        if tokens(joined[:middle]) <= count:
            low = middle
        else:
            high = middle - 1
    return joined[:low], tokens(joined[:low])
