"""Pictures: pure functions from arrays or a ``History`` to ``plotly.graph_objects.Figure``.

Series are told apart by dashes and markers as well as by colour (Okabe and Ito, "Color Universal Design", 2008);
backgrounds are transparent and inks are mid-grey, so that one picture is legible on a light and on a dark page.
Every figure carries one sentence that says what it shows: ``describe(figure)``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from markupsafe import escape
from plotly.subplots import make_subplots

from nblib.config import number_text
from nblib.history import History

OKABE_ITO = {
    "blue": "#0072B2",
    "vermillion": "#D55E00",
    "green": "#009E73",
    "purple": "#CC79A7",
    "orange": "#E69F00",
    "sky": "#56B4E9",
}
# As far from white as from the near-black of a dark notebook: 4.3 to 1 against both.
INK = "#7a7a7a"
GRID = "rgba(128,128,128,0.22)"
LINE = "rgba(128,128,128,0.55)"
FONT = {"family": "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif", "size": 13, "color": INK}
CLEAR = "rgba(0,0,0,0)"
MOST_POINTS = 1000
MOST_LETTERS = 24

Array = np.ndarray
Curve = tuple[Array, Array]
NOTHING: Curve = (np.empty(0, np.int32), np.empty(0, np.float32))

# The traces of ``curves`` in their order: a live view changes them in place.
TRACES = (
    "loss", "loss_smooth", "eval_loss", "not_finite", "eval_accuracy", "eval_f1_macro", "majority", "tfidf",
    "learning_rate", "planned", "changes",
)  # fmt: skip


def describe(figure: go.Figure) -> str:
    """The sentence that belongs under a figure, as plain text."""
    return (figure.layout.meta or {}).get("text", "")


def decimate(x: Array, y: Array, limit: int = MOST_POINTS) -> Curve:
    """At most ``limit`` of the points (x, y): of every stretch the lowest and the highest, so that no peak is lost."""
    n = len(y)
    if n <= limit:
        return x, y
    bins = max(1, limit // 2)
    edges = np.linspace(0, n, bins + 1).astype(np.int64)
    low = np.where(np.isnan(y), np.inf, y)
    high = np.where(np.isnan(y), -np.inf, y)
    # Rows of equal width, the last value repeated: one argmin for all stretches.
    width = int(np.diff(edges).max())
    rows = np.minimum(edges[:-1, None] + np.arange(width), edges[1:, None] - 1)
    start = np.arange(bins)
    keep = np.unique(np.concatenate([rows[start, low[rows].argmin(axis=1)], rows[start, high[rows].argmax(axis=1)]]))
    return x[keep], y[keep]


def smooth(values: Array, window: int) -> Array:
    """The mean of the last ``window`` values at each point (of fewer at the beginning); what is not finite is left out.

    float32 [n] → float32 [n].
    """
    if window <= 1 or not len(values):
        return values.astype(np.float32, copy=False)
    finite = np.isfinite(values)
    total = np.concatenate([[0.0], np.cumsum(np.where(finite, values, 0), dtype=np.float64)])
    count = np.concatenate([[0], np.cumsum(finite)])
    end = np.arange(1, len(values) + 1)
    begin = np.maximum(end - window, 0)
    number = count[end] - count[begin]
    mean = (total[end] - total[begin]) / np.maximum(number, 1)
    return np.where(number > 0, mean, np.nan).astype(np.float32)


def window_for(steps: int) -> int:
    """How many steps a smoothed curve averages over: a twentieth of what is there, between 5 and 200."""
    return int(min(200, max(5, steps // 20)))


# -- the learning rate ---------------------------------------------------------------------------------------------


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
    steps, rates = learning_rates(config, total_steps, MOST_POINTS)
    figure = go.Figure(
        go.Scatter(
            x=steps, y=rates, mode="lines", name="learning rate", line={"color": OKABE_ITO["blue"], "width": 2.5},
            hovertemplate="step %{x}: %{y:.3e}<extra></extra>",
        )
    )  # fmt: skip
    _look(figure, height, schedule_text(config, total_steps), showlegend=False)
    figure.update_xaxes(title_text="step", rangemode="tozero")
    figure.update_yaxes(title_text="learning rate", **_rate_ticks(config.learning_rate))
    return figure


def _rate_ticks(peak: float) -> dict[str, Any]:
    """Zero, half the peak and the peak, as a person writes them: plotly would say 0.5e-4."""
    ticks = [0.0, peak / 2, peak]
    return {"tickvals": ticks, "ticktext": [number_text(t) for t in ticks], "range": [0, peak * 1.08]}


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


# -- curves --------------------------------------------------------------------------------------------------------


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
    # One label above its line, one below: the two may lie close.
    for name, place in (("majority class", "bottom right"), ("TF-IDF", "top right")):
        dots = {"color": LINE, "width": 1.5, "dash": "dot"}
        look = {"mode": "lines+text", "textposition": place, "textfont": {"size": 12}, "line": dots}
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
    _look(
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
        if seen.get("peak") != peak:
            seen["peak"] = peak
            figure.layout.yaxis3.update(_rate_ticks(peak))
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


def update_planned(figure: go.Figure, history: History, planned: Curve, seen: dict[str, Any]) -> None:
    """Of a figure made by ``curves`` only the schedule ahead, in one message; ``seen`` as for ``update_curves``."""
    key, peak = (planned[0].tobytes(), planned[1].tobytes()), _peak(history, planned)
    if seen.get("planned") == key:
        return
    with figure.batch_update():
        trace = figure.data[TRACES.index("planned")]
        trace.x, trace.y = planned
        if seen.get("peak") != peak:
            figure.layout.yaxis3.update(_rate_ticks(peak))
    seen["planned"], seen["peak"] = key, peak


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
        take("planned", (planned[0].tobytes(), planned[1].tobytes()), lambda: planned)
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
    return np.array([0, end], np.int32), np.full(2, value, np.float32), [f"{label} {value:.1%}", ""]


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


def compare(histories: Mapping[str, History], metric: str = "eval_loss", *, height: int = 320) -> go.Figure:
    """One metric of several runs over one axis of steps; a name for each run."""
    colours, dashes = list(OKABE_ITO.values()), ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
    symbols = ("circle", "square", "diamond", "triangle-up", "cross", "x")
    figure, ends = go.Figure(), {}
    for i, (name, history) in enumerate(histories.items()):
        x, y = decimate(history.steps(metric), history[metric]) if metric in history else NOTHING
        if len(y):
            ends[name] = float(y[-1])
        few = len(y) <= 40
        figure.add_scatter(
            x=x, y=y, name=_short(name), mode="lines+markers" if few else "lines", hovertemplate="%{y:.4g}",
            line={"color": colours[i % 6], "dash": dashes[i % 6], "width": 2},
            marker={"symbol": symbols[i % 6], "size": 8},
        )  # fmt: skip
    label = metric.replace("_", " ")
    found = sorted(ends, key=ends.get)
    text = f"No run has logged {label} yet."
    if found:
        text = f"{label.capitalize()} of {len(ends)} runs: at the end from {ends[found[0]]:.3g} ({found[0]})"
        text += f" to {ends[found[-1]]:.3g} ({found[-1]})."
    _look(figure, height, text, hovermode="x unified", legend=_legend_above())
    figure.update_xaxes(title_text="step", rangemode="tozero")
    figure.update_yaxes(title_text=label)
    return figure


def seeds(results: Mapping[str, Sequence[float]], *, label: str = "accuracy", height: int = 300) -> go.Figure:
    """The spread over seeds: for each configuration a point a seed, the mean, and one standard deviation around it."""
    figure, parts = go.Figure(), []
    for i, (name, values) in enumerate(results.items()):
        y = np.asarray(values, np.float32)
        mean = float(y.mean()) if len(y) else math.nan
        spread = float(y.std(ddof=1)) if len(y) > 1 else 0.0
        parts.append(f"{name} {mean:.1%} ± {spread:.1%} over {len(y)} seed{'s' * (len(y) != 1)}")
        at = np.linspace(-0.12, 0.12, len(y)).astype(np.float32) + i if len(y) > 1 else np.full(len(y), i, np.float32)
        figure.add_scatter(
            x=at, y=y, mode="markers", marker={"size": 9, "color": OKABE_ITO["blue"], "opacity": 0.7},
            name="a seed", showlegend=i == 0, hovertemplate="%{y:.2%}<extra></extra>",
        )  # fmt: skip
        figure.add_scatter(
            x=np.array([i], np.float32), y=np.array([mean], np.float32), mode="markers", showlegend=i == 0,
            error_y={"type": "constant", "value": spread, "color": INK, "width": 8}, name="mean ± standard deviation",
            marker={"symbol": "line-ew", "size": 26, "line": {"width": 3, "color": OKABE_ITO["vermillion"]}},
            hovertemplate="mean %{y:.2%}<extra></extra>",
        )  # fmt: skip
    _look(figure, height, f"{label.capitalize()} by seed: " + "; ".join(parts) + ".", legend=_legend_above())
    figure.update_xaxes(
        tickvals=list(range(len(results))), ticktext=[_short(name) for name in results],
        range=[-0.6, max(len(results), 1) - 0.4], showgrid=False,
    )  # fmt: skip
    figure.update_yaxes(title_text=label, tickformat=".1%")
    return figure


# -- the data ------------------------------------------------------------------------------------------------------


def padding_share(token_counts: Array, batch_size: int, *, grouped: bool, seed: int = 0) -> float:
    """The share of the token places that is padding when each batch is as long as its longest text.

    ``token_counts``: int [texts], already cut. Batches of texts of like length, or of texts in random order.
    """
    counts = np.asarray(token_counts, np.int64)
    if not len(counts):
        return 0.0
    counts = np.sort(counts) if grouped else np.random.default_rng(seed).permutation(counts)
    starts = np.arange(0, len(counts), batch_size)
    sizes = np.diff(np.append(starts, len(counts)))
    return float(1 - counts.sum() / (np.maximum.reduceat(counts, starts) * sizes).sum())


def lengths(
    token_counts: Array,
    max_length: int,
    batch_size: int,
    *,
    cut_share: float | None = None,
    padding_grouped: float | None = None,
    padding_random: float | None = None,
    height: int = 280,
) -> go.Figure:
    """Histogram of the texts' lengths in tokens, with what is cut at ``max_length`` and what is padding.

    ``token_counts``: int [texts]. Counts that were taken after the cut need ``cut_share``; the shares of padding are
    computed from the counts where they are not given.
    """
    counts = np.asarray(token_counts, np.int64)
    cut = float((counts > max_length).mean()) if cut_share is None and len(counts) else cut_share or 0.0
    kept = np.minimum(counts, max_length)
    grouped = padding_share(kept, batch_size, grouped=True) if padding_grouped is None else padding_grouped
    random = padding_share(kept, batch_size, grouped=False) if padding_random is None else padding_random
    longest = int(counts.max()) if len(counts) else max_length
    width = max(1, math.ceil(min(longest, 4 * max_length) / 48))
    edges = np.arange(0, min(longest, 4 * max_length) + 2 * width, width)
    number, edges = np.histogram(np.minimum(counts, edges[-1] - 1), bins=edges)
    middle = ((edges[:-1] + edges[1:] - 1) / 2).astype(np.float32)
    spans = [f"{a} to {b - 1} tokens" if b - 1 > a else f"{a} tokens" for a, b in zip(edges, edges[1:], strict=False)]
    figure = go.Figure(
        go.Bar(
            x=middle, y=number.astype(np.int32), width=width * 0.92, customdata=spans,
            marker={"color": [OKABE_ITO["vermillion"] if m > max_length else OKABE_ITO["blue"] for m in middle]},
            hovertemplate="%{customdata}: %{y} texts<extra></extra>",
        )
    )  # fmt: skip
    median = int(np.median(counts)) if len(counts) else 0
    text = (
        f"{len(counts):,} texts, half of them at most {median} tokens long; {cut:.1%} are cut at {max_length}. "
        f"In batches of {batch_size}, {grouped:.0%} of the places are padding with length groups, {random:.0%} without."
    )
    _look(figure, height, text, showlegend=False, bargap=0.05)
    figure.add_vline(x=max_length, line={"color": OKABE_ITO["vermillion"], "dash": "dash", "width": 2})
    figure.add_annotation(
        text=f"cut at {max_length}", x=max_length, xanchor="right", y=1, yref="paper", yanchor="bottom",
        showarrow=False,
    )  # fmt: skip
    figure.update_xaxes(title_text="tokens", range=[0, max(float(edges[-1]), max_length * 1.04)])
    figure.update_yaxes(title_text="texts", rangemode="tozero")
    return figure


def class_balance(counts: Mapping[str, Any], *, height: int | None = None) -> go.Figure:
    """How many examples each class has: ``{class: number}``, or ``{split: {class: number}}``."""
    by_split = counts if counts and isinstance(next(iter(counts.values())), Mapping) else {"examples": counts}
    names = list(dict.fromkeys(name for split in by_split.values() for name in split))
    colours = [OKABE_ITO[c] for c in ("blue", "vermillion", "green")]
    figure = go.Figure()
    for i, (split, numbers) in enumerate(by_split.items()):
        values = [int(numbers.get(name, 0)) for name in names]
        total = max(1, sum(values))
        figure.add_bar(
            y=list(range(len(names))), x=values, orientation="h", name=str(escape(split)), text=values,
            textposition="outside", cliponaxis=False, customdata=[[str(escape(n)), v / total] for n, v in
                                                                  zip(names, values, strict=True)],
            marker={"color": colours[i % 3], "pattern": {"shape": ("", "/", ".")[i % 3], "solidity": 0.25}},
            hovertemplate="%{customdata[0]}: %{x} (%{customdata[1]:.1%})",
        )  # fmt: skip
    first = next(iter(by_split.values()), {})
    total = sum(first.values())
    text = "No class has an example."
    if total:
        most, least = max(first, key=first.get), min(first, key=first.get)
        where = "" if len(by_split) == 1 else f" in {next(iter(by_split))}"
        text = (
            f"{len(names)} classes{where}: the largest is {most} with {first[most]:,} of {total:,} examples "
            f"({first[most] / total:.1%}), the smallest {least} with {first[least]:,} ({first[least] / total:.1%})."
        )
    tall = height or 90 + len(names) * (16 + 18 * len(by_split))
    _look(figure, tall, text, showlegend=len(by_split) > 1, legend=_legend_above(), bargap=0.25)
    figure.layout.margin.r = 60
    _class_ticks(figure.layout.yaxis, names)
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_xaxes(title_text="examples", rangemode="tozero")
    return figure


# -- what the model does -------------------------------------------------------------------------------------------


def confusion(matrix: Array, labels: Sequence[str], *, height: int | None = None) -> go.Figure:
    """Rows are the true classes, columns what the model said: counts, coloured by their share of the row.

    ``matrix``: int [classes, classes].
    """
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
    safe = [str(escape(_one_line(label))) for label in labels]
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
        i, j = np.unravel_index(wrong.argmax(), wrong.shape)
        text += f"; the commonest mistake is {labels[i]} taken for {labels[j]}, {wrong[i, j]} times"
    _look(figure, height or (max(260, 120 + 70 * n) if roomy else 150 + 27 * n), text + ".")
    _class_ticks(figure.layout.xaxis, labels)
    _class_ticks(figure.layout.yaxis, labels)
    figure.update_xaxes(title_text="said", showgrid=False, tickangle=0 if n <= 4 else -40, constrain="domain")
    figure.update_yaxes(title_text="true", showgrid=False, autorange="reversed")
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
    _look(figure, height, text, legend=_legend_above(), bargap=0)
    figure.update_xaxes(title_text="how sure the model is", range=[0, 1], tickformat=".0%")
    figure.update_yaxes(title_text="how often it is right", range=[0, 1.02], tickformat=".0%")
    return figure


# -- looks ---------------------------------------------------------------------------------------------------------


def _look(figure: go.Figure, height: int, text: str, **layout: Any) -> None:
    figure.update_layout(
        template="none",
        height=height,
        paper_bgcolor=CLEAR,
        plot_bgcolor=CLEAR,
        font=FONT,
        margin=layout.pop("margin", {"l": 64, "r": 20, "t": 34, "b": 48}),
        hoverlabel={"bgcolor": "#30343b", "bordercolor": "#30343b", "font": {"color": "#ffffff", "size": 13}},
        modebar={"bgcolor": CLEAR, "color": INK, "activecolor": OKABE_ITO["blue"]},
        meta={"text": text},
        **layout,
    )
    figure.update_xaxes(gridcolor=GRID, linecolor=LINE, showline=True, zeroline=False, ticks="", automargin=True,
                        title_standoff=6)  # fmt: skip
    figure.update_yaxes(gridcolor=GRID, linecolor=LINE, zeroline=False, ticks="", automargin=True, title_standoff=6)
    figure.for_each_xaxis(lambda axis: axis.title.font.update(size=13))
    figure.for_each_yaxis(lambda axis: axis.title.font.update(size=13))


def _legend_above() -> dict:
    return {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "bgcolor": CLEAR}


def _one_line(text: Any) -> str:
    return " ".join(str(text).split())


def _short(text: Any) -> str:
    """A name from data as plotly may show it: one line, cut, and no mark-up (plotly reads some HTML in labels)."""
    line = _one_line(text)
    return str(escape(line if len(line) <= MOST_LETTERS else line[: MOST_LETTERS - 1] + "…"))


def _class_ticks(axis: Any, labels: Sequence[str]) -> None:
    # By number: two names that look the same after the cut stay two classes.
    axis.tickvals = list(range(len(labels)))
    axis.ticktext = [_short(label) for label in labels]
