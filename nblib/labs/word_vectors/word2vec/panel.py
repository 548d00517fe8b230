"""word2vec with one's hands on it: the words move while they learn, and answer questions meanwhile."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import numpy as np

from nblib.engine.session import Session
from nblib.figures import decimate
from nblib.labs.word_vectors.word2vec.cloud import Cloud
from nblib.labs.word_vectors.word2vec.config import Word2VecConfig
from nblib.labs.word_vectors.word2vec.export_drawer import ExportVectors
from nblib.labs.word_vectors.word2vec.projection import SteadyPCA
from nblib.labs.word_vectors.word2vec.questions import Analogy, Bias, Neighbours
from nblib.labs.word_vectors.word2vec.word_lists import words_to_show
from nblib.models.vectors import WordVectors
from nblib.sources.corpora import NAMES
from nblib.ui.controls import Controls
from nblib.ui.elements import row
from nblib.ui.run_panel import RunPanel

LOSS_POINTS = 240


class Word2VecPanel(RunPanel):
    """Settings on the left; the moving words, their neighbours and analogies on the right; bias and export below.

    What is shown are copies that the worker makes between two steps: ``vectors`` is the last of them.
    """

    config_class = Word2VecConfig
    controls: Controls[Word2VecConfig]
    unit = "words"
    in_sight = (
        "corpus", "architecture", "vector_size", "window", "negative", "sample", "epochs", "learning_rate",
    )  # fmt: skip
    apart = {"max_sentences": "all"}
    fastest = 0.2

    def pictures(self) -> widgets.DOMWidget:
        self.cloud = Cloud(empty="The words appear here, and find their places, once you press Start.")
        self.cloud.on_msg(self._picked)
        self.neighbours = Neighbours(lambda: self.vectors, self._lay_out, self.lock)
        self.analogy = Analogy(lambda: self.vectors, self.lock)
        for view, share in ((self.neighbours.view, "1 1 300px"), (self.analogy.view, "1 1 300px")):
            view.layout.flex, view.layout.min_width = share, "0"
        questions = row(self.neighbours.view, self.analogy.view)
        questions.layout.grid_gap, questions.layout.padding = "18px", "6px 4px 4px 8px"
        questions.layout.align_items = "flex-start"
        return widgets.VBox([self.cloud, questions])

    def make_drawers(self) -> dict[str, Any]:
        return {
            "bias": Bias(lambda: self.vectors, self.lock),
            "export": ExportVectors(lambda: self.vectors, lambda: self.controls.config),
        }

    def suggestions(self) -> dict[str, list[str]]:
        return {"corpus": list(NAMES)}

    def forget(self) -> None:
        self.vectors: WordVectors | None = None
        self._steady = SteadyPCA(3)
        self._base: tuple[list[int], list[int], list[str]] | None = None
        self._frame: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None

    def status_cells(self, session: Session | None) -> list[list[str]]:
        cells = super().status_cells(session)
        speed = session.items_per_second if session is not None else math.nan
        cells[2][1] = "–" if math.isnan(speed) else f"{speed / 1000:,.0f} k {self.unit}/s"
        return cells

    def draw_key(self, session: Session | None) -> tuple:
        return (session.step_number, session.model is None) if session is not None else ()

    def draw(self, session: Session | None) -> None:
        model = session.model if session is not None else None
        self.vectors = model.snapshot() if model is not None else None
        if self.vectors is not None:
            if self._base is None:
                self._base = words_to_show(self.vectors.places, self.vectors.words.tolist())
            base = self.vectors.unit[self._base[0]]
            projected = self._steady.project(base)
            self._frame = base.mean(axis=0), projected.axes, projected.shares
        self.neighbours.refresh()
        self.analogy.refresh()
        if self.shown_drawer == "bias":
            self.drawers["bias"].refresh()
        self._lay_out()
        loss = session.history["loss"] if session is not None and "loss" in session.history else np.empty(0, np.float32)
        _, line = decimate(np.arange(len(loss)), loss, LOSS_POINTS, first=0)
        with self.cloud.hold_sync():
            self.cloud.curve = line.astype(np.float32).tobytes() if np.isfinite(line).all() else b""
            self.cloud.curve_text = f"loss {loss[0]:.2f} → {loss[-20:].mean():.3f}" if len(loss) else ""

    def _lay_out(self) -> None:
        """Put the words of the picture, and those that were asked for, where the present axes have them."""
        with self.lock:
            vectors, frame, base = self.vectors, self._frame, self._base
            if vectors is None or frame is None or base is None:
                self.cloud.show(np.empty((0, 3)), [], note="")
                return
            centre, axes, shares = frame
            places, groups, legend = base
            asked = [vectors.places[w] for w in self.neighbours.found]
            more = [p for p in dict.fromkeys(asked) if p not in set(places)]
            shown = [*places, *more]
            points = (vectors.unit[shown] - centre) @ axes.T
            order = {place: i for i, place in enumerate(shown)}
            kept = math.fsum(shares)
            note = (
                f"{len(shown)} of {len(vectors):,} words, as directions, along the 3 axes that hold most of their "
                f"spread: {kept:.0%} of it. Drag to turn; press a word to ask for its neighbours."
            )
            self.cloud.show(
                points, [str(vectors.words[p]) for p in shown], np.array([*groups, *[0] * len(more)]), legend,
                [order[p] for p in dict.fromkeys(asked)], note=note,
            )  # fmt: skip

    def _picked(self, _widget: Any, content: dict, _buffers: Any = None) -> None:
        if content.get("type") == "pick":
            self.neighbours.ask(str(content.get("word", "")))

    def save(self, path: str | Path) -> Path:
        """Write the vectors as they are now in the format of KeyedVectors. Raises InputError before the first run."""
        return self.drawers["export"].save(path)
