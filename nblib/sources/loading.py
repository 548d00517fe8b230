"""Data sets and models by name, by path and by hub id."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from nblib.engine.errors import InputError
from nblib.sources import hub, models, pack, readers
from nblib.sources.columns import find_columns
from nblib.sources.examples import build, check_classes, clean, distinct, sorted_names, split_examples
from nblib.sources.items import Item
from nblib.sources.pack import Progress
from nblib.sources.report import Report
from nblib.sources.split import Fractions, check_fractions
from nblib.sources.tables import SUFFIXES, read_table

if TYPE_CHECKING:
    from datasets import DatasetDict

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*(:[\w.-]+)?")


def is_hub_id(name: str) -> bool:
    """Whether the name reads like owner/name, for data sets owner/name:configuration too."""
    return _HUB_ID.fullmatch(name) is not None


def load_with_report(
    name: str,
    *,
    text_column: str | None = None,
    label_column: str | None = None,
    train_fraction: float = 0.8,
    validation_fraction: float = 0.1,
    test_fraction: float = 0.1,
    split_seed: int = 0,
    progress: Progress | None = None,
) -> tuple["DatasetDict", Report]:
    """A data set as train, validation and test, and a report of what was left out on the way.

    For classification the columns are `text` (string), `label` (ClassLabel) and `row` (number in the source, from 1).
    `ner-zh` has `tokens` and `tags`, `dialogues` has `messages`, `prompt` and `ratings`, `pinyin` has `phrase` and
    `reading`, `digits` has `pixels` and `label`. The data are in memory; the process-wide random state is left alone.

    Args:
        name: an item of the offline pack, a CSV, JSONL or Parquet file, or owner/name (owner/name:configuration) on
            the hub.
        text_column, label_column: found by name or content when None.
        train_fraction, validation_fraction, test_fraction: each above 0, 1 in all. Splits that a hub data set brings
            are used as they are.
        split_seed: the split depends on the rows, the fractions and this number alone.
        progress: called with name, bytes done and bytes in all while something is fetched.

    Raises:
        InputError: one line that says what is wrong, where, and the way out.
    """
    name = str(name)
    fractions: Fractions = (train_fraction, validation_fraction, test_fraction)
    check_fractions(fractions)
    item = pack.find(name)
    if item is not None:
        return _from_pack(item, text_column, label_column, fractions, split_seed, progress)
    path = Path(name).expanduser()
    if path.exists() or path.suffix.lower() in SUFFIXES:
        return _from_file(path, text_column, label_column, fractions, split_seed)
    if is_hub_id(name):
        return hub.load_dataset(name, text_column, label_column, fractions, split_seed)
    if "/" in name or "\\" in name:
        raise InputError(f"no such file: {name}")
    raise InputError(
        f"unknown data set {name!r}; {pack.nearest(name, 'dataset')} A path to a CSV, JSONL or Parquet file and "
        "owner/name on the hub work too"
    )


def load(name: str, **options) -> "DatasetDict":
    """`load_with_report` without the report."""
    return load_with_report(name, **options)[0]


def model_path(name: str, *, progress: Progress | None = None) -> Path:
    """The local folder of a pretrained model: `config.json`, safetensors weights, tokenizer files.

    Args:
        name: an item of the offline pack (fetched first when missing), a folder, or owner/name on the hub.
        progress: called with name, bytes done and bytes in all while an item of the pack is fetched.

    Raises:
        InputError: one line that says what is wrong, where, and the way out.
    """
    name = str(name)
    item = pack.find(name)
    if item is not None:
        if item.kind != "model":
            raise InputError(f"{name!r} is a data set, not a model; {pack.nearest('', 'model')}")
        return models.from_pack(item, progress)
    path = Path(name).expanduser()
    if path.exists():
        return models.check_folder(path)
    if is_hub_id(name) and not name.startswith("."):
        return hub.model_folder(name)
    if "/" in name or "\\" in name:
        raise InputError(f"no such model folder: {name}")
    raise InputError(
        f"unknown model {name!r}; {pack.nearest(name, 'model')} A path to a model folder and owner/name on the hub "
        "work too"
    )


def _from_file(
    path: Path, text_column: str | None, label_column: str | None, fractions: Fractions, seed: int
) -> tuple["DatasetDict", Report]:
    table = read_table(path)
    report = Report(title=str(path), encoding=table.encoding, rows_read=table.rows_read)
    text, label = find_columns(table, text_column, label_column)
    report.notes.append(f"columns: text {text!r}, label {label!r}")
    report.lines_of = {**dict(zip(table.numbers, table.lines, strict=False)), **table.ragged}
    report.drop(readers.reasons.RAGGED, list(table.ragged))
    examples = distinct(clean(table.values(text), table.values(label), table.numbers, report), report)
    examples = check_classes(examples, table.name, label, report)
    splits = split_examples(examples, seed, fractions)
    named = {number for numbers in (*report.dropped.values(), report.cut) for number in numbers}
    report.lines_of = {number: line for number, line in report.lines_of.items() if number in named}
    return build(splits, sorted_names(set(examples.labels)), report), report


def _from_pack(
    item: Item,
    text_column: str | None,
    label_column: str | None,
    fractions: Fractions,
    seed: int,
    progress: Progress | None,
) -> tuple["DatasetDict", Report]:
    if item.kind != "dataset":
        raise InputError(f"{item.name!r} is a model, not a data set; {pack.nearest('', 'dataset')}")
    _check_columns(item, text_column, label_column)
    folder = pack.ensure(item.name, progress)
    report = Report(title=item.title, licence=pack.licence(item.name))
    if item.name == "ner-zh":
        return readers.entities(folder, report, seed, fractions), report
    if item.name == "dialogues":
        return readers.dialogues(folder, report, seed, fractions), report
    if item.name == "pinyin":
        return readers.pinyin(folder, report, seed, fractions), report
    if item.name == "digits":
        return readers.digits(report, seed, fractions), report
    if item.name == "reviews-zh":
        examples = readers.chinese_reviews(folder, report)
    else:
        examples = readers.rated(folder, report, unescape=item.name == "tweets")
    splits = split_examples(distinct(examples, report), seed, fractions)
    return build(splits, list(readers.SENTIMENTS), report), report


def _check_columns(item: Item, text_column: str | None, label_column: str | None) -> None:
    asked = {"text_column": (text_column, "text"), "label_column": (label_column, "label")}
    for option, (column, only) in asked.items():
        if column is None:
            continue
        if item.task != "classification":
            raise InputError(f"{item.name!r} has no text and label columns (it is for {item.task}): leave {option} out")
        if column != only:
            raise InputError(f"{item.name!r} has no column {column!r} ({option}); it has 'text' and 'label'")
