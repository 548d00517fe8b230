"""Two pictures for a model card, as SVG text: the curves of a run, and its confusion matrix.

Okabe-Ito colours, dashes and markers beside colour, no background: a grey that is legible on white and on black for
text, filled cells with a contrast of their own. No fonts, scripts or links.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from html import escape

import numpy as np

from nblib.engine.config import number_text
from nblib.engine.history import History

BLUE, VERMILLION, GREEN = "#0072B2", "#D55E00", "#009E73"
# 4.6 to 1 on white and on black alike.
GREY = "#757575"
MOST_CLASSES = 40
_POINTS = 300
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def curves(history: History, baselines: dict[str, float] | None = None) -> str | None:
    """Loss (training smoothed, validation) and validation accuracy by step; None where nothing was logged.

    ``baselines``: name -> accuracy on the validation split, drawn as level lines.
    """
    panels = []
    loss = [
        ("training", BLUE, *_smooth(*_series(history, "loss"))),
        ("validation", VERMILLION, *_series(history, "eval_loss")),
    ]
    accuracy = [("validation", VERMILLION, *_series(history, "eval_accuracy"))]
    for title, lines, levels in (("loss", loss, {}), ("accuracy", accuracy, baselines or {})):
        lines = [line for line in lines if len(line[2])]
        if lines:
            panels.append((title, lines, levels))
    if not panels:
        return None
    body = [_panel(20 + 350 * i, title, lines, levels) for i, (title, lines, levels) in enumerate(panels)]
    told = "Curves of the run by optimiser step: " + "; ".join(
        f"{title} {name} from {y[0]:.3g} to {y[-1]:.3g}" for title, lines, _ in panels for name, _, _, y in lines
    )
    return _svg(20 + 350 * len(panels), 300, "Curves of the run", told, "".join(body))


def confusion(matrix: Sequence[Sequence[int]], names: Sequence[str]) -> str | None:
    """Counts [true class, predicted class] as a field of cells; None for more than 40 classes."""
    counts = np.asarray(matrix, np.int64)
    n = len(names)
    if not 0 < n <= MOST_CLASSES:
        return None
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    cell = max(18, min(96, 560 // n))
    left, top = 170, 52
    parts = [_text(left + cell * n / 2, 20, "predicted class"), _text(left - 12, 20, "true class", anchor="end")]
    for i, name in enumerate(names):
        row = _short(name if cell >= 40 else f"{i + 1} {name}", 20)
        parts.append(_text(left - 10, top + cell * (i + 0.5) + 5, row, anchor="end", whole=name))
        label = _short(name, max(2, cell // 8)) if cell >= 40 else str(i + 1)
        parts.append(_text(left + cell * (i + 0.5), top - 8, label, whole=name))
        for j in range(n):
            colour, ink = _shade(float(shares[i, j]))
            told = f"{name} told as {names[j]}: {counts[i, j]} ({shares[i, j]:.0%})"
            x, y = left + cell * j, top + cell * i
            parts.append(
                f'<rect x="{x + 1}" y="{y + 1}" width="{cell - 2}" height="{cell - 2}" fill="{colour}">'
                f"<title>{_safe(told)}</title></rect>"
            )
            if cell >= 40:
                parts.append(_text(x + cell / 2, y + cell / 2 + 5, f"{counts[i, j]}", fill=ink))
    parts.append(_text(left + cell * n / 2, top + cell * n + 24, "darker: a larger share of the true class"))
    told = f"{int(np.trace(counts))} of {int(counts.sum())} rows on the diagonal"
    width = max(left + cell * n + 20, left + cell * n / 2 + 150)
    return _svg(width, top + cell * n + 40, "Confusion matrix", told, "".join(parts))


def _series(history: History, metric: str) -> tuple[np.ndarray, np.ndarray]:
    if metric not in history:
        return np.zeros(0), np.zeros(0)
    x, y = history.steps(metric).astype(float), history[metric].astype(float)
    finite = np.isfinite(y)
    return x[finite], y[finite]


def _smooth(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The running mean over about a thirtieth of the run, at no more than 300 points."""
    width = max(1, len(y) // 30)
    if width > 1:
        total = np.concatenate([[0.0], np.cumsum(y)])
        last = np.arange(1, len(y) + 1)
        first = np.maximum(0, last - width)
        y = (total[last] - total[first]) / (last - first)
    keep = np.unique(np.linspace(0, len(y) - 1, min(len(y), _POINTS)).round().astype(int)) if len(y) else []
    return x[keep], y[keep]


def _panel(x0: float, title: str, lines: list, levels: dict[str, float]) -> str:
    left, right, top, bottom = x0 + 44, x0 + 330, 40, 232
    last = max(max(x.max() for _, _, x, _ in lines), 1.0)
    values = np.concatenate([y for *_, y in lines] + [np.asarray(list(levels.values()), float)])
    ticks = _ticks(float(values.min()), float(values.max()))
    low, high = ticks[0], ticks[-1]

    def at(x: float, y: float) -> tuple[float, float]:
        return left + (right - left) * x / last, bottom - (bottom - top) * (y - low) / (high - low)

    parts = [_text(left, 22, title, anchor="start", bold=True)]
    for tick in ticks:
        _, y = at(0, tick)
        parts.append(f'<path d="M{left} {y:.1f}H{right}" stroke="{GREY}" stroke-opacity="0.35"/>')
        parts.append(_text(left - 6, y + 4, number_text(round(tick, 10)), anchor="end", size=12))
    for tick in (0, last / 2, last):
        parts.append(_text(at(tick, low)[0], bottom + 18, number_text(round(tick)), size=12))
    parts.append(_text((left + right) / 2, bottom + 36, "optimiser step", size=12))
    for name, value in levels.items():
        _, y = at(0, value)
        parts.append(f'<path d="M{left} {y:.1f}H{right}" stroke="{GREEN}" stroke-width="1.5" stroke-dasharray="2 4"/>')
        parts.append(_text(left + 4, y - 5, name, anchor="start", size=12))
    across = left
    for name, colour, xs, ys in lines:
        points = [at(x, y) for x, y in zip(xs, ys, strict=True)]
        dashed = name == "validation"
        path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        dash = ' stroke-dasharray="6 4"' if dashed else ""
        parts.append(f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>')
        if dashed:
            marks = points if len(points) <= 60 else points[:: -(-len(points) // 60)]
            parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in marks]
        parts.append(f'<path d="M{across} 284h24" stroke="{colour}" stroke-width="2"{dash}/>')
        parts.append(_text(across + 30, 288, name, anchor="start", size=12))
        across += 130
    return "".join(parts)


def _ticks(low: float, high: float) -> list[float]:
    """Three to seven round numbers that enclose the range."""
    if high - low < 1e-9:
        low, high = low - 0.5, high + 0.5
    rough = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= rough)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [i * step for i in range(first, last + 1)]


def _shade(share: float) -> tuple[str, str]:
    """Colour of a cell, from near white to blue, and the ink that reads on it."""
    colour = [round(a + (b - a) * share) for a, b in zip((232, 241, 248), (0, 90, 143), strict=True)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in colour)]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#" + "".join(f"{v:02x}" for v in colour), "#000000" if luminance > 0.18 else "#ffffff"


def _short(text: str, most: int) -> str:
    text = " ".join(str(text).split())
    return text if len(text) <= most else text[: most - 1] + "…"


def _safe(text: str) -> str:
    return escape(_NOT_XML.sub("\ufffd", str(text)), quote=True)


def _text(x: float, y: float, text: str, *, anchor="middle", size=13, fill=GREY, bold=False, whole: str = "") -> str:
    title = f"<title>{_safe(whole)}</title>" if whole else ""
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{fill}"{weight}>'
        f"{title}{_safe(text)}</text>"
    )


def _svg(width: float, height: float, title: str, told: str, body: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" role="img" font-family="system-ui, sans-serif">'
        f"<title>{_safe(title)}</title><desc>{_safe(told)}</desc>{body}</svg>\n"
    )
