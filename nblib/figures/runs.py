"""Several runs side by side: curves over steps, and the spread over seeds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from nblib.engine.history import History
from nblib.figures.points import NOTHING, decimate
from nblib.figures.style import INK, OKABE_ITO, frame, legend_above, short

if TYPE_CHECKING:
    import plotly.graph_objects as go


def compare(histories: Mapping[str, History], metric: str = "eval_loss", *, height: int = 320) -> go.Figure:
    """One metric of several runs over one axis of steps; a name for each run."""
    import plotly.graph_objects as go

    colours, dashes = list(OKABE_ITO.values()), ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
    symbols = ("circle", "square", "diamond", "triangle-up", "cross", "x")
    figure = go.Figure()
    ends: dict[str, float] = {}
    for i, (name, history) in enumerate(histories.items()):
        x, y = decimate(history.steps(metric), history[metric]) if metric in history else NOTHING
        if len(y):
            ends[name] = float(y[-1])
        few = len(y) <= 40
        figure.add_scatter(
            x=x, y=y, name=short(name), mode="lines+markers" if few else "lines", hovertemplate="%{y:.4g}",
            line={"color": colours[i % 6], "dash": dashes[i % 6], "width": 2},
            marker={"symbol": symbols[i % 6], "size": 8},
        )  # fmt: skip
    label = metric.replace("_", " ")
    names = sorted(ends, key=lambda name: ends[name])
    text = f"No run has logged {label} yet."
    if names:
        text = f"{label.capitalize()} of {len(ends)} runs: at the end from {ends[names[0]]:.3g} ({names[0]})"
        text += f" to {ends[names[-1]]:.3g} ({names[-1]})."
    frame(figure, height, text, hovermode="x unified", legend=legend_above())
    figure.update_xaxes(title_text="step", rangemode="tozero")
    figure.update_yaxes(title_text=label)
    return figure


def seeds(results: Mapping[str, Sequence[float]], *, label: str = "accuracy", height: int = 300) -> go.Figure:
    """The spread over seeds: for each configuration a point a seed, the mean, and one standard deviation around it."""
    import plotly.graph_objects as go

    figure, parts = go.Figure(), []
    for i, (name, values) in enumerate(results.items()):
        y = np.asarray(values, np.float32)
        mean = float(y.mean()) if len(y) else math.nan
        spread = float(y.std(ddof=1)) if len(y) > 1 else 0.0
        parts.append(f"{name} {mean:.1%} ± {spread:.1%} over {len(y)} seed{'s' * (len(y) != 1)}")
        at = np.linspace(-0.12, 0.12, len(y)).astype(np.float32) + i if len(y) > 1 else np.full(len(y), i, np.float32)
        figure.add_scatter(
            x=at, y=y, mode="markers", marker={"size": 9, "color": OKABE_ITO["blue"], "opacity": 0.7},
            name="a seed", showlegend=i == 0, hovertemplate="%{y:.2%}<extra></extra>",
        )  # fmt: skip
        figure.add_scatter(
            x=np.array([i], np.float32), y=np.array([mean], np.float32), mode="markers", showlegend=i == 0,
            error_y={"type": "constant", "value": spread, "color": INK, "width": 8}, name="mean ± standard deviation",
            marker={"symbol": "line-ew", "size": 26, "line": {"width": 3, "color": OKABE_ITO["vermillion"]}},
            hovertemplate="mean %{y:.2%}<extra></extra>",
        )  # fmt: skip
    frame(figure, height, f"{label.capitalize()} by seed: " + "; ".join(parts) + ".", legend=legend_above())
    figure.update_xaxes(
        tickvals=list(range(len(results))), ticktext=[short(name) for name in results],
        range=[-0.6, max(len(results), 1) - 0.4], showgrid=False,
    )  # fmt: skip
    figure.update_yaxes(title_text=label, tickformat=".1%")
    return figure
