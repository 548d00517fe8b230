"""Loss and accuracy of one run as the curves of a live chart, and such a chart as a still figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import escape

from nblib.engine.history import History
from nblib.figures.points import NOTHING, Curve, decimate, smooth, window_for
from nblib.figures.style import INK, OKABE_ITO, frame, legend_above, short

if TYPE_CHECKING:
    import plotly.graph_objects as go

# Name, kind, x, y, dash: what ``nblib.ui.Lines`` shows.
Line = tuple[str, str, np.ndarray, np.ndarray, Sequence[int]]
DASHED, SHORT_DASHES, DOTTED = (6, 4), (2, 4), (3, 4)
LEVELS = {"majority": "majority class", "tfidf": "TF-IDF"}
# Kind of a curve → its colour in a still figure, as near as it comes to the live chart's.
COLOURS = {
    "train": "blue", "raw": "blue", "rate": "blue", "lstm": "blue", "validation": "vermillion", "cross": "vermillion",
    "rnn": "vermillion", "accuracy": "green", "gru": "green", "mark": "orange",
}  # fmt: skip


def loss_lines(history: History, *, smoothing: bool = True) -> list[Line]:
    """The training loss, with ``smoothing`` as a running mean over the faint loss of each step; the validation's,
    dashed; a cross where the loss stopped being a number."""
    lines: list[Line] = []
    if "loss" in history:
        raw = decimate(history.steps("loss"), history["loss"])
        if smoothing:
            lines += [("each step", "raw", *raw, ()), ("train", "train", *smoothed_loss(history), ())]
        else:
            lines.append(("train", "train", *raw, ()))
    if "eval_loss" in history:
        lines.append(("validation", "validation", *decimate(history.steps("eval_loss"), history["eval_loss"]), DASHED))
    if len((end := end_of_numbers(history))[0]):
        lines.append(("no longer a number", "cross", *end, ()))
    return lines


def accuracy_lines(history: History, until: float, baselines: Mapping[str, float] | None = None) -> list[Line]:
    """Accuracy and macro F1 on the validation split; levels of the ``baselines`` "majority" and "tfidf" from step 0 to
    ``until``."""
    lines: list[Line] = []
    for metric, name, kind, dash in (
        ("eval_accuracy", "accuracy", "accuracy", DASHED),
        ("eval_f1_macro", "F1", "f1", SHORT_DASHES),
    ):
        if metric in history:
            lines.append((name, kind, *decimate(history.steps(metric), history[metric]), dash))
    for key, name in LEVELS.items():
        if baselines and key in baselines:
            level = np.full(2, baselines[key], np.float32)
            lines.append((f"{name} {baselines[key]:.1%}", "level", np.array([0, until], np.float32), level, DOTTED))
    return lines


def smoothed_loss(history: History) -> Curve:
    values = history["loss"]
    # A run that explodes goes through numbers whose sum is none.
    with np.errstate(over="ignore", invalid="ignore"):
        return decimate(history.steps("loss"), smooth(values, window_for(len(values))))


def end_of_numbers(history: History) -> Curve:
    """Where the loss stopped being a number, at the height of its last number; nothing where it did not."""
    if "loss" not in history.first_nonfinite:
        return NOTHING
    values = history["loss"]
    finite = values[np.isfinite(values)]
    height = finite[-1] if len(finite) else 1.0
    return np.array([history.first_nonfinite["loss"]], np.int32), np.array([height], np.float32)


def chart(
    lines: Sequence[Line],
    *,
    title: str = "",
    x_title: str = "step",
    log_scale: bool = False,
    level: float | None = None,
    unit: str = "",
    text: str = "",
    height: int = 360,
) -> go.Figure:
    """The curves of a live chart as a still figure; ``text`` is its sentence."""
    import plotly.graph_objects as go

    figure = go.Figure()
    for name, kind, x, y, dash in lines:
        colour = INK if kind in ("level", "planned") else OKABE_ITO[COLOURS.get(kind, "purple")]
        points = {"mark": "diamond", "cross": "x"}.get(kind)
        mode = "markers" if points else "lines+markers" if dash and kind not in ("level", "planned") else "lines"
        figure.add_scatter(
            x=x, y=y, name=short(name), mode=mode, opacity=0.5 if kind == "raw" else 1,
            line={"color": colour, "width": 2, "dash": " ".join(f"{n}px" for n in dash) or "solid"},
            marker={"size": 11 if points else 7, "symbol": points or "circle", "color": colour},
            hovertemplate="%{y:.1%}" if unit == "%" else "%{y:.4g}",
        )  # fmt: skip
    if level is not None:
        figure.add_hline(level, line={"color": INK, "width": 1, "dash": "dot"})
    frame(figure, height, text, hovermode="x unified", legend=legend_above())
    figure.update_xaxes(title_text=x_title)
    figure.update_yaxes(type="log" if log_scale else "linear", tickformat=".0%" if unit == "%" else None)
    figure.update_layout(title={"text": str(escape(title)), "font": {"size": 14}, "x": 0.02})
    if title:
        figure.update_layout(margin={"l": 64, "r": 20, "t": 70, "b": 48})
    return figure
