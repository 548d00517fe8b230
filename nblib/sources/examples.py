"""From rows of any source to clean examples, and from those to a `DatasetDict` of train, validation and test."""

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nblib.engine.errors import InputError
from nblib.sources import report as reasons
from nblib.sources.report import Report
from nblib.sources.split import SPLITS, Fractions, identity, stratified, unique
from nblib.sources.tables import is_missing

if TYPE_CHECKING:
    from datasets import DatasetDict

LONGEST_TEXT = 20_000  # characters; many times what any model here reads
FEWEST = 3  # examples a class: one for each split
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


@dataclass
class Examples:
    """Texts, class names and row numbers, in step."""

    texts: list[str]
    labels: list[str]
    numbers: list[int]

    def take(self, positions: list[int]) -> "Examples":
        """Those at the positions, in the order of the positions."""
        return Examples(
            [self.texts[p] for p in positions],
            [self.labels[p] for p in positions],
            [self.numbers[p] for p in positions],
        )


def _as_text(value: object) -> str | None:
    """A cell as text; None for what is neither text nor a number."""
    if isinstance(value, str):
        # JSON can hold half a surrogate pair, which no UTF-8 file or Arrow column can
        return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return str(value) if isinstance(value, bool | int | float) else None


def _as_label(value: object) -> str | None:
    text = _as_text(value)
    return None if text is None else text.strip()


def _whole(label: str) -> str:
    """ "3.0" as "3": tables with gaps turn whole numbers into fractions."""
    number = float(label)
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else label


def clean(texts: list, labels: list, numbers: list[int], report: Report) -> Examples:
    """Drop rows without a text or a label, cut very long texts, and write numeric classes alike.

    Rows that are left out or cut are noted in the report.
    """
    no_text, no_label, not_text = [], [], []
    kept = Examples([], [], [])
    for value, name, number in zip(texts, labels, numbers, strict=True):
        text, label = _as_text(value), _as_label(name)
        if is_missing(value) or (text is not None and not text.strip()):
            no_text.append(number)
        elif is_missing(name) or label == "":
            no_label.append(number)
        elif text is None or label is None:
            not_text.append(number)
        else:
            if len(text) > LONGEST_TEXT:
                text = text[:LONGEST_TEXT]
                report.cut.append(number)
            kept.texts.append(text)
            kept.labels.append(label)
            kept.numbers.append(number)
    names = {label for label in kept.labels if label.lower() != "nan"}
    if names and all(_NUMBER.fullmatch(name) for name in names):
        # among numbers "nan" is a gap that a program wrote down, not a word
        gaps = [number for label, number in zip(kept.labels, kept.numbers, strict=True) if label.lower() == "nan"]
        no_label = sorted([*no_label, *gaps])
        kept = kept.take([p for p, label in enumerate(kept.labels) if label.lower() != "nan"])
        kept.labels = [_whole(label) for label in kept.labels]
    report.drop(reasons.NO_TEXT, no_text)
    report.drop(reasons.NO_LABEL, no_label)
    report.drop(reasons.NOT_TEXT, not_text)
    return kept


def sorted_names(names: set[str]) -> list[str]:
    """Class names in order: by value if all are numbers, else by letter."""
    if all(_NUMBER.fullmatch(name) for name in names):
        return sorted(names, key=lambda name: (float(name), name))
    return sorted(names)


def distinct(examples: Examples, report: Report) -> Examples:
    """Every text once: repeats and texts with several labels go, and the report says how many."""
    repeats = unique(examples.texts, examples.labels)
    report.duplicates += len(repeats.duplicates)
    report.drop(reasons.CONFLICT, [examples.numbers[position] for position in repeats.conflicts])
    return examples.take(repeats.keep)


def check_classes(examples: Examples, name: str, label_column: str, report: Report) -> Examples:
    """Refuse what no classifier can be made of, and drop classes that are too small to split.

    Raises:
        InputError: no rows left, one class only, more classes than a tenth of the rows.
    """
    where = f"{name}, column {label_column!r}"
    counts = Counter(examples.labels)
    if not counts:
        raise InputError(f"{name} has no row with both a text and a label; {_losses(report)}")
    rare = {label for label, count in counts.items() if count < FEWEST}
    in_rare = sum(counts[label] for label in rare)
    # A handful of rare classes is dropped; a column of free text, nearly all of them rare, is refused.
    classes = len(counts) if in_rare * 2 > len(examples.labels) else len(counts) - len(rare)
    if len(counts) > 1 and classes > len(examples.labels) / 10:
        raise InputError(
            f"{where}: {classes:,} classes in {len(examples.labels):,} usable rows, more than a tenth; choose another "
            "label column or add rows"
        )
    kept = examples.take([p for p, label in enumerate(examples.labels) if label not in rare])
    report.drop(reasons.RARE, _numbers_of(examples, rare))
    left = sorted_names(set(kept.labels))
    if len(left) < 2:
        only = f"only the class {left[0][:60]!r} is left" if left else "no class is left"
        raise InputError(f"{where}: {only}; two classes with {FEWEST} rows each are needed. {_losses(report)}")
    return kept


def _numbers_of(examples: Examples, labels: set[str]) -> list[int]:
    return [number for label, number in zip(examples.labels, examples.numbers, strict=True) if label in labels]


def _losses(report: Report) -> str:
    lost = [f"{len(numbers):,} rows dropped ({reason})" for reason, numbers in report.dropped.items()]
    if report.duplicates:
        lost.append(f"{report.duplicates:,} repeated rows dropped")
    return "; ".join(lost) if lost else "No row was dropped"


def split_examples(examples: Examples, seed: int, fractions: Fractions) -> dict[str, Examples]:
    """The examples of each split."""
    return {split: examples.take(p) for split, p in stratified(examples.labels, seed, fractions).items()}


def without_shared(splits: dict[str, Examples], report: Report) -> dict[str, Examples]:
    """Take texts that a later split has too out of the earlier one, so that what is measured on stays whole."""
    seen: set[str] = set()
    result = {}
    for name in reversed(list(splits)):
        part = splits[name]
        keys = [identity(text) for text in part.texts]
        fresh = [position for position, key in enumerate(keys) if key not in seen]
        if len(fresh) < len(keys):
            report.notes.append(f"{name}: dropped {len(keys) - len(fresh):,} rows ({reasons.SHARED})")
        seen.update(keys)
        result[name] = part.take(fresh)
    return {name: result[name] for name in splits}


def build(splits: dict[str, Examples], names: list[str], report: Report) -> "DatasetDict":
    """A `DatasetDict` in memory with `text` (string), `label` (ClassLabel), `row` (int64); counts in the report."""
    import datasets

    ids = {name: number for number, name in enumerate(names)}
    features = datasets.Features(
        {
            "text": datasets.Value("string"),
            "label": datasets.ClassLabel(names=names),
            "row": datasets.Value("int64"),
        }
    )
    report.label_names = names
    result = {}
    for split in SPLITS:
        part = splits[split]
        sizes = Counter(part.labels)
        report.counts[split] = {name: sizes[name] for name in names}
        columns = {"text": part.texts, "label": [ids[label] for label in part.labels], "row": part.numbers}
        result[split] = datasets.Dataset.from_dict(columns, features=features, split=datasets.NamedSplit(split))
    return datasets.DatasetDict(result)
