"""What opens below the playground: its code, its state as a line, its export."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ipywidgets as widgets
import numpy as np
from markupsafe import Markup

from nblib.engine.errors import InputError, SessionError
from nblib.labs.perceptron.playground.code import torch_code
from nblib.labs.perceptron.playground.play import Play
from nblib.labs.perceptron.playground.state import write_state
from nblib.ui.background import Aside, html
from nblib.ui.pages import table
from nblib.ui.run_panel import row
from nblib.ui.views.copying import Copying


class _Asking:
    """A drawer that asks the panel for what is on screen, in a thread, since a run may have to come to a step first."""

    def __init__(self, panel: Any):
        self.panel, self._aside = panel, Aside()

    def ask(self, what: Any, show: Any) -> None:
        self._aside.start(lambda: self.panel.ask(what), lambda found: self._shown(found, show))

    def _shown(self, found: Any, show: Any) -> None:
        if isinstance(found, widgets.Widget):
            self.place.children = (found,)
        else:
            show(found)


class CodeDrawer(_Asking):
    title, icon, tooltip = "Show the code", "copy", "The net on screen as torch code, and the run as code and as YAML"

    def __init__(self, panel: Any):
        super().__init__(panel)
        self.copying = Copying()
        self.place = widgets.VBox([self.copying], layout={"width": "100%"})
        self.widget = self.place

    def opened(self) -> None:
        self.ask(_texts, self._show)

    def _show(self, texts: list[list[str]]) -> None:
        self.copying.texts = texts
        self.place.children = (self.copying,)


def _texts(play: Play) -> list[list[str]]:
    code = torch_code(play.net, play.config.feature_names)
    # As long as what is on screen, since in a cell of its own a run without an end would not end.
    config = play.config.replace(max_steps=play.config.max_steps or max(1, play.step))
    return [["torch", code], ["the run in Python", config.as_code()], ["YAML", config.to_yaml()]]


class StateDrawer(_Asking):
    title, icon, tooltip = "Share the state", "try", "Settings and weights as one line, to mail, to keep, to restore"

    def __init__(self, panel: Any):
        super().__init__(panel)
        self.copying = Copying()
        self.text = widgets.Text(placeholder="playground:?…", description="restore", layout={"flex": "1 1 300px"})
        self.button = widgets.Button(description="Restore", tooltip="Show the state of this line")
        self.button.on_click(lambda _button: self.restore())
        self.said = html("")
        self.place = widgets.VBox([self.copying], layout={"width": "100%"})
        self.widget = widgets.VBox([self.place, row(self.text, self.button), self.said], layout={"width": "100%"})

    def opened(self) -> None:
        self.ask(write_state, self._show)

    def _show(self, line: str) -> None:
        self.copying.texts = [["the state as a line", line]]
        self.place.children = (self.copying,)

    def restore(self) -> None:
        """Put the pasted state on screen, or say in one line why not."""
        try:
            self.panel.restore(self.text.value)
        except (InputError, SessionError) as error:
            self.said.value = str(Markup('<span class="nblib-bad">{}</span>').format(str(error)))
            return
        step = self.panel.shown().step
        self.said.value = str(Markup("Restored, at step {}. Start goes on from here.").format(f"{step:,}"))
        self.opened()


class ExportDrawer(_Asking):
    title, icon, tooltip = "Export", "export", "safetensors and ONNX, each loaded in a fresh process and compared"

    def __init__(self, panel: Any):
        super().__init__(panel)
        self.path = widgets.Text(value="runs/playground", description="folder", layout={"flex": "1 1 240px"})
        self.button = widgets.Button(description="Export both", tooltip="About 20 seconds", button_style="primary")
        self.button.on_click(lambda _button: self.export())
        self.place = widgets.VBox([], layout={"width": "100%"})
        self.widget = widgets.VBox([row(self.path, self.button), self.place], layout={"width": "100%"})

    def opened(self) -> None:
        return

    def export(self) -> None:
        """Write the net on screen; the kernel and the training go on meanwhile."""
        self.button.disabled = True
        self.place.children = (html("Writing, then comparing in a fresh process: about 20 seconds …"),)
        folder = self.path.value.strip()

        def work() -> Any:
            if not folder:
                raise InputError("folder: is empty; give the name of a folder")
            return export_play(self.panel.ask(Play.copy), folder)

        def show(found: Any) -> None:
            self.button.disabled = False
            if isinstance(found, widgets.Widget):
                self.place.children = (found,)
                return
            page = table(["format", "size", "largest difference", "compared on", "seconds"], found.cells())
            where = Markup("<p>In {}, with a model card and three lines that load it.</p>").format(str(found.folder))
            self.place.children = (html(page.html + where),)

        self._aside.start(work, show)


def export_play(play: Play, folder: str | Path, formats: tuple[str, ...] = ("safetensors", "onnx")) -> Any:
    """Export the net of a Play: points [n, 2] → [n, 1]. Raises what ``nblib.export.own.saving.save`` raises."""
    from nblib.export.own import saving as own
    from nblib.models.mlp_torch import arguments, to_torch

    config = play.config
    loss, test = play.measure()
    points = np.random.default_rng(0).uniform(-6, 6, (64, 2)).astype(np.float32)
    about = [f"A net of the playground, {play.step:,} updates on the data set {config.dataset} (seed {config.seed})."]
    if config.task == "classification":
        about.append("Above 0 is one class, below 0 the other.")
    return own.save(
        folder, "nblib.models.mlp_torch:TorchMLP", arguments(play.net, config.feature_names),
        to_torch(play.net, config.feature_names), {"x": points}, title=f"Playground: {config.dataset}", about=about,
        figures={"training loss": f"{loss:.4g}", "test loss": f"{test:.4g}"}, formats=formats,
    )  # fmt: skip
