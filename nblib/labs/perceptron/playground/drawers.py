"""What opens below the playground: its code, its state as a line, its export."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import ipywidgets as widgets
import numpy as np
from markupsafe import Markup

from nblib.engine.errors import InputError, SessionError
from nblib.labs.perceptron.playground.code import torch_code
from nblib.labs.perceptron.playground.play import Play
from nblib.labs.perceptron.playground.state import write_state
from nblib.ui.drawer import Drawer
from nblib.ui.elements import html, row
from nblib.ui.pages import table
from nblib.ui.views.copying import Copying

T = TypeVar("T")


class PlayDrawer(Drawer):
    """A drawer that asks the panel for what is on screen, in a thread, since a run may have to come to a step first."""

    def ask(self, question: Callable[[Play], T], show: Callable[[T], None]) -> None:
        self.work("", lambda: self.panel.ask(question), show)


class CodeDrawer(PlayDrawer):
    title, icon, tooltip = "Show the code", "copy", "The net on screen as torch code, and the run as code and as YAML"

    def __init__(self, panel: Any):
        super().__init__(panel)
        self.copying = Copying()
        self.fill(self.copying)

    def opened(self) -> None:
        self.ask(_texts, self._show)

    def _show(self, texts: list[list[str]]) -> None:
        self.copying.texts = texts
        self.fill(self.copying)


def _texts(play: Play) -> list[list[str]]:
    code = torch_code(play.net, play.config.feature_names)
    # As long as what is on screen, since in a cell of its own a run without an end would not end.
    config = play.config.replace(max_steps=play.config.max_steps or max(1, play.step))
    return [["torch", code], ["the run in Python", config.as_code()], ["YAML", config.to_yaml()]]


class StateDrawer(PlayDrawer):
    title, icon, tooltip = "Share the state", "try", "Settings and weights as one line, to mail, to keep, to restore"

    def __init__(self, panel: Any):
        super().__init__(panel)
        self.copying = Copying()
        self.text = widgets.Text(placeholder="playground:?…", description="restore", layout={"flex": "1 1 300px"})
        self.button = widgets.Button(description="Restore", tooltip="Show the state of this line")
        self.button.on_click(lambda _button: self.restore())
        self.restored = html("")
        self.fill(self.copying)
        self.widget = widgets.VBox([self.content, row(self.text, self.button), self.restored], layout={"width": "100%"})

    def opened(self) -> None:
        self.ask(write_state, self._show)

    def _show(self, line: str) -> None:
        self.copying.texts = [["the state as a line", line]]
        self.fill(self.copying)

    def restore(self) -> None:
        """Put the pasted state on screen, or say in one line why not."""
        try:
            self.panel.restore(self.text.value)
        except (InputError, SessionError) as error:
            self.restored.value = str(Markup('<span class="nblib-bad">{}</span>').format(str(error)))
            return
        step = self.panel.shown().step
        self.restored.value = str(Markup("Restored, at step {}. Start goes on from here.").format(f"{step:,}"))
        self.opened()


class ExportDrawer(PlayDrawer):
    title, icon, tooltip = "Export", "export", "safetensors and ONNX, each loaded in a fresh process and compared"

    def __init__(self, panel: Any):
        super().__init__(panel)
        self.path = widgets.Text(value="runs/playground", description="folder", layout={"flex": "1 1 240px"})
        self.button = widgets.Button(description="Export both", tooltip="About 20 seconds", button_style="primary")
        self.button.on_click(lambda _button: self.export())
        self.widget = widgets.VBox([row(self.path, self.button), self.content], layout={"width": "100%"})

    def export(self) -> None:
        """Write the net on screen; the kernel and the training go on meanwhile."""
        folder = self.path.value.strip()

        def write() -> Any:
            if not folder:
                raise InputError("folder: is empty; give the name of a folder")
            return export_play(self.panel.ask(Play.copy), folder)

        # Before the work begins, for at its end, maybe at once, the button comes back.
        self.button.disabled = True
        self.work("Writing, then comparing in a fresh process: about 20 seconds …", write, self._show)

    def _show(self, report: Any) -> None:
        self.button.disabled = False
        page = table(["format", "size", "largest difference", "compared on", "seconds"], report.cells())
        where = Markup("<p>In {}, with a model card and three lines that load it.</p>").format(str(report.folder))
        self.fill(html(page.html + where))

    def fail(self, error: BaseException) -> None:
        self.button.disabled = False
        super().fail(error)


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
