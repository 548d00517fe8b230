"""A plotly figure that a thread goes on drawing, shown whole whenever a page opens it."""

from __future__ import annotations

import math
import threading
import time
from copy import copy
from typing import Any

import numpy as np
import plotly.graph_objects as go
import traitlets
from plotly.serializers import _py_to_js

from nblib.ui.elements import LIVE_CONFIG


class LiveFigure(go.FigureWidget):
    """A FigureWidget that loses nothing of what was drawn before a page was ready to show it.

    plotly's script hears of changes only once it has loaded and plotted: what is sent before is dropped, and a page
    that is loaded again is given the figure as it was when it was made. Here a page gets the figure as it is, and when
    plotly first answers from that page, what has changed since then is sent again, in one message.

    ``lock`` is held by whoever draws. ``seconds_to_show`` is what the last change took from here to plotly's answer.
    """

    # Of the class too: plotly lets nobody add a public name to a figure.
    seconds_to_show = 0.0

    def __init__(self, figure: go.Figure, lock: threading.RLock):
        self._made = self._answered = False
        self._sent = math.nan
        self._lock = lock
        super().__init__(figure)
        self._config = LIVE_CONFIG
        self._given = self._content()
        self._made = True
        self.observe(self._plotted, "_js2py_layoutDelta")

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> dict[str, Any]:
        state = super().get_state(key=key, drop_defaults=drop_defaults)
        # Without a key a page asks for everything; the first time that is while the figure is still being made.
        if key is None and self._made:
            with self._lock:
                self._answered, self._given = False, self._content()
                state["_widget_data"] = _py_to_js(self._data, self)
                state["_widget_layout"] = _py_to_js(self._layout_obj._props, self)
        return state

    def _content(self) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        return [_flat(trace) for trace in self._data], _flat(self._layout_obj._props)

    @traitlets.observe("_js2py_traceDeltas")
    def _handler_js2py_traceDeltas(self, change: dict) -> None:
        # What plotly has filled in for the traces. Nobody here asks for it, and over arrays plotly's own handler raises
        # (7.1, _remove_overlapping_props), once a redraw.
        self._trace_edit_in_process = False
        if change["new"]:
            self._shown()

    def _shown(self) -> None:
        if not math.isnan(self._sent):
            self._sent, self.seconds_to_show = math.nan, time.monotonic() - self._sent

    def _send_update_msg(self, *arguments: Any, **options: Any) -> None:
        self._sent = time.monotonic()
        super()._send_update_msg(*arguments, **options)

    def _plotted(self, change: dict) -> None:
        if change["new"] is None:
            return
        self._shown()
        if self._answered:
            return
        with self._lock:
            self._answered = True
            (old_traces, old_layout), (traces, layout) = self._given, self._content()
            names = {n for old, new in zip(old_traces, traces, strict=True) for n in _changed(old, new)}
            style = {name: [trace.get(name) for trace in traces] for name in names}
            relayout = {name: layout.get(name) for name in _changed(old_layout, layout)}
            if style or relayout:
                self._send_update_msg(style, relayout, list(range(len(traces))))


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested properties by their dotted names, as plotly's update takes them."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{prefix}{name}.")
        else:
            # A list of annotations is changed in place.
            found[prefix + name] = [copy(v) for v in value] if isinstance(value, list) else value
    return found


def _changed(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    return [n for n in {**old, **new} if not _same(old.get(n), new.get(n))]


def _same(a: Any, b: Any) -> bool:
    return a is b or (np.array_equal(a, b) if isinstance(a, np.ndarray) or isinstance(b, np.ndarray) else a == b)
