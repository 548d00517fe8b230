"""Loss, accuracy and learning rate of one run: made once, then brought up to date in place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from markupsafe import escape
from plotly.subplots import make_subplots

from nblib.config import number_text
from nblib.figures.looks import CLEAR, INK, LINE, OKABE_ITO, frame
from nblib.figures.points import NOTHING, Curve, decimate, smooth, window_for
from nblib.figures.schedule import rate_ticks
from nblib.history import History

# The traces of ``curves`` in their order: a live view changes them in place.
TRACES = (
    "loss", "loss_smooth", "eval_loss", "not_finite", "eval_accuracy", "eval_f1_macro", "majority", "tfidf",
    "learning_rate", "planned", "changes",
)  # fmt: skip


# Of an axis from 0 to 1, what the label of a level takes.
LABEL_HEIGHT = 0.17


def curves(
    history: History,
    *,
    smoothing: bool = True,
    log_scale: bool = False,
    planned: Curve | None = None,
    baselines: Mapping[str, float] | None = None,
    height: int = 430,
) -> go.Figure:
    """Loss (train solid, validation dashed), accuracy and macro F1 on the validation split, and the learning rate.

    Args:
        smoothing: a running mean over ``window_for(steps)`` steps beside the faint raw loss.
        planned: the schedule, from ``learning_rates``.
        baselines: accuracies of "majority" and "tfidf" on the validation split.
    """
    figure = make_subplots(
        rows=2, cols=2, specs=[[{"colspan": 2}, None], [{}, {}]], row_heights=[0.58, 0.42], vertical_spacing=0.2,
        horizontal_spacing=0.11,
    )  # fmt: skip
    blue, red, green, purple = (OKABE_ITO[name] for name in ("blue", "vermillion", "green", "purple"))
    number, share, rate = "%{y:.4g}", "%{y:.1%}", "%{y:.3e}"

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
    line("rate", (2, 2), "legend3", rate, line={"color": blue, "width": 2.5}, zorder=1)
    line("planned", (2, 2), "legend3", rate, line={"color": INK, "width": 1.5, "dash": "dot"})
    mark = {"size": 10, "symbol": "diamond", "color": OKABE_ITO["orange"], "line": {"color": INK, "width": 1}}
    line("changed by hand", (2, 2), "legend3", "%{text}", mode="markers", marker=mark, zorder=2,
         showlegend=False)  # fmt: skip

    for axis in ("xaxis", "xaxis2", "xaxis3"):
        figure.layout[axis].update(rangemode="tozero")
    figure.layout.xaxis2.title.text = figure.layout.xaxis3.title.text = "step"
    figure.layout.xaxis2.matches = figure.layout.xaxis3.matches = "x"
    figure.layout.yaxis2.update(range=[0, 1.02], tickformat=".0%", dtick=0.25)
    frame(
        figure, height, "", margin={"l": 58, "r": 22, "t": 34, "b": 44}, hovermode="x unified", uirevision="curves"
    )  # fmt: skip
    for name, x, y, side in (("legend", "xaxis", "yaxis", 1), ("legend2", "xaxis2", "yaxis2", 0),
                             ("legend3", "xaxis3", "yaxis3", 0)):  # fmt: skip
        across, up = figure.layout[x].domain, figure.layout[y].domain
        figure.layout[name] = {
            "orientation": "h", "x": across[side], "xanchor": ("left", "right")[side], "y": up[1] + 0.01,
            "yanchor": "bottom", "bgcolor": CLEAR, "font": {"size": 12}, "itemwidth": 30,
        }  # fmt: skip
    figure.add_annotation(
        text="<b>Loss</b>", x=0, xanchor="left", y=1.01, yanchor="bottom", xref="paper", yref="paper",
        showarrow=False, font={"size": 14},
    )  # fmt: skip
    for text, x, y in (("The loss draws itself here once the run has begun.", "xaxis", "yaxis"),
                       ("Empty until<br>the first look at the<br>validation split.", "xaxis2", "yaxis2")):  # fmt: skip
        across, up = figure.layout[x].domain, figure.layout[y].domain
        figure.add_annotation(
            text=text, x=sum(across) / 2, y=sum(up) / 2, xref="paper", yref="paper", xanchor="center",
            yanchor="middle", showarrow=False, font={"size": 13},
        )  # fmt: skip
    # There is room for the labels; measuring them again at each redraw would cost a third of its time.
    fixed = {"automargin": False, "ticklabeloverflow": "allow", "tickangle": 0}
    figure.update_xaxes(**fixed)
    figure.update_yaxes(**fixed)
    update_curves(figure, history, smoothing=smoothing, log_scale=log_scale, planned=planned, baselines=baselines)
    return figure


def update_curves(
    figure: go.Figure,
    history: History,
    *,
    smoothing: bool = True,
    log_scale: bool = False,
    planned: Curve | None = None,
    baselines: Mapping[str, float] | None = None,
    x_title: str = "step",
    seen: dict[str, Any] | None = None,
) -> None:
    """Bring a figure made by ``curves`` up to date, in one ``batch_update``: on a FigureWidget, one message.

    ``seen`` remembers between calls what was drawn, so that a curve with nothing new is not sent again.
    """
    seen = {} if seen is None else seen
    data = _curve_data(history, smoothing, planned, baselines, seen)
    empty = {"loss": "loss" not in history, "eval": "eval_loss" not in history and "eval_accuracy" not in history}
    look = (smoothing, log_scale, empty["loss"], empty["eval"], x_title)
    peak = _peak(history, planned)
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
        if seen.get("peak") != peak:
            seen["peak"] = peak
            figure.layout.yaxis3.update(rate_ticks(peak))
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
            notes[1].visible, notes[2].visible = empty["loss"], empty["eval"]
            figure.layout.xaxis2.title.text = figure.layout.xaxis3.title.text = x_title


def update_planned(
    figure: go.Figure, history: History, planned: Curve, seen: dict[str, Any], batch: Callable | None = None
) -> None:
    """Of a figure made by ``curves`` only the schedule ahead, in one message; ``seen`` as for ``update_curves``.

    ``batch`` is what gathers the changes, ``figure.batch_update`` when left out.
    """
    key, peak = _planned_key(planned), _peak(history, planned)
    if seen.get("planned") == key:
        return
    with (batch or figure.batch_update)():
        trace = figure.data[TRACES.index("planned")]
        trace.x, trace.y = planned
        if seen.get("peak") != peak:
            figure.layout.yaxis3.update(rate_ticks(peak))
    seen["planned"], seen["peak"] = key, peak


def only_rates_moved(planned: Curve, seen: dict[str, Any]) -> bool:
    """Whether the schedule goes over the same steps as the one drawn last."""
    return "planned" in seen and seen["planned"][0] == planned[0].tobytes()


def _planned_key(planned: Curve) -> tuple[bytes, bytes]:
    return planned[0].tobytes(), planned[1].tobytes()


def _peak(history: History, planned: Curve | None) -> float:
    """The highest learning rate on the picture, to four digits."""
    rates = [planned[1]] if planned is not None else []
    rates += [history["learning_rate"]] if "learning_rate" in history else []
    return float(f"{max((float(r.max()) for r in rates if len(r)), default=1.0):.4g}") or 1.0


def _curve_data(history, smoothing, planned, baselines, seen) -> dict[str, tuple]:
    """What is new since last time: trace name → (x, y) or (x, y, text)."""
    new: dict[str, tuple] = {}

    def take(name: str, key: Any, make) -> None:
        if name not in seen or seen[name] != key:
            seen[name] = key
            new[name] = make()

    def stamp(metric: str) -> tuple:
        steps = history.steps(metric)
        return (len(steps), int(steps[-1]))

    for name in ("loss", "eval_loss", "eval_accuracy", "eval_f1_macro", "learning_rate"):
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
    changes = [e for e in history.events if e.get("event") == "set" and e.get("name") == "learning_rate"]
    take("changes", (len(changes), changes[-1]["step"] if changes else 0), lambda: _changes(history, changes))
    if planned is not None:
        take("planned", _planned_key(planned), lambda: planned)
    end = planned[0][-1] if planned is not None and len(planned[0]) else max(1, history.last_step)
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


def _changes(history: History, changes: Sequence[Mapping]) -> tuple:
    at = np.array([e["step"] for e in changes], np.int32)
    heights = [e["new"] for e in changes]
    if "learning_rate" in history:
        steps, rates = history.steps("learning_rate"), history["learning_rate"]
        heights = rates[np.minimum(np.searchsorted(steps, at), len(steps) - 1)]
    texts = [f"peak {_rate(e['old'])} → {_rate(e['new'])}" for e in changes]
    return at, np.asarray(heights, np.float32), texts


def _rate(value: Any) -> str:
    return str(escape(number_text(value))) if value is not None else "?"


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
