"""The learning rate over a run: as it is planned, and as it has been. ``nblib.training.schedules`` computes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nblib.engine.config import number_text
from nblib.engine.history import History
from nblib.figures.points import Curve, decimate
from nblib.figures.style import OKABE_ITO, frame

if TYPE_CHECKING:
    import plotly.graph_objects as go


def schedule(planned: Curve, peak: float, text: str, *, height: int = 260) -> go.Figure:
    """The learning rate over a run, before it begins.

    Args:
        planned: steps and rates, as ``nblib.training.learning_rates`` gives them.
        peak: the highest rate, for the axis.
        text: the sentence below, as ``nblib.training.schedule_text`` gives it.
    """
    import plotly.graph_objects as go

    steps, rates = planned
    figure = go.Figure(
        go.Scatter(
            x=steps, y=rates, mode="lines", name="learning rate", line={"color": OKABE_ITO["blue"], "width": 2.5},
            hovertemplate="step %{x}: %{y:.3e}<extra></extra>",
        )
    )  # fmt: skip
    frame(figure, height, text, showlegend=False)
    figure.update_xaxes(title_text="step", rangemode="tozero")
    figure.update_yaxes(title_text="learning rate", **rate_ticks(peak))
    return figure


def rate_ticks(peak: float) -> dict[str, Any]:
    """Zero, half the peak and the peak, as a person writes them: plotly would say 0.5e-4."""
    ticks = [0.0, peak / 2, peak]
    return {"tickvals": ticks, "ticktext": [number_text(t) for t in ticks], "range": [0, peak * 1.08]}


def rate_lines(history: History, planned: Curve) -> list[tuple]:
    """For ``views.Lines``: the rates so far, the schedule ahead, and marks where a person changed the peak."""
    lines = rates_so_far(history)
    # Of the last step alone nothing is ahead any more.
    if len(planned[0]) > (1 if lines else 0):
        lines.append(("planned", "planned", *planned, (2, 3)))
    return lines + changes_by_hand(history)


def rates_so_far(history: History) -> list[tuple]:
    """For ``views.Lines``: the rates of the steps that were taken; nothing before the first."""
    if "learning_rate" not in history:
        return []
    return [("so far", "rate", *decimate(history.steps("learning_rate"), history["learning_rate"]), ())]


def changes_by_hand(history: History) -> list[tuple]:
    """For ``views.Lines``: a mark at every step at which a person moved the peak of the learning rate."""
    changes = [e for e in history.events if e.get("event") == "set" and e.get("name") == "learning_rate"]
    if not changes or "learning_rate" not in history:
        return []
    steps, rates = history.steps("learning_rate"), history["learning_rate"]
    at = np.array([e["step"] for e in changes], np.int32)
    heights = rates[np.minimum(np.searchsorted(steps, at), len(steps) - 1)]
    old, new = (number_text(changes[-1][name]) for name in ("old", "new"))
    return [(f"changed by hand: peak {old} → {new}", "mark", at, heights, ())]
