"""Pictures: pure functions from arrays or a ``History`` to ``plotly.graph_objects.Figure``.

Series are told apart by dashes and markers as well as by colour (Okabe and Ito, "Color Universal Design", 2008);
backgrounds are transparent and inks are mid-grey, so that one picture is legible on a light and on a dark page.
Every figure carries one sentence that says what it shows: ``describe(figure)``.
"""

from nblib.figures.curves import TRACES, curves, curves_text
from nblib.figures.data import class_balance, lengths
from nblib.figures.live import accuracy_lines, chart, loss_lines
from nblib.figures.points import NOTHING, Curve, decimate, smooth, window_for
from nblib.figures.results import calibration, confusion, expected_calibration_error
from nblib.figures.runs import compare, seeds
from nblib.figures.schedule import changes_by_hand, rate_lines, rates_so_far, schedule
from nblib.figures.style import INK, OKABE_ITO, describe, frame, legend_above, short

__all__ = [
    "INK",
    "NOTHING",
    "OKABE_ITO",
    "TRACES",
    "Curve",
    "accuracy_lines",
    "calibration",
    "changes_by_hand",
    "chart",
    "class_balance",
    "compare",
    "confusion",
    "curves",
    "curves_text",
    "decimate",
    "describe",
    "expected_calibration_error",
    "legend_above",
    "frame",
    "lengths",
    "loss_lines",
    "rate_lines",
    "rates_so_far",
    "schedule",
    "seeds",
    "short",
    "smooth",
    "window_for",
]
