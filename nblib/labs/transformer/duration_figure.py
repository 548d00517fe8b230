"""Time against length, as curves on two log scales."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nblib.figures.style import OKABE_ITO, frame, legend_above

if TYPE_CHECKING:
    import plotly.graph_objects as go

_LOOKS = {"gru": ("GRU with attention", OKABE_ITO["green"]), "transformer": ("Transformer", OKABE_ITO["purple"])}
_WORDS = {"forward": ("forward pass", "dash", "circle-open"), "step": ("training step", "solid", "circle")}


def time_against_length(rows: Sequence[dict], about: str = "", *, height: int = 360) -> go.Figure:
    """The rows of ``lengths.against_length``; ``about`` goes before the sentence under the figure."""
    import plotly.graph_objects as go

    figure, lengths = go.Figure(), [row["length"] for row in rows]
    for what, (words, dash, symbol) in _WORDS.items():
        for name, (model, colour) in _LOOKS.items():
            if rows and f"{what}_{name}" in rows[0]:
                values = [1000 * row[f"{what}_{name}"] for row in rows]
                figure.add_scatter(
                    x=lengths, y=values, mode="lines+markers", name=f"{model}, {words}",
                    line={"color": colour, "dash": dash, "width": 2.5}, marker={"symbol": symbol, "size": 8},
                    hovertemplate="length %{x}: %{y:.3g} ms",
                )  # fmt: skip
    frame(figure, height, f"{about} {growth(rows)}".strip(), legend=legend_above(), margin={"l": 70, "t": 70, "b": 48})
    figure.update_xaxes(
        title_text="symbols on either side", type="log", tickvals=lengths, ticktext=list(map(str, lengths))
    )
    figure.update_yaxes(title_text="milliseconds", type="log", dtick=1)
    return figure


def growth(rows: Sequence[dict]) -> str:
    """How much longer the last length takes than the first, in words."""
    if len(rows) < 2:
        return ""
    first, last = rows[0], rows[-1]
    said = []
    for name, (model, _) in _LOOKS.items():
        times = last[f"forward_{name}"] / first[f"forward_{name}"]
        said.append(f"the {model} {times:.0f}×" if times >= 10 else f"the {model} {times:.1f}×")
    return f"From length {first['length']} to {last['length']} a forward pass takes {' and '.join(said)} as long."
