"""Start, Pause, Resume, Step, Stop: always in their places, greyed when they would do nothing."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets as widgets

from nblib.engine.states import ACTIVE, OVER, PAUSED, PREPARING, READY, RUNNING, STOPPED

BUTTONS = {
    "start": ("Start", "play", "Begin a run with these settings"),
    "pause": ("Pause", "pause", "Hold the run between two steps"),
    "resume": ("Resume", "resume", "Go on"),
    "step": ("Step", "step", "Take one optimiser step, then pause"),
    "stop": ("Stop", "stop", "End the run; what it has learnt is kept"),
}


def enabled(state: str, *, can_go_on: bool = False) -> set[str]:
    """Which buttons do something. ``can_go_on``: a run that is over left a folder to go on from."""
    return (
        {
            READY: {"start", "step"},
            PREPARING: {"pause", "step", "stop"},
            RUNNING: {"pause", "step", "stop"},
            PAUSED: {"resume", "step", "stop"},
        }.get(state, set())
        | ({"start"} if state in OVER else set())
        | ({"resume"} if can_go_on else set())
    )


def primary(state: str) -> str:
    """The one button that a person most likely wants next."""
    if state == PAUSED:
        return "resume"
    return "pause" if state in ACTIVE else "start"


def icon_button(word: str, icon: str, tooltip: str, width: str = "auto") -> widgets.Button:
    """A button with an icon and a word. The icon is the style sheet's, for a character of an icon font would be part
    of the button's accessible name."""
    button = widgets.Button(description=word, tooltip=tooltip, layout={"width": width})
    button.add_class("nblib-icon")
    button.add_class(f"nblib-icon-{icon}")
    return button


class RunBar:
    """``verbs``: name of the button → what its press does."""

    def __init__(self, verbs: dict[str, Callable[[], None]]):
        self.buttons = {}
        for name, (word, icon, tooltip) in BUTTONS.items():
            button = icon_button(word, icon, tooltip, "104px")
            button.on_click(lambda _button, verb=verbs[name]: verb())
            self.buttons[name] = button
        self.widget = widgets.HBox(list(self.buttons.values()), layout={"flex_flow": "row wrap", "grid_gap": "6px"})

    def show(self, state: str, *, can_go_on: bool = False) -> None:
        can = enabled(state, can_go_on=can_go_on and state in (STOPPED, "failed"))
        first = primary(state)
        for name, button in self.buttons.items():
            button.disabled = name not in can
            button.button_style = "primary" if name == first and name in can else ""
