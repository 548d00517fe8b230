"""The learning rate over a run, before it begins."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from nblib.engine.config import number_text
from nblib.engine.history import History
from nblib.figures.looks import OKABE_ITO, frame
from nblib.figures.points import MOST_POINTS, Curve, decimate

if TYPE_CHECKING:
    import plotly.graph_objects as go


def learning_rates(config: Any, total_steps: int, points: int = 0) -> Curve:
    """The rate that each optimiser step uses: steps 1 … total_steps (int32) and rates (float32).

    The shapes are those of ``transformers.get_scheduler`` with ``ceil(warmup_ratio · total_steps)`` steps of warm-up:
    linear to zero, half a cosine to zero, 1/√t; "constant" has no warm-up. With ``points`` only that many of the steps,
    evenly spread, the corner after warm-up among them.
    """
    total_steps = max(1, int(total_steps))
    warmup = 0 if config.lr_scheduler_type == "constant" else math.ceil(total_steps * config.warmup_ratio)
    done = np.arange(total_steps)
    if points and total_steps > points:
        done = np.unique(np.append(np.linspace(0, total_steps - 1, points).round(), min(warmup, total_steps - 1)))
    after = np.maximum(done - warmup, 0)
    left = max(1, total_steps - warmup)
    if config.lr_scheduler_type == "linear":
        factor = np.maximum(0, (total_steps - done) / left)
    elif config.lr_scheduler_type == "cosine":
        factor = np.maximum(0, (1 + np.cos(np.pi * after / left)) / 2)
    elif config.lr_scheduler_type == "inverse_sqrt":
        timescale = warmup or 10_000
        factor = 1 / np.sqrt((after + timescale) / timescale)
    else:
        factor = np.ones(len(done))
    factor = np.where(done < warmup, done / max(1, warmup), factor)
    return (done + 1).astype(np.int32), (config.learning_rate * factor).astype(np.float32)


def schedule(config: Any, total_steps: int, *, height: int = 260) -> go.Figure:
    """The learning rate over a run of ``total_steps``, before it begins."""
    import plotly.graph_objects as go

    steps, rates = learning_rates(config, total_steps, MOST_POINTS)
    figure = go.Figure(
        go.Scatter(
            x=steps, y=rates, mode="lines", name="learning rate", line={"color": OKABE_ITO["blue"], "width": 2.5},
            hovertemplate="step %{x}: %{y:.3e}<extra></extra>",
        )
    )  # fmt: skip
    frame(figure, height, schedule_text(config, total_steps), showlegend=False)
    figure.update_xaxes(title_text="step", rangemode="tozero")
    figure.update_yaxes(title_text="learning rate", **rate_ticks(config.learning_rate))
    return figure


def rate_ticks(peak: float) -> dict[str, Any]:
    """Zero, half the peak and the peak, as a person writes them: plotly would say 0.5e-4."""
    ticks = [0.0, peak / 2, peak]
    return {"tickvals": ticks, "ticktext": [number_text(t) for t in ticks], "range": [0, peak * 1.08]}


def rate_lines(history: History, planned: Curve) -> list[tuple]:
    """For ``views.Lines``: the rates so far, the schedule ahead, and marks where a person changed the peak."""
    found = []
    taken = (history.steps("learning_rate"), history["learning_rate"]) if "learning_rate" in history else None
    if taken is not None:
        found.append(("so far", "rate", *decimate(*taken), ()))
    if len(planned[0]):
        found.append(("planned", "planned", *planned, (2, 3)))
    changes = [e for e in history.events if e.get("event") == "set" and e.get("name") == "learning_rate"]
    if changes and taken is not None:
        steps, rates = taken
        at = np.array([e["step"] for e in changes], np.int32)
        heights = rates[np.minimum(np.searchsorted(steps, at), len(steps) - 1)]
        old, new = (number_text(changes[-1][name]) for name in ("old", "new"))
        found.append((f"changed by hand: peak {old} → {new}", "mark", at, heights, ()))
    return found


def schedule_text(config: Any, total_steps: int | None) -> str:
    peak = number_text(config.learning_rate)
    if config.lr_scheduler_type == "constant":
        return f"The learning rate stays at {peak} from the first step to the last."
    shape = {
        "linear": "falls in a straight line to 0",
        "cosine": "falls along half a cosine to 0",
        "inverse_sqrt": "falls with one over the square root of the step",
    }[config.lr_scheduler_type]
    if not config.warmup_ratio:
        return f"The learning rate starts at {peak} and {shape}."
    if total_steps:
        length = f"{math.ceil(total_steps * config.warmup_ratio)} of {total_steps} steps"
    else:
        length = f"the first {config.warmup_ratio:.0%} of the run"
    return f"The learning rate climbs to {peak} over {length}, then {shape}."
