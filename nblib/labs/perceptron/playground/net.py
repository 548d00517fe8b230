"""The net of the playground, and what it makes of the plane."""

from __future__ import annotations

from typing import Any

import anywidget
import traitlets

from nblib.ui.views.files import script, text


class NetView(anywidget.AnyWidget):
    """Shows a small net and its output; what a person does with it comes back as messages.

    ``net``: features [{name, label}], names of those in use, sizes, activation, task, extent. ``field``: uint8
    [60, 60]; ``small``: uint8 [n, 30, 30], a picture for each input in use and each hidden neuron. ``weights``:
    float32, flat, a layer's weights [in, out] and then its biases. ``points``: float32 rows (x1, x2, target, test).
    ``graph``: values, slopes, weight_slopes, bias_slopes, point, target and loss of one example, or empty.

    Messages: "feature" name; "layers" by; "neurons" layer, by; "weight" layer, source (None for the bias), target,
    value, final; "example" x, y, target or off. Each has its ``number``; the next comes once ``seen`` has reached it.
    """

    _esm = script("net.js", __file__)
    _css = text("panel.css") + text("kit.css") + text("play.css")

    net = traitlets.Dict().tag(sync=True)
    field = traitlets.Bytes(b"").tag(sync=True)
    small = traitlets.Bytes(b"").tag(sync=True)
    weights = traitlets.Bytes(b"").tag(sync=True)
    points = traitlets.Bytes(b"").tag(sync=True)
    graph = traitlets.Dict().tag(sync=True)
    seen = traitlets.Int(0).tag(sync=True)

    def __init__(self, **values: Any):
        super().__init__(**values)
        self.add_class("nblib-netview-host")
