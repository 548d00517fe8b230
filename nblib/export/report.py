"""What was exported and how it compares with the original."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nblib.engine.errors import InputError

_COLUMNS = (
    ("format", lambda r: r["format"]),
    ("size", lambda r: f"{r['size_bytes'] / 1e6:.1f} MB"),
    ("largest logit difference", lambda r: f"{r['largest_difference']:.1e} (allowed {r['tolerance']:.0e})"),
    ("same labels", lambda r: f"{r['same_labels']:.1%}" + (f" ({r['ties']} ties)" if r["ties"] else "")),
    ("accuracy", lambda r: _accuracy(r)),
    ("one text", lambda r: f"{r['latency_ms']:.1f} ms"),
    ("a text in 32", lambda r: f"{r['batch_latency_ms']:.1f} ms"),
    ("rows", lambda r: str(r["rows"])),
)


@dataclass
class Report:
    """One row for each format that lies in the run's ``export/``, also for those of earlier calls.

    ``rows``: dicts with ``format``; ``size_bytes`` of the folder; ``largest_difference`` of the logits from those of
    the original, and ``tolerance``; ``same_labels``, the share of rows with the same class, and ``ties``, how many of
    them count as the same because the original's two best classes lie within the tolerance; ``accuracy`` of the
    exported model and ``original_accuracy`` (None where the data have other classes); ``rows`` compared; ``data``, what
    they are from; ``latency_ms``, the median for one text of ``latency_tokens`` tokens, tokenising included, and
    ``batch_latency_ms``, the same for each of a batch of 32 such texts; ``threads``; ``export_seconds``,
    ``check_seconds``; ``versions``.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    folder: Path | None = None

    @classmethod
    def read(cls, run_dir: str | Path) -> Report:
        """The report of a run's exports; rows of folders that are gone are left out. Raises InputError."""
        folder = Path(run_dir) / "export"
        path = folder / "report.json"
        if not path.is_file():
            raise InputError(f"{run_dir}: nothing was exported yet; run: nblib export {run_dir}")
        try:
            rows = json.loads(path.read_text(encoding="utf-8"))["formats"]
            return cls([r for r in rows if (folder / r["format"]).is_dir()], folder)
        except (ValueError, KeyError, TypeError):
            raise InputError(f"{path}: is damaged; delete it and export again") from None

    def row(self, name: str) -> dict[str, Any]:
        """The row of one format. Raises InputError where it was not exported."""
        for row in self.rows:
            if row["format"] == name:
                return row
        raise InputError(f"{name}: was not exported; there are {', '.join(r['format'] for r in self.rows) or 'none'}")

    def table(self) -> str:
        """The report as plain text, for a terminal."""
        cells = [[title for title, _ in _COLUMNS], *([show(r) for _, show in _COLUMNS] for r in self.rows)]
        widths = [max(len(row[i]) for row in cells) for i in range(len(_COLUMNS))]
        lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in cells]
        lines.insert(1, "  ".join("-" * w for w in widths))
        return "\n".join([*lines, *self._notes()])

    def markdown(self) -> str:
        """The same for a notebook or a README."""
        from markupsafe import escape

        lines = ["| " + " | ".join(title for title, _ in _COLUMNS) + " |", "|---" * len(_COLUMNS) + "|"]
        lines += ["| " + " | ".join(show(r) for _, show in _COLUMNS) + " |" for r in self.rows]
        notes = [re.sub(r"([\\`*_\[\]|~#])", r"\\\1", str(escape(note))) for note in self._notes()]
        return "\n".join([*lines, "", *notes])

    def to_json(self) -> str:
        return json.dumps({"formats": self.rows}, indent=1, ensure_ascii=False)

    def _notes(self) -> list[str]:
        told: dict[str, list[str]] = {}
        for r in self.rows:
            note = (
                f"each loaded in a fresh process and compared with the original on {r['data']}; times are medians for "
                f"texts of {r['latency_tokens']} tokens on {r['threads']} CPU thread{'s' * (r['threads'] > 1)}"
            )
            told.setdefault(note, []).append(r["format"])
        return [f"{', '.join(formats)}: {note}." for note, formats in told.items()]

    def __str__(self) -> str:
        return self.table()

    def _repr_markdown_(self) -> str:
        return self.markdown()


def _accuracy(row: dict[str, Any]) -> str:
    if row["accuracy"] is None:
        return "other classes"
    return f"{row['accuracy']:.4f} (was {row['original_accuracy']:.4f})"
