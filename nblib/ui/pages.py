"""Pieces of a page that a cell shows: HTML for a notebook, the same as plain text for everything else."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

from markupsafe import Markup

# JupyterLab's variables where they are, colours that are legible on white and on near-black where not.
STYLE = Markup("""<style>
.nbl { font: 14px/1.5 var(--jp-ui-font-family, system-ui, sans-serif); color: var(--jp-ui-font-color1, inherit);
  max-width: 1080px; --nbl-line: var(--jp-border-color2, rgba(128,128,128,.45));
  --nbl-soft: var(--jp-ui-font-color2, #767676); --nbl-accent: var(--jp-content-link-color, #1976d2);
  --nbl-good: var(--jp-success-color1, #2e7d32); --nbl-bad: var(--jp-error-color1, #c62828);
  --nbl-warn: var(--jp-warn-color1, #b26a00); }
.nbl * { box-sizing: border-box; }
.nbl table.nbl-table { border-collapse: collapse; border: 0; margin: 4px 0; font: inherit; color: inherit; }
.nbl table.nbl-table :is(th, td) { text-align: left; vertical-align: top; padding: 5px 14px 5px 0; border: 0;
  border-bottom: 1px solid var(--nbl-line); background: none; overflow-wrap: break-word;
  max-width: 560px; white-space: normal; }
.nbl table.nbl-table th { color: var(--nbl-soft); font-weight: 600; font-size: 13px; white-space: nowrap; }
.nbl table.nbl-table .nbl-number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.nbl a { color: var(--nbl-accent); text-decoration: underline; text-underline-offset: 2px; }
.nbl :focus-visible { outline: 2px solid var(--nbl-accent); outline-offset: 2px; }
.nbl .nbl-soft { color: var(--nbl-soft); }
.nbl .nbl-note { font-size: 13px; color: var(--nbl-soft); margin: 4px 0 0; }
.nbl summary { cursor: pointer; display: list-item; color: var(--nbl-soft); }
</style>""")


class Page:
    """Something to show: ``html`` in a notebook, ``text`` elsewhere."""

    def __init__(self, html: Markup, text: str):
        self.html, self.text = html, text

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        html = STYLE + Markup('<div class="nbl">{}</div>').format(self.html)
        return {"text/html": str(html), "text/plain": self.text}


def table(head: Sequence[str], rows: Iterable[Sequence[Any]], numbers: Sequence[int] = (), note: str = "") -> Page:
    """A table; every cell is text and is escaped unless it is ``Markup``. ``numbers``: the columns set to the right."""
    rows = [list(row) for row in rows]

    def line(cells: Sequence[Any], tag: str) -> Markup:
        made = [
            Markup("<{0} class='{1}'>{2}</{0}>").format(
                Markup(tag), "nbl-number" if i in numbers else "nblib-text", cell
            )
            for i, cell in enumerate(cells)
        ]
        return Markup("<tr>{}</tr>").format(Markup("").join(made))

    body = Markup("").join(line(row, "td") for row in rows)
    html = Markup('<table class="nbl-table"><thead>{}</thead><tbody>{}</tbody></table>').format(line(head, "th"), body)
    html += Markup('<p class="nbl-note">{}</p>').format(note) if note else Markup("")
    plain = [[_plain(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[i]) for row in plain) for i in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in plain]
    return Page(html, "\n".join([*lines, *([note] if note else [])]))


def show(*things: Any) -> None:
    """Show each thing in the running cell; a figure comes with the sentence that says what is on it."""
    for thing in things:
        present(thing)
        if sentence := (getattr(getattr(thing, "layout", None), "meta", None) or {}).get("text"):
            present(Page(Markup('<p class="nbl-note" style="margin:0 0 10px 8px">{}</p>').format(sentence), sentence))


def present(thing: Any) -> None:
    """Display in a notebook, print elsewhere."""
    if "IPython" in sys.modules:
        from IPython import get_ipython
        from IPython.display import display

        if get_ipython() is not None:
            display(thing)
            return
    print(thing)


def _plain(cell: Any) -> str:
    return " ".join(cell.striptags().split()) if isinstance(cell, Markup) else str(cell)


__all__ = ["STYLE", "Page", "present", "show", "table"]
