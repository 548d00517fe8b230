"""Find the column with the text and the column with the class."""

from nblib.engine.errors import InputError
from nblib.sources.tables import Table, is_missing

TEXT_NAMES = ("text", "sentence", "review", "content", "comment", "body", "message", "tweet", "document")
LABEL_NAMES = ("label", "labels", "sentiment", "class", "category", "target", "rating", "stars", "coarse_label")
_SAMPLE = 2000


def _listed(columns: list[str]) -> str:
    shown = ", ".join(repr(column) for column in columns[:20])
    return shown if len(columns) <= 20 else f"{shown} and {len(columns) - 20} more"


def by_name(columns: list[str], wanted: tuple[str, ...], taken: str | None = None) -> str | None:
    """The column with the first of the wanted names, letter case aside."""
    lowered = {column.lower(): column for column in reversed(columns) if column != taken}
    return next((lowered[name] for name in wanted if name in lowered), None)


def require(columns: list[str], column: str, name: str, option: str) -> str:
    """The column, or an InputError that names those that there are."""
    if column not in columns:
        raise InputError(f"{name} has no column {column!r} ({option}); it has {_listed(columns)}")
    return column


def find_columns(table: Table, text_column: str | None, label_column: str | None) -> tuple[str, str]:
    """Names of the text and the label column: as asked for, else by common names, else by content when there are two.

    Raises:
        InputError: a column that is not there, the same one twice, or no way to tell; names the columns there are.
    """
    columns, name = table.columns, table.name
    text = require(columns, text_column, name, "text_column") if text_column is not None else None
    label = require(columns, label_column, name, "label_column") if label_column is not None else None
    if text is not None and text == label:
        raise InputError(f"{name}: text_column and label_column are both {text!r}; they must be two columns")
    if len(columns) < 2:
        raise InputError(f"{name} has one column, {_listed(columns)}: it needs a text and a label column")
    text = text or by_name(columns, TEXT_NAMES, label)
    label = label or by_name(columns, LABEL_NAMES, text)
    if len(columns) == 2:
        if text and not label:
            label = next(column for column in columns if column != text)
        elif label and not text:
            text = next(column for column in columns if column != label)
        elif not text and not label:
            text, label = _by_content(table)
    if not text or not label:
        missing = "text_column" if not text else "label_column"
        raise InputError(f"{name}: which column is it? Set {missing} to one of {_listed(columns)}")
    return text, label


def _by_content(table: Table) -> tuple[str | None, str | None]:
    """Of two columns, the text is the one with longer and more varied cells; None, None when neither is both."""
    measured = []
    for column in table.columns:
        cells = [str(value) for value in table.values(column)[:_SAMPLE] if not is_missing(value)]
        measured.append((sum(map(len, cells)) / max(1, len(cells)), len(set(cells)), column))
    (length_a, varied_a, a), (length_b, varied_b, b) = measured
    if length_a > length_b and varied_a >= varied_b:
        return a, b
    if length_b > length_a and varied_b >= varied_a:
        return b, a
    return None, None
