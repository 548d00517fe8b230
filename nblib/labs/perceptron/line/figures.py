"""The convergence theorem of the perceptron, as measured."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from nblib.figures.style import OKABE_ITO, frame, legend_above


def updates_against_margin(rows: np.ndarray, *, height: int = 320) -> go.Figure:
    """``rows`` [n, 3]: margin γ, updates until no mistake was left, bound (R/γ)²; both axes logarithmic."""
    margin, updates, bound = np.asarray(rows, np.float32).T
    figure = go.Figure()
    figure.add_scatter(
        x=margin, y=np.maximum(updates, 1), name="updates made", mode="lines+markers",
        line={"color": OKABE_ITO["blue"], "width": 2.5}, marker={"size": 8},
        hovertemplate="γ %{x:.3g}: %{y:,.0f} updates<extra></extra>",
    )  # fmt: skip
    figure.add_scatter(
        x=margin, y=bound, name="bound (R/γ)²", mode="lines",
        line={"color": OKABE_ITO["vermillion"], "width": 2.5, "dash": "dash"},
        hovertemplate="γ %{x:.3g}: at most %{y:,.0f}<extra></extra>",
    )  # fmt: skip
    text = (
        f"With the margin from {margin.max():.2g} down to {margin.min():.2g}, the rule took {updates.min():,.0f} to "
        f"{updates.max():,.0f} updates; the theorem allows up to {bound.max():,.0f}."
    )
    frame(figure, height, text, legend=legend_above())
    # plotly numbers only the whole decades of a logarithmic axis, and a margin rarely spans one.
    marks = [m * 10.0**k for k in range(-4, 5) for m in (1, 2, 5)]
    figure.update_xaxes(title_text="margin γ", type="log", tickvals=marks, ticktext=[f"{m:g}" for m in marks])
    figure.update_yaxes(title_text="updates", type="log", tickvals=marks[::3], ticktext=[f"{m:,g}" for m in marks[::3]])
    return figure
