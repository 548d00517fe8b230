"""Sections of the character panel that look inside: neurons with a meaning, and gates over a typed sentence."""

from __future__ import annotations

import copy
from typing import Any

import ipywidgets as widgets
import numpy as np

from nblib.engine.errors import InputError, SessionError
from nblib.labs.recurrence.characters.neurons_view import Neurons
from nblib.ui.drawer import Drawer
from nblib.ui.text_input import shortened
from nblib.ui.views.heat import Heat

MOST_LETTERS, SHOWN_LETTERS = 160, 900
SEARCHED = 40_000
SENTENCE = 'A: she said "do you remember where we left the keys?" and laughed'


class NeuronsDrawer(Drawer):
    """Neurons over a text, and the search for one that knows where in the text it is."""

    title, icon = "Neurons", "data"
    tooltip = "Colour a text by what a neuron does, and search for neurons with a meaning"

    def __init__(self, panel: Any):
        super().__init__(panel)
        self.sentence = widgets.Textarea(
            value="", description="Text", placeholder="a piece of a conversation that was held out",
            continuous_update=False, rows=2, layout={"width": "100%"},
        )  # fmt: skip
        self.sentence.observe(lambda _change: self.show(), "value")
        self.search = widgets.Button(description="Search for neurons with a meaning", layout={"width": "auto"})
        self.search.on_click(lambda _button: self.look_for())
        self.view = Neurons(empty="The neurons come here once there is a model: press Start.")
        self.widget = widgets.VBox([self.sentence, self.search, self.content, self.view], layout={"width": "100%"})

    def opened(self) -> None:
        self.show()

    def show(self) -> None:
        """Read the text with the model as it is now."""
        self._with_model(lambda fit, model: self._values(fit, model), self._put)

    def look_for(self) -> None:
        if not self.background.busy:
            self._with_model(lambda fit, model: copy.deepcopy(model), self._search)

    def _with_model(self, task: Any, then: Any) -> None:
        """``then(fit, task(fit, model))``, the task between two steps of a run or at once."""
        fit, session = self.panel.fit, self.panel.session
        if fit is None or session is None or self.panel.model is None or not fit.done:
            self.say("There is no model yet: press Start.")
            return
        try:
            future = session.call(lambda model: task(fit, model))
        except (InputError, SessionError) as error:
            self.say(str(error))
            return

        def answered(future: Any) -> None:
            if error := future.exception():
                self.say(str(error))
            else:
                then(fit, future.result())

        future.add_done_callback(answered)

    def _values(self, fit: Any, model: Any) -> tuple[str, np.ndarray, str]:
        from nblib.labs.recurrence.characters.job import neurons

        model.eval()
        text, note = shortened(self.sentence.value or quoted_piece(fit.text, SHOWN_LETTERS), SHOWN_LETTERS)
        return text, neurons(model, fit.text.encode(text)), f"{note} Read at step {fit.done}.".strip()

    def _put(self, fit: Any, found: tuple[str, np.ndarray, str]) -> None:
        text, states, note = found
        self.view.show(list(text), states, caption=note)
        self.say("")

    def _search(self, fit: Any, model: Any) -> None:
        self.say("Searching …")
        self.search.disabled = True

        def work() -> list:
            import torch

            from nblib.labs.recurrence.characters.job import neurons
            from nblib.labs.recurrence.characters.neurons import search, telling

            piece = telling(fit.text.decode(fit.text.held_out), SEARCHED)
            # A network that has learnt nothing keeps a little of what it read too: that is no merit of training.
            fresh = fit.make_model(torch.Generator().manual_seed(0)).to(fit.device)
            numbers = fit.text.encode(piece)
            return [search(neurons(m.eval(), numbers), piece) for m in (model, fresh)]

        self.work("", work, self._found)

    def _found(self, found: list) -> None:
        from nblib.labs.recurrence.characters.neurons import shown

        self.search.disabled = False
        found, untrained = found
        self.view.found = [
            {
                "meaning": f.meaning, "verdict": f.verdict, "neuron": f.neuron, "score": shown(f.score, "+"),
                "chance": shown(f.chance, "±"), "untrained": shown(abs(before.score), "+"),
            }
            for f, before in zip(found, untrained, strict=True)
        ]  # fmt: skip
        best = next((f for f in sorted(found, key=lambda f: -abs(np.nan_to_num(f.score))) if f.holds), None)
        if best is not None:
            self.view.neuron = best.neuron
        self.say(
            "Score: correlation with the meaning among places with the same character, on text that the neuron was not "
            "chosen on. Chance: the 99th percentile of that with labels moved against the text. Untrained: the best "
            "neuron of the same network before its first step."
        )

    def fail(self, error: BaseException) -> None:
        self.search.disabled = False
        self.say("The search failed; run on, and try again.")


class InsideDrawer(Drawer):
    """The gates of the last layer over a typed sentence."""

    title, icon = "Gates", "try"
    tooltip = "What the gates do over a sentence of yours"

    def __init__(self, panel: Any):
        super().__init__(panel)
        self.sentence = widgets.Text(value=SENTENCE, description="Sentence", layout={"width": "100%"})
        self.sentence.observe(lambda _change: panel.redraw(), "value")
        self.heat = Heat(
            row_title="neuron", column_title="character", height=420, stacked=True, title="Gates over the sentence"
        )
        self.widget = widgets.VBox([self.sentence, self.heat], layout={"width": "100%"})

    def opened(self) -> None:
        self.panel.redraw()

    def draw(self) -> None:
        """Called by the panel, in the thread that may touch the model."""
        fit, model = self.panel.fit, self.panel.model
        text, note = shortened(self.sentence.value, MOST_LETTERS)
        if fit is None or model is None or not text:
            why = "The sentence is empty: type a word." if model is not None else "Press Start: the gates come here."
            self.heat.show(
                np.zeros((0, 0, 0)), range=(0, 1), names=[], kinds=[], column_labels=[], empty=why, caption=""
            )
            return
        from nblib.labs.recurrence.characters.job import inside
        from nblib.models.cells import GATES

        model.eval()
        seen = inside(model, fit.text.encode(text))
        names = GATES[model.cell] or ("state",)
        values = np.stack([seen.blocks[name][0].float().cpu().numpy().T for name in names])
        state = model.cell == "rnn"
        self.heat.show(
            values, range=(-1, 1) if state else (0, 1), colours="diverging" if state else "viridis", names=list(names),
            kinds=["" for _ in names], column_labels=list(text), caption=note,
        )  # fmt: skip


def quoted_piece(text: Any, length: int) -> str:
    """A piece of the held-out text in which much is quoted, begun at the start of a line."""
    whole = text.decode(text.held_out[:200_000])
    marks = np.cumsum([c == '"' for c in whole])
    starts = [k + 1 for k, c in enumerate(whole[:-length]) if c == "\n"] or [0]
    best = max(starts, key=lambda k: marks[min(len(marks) - 1, k + length - 1)] - marks[max(0, k - 1)])
    return whole[best : best + length]
