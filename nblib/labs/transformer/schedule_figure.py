"""The learning-rate schedules of ``nblib.labs.seq2seq.job``, as curves beside each other."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from nblib.engine.history import History
from nblib.figures.looks import OKABE_ITO, frame
from nblib.figures.points import decimate
from nblib.figures.schedule import rate_ticks

if TYPE_CHECKING:
    import plotly.graph_objects as go

SCHEDULES = ("constant", "linear", "cosine", "inverse_sqrt", "exponential")
WORDS = {"inverse_sqrt": "1/√step"}
DASHES = {"constant": (1, 3), "linear": (9, 3), "cosine": (4, 3), "inverse_sqrt": (9, 3, 2, 3), "exponential": (2, 2)}
POINTS = 160


def factors(kind: str, total_steps: int, warmup_ratio: float, points: int = POINTS) -> tuple[np.ndarray, np.ndarray]:
    """Steps 1 … total_steps (int32), at most ``points`` of them and the corner after warm-up, and the factor on the
    peak at each (float32)."""
    total_steps = max(1, int(total_steps))
    warmup = math.ceil(warmup_ratio * total_steps)
    steps = np.linspace(1, total_steps, min(points, total_steps)).round()
    steps = np.unique(np.clip(np.append(steps, [warmup, warmup + 1]), 1, total_steps))
    ahead = np.maximum(0, steps - warmup) / max(1, total_steps - warmup + 1)
    falls = {
        "constant": np.ones(len(steps)),
        "linear": 1 - ahead,
        "cosine": (1 + np.cos(np.pi * ahead)) / 2,
        "inverse_sqrt": np.sqrt(max(1, warmup) / steps),
        "exponential": 0.01**ahead,
    }[kind]
    return steps.astype(np.int32), np.where(steps <= warmup, steps / max(1, warmup), falls).astype(np.float32)


def schedule_lines(config: Any, total_steps: int, history: History) -> list[tuple]:
    """For ``views.Lines``: every schedule over a run of ``total_steps``, the chosen one apart, what has been of it, and
    marks where a person changed the peak."""
    chosen, found, ahead = config.lr_scheduler_type, [], None
    for kind in SCHEDULES:
        steps, factor = factors(kind, total_steps, config.warmup_ratio)
        curve = (steps, config.learning_rate * factor)
        if kind == chosen:
            ahead = (f"{WORDS.get(kind, kind)}, chosen", "rate", *curve, (5, 4))
        else:
            found.append((WORDS.get(kind, kind), "planned", *curve, DASHES[kind]))
    found.append(ahead)
    if "learning_rate" in history:
        taken = history.steps("learning_rate"), history["learning_rate"]
        found.append(("so far", "rate", *decimate(*taken), ()))
        changes = [e["step"] for e in history.events if e.get("event") == "set" and e.get("name") == "learning_rate"]
        if changes:
            at = np.array(changes, np.int32)
            heights = taken[1][np.minimum(np.searchsorted(taken[0], at), len(taken[0]) - 1)]
            found.append(("changed by hand", "mark", at, heights, ()))
    return found


def schedules(config: Any, total_steps: int, *, height: int = 300) -> go.Figure:
    """All schedules over a run of ``total_steps``, the chosen one in the accent colour."""
    import plotly.graph_objects as go

    figure = go.Figure()
    ordered = sorted(SCHEDULES, key=lambda kind: kind == config.lr_scheduler_type)
    for kind in ordered:
        steps, factor = factors(kind, total_steps, config.warmup_ratio)
        mine = kind == config.lr_scheduler_type
        dash = ",".join(f"{n}px" for n in DASHES[kind])
        line = {"color": OKABE_ITO["blue"], "width": 3} if mine else {"color": "#888", "width": 1.6, "dash": dash}
        figure.add_scatter(
            x=steps, y=config.learning_rate * factor, mode="lines", line=line,
            name=WORDS.get(kind, kind) + (", chosen" if mine else ""),
            hovertemplate="step %{x}: %{y:.3e}",
        )  # fmt: skip
    warmup = math.ceil(config.warmup_ratio * total_steps)
    text = f"All climb over {warmup:,} of {total_steps:,} steps. Then one stays, and the others fall, each in its way."
    frame(figure, height, text)
    figure.update_xaxes(title_text="step", rangemode="tozero")
    figure.update_yaxes(title_text="learning rate", **rate_ticks(config.learning_rate))
    return figure
