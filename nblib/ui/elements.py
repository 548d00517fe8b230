"""Elements that panels are made of: pieces of a page, pictures that are drawn once, errors as one line."""

from __future__ import annotations

import json
from typing import Any, Generic, TypeVar, cast

import ipywidgets as widgets
from markupsafe import Markup, escape

from nblib.engine.errors import InputError, SessionError

T = TypeVar("T")
FIGURE_CONFIG = {
    "displaylogo": False,
    # "sendChartToCloud" would upload the picture; a lab works offline and keeps its data.
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d", "sendChartToCloud"],
}
# For widgets only: to what JupyterLab draws by itself "responsive" means as tall as its place, which has no height.
LIVE_CONFIG = {**FIGURE_CONFIG, "responsive": True}


def html(markup: Markup | str) -> widgets.HTML:
    """A piece of a page. A plain str is text and gets escaped; mark-up has to say that it is."""
    widget = widgets.HTML(value=str(escape(markup)))
    widget.add_class("nblib-html")
    return widget


def picture(figure: Any, front: str) -> widgets.VBox:
    """A plain figure with its sentence, for the front end that is called ``front``."""
    from nblib.figures import describe

    sentence = describe(figure)
    if front == "lab":
        content = json.loads(figure.to_json())
        content["config"] = FIGURE_CONFIG
        data = {"application/vnd.plotly.v1+json": content, "text/plain": sentence}
        drawn = widgets.Output(outputs=({"output_type": "display_data", "data": data, "metadata": {}},))
    else:
        # Classic Notebook and Colab know no plotly of their own; as a page with its script the picture would be larger
        # than what classic Notebook lets through at once, and a widget's script is let through.
        import plotly.graph_objects as go

        drawn = go.FigureWidget(figure)
        drawn._config = LIVE_CONFIG
    caption = html(Markup('<div class="nblib-caption">{}</div>').format(sentence))
    return widgets.VBox([drawn, caption], layout={"flex": "1 1 380px", "min_width": "0", "max_width": "760px"})


def problem(error: BaseException) -> widgets.HTML:
    """What went wrong, in one line; it is text, whatever the error quotes."""
    return html(Markup('<p class="nblib-bad">{}</p>').format(problem_text(error)))


def problem_text(error: BaseException) -> str:
    """An error as one line: what it says where it is meant for a person, with its type before that where not."""
    first = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return first if isinstance(error, (InputError, SessionError)) else f"{type(error).__name__}: {first}"


def row(*children: widgets.Widget) -> widgets.HBox:
    """Side by side, and below each other where the page is narrow."""
    return widgets.HBox(list(children), layout={"flex_flow": "row wrap", "width": "100%", "grid_gap": "6px"})


class Choice(widgets.Dropdown, Generic[T]):
    """A list to choose from; ``chosen`` is its value with the type that the options have."""

    @property
    def chosen(self) -> T:
        return cast(T, self.value)
