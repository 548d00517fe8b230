"""Read a CSV, JSONL or Parquet file into columns, with the number and the line of every row.

Row 1 is the first row of data; line 1 is the first line of the file. Blank lines are no rows.
"""

import csv
import io
import json
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from nblib.engine.errors import InputError
from nblib.sources.encodings import decode

DELIMITED = {".csv", ".tsv", ".txt", ".tab"}
JSON_LINES = {".jsonl", ".ndjson", ".json"}
PARQUET = {".parquet", ".pq"}
SUFFIXES = DELIMITED | JSON_LINES | PARQUET
_END = "\ue000end of file\ue000"


@dataclass
class Table:
    """A file as read.

    Attributes:
        name: of the file, for messages.
        encoding: "UTF-8", …; None for Parquet.
        columns: their names, in the file's order.
        numbers: of the rows that are kept, from 1.
        lines: where each of them starts in the file; empty for Parquet.
        values: gives the cells of a column, one a kept row; None and NaN are missing.
        ragged: number -> line of the rows left out for having too few or too many cells.
    """

    name: str
    encoding: str | None
    columns: list[str]
    numbers: list[int]
    lines: list[int]
    values: Callable[[str], list]
    ragged: dict[int, int] = field(default_factory=dict)

    @property
    def rows_read(self) -> int:
        return len(self.numbers) + len(self.ragged)


def read_table(path: Path) -> Table:
    """Read the file.

    Raises:
        InputError: no such file, a folder, an unknown kind, empty, header only, no text, malformed; one line each, with
            the file, the line or row, and the way out.
    """
    name = str(path)
    if path.is_dir():
        raise InputError(f"{name} is a folder: name one CSV, JSONL or Parquet file in it")
    if not path.exists():
        raise InputError(f"no such file: {name}")
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(f"{name} is of no kind that is read ({suffix or 'no suffix'}): use .csv, .jsonl or .parquet")
    try:
        if suffix in PARQUET:
            table = _read_parquet(path, name)
        else:
            text, encoding = decode(path.read_bytes(), name)
            if not text.strip():
                raise InputError(f"{name} is empty: it needs a header line and rows")
            table = (_read_delimited if suffix in DELIMITED else _read_json_lines)(text, name, encoding)
    except OSError as error:
        raise InputError(f"{name} cannot be read: {error.strerror or error}") from error
    if not table.rows_read:
        raise InputError(f"{name} has a header and no rows")
    return table


def _check_names(columns: list[str], name: str) -> None:
    twice = sorted({column for column in columns if columns.count(column) > 1})
    if twice:
        raise InputError(f"{name} has more than one column named {twice[0]!r}: rename one of them")


def _delimiter(header: str) -> str:
    """The one of comma, semicolon and tab that is most frequent outside of quotation marks."""
    outside = "".join(header.split('"')[::2])
    return max(",;\t", key=outside.count)


def _cells(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter))


def _read_delimited(text: str, name: str, encoding: str) -> Table:
    lines = list(io.StringIO(text, newline=""))
    first = next(position for position, line in enumerate(lines) if line.strip())
    delimiter = _delimiter(lines[first])
    limit = csv.field_size_limit(min(sys.maxsize, 2**31 - 1))  # 131,072 by default, and a process-wide setting
    try:
        records = _records(lines[first:], first, delimiter, name)
    finally:
        csv.field_size_limit(limit)
    columns = [cell.strip() for cell in records[0][1]]
    _check_names(columns, name)
    numbers, starts, kept, ragged = [], [], [], {}
    for number, (line, cells) in enumerate(records[1:], start=1):
        if len(cells) == len(columns):
            numbers.append(number)
            starts.append(line)
            kept.append(cells)
        else:
            ragged[number] = line
    position = {column: index for index, column in enumerate(columns)}
    return Table(
        name, encoding, columns, numbers, starts, lambda column: [cells[position[column]] for cells in kept], ragged
    )


