"""A live chart opened as a plotly figure, below the pictures of its panel."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import ipywidgets as widgets

from nblib.ui.elements import picture, problem

if TYPE_CHECKING:
    import plotly.graph_objects as go


class StillFigure:
    """``widget`` is empty until ``open``; one figure at a time, as the chart was then."""

    def __init__(self) -> None:
        self.widget = widgets.VBox([], layout={"width": "100%"})

    def open(self, make: Callable[[], go.Figure], front: str) -> None:
        """Make the figure and show it with its sentence; what goes wrong is said in its place."""
        try:
            shown = picture(make(), front)
        except Exception as error:
            shown = problem(error)
        close = widgets.Button(
            description="Close the figure", tooltip="Take the plotly figure away; the live chart stays",
            layout={"width": "auto", "align_self": "flex-start"},
        )  # fmt: skip
        close.on_click(lambda _button: self.close())
        self.widget.children = (close, shown)

    def close(self) -> None:
        self.widget.children = ()
