"""A button for what takes too long for "Run All"."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets
from markupsafe import Markup

from nblib.ui.background import Background
from nblib.ui.elements import html, picture, problem


class Later(widgets.VBox):
    """``work(say)`` runs in a thread when the button is pressed; what it returns, or its error, is shown below.

    Args:
        words: on the button; say how long it takes.
        work: returns a plotly figure, a widget, anything with a text, or a tuple of them; ``say(line)`` shows how far
            it has come.
        stop: called by a second button that is there while it works; the work then ends by itself.
    """

    def __init__(self, words: str, work: Callable[[Callable[[str], None]], Any], stop: Callable[[], Any] | None = None):
        self._work, self.background = work, Background()
        self.button = widgets.Button(description=words, layout={"width": "auto"})
        self.button.on_click(lambda _button: self.press())
        self.stop = widgets.Button(description="Stop", disabled=True, layout={"width": "80px"})
        if stop is not None:
            self.stop.on_click(lambda _button: stop())
        self.place = widgets.VBox(layout={"width": "100%"})
        row = [self.button, self.stop] if stop else [self.button]
        super().__init__([widgets.HBox(row, layout={"flex_flow": "row wrap"}), self.place], layout={"width": "100%"})

    def press(self) -> None:
        """Begin, unless it is at work."""
        if self.background.busy:
            return
        self.button.disabled, self.stop.disabled = True, False
        self.say("Working …")
        self.background.start(lambda: self._work(self.say), self._show, lambda error: self._show(problem(error)))

    def say(self, line: str) -> None:
        self.place.children = (html(line),)

    def _show(self, found: Any) -> None:
        self.button.disabled, self.stop.disabled = False, True
        found = found if isinstance(found, tuple) else (found,)
        self.place.children = tuple(_widget(thing) for thing in found)


def _widget(thing: Any) -> widgets.Widget:
    if isinstance(thing, widgets.Widget):
        return thing
    if hasattr(thing, "to_plotly_json"):
        return picture(thing, "lab")
    return html(Markup("<pre>{}</pre>").format(str(thing)))
