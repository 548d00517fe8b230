"""A button for what takes too long for "Run All"."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets
from markupsafe import Markup

from nblib.training.series import Series
from nblib.ui.background import Background
from nblib.ui.elements import html, picture, problem


class BackgroundButton(widgets.VBox):
    """``work(series)`` runs in a thread when the button is pressed; what it returns, or its error, is shown below.

    Args:
        label: on the button; say how long it takes.
        work: returns a plotly figure, a widget, anything with a text, or a tuple of them; ``series.say(line)`` shows
            how far it has come.
        stoppable: a second button, there while it works, stops the series; the work then ends by itself.
    """

    def __init__(self, label: str, work: Callable[[Series], Any], *, stoppable: bool = False):
        self._work, self.background = work, Background()
        self._series = Series()
        self.button = widgets.Button(description=label, layout={"width": "auto"})
        self.button.on_click(lambda _button: self.press())
        self.stop = widgets.Button(description="Stop", disabled=True, layout={"width": "80px"})
        self.stop.on_click(lambda _button: self._series.stop())
        self.place = widgets.VBox(layout={"width": "100%"})
        row = [self.button, self.stop] if stoppable else [self.button]
        super().__init__([widgets.HBox(row, layout={"flex_flow": "row wrap"}), self.place], layout={"width": "100%"})

    def press(self) -> None:
        """Begin, unless it is at work."""
        if self.background.busy:
            return
        self.button.disabled, self.stop.disabled = True, False
        self.say("Working …")
        self._series = series = Series(self.say)
        self.background.start(lambda: self._work(series), self._show, lambda error: self._show(problem(error)))

    def say(self, line: str) -> None:
        self.place.children = (html(line),)

    def _show(self, result: Any) -> None:
        shown = result if isinstance(result, tuple) else (result,)
        try:
            self.place.children = tuple(_widget(thing) for thing in shown)
        except Exception as error:
            self.place.children = (problem(error),)
        self.button.disabled, self.stop.disabled = False, True


def _widget(thing: Any) -> widgets.Widget:
    if isinstance(thing, widgets.Widget):
        return thing
    if hasattr(thing, "to_plotly_json"):
        return picture(thing, "lab")
    return html(Markup("<pre>{}</pre>").format(str(thing)))
