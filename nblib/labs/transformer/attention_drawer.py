"""What a GRU and a Transformer look at while they translate the same sentence, also while they learn."""

from __future__ import annotations

from typing import Any, cast

import ipywidgets as widgets
import numpy as np

from nblib.labs.seq2seq.drawers import MOST_SYMBOLS
from nblib.labs.seq2seq.panel import SENTENCES, offer, unknown
from nblib.labs.transformer.config import NAMES
from nblib.ui.drawer import Drawer
from nblib.ui.elements import Choice, row
from nblib.ui.text_input import shortened
from nblib.ui.views.heat import Heat

EACH, MEAN = -2, -1
NO_MODEL = "Press Start: what they look at comes here."


class AttentionDrawer(Drawer):
    """Two heatmaps: the Transformer's attention to the source, head by head in a chosen layer, and the GRU's."""

    title, icon = "What they look at", "try"
    tooltip = "The weights of the attention to the source, over a sentence of yours"

    def __init__(self, panel: Any):
        super().__init__(panel)
        self.sentence = widgets.Text(
            value=SENTENCES[panel.controls.config.task], description="Sentence", continuous_update=True,
            layout={"flex": "1 1 260px", "width": "auto"},
        )  # fmt: skip
        narrow = {"layout": {"width": "200px"}}
        self.layer: Choice[int] = Choice(options=[("last", -1)], value=-1, description="Layer", **narrow)
        self.head: Choice[int] = Choice(options=[("each", EACH), ("mean of all", MEAN)], value=EACH,
                                        description="Head", **narrow)  # fmt: skip
        for control in (self.sentence, self.layer, self.head):
            control.observe(lambda _change: panel.redraw(), "value")
        shared = {"row_title": "writes", "column_title": "reads", "empty": NO_MODEL}
        self.heats = {
            "transformer": Heat(height=340, **shared), "gru": Heat(height=340, **shared),
        }  # fmt: skip
        for name, flex in (("transformer", "3 1 520px"), ("gru", "1 1 250px")):
            self.heats[name].layout.flex, self.heats[name].layout.min_width = flex, "0"
        self.widget = widgets.VBox(
            [row(self.sentence, self.layer, self.head), row(*self.heats.values())], layout={"width": "100%"}
        )
        self.forget()

    def forget(self) -> None:
        self._drawn: tuple = ()

    def asked(self) -> tuple:
        open_now = self.panel.shown_drawer == "looks"
        return (open_now, self.sentence.value, self.layer.value, self.head.value) if open_now else (False,)

    def opened(self) -> None:
        self.panel.redraw()

    def draw(self) -> None:
        """In the thread that may touch the models: the worker's during a run."""
        panel = self.panel
        fit, model, session = panel.fit, panel.model, panel.session
        config = panel.settings_of(session)
        if self.sentence.value in SENTENCES.values() and self.sentence.value != SENTENCES[config.task]:
            self.sentence.value = SENTENCES[config.task]
        self._offer(config)
        text, note = shortened(self.sentence.value, MOST_SYMBOLS)
        if fit is None or model is None or not fit.done:
            over = session is not None and session.over
            self._nothing("This run is over, and its models are not in memory: press Start." if over else NO_MODEL)
            return
        if not fit.pairs.source.split(text):
            self._nothing("The sentence is empty: type a word.")
            return
        key = (id(fit), fit.done, *self.asked())
        if key == self._drawn:
            return
        self._drawn = key
        from nblib.labs.seq2seq.alignment import align

        model.eval()
        for name, heat in self.heats.items():
            found = align(fit, model[name], text)
            # Either of the two attends: ``RaceConfig`` offers no GRU that does not.
            weights, titles = self._chosen(name, cast(np.ndarray, found.weights))
            right = " ✓" if fit.pairs.right(text, found.answer) else ""
            caption = f"{unknown(found.unknown)} {note}" if name == "transformer" else ""
            heat.show(
                weights, range=(0, 1), names=titles, kinds=[""] * len(titles), row_labels=found.target,
                column_labels=found.source, title=f"{NAMES[name]}: {found.answer or '(nothing)'}{right}",
                caption=caption.strip(),
            )  # fmt: skip

    def _chosen(self, name: str, weights: np.ndarray) -> tuple[np.ndarray, list[str]]:
        """weights [layers, heads, T, S] → panes [n, T, S] and what stands above each."""
        if name == "gru":
            return weights[0], ["its attention"]
        number, head = self.layer.chosen, self.head.chosen
        layer = weights[number]
        said = f"layer {number + 1 if number >= 0 else len(weights)}"
        if head == EACH:
            return layer, [f"{said}, head {k + 1}" if k == 0 else f"head {k + 1}" for k in range(len(layer))]
        if head == MEAN:
            return layer.mean(axis=0, keepdims=True), [f"{said}, mean of {len(layer)} heads"]
        return layer[head][None], [f"{said}, head {head + 1}"]

    def _offer(self, config: Any) -> None:
        layers = [("last", -1), *((f"layer {n + 1}", n) for n in range(config.num_layers - 1))]
        heads = [("each", EACH), ("mean of all", MEAN), *((f"head {n + 1}", n) for n in range(config.num_heads))]
        offer(self.layer, layers)
        offer(self.head, heads)

    def _nothing(self, why: str) -> None:
        self._drawn = ()
        for name, heat in self.heats.items():
            heat.show(
                np.zeros((0, 0, 0)), range=(0, 1), names=[], kinds=[], row_labels=[], column_labels=[], empty=why,
                title=NAMES[name], caption="",
            )  # fmt: skip
