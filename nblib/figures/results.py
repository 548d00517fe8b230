"""What a model does: confusion and calibration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import escape

from nblib.figures.points import Array
from nblib.figures.style import INK, OKABE_ITO, class_ticks, frame, legend_above, one_line

if TYPE_CHECKING:
    import plotly.graph_objects as go


def confusion(matrix: Array, labels: Sequence[str], *, height: int | None = None) -> go.Figure:
    """Rows are the true classes, columns what the model said: counts, coloured by their share of the row.

    ``matrix``: int [classes, classes].
    """
    import plotly.graph_objects as go

    matrix = np.asarray(matrix, np.int64)
    n = len(labels)
    if matrix.shape != (n, n):
        raise ValueError(f"matrix {matrix.shape} does not fit {n} labels")
    row = matrix.sum(axis=1, keepdims=True)
    share = (matrix / np.maximum(row, 1)).astype(np.float32)
    roomy = n <= 8
    texts = [
        [f"{matrix[i, j]}<br>{share[i, j]:.0%}" if roomy else str(matrix[i, j]) for j in range(n)] for i in range(n)
    ]
    safe = [str(escape(one_line(label))) for label in labels]
    hover = [
        [f"true {safe[i]}, said {safe[j]}: {matrix[i, j]} of {row[i, 0]} ({share[i, j]:.1%})" for j in range(n)]
        for i in range(n)
    ]
    figure = go.Figure(
        go.Heatmap(
            z=share, x=list(range(n)), y=list(range(n)), text=texts, texttemplate="%{text}", customdata=hover,
            hovertemplate="%{customdata}<extra></extra>", colorscale="Cividis", zmin=0, zmax=1, xgap=2, ygap=2,
            textfont={"size": 14 if roomy else 12},
            colorbar={"title": {"text": "share of row", "side": "right", "font": {"size": 13}}, "tickformat": ".0%",
                      "thickness": 12, "outlinewidth": 0},
        )
    )  # fmt: skip
    right, total = int(np.trace(matrix)), int(matrix.sum())
    text = f"{right} of {total} right ({right / max(1, total):.1%})"
    wrong = np.where(np.eye(n, dtype=bool), 0, matrix)
    if wrong.any():
        i, j = map(int, np.unravel_index(wrong.argmax(), wrong.shape))
        often = "once" if wrong[i, j] == 1 else f"{wrong[i, j]} times"
        text += f"; the commonest mistake is {labels[i]} taken for {labels[j]}, {often}"
    frame(figure, height or (max(260, 120 + 70 * n) if roomy else 150 + 27 * n), text + ".")
    level = n <= 4 or max(len(str(label)) for label in labels) <= 3
    ticks = class_ticks(labels)
    figure.update_xaxes(title_text="said", showgrid=False, tickangle=0 if level else -40, constrain="domain", **ticks)
    figure.update_yaxes(title_text="true", showgrid=False, autorange="reversed", **ticks)
    return figure


def expected_calibration_error(probabilities: Array, labels: Array, bins: int = 10) -> float:
    """ECE of Guo et al., "On calibration of modern neural networks", 2017: equal-width bins of the confidence.

    ``probabilities``: float [rows, classes]; ``labels``: int [rows].
    """
    number, confidence, accuracy = _reliability(probabilities, labels, bins)
    return float((number * np.abs(accuracy - confidence)).sum() / max(1, number.sum()))


def _reliability(probabilities: Array, labels: Array, bins: int) -> tuple[Array, Array, Array]:
    probabilities, labels = np.asarray(probabilities, np.float64), np.asarray(labels)
    top = probabilities.max(axis=1)
    hit = probabilities.argmax(axis=1) == labels
    place = np.clip(np.ceil(top * bins).astype(int) - 1, 0, bins - 1)
    number = np.bincount(place, minlength=bins)
    safe = np.maximum(number, 1)
    return number, np.bincount(place, top, bins) / safe, np.bincount(place, hit, bins) / safe


def calibration(probabilities: Array, labels: Array, *, bins: int = 10, height: int = 340) -> go.Figure:
    """Reliability diagram: how often the model is right, by how sure it says it is.

    ``probabilities``: float [rows, classes]; ``labels``: int [rows].
    """
    import plotly.graph_objects as go

    number, confidence, accuracy = _reliability(probabilities, labels, bins)
    there = number > 0
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"color": INK, "dash": "dash", "width": 1.5}, name="as sure as right",
        hoverinfo="skip",
    )  # fmt: skip
    figure.add_bar(
        x=(np.arange(bins)[there] + 0.5) / bins, y=accuracy[there], width=0.92 / bins, name="share right",
        customdata=np.stack([number[there], confidence[there]], axis=1),
        marker={"color": OKABE_ITO["blue"], "opacity": 0.85},
        hovertemplate="sure %{customdata[1]:.1%}: right %{y:.1%} of %{customdata[0]:.0f}<extra></extra>",
    )  # fmt: skip
    error = expected_calibration_error(probabilities, labels, bins)
    right = float((number * accuracy).sum() / max(1, number.sum()))
    sure = float((number * confidence).sum() / max(1, number.sum()))
    verdict = "about as sure as it is right" if abs(sure - right) < 0.02 else (
        "surer than it is right" if sure > right else "less sure than it is right"
    )  # fmt: skip
    text = (
        f"The model is {verdict}: on average {sure:.1%} sure and {right:.1%} right; "
        f"expected calibration error {error:.3f} over {int(number.sum()):,} examples."
    )
    frame(figure, height, text, legend=legend_above(), bargap=0)
    figure.update_xaxes(title_text="how sure the model is", range=[0, 1], tickformat=".0%")
    figure.update_yaxes(title_text="how often it is right", range=[0, 1.02], tickformat=".0%")
    return figure
