"""Classify with the model of a run.

nblib predict RUN "a sentence"                          prints JSON: the label and the probability of each class
nblib predict RUN --file in.csv --output out.csv        adds the label and a column for each class to the rows"""

from __future__ import annotations

import argparse
import csv
import io
import json
from pathlib import Path

from nblib.cli.output import Lines
from nblib.cli.parser import Parser
from nblib.engine.errors import InputError
from nblib.engine.files import write_atomic

_ROWS = 512


def command(parser: Parser, argv: list[str]) -> int:
    parser.add_argument("run", metavar="RUN", help="folder of a run, or of a model")
    parser.add_argument("text", nargs="*", metavar="TEXT", help="one or more sentences; one line of JSON for each")
    parser.add_argument("--file", metavar="FILE", help="CSV, TSV, JSONL or Parquet file to classify row by row")
    parser.add_argument("--output", metavar="FILE", help="CSV file to write")
    parser.add_argument("--text-column", metavar="NAME", help="column of FILE that holds the text")
    parser.add_argument("--force", action="store_true", help="write over an output file that is there")
    options = parser.parse(argv)
    if bool(options.text) == bool(options.file):
        raise InputError("predict: give either a sentence or --file; `nblib predict --help` shows both")
    if bool(options.file) != bool(options.output):
        given, missing = ("--file", "--output") if options.file else ("--output", "--file")
        raise InputError(f"{missing}: is missing; {given} needs both")
    from nblib.training.finetune.predict import Predictor, model_folder

    model_folder(options.run)
    if options.file:
        return _rows(options)
    for answer in Predictor(options.run)(options.text):
        print(json.dumps(answer, ensure_ascii=False))
    return 0


def _rows(options: argparse.Namespace) -> int:
    from nblib.sources.tables import is_missing, read_table
    from nblib.training.finetune.predict import Predictor

    source, target = Path(options.file), Path(options.output)
    if target.is_dir() or not target.parent.is_dir():
        raise InputError(f"{target}: is {'a folder' if target.is_dir() else 'in no folder that exists'}; name a file")
    if target.exists() and not options.force:
        raise InputError(f"{target}: is there already; --force writes over it")
    table = read_table(source)
    texts = ["" if is_missing(cell) else str(cell) for cell in table.values(_text_column(table, options.text_column))]
    filled = [position for position, text in enumerate(texts) if text.strip()]
    predictor, lines, answers = Predictor(options.run), Lines(), {}
    for start in range(0, len(filled), _ROWS):
        part = filled[start : start + _ROWS]
        answers.update(zip(part, predictor([texts[position] for position in part]), strict=True))
        lines.show(f"{len(answers):,} of {len(filled):,} rows")
    write_atomic(target, _table_text(table, predictor.labels, answers))
    for what, numbers in (
        ("no text, left without a label", [table.numbers[p] for p in range(len(texts)) if p not in answers]),
        ("too few or too many cells, left out", sorted(table.ragged)),
    ):
        if numbers:
            shown = ", ".join(map(str, numbers[:10])) + (", …" if len(numbers) > 10 else "")
            lines.say(f"rows with {what}: {len(numbers):,} (row {shown})")
    lines.say(f"rows classified into {target}: {len(answers):,}")
    return 0


def _text_column(table, asked: str | None) -> str:
    from nblib.sources.columns import TEXT_NAMES, by_name, require

    if asked is not None:
        return require(table.columns, asked, table.name, "--text-column")
    column = table.columns[0] if len(table.columns) == 1 else by_name(table.columns, TEXT_NAMES)
    if column is None:
        listed = ", ".join(table.columns)
        raise InputError(f"{table.name}: which column holds the text? Give --text-column; there are {listed}")
    return column


def _table_text(table, classes: list[str], answers: dict[int, dict]) -> str:
    """The table as CSV with a column for the label and one for each class."""
    taken = set(table.columns)
    label = "label" if "label" not in taken else "predicted_label"
    names = [name if name not in {*taken, label} else f"probability_{name}" for name in classes]
    made = io.StringIO(newline="")
    writer = csv.writer(made, lineterminator="\n")
    writer.writerow([*table.columns, label, *names])
    for position, cells in enumerate(zip(*map(table.values, table.columns), strict=True)):
        if position in answers:
            answer = answers[position]
            added = [answer["label"], *(f"{answer['probabilities'][name]:.6f}" for name in classes)]
        else:
            added = [""] * (1 + len(names))
        writer.writerow([*cells, *added])
    return made.getvalue()
