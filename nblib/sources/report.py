"""What was read, what was left out and why, in plain lines."""

from collections.abc import Sequence
from dataclasses import dataclass, field

RAGGED = "too few or too many cells"
NO_TEXT = "empty text"
NO_LABEL = "empty label"
NOT_TEXT = "neither text nor a number where text is needed"
RARE = "class with fewer than 3 examples"
NEUTRAL = "rating between -0.5 and 0.5"
CONFLICT = "same text with different labels"
SHARED = "text that is also in a later split"

_SHOWN = 10


@dataclass
class Report:
    """How a data set came to be.

    Attributes:
        title: of the data set, or the path of the file.
        licence: of the data; "not stated" for files of one's own.
        encoding: of the file; None where there is no text file.
        rows_read: rows with data, dropped ones too.
        dropped: reason -> numbers of the rows, from 1.
        duplicates: rows left out because an earlier one has the same text and label.
        cut: numbers of the rows whose text was cut to the longest that is kept.
        label_names: of the classes, in the order of their ids.
        counts: split -> class -> rows; the only class is "rows" where there are no classes.
        notes: further lines, such as which columns were taken.
        lines_of: number of a row -> line of the file, for rows that are named and where the file has lines.
    """

    title: str
    licence: str = "not stated"
    encoding: str | None = None
    rows_read: int = 0
    dropped: dict[str, list[int]] = field(default_factory=dict)
    duplicates: int = 0
    cut: list[int] = field(default_factory=list)
    label_names: list[str] = field(default_factory=list)
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    lines_of: dict[int, int] = field(default_factory=dict)

    def drop(self, reason: str, numbers: Sequence[int]) -> None:
        """Note rows that are left out; none is no entry."""
        if numbers:
            self.dropped[reason] = sorted([*self.dropped.get(reason, []), *numbers])

    def _where(self, numbers: Sequence[int]) -> str:
        shown = list(numbers[:_SHOWN])
        text = ", ".join(map(str, shown))
        if all(number in self.lines_of for number in shown) and shown:
            text += f" (line{'s' * (len(shown) > 1)} {', '.join(str(self.lines_of[number]) for number in shown)})"
        if len(numbers) > _SHOWN:
            text += f" and {len(numbers) - _SHOWN:,} more"
        return f"row{'s' * (len(numbers) > 1)} {text}"

    def lines(self) -> list[str]:
        """The report as plain text, one finding a line."""
        encoding = f", {self.encoding}" if self.encoding else ""
        lines = [f"{self.title}: {self.rows_read:,} rows read{encoding}", *self.notes]
        for reason, numbers in self.dropped.items():
            lines.append(f"dropped {len(numbers):,} ({reason}): {self._where(numbers)}")
        if self.duplicates:
            lines.append(f"dropped {self.duplicates:,} (repeats of an earlier row)")
        if self.cut:
            lines.append(f"cut {len(self.cut):,} very long text{'s' * (len(self.cut) > 1)}: {self._where(self.cut)}")
        for split, classes in self.counts.items():
            shown = list(classes.items())[:_SHOWN]
            listed = ", ".join(f"{name} {count:,}" for name, count in shown)
            rest = f" and {len(classes) - _SHOWN} more classes" if len(classes) > _SHOWN else ""
            by_class = f" ({listed}{rest})" if len(classes) > 1 else ""
            lines.append(f"{split}: {sum(classes.values()):,} rows{by_class}")
        lines.append(f"licence: {self.licence}")
        return lines
