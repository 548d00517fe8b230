"""What was exported of a model of ours, and how it compares with the original."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nblib.engine.errors import InputError

_HEAD = ("format", "size", "largest difference", "compared on", "seconds")


@dataclass
class OwnReport:
    """``rows``: dicts with ``format``, ``size_bytes`` of its folder, ``largest_difference`` of its answers from those
    of the original and ``tolerance``, ``rows`` compared, ``export_seconds``, ``check_seconds``."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    folder: Path | None = None

    @classmethod
    def read(cls, folder: str | Path) -> OwnReport:
        """The report of an export's folder; a row whose format is gone is left out. Raises InputError."""
        folder = Path(folder)
        try:
            rows = json.loads((folder / "report.json").read_text(encoding="utf-8"))["formats"]
            return cls([r for r in rows if (folder / r["format"]).is_dir()], folder)
        except FileNotFoundError:
            raise InputError(f"{folder}: nothing was exported here yet") from None
        except (ValueError, KeyError, TypeError):
            raise InputError(f"{folder / 'report.json'}: is damaged; delete it and export again") from None

    def to_json(self) -> str:
        return json.dumps({"formats": self.rows}, indent=1) + "\n"

    def cells(self) -> list[list[str]]:
        return [
            [
                r["format"],
                f"{r['size_bytes'] / 1e3:,.0f} kB" if r["size_bytes"] < 1e6 else f"{r['size_bytes'] / 1e6:,.1f} MB",
                f"{r['largest_difference']:.1e} (allowed {r['tolerance']:.0e})",
                f"{r['rows']} inputs, in a fresh process",
                f"{r['export_seconds'] + r['check_seconds']:.1f}",
            ]
            for r in self.rows
        ]

    def _repr_markdown_(self) -> str:
        from markupsafe import escape

        lines = ["| " + " | ".join(_HEAD) + " |", "|---" * len(_HEAD) + "|"]
        return "\n".join([*lines, *("| " + " | ".join(str(escape(c)) for c in row) + " |" for row in self.cells())])

    def __str__(self) -> str:
        rows = [list(_HEAD), *self.cells()]
        widths = [max(len(row[i]) for row in rows) for i in range(len(_HEAD))]
        return "\n".join("  ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)).rstrip() for r in rows)
