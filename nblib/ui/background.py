"""Work beside the kernel's own thread, and pictures that are drawn once, on demand."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets
from markupsafe import Markup, escape

from nblib.engine.errors import InputError, SessionError

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
    first = (str(error).strip().splitlines() or [type(error).__name__])[0]
    known = isinstance(error, (InputError, SessionError))
    return html(Markup('<p class="nblib-bad">{}</p>').format(first if known else f"{type(error).__name__}: {first}"))


class Aside:
    """One piece of work at a time in a thread of its own; what it returns or raises goes to ``show``."""

    def __init__(self) -> None:
        self.thread: threading.Thread | None = None

    @property
    def busy(self) -> bool:
        return self.thread is not None and self.thread.is_alive()

    def start(self, work: Callable[[], Any], show: Callable[[Any], None]) -> bool:
        """False, and nothing done, while the last piece is not finished."""
        if self.busy:
            return False

        def run() -> None:
            try:
                found = work()
            except Exception as error:
                found = problem(error)
            show(found)

        self.thread = threading.Thread(target=run, name="nblib-aside", daemon=True)
        self.thread.start()
        return True
