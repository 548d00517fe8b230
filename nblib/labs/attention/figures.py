"""Where heads look, against what they do."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from scipy.stats import spearmanr

from nblib.figures.style import OKABE_ITO, frame


def sharpness_and_damage(sharpness: np.ndarray, damage: np.ndarray, *, height: int = 320) -> go.Figure:
    """Every head as a point: how sharply it looks (the largest weight of a row, its mean), and by how much the loss
    grows without it. Both [layers, heads]; a head whose damage is not finite is left out."""
    measured = np.isfinite(damage)
    names = [f"layer {layer + 1}, head {head + 1}" for layer, head in np.argwhere(measured)]
    x, y = sharpness[measured], damage[measured]
    figure = go.Figure()
    figure.add_scatter(
        x=x.astype(np.float32), y=y.astype(np.float32), mode="markers", text=names,
        marker={"color": OKABE_ITO["blue"], "size": 8, "opacity": 0.8},
        hovertemplate="%{text}: %{x:.2f}, %{y:+.4f}<extra></extra>",
    )  # fmt: skip
    text = "Too few heads for a rank correlation."
    if len(x) > 2 and x.std() and y.std():
        rho, _ = spearmanr(x, y)
        text = f"Spearman's ρ of sharpness and damage over {len(x)} heads: {rho:.2f}."
    frame(figure, height, text, margin={"l": 70, "r": 20, "t": 20, "b": 48})
    figure.update_xaxes(title_text="largest weight of a row, mean", range=[0, 1.03])
    figure.update_yaxes(title_text="loss grows by, without it")
    return figure
