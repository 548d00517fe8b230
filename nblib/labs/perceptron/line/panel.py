"""The perceptron in the hand: a line that follows its sliders, points that a person sets, the rule step by step."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets
import numpy as np
from markupsafe import Markup, escape

from nblib.engine.errors import InputError
from nblib.labs.perceptron.line.config import PerceptronConfig
from nblib.labs.perceptron.plane import Plane
from nblib.models import perceptron
from nblib.ui.controls import Controls
from nblib.ui.elements import html, row
from nblib.ui.views.lines import Lines
from nblib.ui.views.view import Content

EXTENT = [-1.0, 2.0, -1.0, 2.0]
MOST_PASSES = 500
GAPS = (0.02, 0.03, 0.05, 0.08, 0.12, 0.18, 0.25, 0.35, 0.5, 0.7, 0.9)


class PerceptronPanel(widgets.VBox):
    """``PerceptronPanel()`` as the last expression of a cell.

    Args:
        cfg: where the line lies at first.
        points, labels: [n, 2] and [n] of 0 and 1; the truth table of AND when left out.
    """

    def __init__(self, cfg: PerceptronConfig | None = None, points: Any = None, labels: Any = None):
        if points is None:
            points, labels = perceptron.gate("AND")
        self.points = np.column_stack([np.asarray(points, float).reshape(-1, 2), np.asarray(labels, float)])
        self.updates, self._next, self._from_zero = 0, 0, False
        self.controls = Controls(
            cfg or PerceptronConfig(), in_sight=[s.name for s in PerceptronConfig.settings()], on_edit=self._edited,
            on_error=self._error,
        )  # fmt: skip
        self.plane = Plane(extent=EXTENT)
        self._grid = self.plane.grid()
        self.plane.listen(self._hear)
        self.said = html("")
        self.said.add_class("nblib-perceptron-said")
        self.lines = Lines(
            title="Updates until no mistake is left, against the margin γ",
            x_title="margin γ",
            log_scale=True,
            height=210,
        )
        self._below = widgets.VBox([], layout={"width": "100%"})
        self.buttons: dict[str, widgets.Button] = {}
        super().__init__(self._zones(), layout={"width": "100%"})
        self.add_class("nblib-panel")
        self._show()
        self._say(["Move w1, w2 or θ until every disc lies on the blue side, or let the rule do it."])

    def _zones(self) -> list[widgets.Widget]:
        data = [self._button(n, f"The four points of {n}", lambda n=n: self.gate(n)) for n in perceptron.GATES]
        data.append(self._button("Two clouds", "40 points with the gap of the slider between them", self.clouds))
        data.append(self._button("No points", "Remove all points", lambda: self.set_points(np.empty((0, 2)), [])))
        pen = widgets.ToggleButtons(
            options=[("class 1 ●", 1), ("class 0 ■", 0)], value=1, style={"button_width": "104px"},
            tooltips=["The next point is of class 1", "The next point is of class 0"],
        )  # fmt: skip
        widgets.link((pen, "value"), (self.plane, "pen"))
        rule = [
            self._button("Next example", "Present one point and apply the rule", self.step, "primary"),
            self._button("Learn to the end", "Present all points again and again", self.learn),
            self._button("Best of all lines", "Try every line there is", self.best),
            self._button("Zero the weights", "Begin at w = 0, b = 0", self.zero),
            self._button("Updates against margin", "Learn clouds of eleven gaps", self.theorem),
        ]
        bar = row(*data, pen)
        bar.add_class("nblib-bar")
        left = widgets.Box([self.controls.widget], layout={"flex": "1 0 240px", "max_width": "300px"})
        left.add_class("nblib-controls")
        self.plane.layout.flex, self.plane.layout.max_width, self.plane.layout.min_width = "1 1 380px", "480px", "0"
        side = widgets.VBox([row(*rule), self.said], layout={"flex": "1 1 260px", "min_width": "0", "grid_gap": "8px"})
        right = row(self.plane, side)
        right.layout.flex, right.layout.min_width, right.layout.width = "1000 1 416px", "0", "auto"
        right.add_class("nblib-pictures")
        return [bar, row(left, right), self._below]

    def _button(self, word: str, tooltip: str, press: Any, style: str = "") -> widgets.Button:
        button = widgets.Button(description=word, tooltip=tooltip, button_style=style, layout={"width": "auto"})
        button.on_click(lambda _button: self._try(press))
        self.buttons[word] = button
        return button

    # -- what a person does ----------------------------------------------------------------------------------------

    @property
    def config(self) -> PerceptronConfig:
        return self.controls.config

    @property
    def weights(self) -> np.ndarray:
        return np.array([self.config.w1, self.config.w2])

    def gate(self, name: str) -> None:
        """Take the truth table of a gate. Raises InputError for an unknown one."""
        self.set_points(*perceptron.gate(name))

    def clouds(self) -> None:
        """Two clouds with the gap of the slider."""
        self.set_points(*perceptron.clouds(self.config.gap))

    def set_points(self, points: Any, labels: Any) -> None:
        """Other points [n, 2] with labels [n]; the line stays where it is."""
        self.points = np.column_stack([np.asarray(points, float).reshape(-1, 2), np.asarray(labels, float)])
        self._points_changed()

    def add(self, x: float, y: float, label: int) -> None:
        self.points = np.vstack([self.points, (x, y, label)])
        self._points_changed()

    def step(self) -> None:
        """Present the next point and apply the rule."""
        if not len(self.points):
            raise InputError("points: there are none; add some first")
        index = self._next % len(self.points)
        self._next = index + 1
        x, y, label = self.points[index]
        done = perceptron.update(self.weights, self.config.bias, (x, y), int(label), self.config.learning_rate)
        w1, w2, bias = done.after
        self.updates += done.error != 0
        self._line(w1, w2, bias)
        self._show(marked=index)
        self._say([f"Point {index + 1} of {len(self.points)}: {done.lines()[0]}", *done.lines()[1:]])

    def learn(self) -> None:
        """Present all points until none is wrong, 500 passes at most."""
        start = [*self.weights, self.config.bias]
        labels = self.points[:, 2]
        learnt = perceptron.learn(
            self.points[:, :2], labels, learning_rate=self.config.learning_rate, most_passes=MOST_PASSES, start=start
        )
        self.updates += learnt.updates
        self._line(*learnt.weights, learnt.bias)
        self._show()
        passes = f"{learnt.passes:,} pass{'es' * (learnt.passes > 1)} with {learnt.updates:,} updates"
        if learnt.converged:
            self._say([f"No mistake is left after {passes}.", *self._bound()])
        else:
            self._say([f"After {passes} there are still mistakes.", *self._bound()])

    def best(self) -> None:
        """The line that errs least among all there are."""
        best = perceptron.best_line(self.points[:, :2], self.points[:, 2])
        self._from_zero = False
        self._line(*best.weights, best.bias)
        self._show()
        least = f"the best of all lines gets {best.errors} of {len(self.points)} points wrong"
        ending = "" if best.errors else ", so a line does it"
        if best.errors:
            ending = f": {best.errors / len(self.points):.0%}, and no line does better"
        self._say([f"{best.tried:,} divisions of the points by a line were tried; {least}{ending}."])

    def zero(self) -> None:
        """Begin at zero weights, as the theorem does."""
        self.updates, self._next, self._from_zero = 0, 0, True
        self._line(0.0, 0.0, 0.0)
        self._show()
        self._say(["w = 0 and b = 0: every point gets class 0.", *self._bound()])

    def theorem(self) -> None:
        """Learn clouds of many gaps and draw the updates that it took beside the bound."""
        rows = perceptron.updates_by_margin(GAPS).astype(np.float32)
        margins, updates, bounds = rows.T
        self.lines.show([("updates made", "lstm", margins, np.maximum(updates, 1), ()),
                         ("bound (R/γ)²", "rnn", margins, bounds, (6, 4))])  # fmt: skip
        self._below.children = (self.lines,)
        self._say(["The narrower the margin, the more updates; never more than (R/γ)² (Novikoff, 1962)."])

    # -- inside ----------------------------------------------------------------------------------------------------

    def _edited(self, name: str, value: float, final: bool) -> None:
        if name in ("w1", "w2", "theta", "bias"):
            self._from_zero = False
            # The picture first, for it is what a hand waits for.
            self._show(points=False, bias={"theta": 0.0 - value, "bias": value}.get(name))
            if name in ("theta", "bias"):
                self.controls.accept({"theta": "bias", "bias": "theta"}[name], 0.0 - value)
            if final:
                self._say([self._sum()])
        elif name == "gap" and final:
            self._try(self.clouds)

    def _line(self, w1: float, w2: float, bias: float) -> None:
        limit = 100.0
        values = {"w1": w1, "w2": w2, "bias": bias, "theta": 0.0 - bias}
        if max(map(abs, values.values())) > limit:
            raise InputError("w: a weight has passed 100; press Zero the weights, and take a smaller learning rate")
        for name, value in values.items():
            self.controls.accept(name, round(float(value), 10) + 0.0)

    def _show(self, *, points: bool = True, marked: int = -1, bias: float | None = None) -> None:
        w, b = self.weights, self.config.bias if bias is None else bias
        sums = self._grid @ w + b
        field = (128 + 127 * np.tanh(sums)).astype(np.uint8)
        with self.plane.hold_sync():
            self.plane.line = [float(w[0]), float(w[1]), float(b)]
            self.plane.field = field.tobytes()
            self.plane.marked = marked
            if points:
                self.plane.points = self.points.astype(np.float32).tobytes()

    def _points_changed(self) -> None:
        self.updates, self._next = 0, 0
        self._show()
        self._say([self._sum()])

    def _sum(self) -> str:
        c = self.config
        return f"y = 1 where {_t(c.w1)}·x₁ + {_t(c.w2)}·x₂ > {_t(c.theta)}."

    def _bound(self) -> list[str]:
        if not len(self.points):
            return []
        gamma = perceptron.margin(self.points[:, :2], self.points[:, 2])
        if not gamma:
            return ["Margin γ = 0: no line separates these points, so the rule never comes to rest."]
        most = perceptron.bound(self.points[:, :2], self.points[:, 2])
        text = f"Margin γ = {gamma:.3g}; from zero weights there are never more than (R/γ)² = {most:,.0f} updates"
        return [f"{text}; so far {self.updates:,}." if self._from_zero else f"{text}: press Zero the weights first."]

    def _say(self, lines: list[str], bad: bool = False) -> None:
        wrong = perceptron.errors(self.weights, self.config.bias, self.points[:, :2], self.points[:, 2])
        n = len(self.points)
        head = f"{n - wrong} of {n} points right" if n else "no points"
        shown = Markup("<br>").join(lines)
        tone = Markup(' class="nblib-bad"') if bad else ""
        self.said.value = str(Markup("<b>{}</b><br><span{}>{}</span>").format(head, tone, shown))

    def _error(self, reason: str) -> None:
        if reason:
            self._say([reason], bad=True)

    def _try(self, press: Any) -> None:
        try:
            press()
        except InputError as error:
            self._say([str(error)], bad=True)

    def _hear(self, content: Content) -> None:
        kind, index = content.get("type"), int(content.get("index", -1))
        if kind == "add":
            self.add(float(content["x"]), float(content["y"]), int(bool(content["label"])))
        elif kind == "move" and 0 <= index < len(self.points):
            self.points[index, :2] = float(content["x"]), float(content["y"])
            self._points_changed()
        elif kind == "remove" and 0 <= index < len(self.points):
            self.points = np.delete(self.points, index, axis=0)
            self._points_changed()


def _t(value: float) -> str:
    return str(escape(f"{value:.3g}".replace("-", "−")))