def _records(lines: list[str], offset: int, delimiter: str, name: str) -> list[tuple[int, list[str]]]:
    """(line it starts on, cells) of every record that is not blank.

    Quotation marks are read strictly, so that a mark that is never closed is found where it opened and not at the end
    of the file, thousands of swallowed rows later. A sloppy mark within one line (`"say "hi""`) is read leniently.
    """
    if not lines[-1].endswith(("\n", "\r")):
        lines = [*lines[:-1], lines[-1] + "\n"]
    reader = csv.reader([*lines, _END], delimiter=delimiter, strict=True)
    records = []
    while True:
        start = reader.line_num
        try:
            cells = next(reader)
        except StopIteration:
            return records
        except csv.Error as error:
            if reader.line_num - start > 1 or start >= len(lines):
                raise _unclosed(name, start + offset + 1) from error
            cells = _cells(lines[start], delimiter)
        if reader.line_num > len(lines):
            if cells != [_END]:
                raise _unclosed(name, start + offset + 1)
            return records
        if cells and not (len(cells) == 1 and not cells[0].strip()):
            records.append((start + offset + 1, cells))


def _unclosed(name: str, line: int) -> InputError:
    return InputError(
        f"{name}, line {line}: a quotation mark that opens in the row of this line is never closed; close it, and "
        'write a quotation mark inside a cell twice ("")'
    )


def _read_json_lines(text: str, name: str, encoding: str) -> Table:
    columns: dict[str, None] = {}
    rows, lines = [], []
    for line, content in enumerate(io.StringIO(text), start=1):
        if not content.strip():
            continue
        try:
            row = json.loads(content)
        except (ValueError, RecursionError) as error:
            reason = "a list; write one object a line" if content.lstrip().startswith("[") else _json_reason(error)
            raise InputError(f"{name}, line {line} is no JSON object: {reason}") from error
        if not isinstance(row, dict):
            kind = {list: "a list", str: "a string", type(None): "null"}.get(type(row), "a number")
            raise InputError(f"{name}, line {line} is no JSON object but {kind}: write one object a line")
        columns.update(dict.fromkeys(row))
        rows.append(row)
        lines.append(line)
    numbers = list(range(1, len(rows) + 1))
    return Table(name, encoding, list(columns), numbers, lines, lambda column: [row.get(column) for row in rows])


def _json_reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at column {error.colno}"
    return "nested too deep" if isinstance(error, RecursionError) else str(error)


def _read_parquet(path: Path, name: str) -> Table:
    import pyarrow
    import pyarrow.parquet

    if path.stat().st_size == 0:
        raise InputError(f"{name} is empty: it needs rows")
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            schema, count = file.schema_arrow, file.metadata.num_rows
    except (pyarrow.ArrowException, ValueError, OSError) as error:
        raise InputError(f"{name} is no Parquet file or is damaged: {first_line(error)}") from error
    _check_names(list(schema.names), name)
    classes = _class_names(schema.metadata or {})

    def values(column: str) -> list:
        try:
            with pyarrow.parquet.ParquetFile(path) as file:
                cells = file.read(columns=[column])
            if column not in cells.column_names:
                return [None] * count
            column_cells = cells.column(column).to_pylist()
        except (pyarrow.ArrowException, ValueError, OSError) as error:
            raise InputError(f"{name}, column {column!r} cannot be read: {first_line(error)}") from error
        return named(column_cells, classes.get(column))

    return Table(name, None, list(schema.names), list(range(1, count + 1)), [], values)


def named(cells: list, names: list[str] | None) -> list:
    """Class numbers as the names that they stand for, None for a number without one; without names the cells."""
    if not names:
        return cells
    return [names[cell] if isinstance(cell, int) and 0 <= cell < len(names) else None for cell in cells]


def first_line(error: BaseException) -> str:
    """An error's first line without its full stop, or its kind where it says nothing."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")


def _class_names(metadata: dict[bytes, bytes]) -> dict[str, list[str]]:
    """Names of the classes of integer columns, where `datasets` wrote the file and noted them."""
    try:
        features = json.loads(metadata[b"huggingface"])["info"]["features"]
        return {name: feature["names"] for name, feature in features.items() if feature.get("_type") == "ClassLabel"}
    except (KeyError, ValueError, TypeError, AttributeError):
        return {}


def is_missing(value: object) -> bool:
    """None and NaN. The strings "None", "NA", "null" and "nan" are texts like any other."""
    return value is None or (isinstance(value, float) and math.isnan(value))
