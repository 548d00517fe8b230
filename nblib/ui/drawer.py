"""What opens below a panel on demand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import ipywidgets as widgets
from markupsafe import Markup

from nblib.ui.background import Background
from nblib.ui.elements import html, problem

T = TypeVar("T")


class Drawer:
    """A section below a panel, with a button of its own: ``title``, ``icon`` and ``tooltip`` are that button's.

    ``widget`` is what the panel shows while the drawer is open; a drawer with controls puts them beside ``content``,
    which holds either a line that was said or what was filled in.
    """

    title = icon = tooltip = ""

    def __init__(self, panel: Any = None):
        self.panel = panel
        self.background = Background()
        self.note = html("")
        self.content = widgets.VBox(layout={"width": "100%"})
        self.widget: widgets.Widget = widgets.VBox([self.content], layout={"width": "100%"})

    def opened(self) -> None:
        """Called each time a person opens the drawer."""

    def forget(self) -> None:
        """Another session is watched from now on: what was remembered of the last one goes."""

    def say(self, text: str | Markup) -> None:
        """One line in place of the content; "" for none."""
        self.note.value = str(Markup('<p class="nblib-soft">{}</p>').format(text)) if text else ""
        self.content.children = (self.note,) if text else ()

    def fill(self, content: widgets.Widget | Sequence[widgets.Widget]) -> None:
        """Show widgets in place of what was there."""
        self.content.children = (content,) if isinstance(content, widgets.Widget) else tuple(content)

    def fail(self, error: BaseException) -> None:
        """Show in one line what went wrong."""
        self.note.value = problem(error).value
        self.content.children = (self.note,)

    def work(self, line: str, task: Callable[[], T], show: Callable[[T], None]) -> bool:
        """Do the task in the background, saying ``line`` meanwhile; ``show`` gets what it returns, ``fail`` its error.

        Returns False, and does nothing, while the last task is not finished.
        """
        if self.background.busy:
            return False
        if line:
            self.say(line)
        return self.background.start(task, show, self.fail)
