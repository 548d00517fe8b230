"""The net of the playground, and what it makes of the plane."""

from __future__ import annotations

from nblib.ui import traits
from nblib.ui.views.files import script, text
from nblib.ui.views.view import AnsweringView


class NetView(AnsweringView):
    """Shows a small net and its output; what a person does with it comes back as messages.

    ``net``: features [{name, label}], names of those in use, sizes, activation, task, extent. ``field``: uint8
    [60, 60]; ``small``: uint8 [n, 30, 30], a picture for each input in use and each hidden neuron. ``weights``:
    float32, flat, a layer's weights [in, out] and then its biases. ``points``: float32 rows (x1, x2, target, test).
    ``graph``: values, slopes, weight_slopes, bias_slopes, point, target and loss of one example, or empty.

    Messages: "feature" name; "layers" by; "neurons" layer, by; "weight" layer, source (None for the bias), target,
    value, final; "example" x, y, target or off. Each has its ``number``; the next comes once ``seen`` has reached it.
    """

    host = "nblib-netview-host"
    _esm = script("net.js", __file__)
    _css = text("panel.css") + text("kit.css") + text("play.css")

    net = traits.mapping()
    field = traits.data()
    small = traits.data()
    weights = traits.data()
    points = traits.data()
    graph = traits.mapping()
    seen = traits.whole()
