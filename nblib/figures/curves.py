"""Loss and accuracy of one run as a still figure, and what they show in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from nblib.engine.history import History
from nblib.figures.live import LEVELS, end_of_numbers, smoothed_loss
from nblib.figures.points import NOTHING, Curve, decimate, smooth, window_for
from nblib.figures.style import CLEAR, LINE, OKABE_ITO, frame

if TYPE_CHECKING:
    import plotly.graph_objects as go

# The traces of ``curves`` in their order.
TRACES = ("loss", "loss_smooth", "eval_loss", "not_finite", "eval_accuracy", "eval_f1_macro", "majority", "tfidf")
# Of an axis from 0 to 1, what the label of a level takes.
LABEL_HEIGHT = 0.17


def curves(
    history: History,
    *,
    smoothing: bool = True,
    log_scale: bool = False,
    until: float | None = None,
    baselines: Mapping[str, float] | None = None,
    height: int = 350,
) -> go.Figure:
    """Loss (train solid, validation dashed), accuracy and macro F1 on the validation split.

    Args:
        smoothing: a running mean over ``window_for(steps)`` steps beside the faint raw loss.
        until: how many steps the run will have; the axis reaches so far.
        baselines: accuracies of "majority" and "tfidf" on the validation split.
    """
    from plotly.subplots import make_subplots

    figure = make_subplots(rows=2, cols=1, row_heights=[0.62, 0.38], vertical_spacing=0.14, shared_xaxes=True)
    empty = {"Loss": "loss" not in history, "Accuracy": "eval_loss" not in history and "eval_accuracy" not in history}
    end = None if empty["Loss"] else until
    _add_traces(figure, history, smoothing)
    _add_levels(figure, baselines or {}, end or max(1, history.last_step))
    # plotly's own types call ``data`` a name of a property; it is the tuple of traces.
    for trace in cast("tuple[Any, ...]", figure.data):
        trace.visible = bool(len(trace.x))
    frame(figure, height, "", margin={"l": 46, "r": 18, "t": 26, "b": 40}, hovermode="x unified")
    _title(figure, empty)
    figure.update_xaxes(rangemode="tozero", automargin=False, tickangle=0)
    figure.update_yaxes(automargin=False)
    figure.layout.yaxis2.update(range=[0, 1.02], tickformat=".0%", dtick=0.25)
    if empty["Loss"]:
        # Without a curve plotly would number the axis from -1 to 4.
        figure.layout.yaxis.update(range=[0, 1], showticklabels=False)
        figure.layout.xaxis2.showticklabels = False
    else:
        if log_scale:
            # All nine of a decade would stand on each other.
            figure.layout.yaxis.update(type="log", dtick="D2")
        figure.layout.xaxis2.title.text = "step"
    if end is not None:
        figure.update_xaxes(range=[0, end])
    return figure


def _add_traces(figure: go.Figure, history: History, smoothing: bool) -> None:
    import plotly.graph_objects as go

    blue, red, green, purple = (OKABE_ITO[name] for name in ("blue", "vermillion", "green", "purple"))
    number, share = "%{y:.4g}", "%{y:.1%}"

    def line(name: str, points: Curve, row: int, hover: str, **style: Any) -> None:
        style.setdefault("mode", "lines")
        x, y = points
        trace = go.Scatter(
            x=x, y=y, name=name, hovertemplate=hover, legend="legend" if row == 1 else "legend2", **style
        )
        figure.add_trace(trace, row=row, col=1)

    def of(metric: str) -> Curve:
        return decimate(history.steps(metric), history[metric]) if metric in history else NOTHING

    smoothing = smoothing and "loss" in history
    faint = {"color": blue, "width": 1.2 if smoothing else 2}
    line("each step" if smoothing else "train", of("loss"), 1, number, line=faint, opacity=0.5 if smoothing else 1)
    line("train", smoothed_loss(history) if smoothing else NOTHING, 1, number, showlegend=smoothing,
         line={"color": blue, "width": 2.5})  # fmt: skip
    dashes, dots = {"mode": "lines+markers", "marker": {"size": 8}}, {"size": 8, "symbol": "square"}
    line("validation", of("eval_loss"), 1, number, line={"color": red, "width": 2, "dash": "dash"}, **dashes)
    cross = {"symbol": "x", "size": 12, "color": red}
    line("no longer a number", end_of_numbers(history), 1, "not a number from here on", mode="markers", marker=cross)
    line("accuracy", of("eval_accuracy"), 2, share, line={"color": green, "width": 2, "dash": "dash"}, **dashes)
    line("F1", of("eval_f1_macro"), 2, share, line={"color": purple, "width": 2, "dash": "dot"}, mode="lines+markers",
         marker=dots)  # fmt: skip


def _add_levels(figure: go.Figure, baselines: Mapping[str, float], end: float) -> None:
    """At the right end and below their lines, where a model that has learnt something is not."""
    import plotly.graph_objects as go

    close = abs(baselines.get("tfidf", 1) - baselines.get("majority", 0)) < LABEL_HEIGHT
    for key, name in LEVELS.items():
        value = baselines.get(key)
        x, y = NOTHING if value is None else (np.array([0, end], np.int32), np.full(2, value, np.float32))
        trace = go.Scatter(
            x=x, y=y, name=name, legend="legend2", showlegend=False, hovertemplate="%{y:.1%}", mode="lines+text",
            text=[] if value is None else ["", f"{name} {value:.1%}"], textfont={"size": 12},
            textposition="top left" if key == "tfidf" and close else "bottom left",
            line={"color": LINE, "width": 1.5, "dash": "dot"},
        )  # fmt: skip
        figure.add_trace(trace, row=2, col=1)


def _title(figure: go.Figure, empty: Mapping[str, bool]) -> None:
    """A title and a legend over each of the two, and a sentence in the one that has nothing to show yet."""
    for title, text, legend, axis in (
        ("Loss", "The loss draws itself here once the run has begun.", "legend", "yaxis"),
        ("Accuracy", "Empty until the first look at the validation split.", "legend2", "yaxis2"),
    ):
        low, high = figure.layout[axis].domain
        figure.layout[legend] = {
            "orientation": "h", "x": 1, "xanchor": "right", "y": high + 0.005, "yanchor": "bottom", "bgcolor": CLEAR,
            "font": {"size": 12}, "itemwidth": 30,
        }  # fmt: skip
        place = {"xref": "paper", "yref": "paper", "showarrow": False}
        figure.add_annotation(
            text=f"<b>{title}</b>", x=0, xanchor="left", y=high + 0.01, yanchor="bottom", font={"size": 13}, **place
        )
        figure.add_annotation(
            text=text, x=0.5, xanchor="center", y=(low + high) / 2, yanchor="middle", font={"size": 13},
            visible=empty[title], **place,
        )  # fmt: skip


def curves_text(history: History, total: int | None = None) -> str:
    """What the curves show, in one sentence with its numbers."""
    if "loss" not in history or not len(history["loss"]):
        return "No step has been taken yet."
    values = history["loss"]
    window = window_for(len(values))
    mean = smooth(values[-window:], window)
    last = int(history.steps("loss")[-1])
    text = f"Over {last}{f' of {total}' if total else ''} steps the training loss went from {values[0]:.3g} to "
    text += f"{mean[-1]:.3g}" + (f" (mean of the last {min(window, len(values))})" if len(values) > 1 else "")
    if "loss" in history.first_nonfinite:
        text += f", and is no number since step {history.first_nonfinite['loss']}"
    if "eval_loss" in history:
        held, steps = history["eval_loss"], history.steps("eval_loss")
        text += f"; on the validation split it is {held[-1]:.3g}"
        if np.isfinite(held).any() and len(held) > 1:
            best = int(np.nanargmin(held))
            text += f" (lowest {held[best]:.3g}, at step {steps[best]})"
    if "eval_accuracy" in history:
        text += f", accuracy {history.last('eval_accuracy'):.1%}"
    return text + "."
