"""Fewer points that look the same, and smoother ones that look better."""

from __future__ import annotations

import numpy as np

MOST_POINTS = 1000
# A curve is steep where it begins: there each point is kept.
FIRST_POINTS = 200

Array = np.ndarray
Curve = tuple[Array, Array]
NOTHING: Curve = (np.empty(0, np.int32), np.empty(0, np.float32))


def decimate(x: Array, y: Array, limit: int = MOST_POINTS, *, first: int = FIRST_POINTS) -> Curve:
    """At most ``limit`` of the points (x, y), and all of them where there are no more.

    Kept are the first ``first`` (of a smaller limit half), the last one, and of every stretch between the lowest and
    the highest, so that no peak is lost. [n], [n] → [k], [k].
    """
    n = len(y)
    if n <= limit:
        return x, y
    begin = min(first, limit // 2)
    stretches = max(1, (limit - begin - 1) // 2)
    edges = np.linspace(begin, n, stretches + 1).astype(np.int64)
    low = high = y
    finite = np.isfinite(y)
    if not finite.all():
        low, high = np.where(finite, y, np.inf), np.where(finite, y, -np.inf)
    # Rows of equal width, the last value repeated: one argmin for all stretches.
    rows = np.minimum(edges[:-1, None] + np.arange(int(np.diff(edges).max())), edges[1:, None] - 1)
    each = np.arange(stretches)
    lows = low[rows]
    highs = lows if high is low else high[rows]
    lowest, highest = (rows[each, best] for best in (lows.argmin(axis=1), highs.argmax(axis=1)))
    keep = np.unique(np.concatenate([np.arange(begin), lowest, highest, [n - 1]]))
    return x[keep], y[keep]


def smooth(values: Array, window: int) -> Array:
    """The mean of the last ``window`` values at each point (of fewer at the beginning); what is not finite is left out.

    float32 [n] → float32 [n].
    """
    if window <= 1 or not len(values):
        return values.astype(np.float32, copy=False)
    finite = np.isfinite(values)
    if finite.all():
        # Nearly always so, and a live chart of a long run asks for it again and again.
        total = np.cumsum(values, dtype=np.float64)
        mean = total.copy()
        mean[window:] -= total[:-window]
        mean[:window] /= np.arange(1, min(window, len(values)) + 1)
        mean[window:] /= window
        return mean.astype(np.float32)
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
