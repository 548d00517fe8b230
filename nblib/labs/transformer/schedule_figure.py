"""All learning-rate schedules of ``nblib.training.schedules`` beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nblib.engine.history import History
from nblib.figures.schedule import changes_by_hand, rate_ticks, rates_so_far
from nblib.figures.style import OKABE_ITO, frame
from nblib.training.schedules import SHAPES, learning_rates, warmup_steps

if TYPE_CHECKING:
    import plotly.graph_objects as go

WORDS = {"inverse_sqrt": "1/√step"}
DASHES = {"constant": (1, 3), "linear": (9, 3), "cosine": (4, 3), "inverse_sqrt": (9, 3, 2, 3), "exponential": (2, 2)}
POINTS = 160


def schedule_lines(config: Any, total_steps: int, history: History) -> list[tuple]:
    """For ``views.Lines``: every schedule over a run of ``total_steps``, the chosen one apart, what has been of it, and
    marks where a person changed the peak."""
    others = [
        (WORDS.get(shape, shape), "planned", *learning_rates(config, total_steps, POINTS, shape), DASHES[shape])
        for shape in SHAPES
        if shape != config.lr_scheduler_type
    ]
    chosen = WORDS.get(config.lr_scheduler_type, config.lr_scheduler_type)
    ahead = (f"{chosen}, chosen", "rate", *learning_rates(config, total_steps, POINTS), (5, 4))
    marks = [("changed by hand", *mark) for _, *mark in changes_by_hand(history)]
    return [*others, ahead, *rates_so_far(history), *marks]


def schedules(config: Any, total_steps: int, *, height: int = 300) -> go.Figure:
    """All schedules over a run of ``total_steps``, the chosen one in the accent colour."""
    import plotly.graph_objects as go

    figure = go.Figure()
    for shape in sorted(SHAPES, key=lambda shape: shape == config.lr_scheduler_type):
        steps, rates = learning_rates(config, total_steps, POINTS, shape)
        chosen = shape == config.lr_scheduler_type
        dash = ",".join(f"{n}px" for n in DASHES[shape])
        line = {"color": OKABE_ITO["blue"], "width": 3} if chosen else {"color": "#888", "width": 1.6, "dash": dash}
        figure.add_scatter(
            x=steps, y=rates, mode="lines", line=line, name=WORDS.get(shape, shape) + (", chosen" if chosen else ""),
            hovertemplate="step %{x}: %{y:.3e}",
        )  # fmt: skip
    warmup = warmup_steps(config, total_steps)
    text = f"All climb over {warmup:,} of {total_steps:,} steps. Then one stays, and the others fall, each in its way."
    frame(figure, height, text)
    figure.update_xaxes(title_text="step", rangemode="tozero")
    figure.update_yaxes(title_text="learning rate", **rate_ticks(config.learning_rate))
    return figure
