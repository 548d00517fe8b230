"""Stratified, seeded splits in which no text is in two of them."""

import math
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from nblib.engine.errors import InputError

SPLITS = ("train", "validation", "test")
Fractions = tuple[float, float, float]


def check_fractions(fractions: Fractions) -> None:
    """Raise InputError unless each of train, validation and test is above 0 and they add up to 1 (within 1e-6)."""
    for name, value in zip(SPLITS, fractions, strict=True):
        if not (math.isfinite(value) and 0 < value < 1):
            raise InputError(f"{name}_fraction is {value:g}: it must be above 0 and below 1")
    if abs(sum(fractions) - 1) > 1e-6:
        listed = " + ".join(f"{value:g}" for value in fractions)
        raise InputError(
            f"train_fraction, validation_fraction and test_fraction must add up to 1: {listed} = {sum(fractions):g}"
        )


def identity(text: str) -> str:
    """What two texts share when they count as the same: everything but letter case and white space."""
    return " ".join(text.split()).casefold()


@dataclass(frozen=True)
class Unique:
    """Positions of rows: those to keep, repeats of a kept row, and rows whose text has several labels."""

    keep: list[int]
    duplicates: list[int]
    conflicts: list[int]


def unique(texts: Sequence[str], labels: Sequence[str]) -> Unique:
    """Keep the first of the rows that share text and label; drop all rows of a text that has two labels or more."""
    groups: dict[str, list[int]] = defaultdict(list)
    for position, text in enumerate(texts):
        groups[identity(text)].append(position)
    keep, duplicates, conflicts = [], [], []
    for positions in groups.values():
        if len({labels[position] for position in positions}) > 1:
            conflicts += positions
        else:
            keep.append(positions[0])
            duplicates += positions[1:]
    return Unique(keep, sorted(duplicates), sorted(conflicts))


def _parts(count: int, fractions: Fractions) -> tuple[int, int]:
    """How many of `count` rows go to validation and to test: rounded, at least one each while train keeps one."""
    if count < 3:
        return 0, 0
    validation, test = (max(1, math.floor(count * fraction + 0.5)) for fraction in fractions[1:])
    while validation + test > count - 1:
        if validation >= test:
            validation -= 1
        else:
            test -= 1
    return validation, test


def stratified(labels: Sequence, seed: int, fractions: Fractions) -> dict[str, list[int]]:
    """Positions of each split, in a shuffled order in which the classes are mixed.

    A class with three rows or more is in every split; of a smaller one all rows are in the first. The result depends on
    the arguments alone: no process-wide random state is read or changed.

    Args:
        labels: one a row; hashable.
        seed: any integer.
        fractions: of train, validation and test.
    """
    check_fractions(fractions)
    generator = random.Random(f"split {seed}")
    by_class: dict[object, list[int]] = defaultdict(list)
    for position, label in enumerate(labels):
        by_class[label].append(position)
    splits: dict[str, list[int]] = {name: [] for name in SPLITS}
    for positions in by_class.values():
        generator.shuffle(positions)
        validation, test = _parts(len(positions), fractions)
        splits["validation"] += positions[:validation]
        splits["test"] += positions[validation : validation + test]
        splits["train"] += positions[validation + test :]
    for positions in splits.values():
        generator.shuffle(positions)
    return splits
