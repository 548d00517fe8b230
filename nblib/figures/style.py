"""Colours, inks and frames that all figures share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from markupsafe import escape

if TYPE_CHECKING:
    import plotly.graph_objects as go

OKABE_ITO = {
    "blue": "#0072B2",
    "vermillion": "#D55E00",
    "green": "#009E73",
    "purple": "#CC79A7",
    "orange": "#E69F00",
    "sky": "#56B4E9",
}
# As far from white as from the near-black of a dark notebook: 4.3 to 1 against both.
INK = "#7a7a7a"
GRID = "rgba(128,128,128,0.22)"
LINE = "rgba(128,128,128,0.55)"
FONT = {"family": "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif", "size": 13, "color": INK}
CLEAR = "rgba(0,0,0,0)"
MOST_LETTERS = 24


def describe(figure: go.Figure) -> str:
    """The sentence that belongs under a figure, as plain text."""
    # plotly types a figure's parts as figures.
    meta = cast("dict[str, str] | None", figure.layout["meta"])
    return (meta or {}).get("text", "")


def frame(figure: go.Figure, height: int, text: str, **layout: Any) -> None:
    figure.update_layout(
        template="none",
        height=height,
        paper_bgcolor=CLEAR,
        plot_bgcolor=CLEAR,
        font=FONT,
        margin=layout.pop("margin", {"l": 64, "r": 20, "t": 34, "b": 48}),
        hoverlabel={"bgcolor": "#30343b", "bordercolor": "#30343b", "font": {"color": "#ffffff", "size": 13}},
        modebar={"bgcolor": CLEAR, "color": INK, "activecolor": OKABE_ITO["blue"]},
        meta={"text": text},
        **layout,
    )
    figure.update_xaxes(gridcolor=GRID, linecolor=LINE, showline=True, zeroline=False, ticks="", automargin=True,
                        title_standoff=6)  # fmt: skip
    figure.update_yaxes(gridcolor=GRID, linecolor=LINE, zeroline=False, ticks="", automargin=True, title_standoff=6)
    figure.for_each_xaxis(lambda axis: axis.title.font.update(size=13))
    figure.for_each_yaxis(lambda axis: axis.title.font.update(size=13))


def legend_above() -> dict:
    return {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "bgcolor": CLEAR}


def one_line(text: Any) -> str:
    return " ".join(str(text).split())


def short(text: Any) -> str:
    """A name from data as plotly may show it: one line, cut, and no mark-up (plotly reads some HTML in labels)."""
    line = one_line(text)
    return str(escape(line if len(line) <= MOST_LETTERS else line[: MOST_LETTERS - 1] + "…"))


def class_ticks(labels: Sequence[str]) -> dict[str, Any]:
    """What an axis of classes is told of its ticks: ``figure.update_xaxes(**class_ticks(labels))``."""
    # By number: two names that look the same after the cut stay two classes.
    return {"tickvals": list(range(len(labels))), "ticktext": [short(label) for label in labels]}
