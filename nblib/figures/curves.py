"""Loss and accuracy of one run: made once, then brought up to date in place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from nblib.engine.history import History
from nblib.figures.looks import CLEAR, LINE, OKABE_ITO, frame
from nblib.figures.points import NOTHING, Curve, decimate, smooth, window_for

# The traces of ``curves`` in their order: a live view changes them in place.
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
    figure = make_subplots(rows=2, cols=1, row_heights=[0.62, 0.38], vertical_spacing=0.14, shared_xaxes=True)
    blue, red, green, purple = (OKABE_ITO[name] for name in ("blue", "vermillion", "green", "purple"))
    number, share = "%{y:.4g}", "%{y:.1%}"

    def line(name, cell, legend, hover, **look):
        look.setdefault("mode", "lines")
        figure.add_trace(go.Scatter(name=name, hovertemplate=hover, legend=legend, **look), row=cell[0], col=cell[1])

    line("each step", (1, 1), "legend", number, line={"color": blue, "width": 1.2}, opacity=0.5)
    line("train", (1, 1), "legend", number, line={"color": blue, "width": 2.5})
    dashes = {"color": red, "width": 2, "dash": "dash"}
    line("validation", (1, 1), "legend", number, mode="lines+markers", line=dashes, marker={"size": 8})
    cross = {"symbol": "x", "size": 12, "color": red}
    line("no longer a number", (1, 1), "legend", "not a number from here on", mode="markers", marker=cross)
    dashes = {"color": green, "width": 2, "dash": "dash"}
    line("accuracy", (2, 1), "legend2", share, mode="lines+markers", line=dashes, marker={"size": 8})
    dashes = {"color": purple, "width": 2, "dash": "dot"}
    mark = {"size": 8, "symbol": "square"}
    line("F1", (2, 1), "legend2", share, mode="lines+markers", line=dashes, marker=mark)
    # At the right end and below their lines, where a model that has learnt something is not.
    for name in ("majority class", "TF-IDF"):
        dots = {"color": LINE, "width": 1.5, "dash": "dot"}
        look = {"mode": "lines+text", "textposition": "bottom left", "textfont": {"size": 12}, "line": dots}
        line(name, (2, 1), "legend2", share, showlegend=False, **look)

    figure.update_xaxes(rangemode="tozero")
    figure.layout.yaxis2.update(range=[0, 1.02], tickformat=".0%", dtick=0.25)
    frame(
        figure, height, "", margin={"l": 46, "r": 18, "t": 26, "b": 40}, hovermode="x unified", uirevision="curves"
    )  # fmt: skip
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
            text=text, x=0.5, xanchor="center", y=(low + high) / 2, yanchor="middle", font={"size": 13}, **place
        )
    # There is room for the labels; measuring them again at each redraw would cost a third of its time.
    fixed = {"automargin": False, "ticklabeloverflow": "allow", "tickangle": 0}
    figure.update_xaxes(**fixed)
    figure.update_yaxes(**fixed)
    update_curves(figure, history, smoothing=smoothing, log_scale=log_scale, until=until, baselines=baselines)
    return figure


def update_curves(
    figure: go.Figure,
    history: History,
    *,
    smoothing: bool = True,
    log_scale: bool = False,
    until: float | None = None,
    baselines: Mapping[str, float] | None = None,
    seen: dict[str, Any] | None = None,
) -> None:
    """Bring a figure made by ``curves`` up to date, in one ``batch_update``: on a FigureWidget, one message.

    ``seen`` remembers between calls what was drawn, so that a curve with nothing new is not sent again.
    """
    seen = {} if seen is None else seen
    empty = {"loss": "loss" not in history, "eval": "eval_loss" not in history and "eval_accuracy" not in history}
    # Without a curve there is nothing to measure along the axis, and nothing to send while a slider moves its end.
    end = None if empty["loss"] else until
    data = _curve_data(history, smoothing, end or max(1, history.last_step), baselines, seen)
    look = (smoothing, log_scale, empty["loss"], empty["eval"], end)
    with figure.batch_update():
        for i, name in enumerate(TRACES):
            if name in data:
                x, y, *text = data[name]
                trace = figure.data[i]
                trace.x, trace.y = x, y
                # plotly spends time on empty traces too, unless they are hidden.
                if trace.visible != bool(len(x)):
                    trace.visible = bool(len(x))
                if text:
                    trace.text = text[0]
        if baselines and "tfidf" in data:
            close = abs(baselines.get("tfidf", 1) - baselines.get("majority", 0)) < LABEL_HEIGHT
            figure.data[TRACES.index("tfidf")].textposition = "top left" if close else "bottom left"
        if seen.get("look") != look:
            seen["look"] = look
            raw = figure.data[0]
            raw.opacity, raw.line.width, raw.name = (0.5, 1.2, "each step") if smoothing else (1, 2, "train")
            figure.data[1].showlegend = smoothing
            loss = figure.layout.yaxis
            loss.type = "log" if log_scale and not empty["loss"] else "linear"
            # Without a curve plotly would number the axis from -1 to 4.
            loss.range, loss.autorange = ([0, 1], False) if empty["loss"] else (None, True)
            loss.showticklabels = not empty["loss"]
            notes = figure.layout.annotations
            notes[1].visible, notes[3].visible = empty["loss"], empty["eval"]
            # Loss and accuracy lie over one axis, written under the lower; plotly wants to be told of both.
            for steps in (figure.layout.xaxis, figure.layout.xaxis2):
                steps.range, steps.autorange = (None, True) if end is None else ([0, end], False)
            written = figure.layout.xaxis2
            written.showticklabels, written.title.text = not empty["loss"], "" if empty["loss"] else "step"


def _curve_data(history, smoothing, end, baselines, seen) -> dict[str, tuple]:
    """What is new since last time: trace name → (x, y) or (x, y, text)."""
    new: dict[str, tuple] = {}

    def take(name: str, key: Any, make) -> None:
        if name not in seen or seen[name] != key:
            seen[name] = key
            new[name] = make()

    def stamp(metric: str) -> tuple:
        steps = history.steps(metric)
        return (len(steps), int(steps[-1]))

    for name in ("loss", "eval_loss", "eval_accuracy", "eval_f1_macro"):
        if name not in history:
            take(name, (), lambda: NOTHING)
            continue
        key = stamp(name)
        take(name, key, lambda name=name: decimate(history.steps(name), history[name]))
        if name == "loss":
            take("loss_smooth", (key, smoothing), lambda: _smoothed(history) if smoothing else NOTHING)
    if "loss" not in history:
        take("loss_smooth", (), lambda: NOTHING)
    take("not_finite", tuple(history.first_nonfinite.items()), lambda: _not_finite(history))
    for name, label in (("majority", "majority class"), ("tfidf", "TF-IDF")):
        value = (baselines or {}).get(name)
        take(name, (value, int(end)), lambda value=value, label=label: _level(value, label, end))
    return new


def _smoothed(history: History) -> Curve:
    steps, values = history.steps("loss"), history["loss"]
    return decimate(steps, smooth(values, window_for(len(values))))


def _not_finite(history: History) -> Curve:
    if "loss" not in history.first_nonfinite:
        return NOTHING
    values = history["loss"]
    finite = values[np.isfinite(values)]
    height = finite[-1] if len(finite) else 1.0
    return np.array([history.first_nonfinite["loss"]], np.int32), np.array([height], np.float32)


def _level(value: float | None, label: str, end: int) -> tuple:
    if value is None:
        return (*NOTHING, [])
    return np.array([0, end], np.int32), np.full(2, value, np.float32), ["", f"{label} {value:.1%}"]


def curves_text(history: History, total: int | None = None) -> str:
    """What the curves show, in one sentence with its numbers."""
    if "loss" not in history or not len(history["loss"]):
        return "No step has been taken yet."
    values = history["loss"]
    window = window_for(len(values))
    mean = smooth(values, window)
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
