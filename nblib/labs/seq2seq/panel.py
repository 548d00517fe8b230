"""Sequence to sequence while it learns: the loss, who gets long inputs right, and what the decoder looks at."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import ipywidgets as widgets
import numpy as np

from nblib.engine.config import RunConfig
from nblib.engine.history import History
from nblib.engine.session import Session
from nblib.engine.states import RUNNING
from nblib.labs.seq2seq.config import Seq2SeqConfig, TransformerConfig, TranslateConfig
from nblib.labs.seq2seq.drawers import MOST_SYMBOLS, AnswersDrawer, BeamDrawer, ExportDrawer, ReadingsDrawer
from nblib.ui.elements import Choice
from nblib.ui.fit_panel import FitPanel, smoothed
from nblib.ui.text_input import shortened
from nblib.ui.views.heat import Heat
from nblib.ui.views.lines import Lines

if TYPE_CHECKING:
    from nblib.labs.seq2seq.job import Translate

MOST_RUNS = 6
# Translating the sentence takes a 150th of the time, but for what a person has just typed; and in a training of ten
# seconds there is still something to see.
ALIGNMENT_REST = 150
LONGEST_STILL = 2.0
SENTENCES = {
    "hanzi to pinyin": "银行行长",
    "pinyin to hanzi": "ni hao",
    "Chinese to English": "我喜欢吃披萨",
    "opus-100, Chinese to English": "我不知道你在说什么。",
}
NAMES = {"none": "no attention", "additive": "additive", "multiplicative": "multiplicative"}
# Colours that the views know by these names.
KINDS = {"none": "rnn", "additive": "gru", "multiplicative": "lstm", "transformer": "other"}
NOTHING_TO_LOOK_AT = (
    "Nothing to look at: the decoder was handed one fixed vector, the same whatever it is about to write."
)
NO_MODEL = "Press Start: what the decoder looks at comes here."


class TranslatePanel(FitPanel["Translate", TranslateConfig]):
    """Settings on the left. On the right the loss, the share of held-out pairs that is right from end to end by the
    length of the input (earlier runs stay, dashed), and what the decoder looks at while it translates a typed sentence.

    Args:
        cfg: a ``Seq2SeqConfig`` or a ``TransformerConfig``; the panel trains what it describes.
        session, folder: as in ``RunPanel``.
    """

    config_class = Seq2SeqConfig
    unit = "symbols"
    in_sight = (
        "task", "attention", "hidden_size", "num_heads", "num_layers", "teacher_forcing", "learning_rate", "max_steps",
    )  # fmt: skip
    apart = {
        "max_train_samples": "all", "eval_steps": "only at the end", "save_steps": "only at the end",
        "output": "none: nothing is written",
    }  # fmt: skip
    fastest = 0.4

    def __init__(
        self,
        cfg: RunConfig | None = None,
        session: Session | None = None,
        folder: str | Path | None = None,
        **more: Any,
    ):
        # What runs of this panel, and others that it was given, reached: id of a history → curves, the newest last.
        self._reached: dict[int, Reached] = {}
        super().__init__(cfg, session, folder, **more)

    def pictures(self) -> widgets.DOMWidget:
        self.losses = Lines(title="Loss: nats a symbol", height=150, empty="Press Start: the loss comes here.")
        self.lengths = Lines(
            title="Right from end to end, by symbols going in", height=190, x_title="symbols going in", between=[0, 1],
            quiet=True,            empty="The first evaluation shows who gets long inputs right.",
        )  # fmt: skip
        self.heat = Heat(
            title="What the decoder looks at", row_title="writes", column_title="reads", height=394, empty=NO_MODEL
        )
        self.sentence = widgets.Text(
            value=SENTENCES[self.controls.config.task], description="Sentence", continuous_update=True,
            layout={"flex": "none", "width": "auto"},
        )  # fmt: skip
        self.layer: Choice[int] = Choice(options=[("last layer", -1)], description="Layer", layout={"width": "190px"})
        self.head: Choice[int] = Choice(options=[("mean of all", -1)], description="Head", layout={"width": "190px"})
        for control in (self.sentence, self.layer, self.head):
            control.observe(lambda _change: self.redraw(), "value")
        self.choice = widgets.HBox([self.layer, self.head], layout={"flex_flow": "row wrap", "display": "none"})
        left = widgets.VBox([self.losses, self.lengths], layout={"flex": "1 1 340px", "min_width": "0"})
        right = widgets.VBox([self.sentence, self.choice, self.heat], layout={"flex": "1 1 340px", "min_width": "0"})
        return widgets.HBox([left, right], layout={"flex_flow": "row wrap", "grid_gap": "8px 16px"})

    def make_drawers(self) -> dict[str, Any]:
        return {
            "beam": BeamDrawer(self), "readings": ReadingsDrawer(self), "answers": AnswersDrawer(self),
            "export": ExportDrawer(self),
        }  # fmt: skip

    def look(self) -> tuple:
        return self.sentence.value, self.layer.value, self.head.value

    def forget(self) -> None:
        super().forget()
        self._aligned: tuple = ()
        self._searched: tuple = ()
        self._next_alignment = 0.0

    def reset(self) -> None:
        if not self.training:
            self._reached = {}
        super().reset()

    def keep(self, session: Session, name: str = "") -> None:
        """Put what another session reached into the chart by length, as if it were an earlier run of this panel."""
        reached = reached_by(session, name)
        if reached is not None:
            self._reached = {id(session.history): reached, **self._reached}
            self.redraw(anew=True)

    # -- drawing -------------------------------------------------------------------------------------------------------

    def draw(self, session: Session | None) -> None:
        history = session.history if session is not None else History()
        config = self.settings_of(session)
        if self.sentence.value in SENTENCES.values() and self.sentence.value != SENTENCES[config.task]:
            self.sentence.value = SENTENCES[config.task]
        until = float((session.total if session is not None else 0) or 0)
        self.losses.show(loss_curves(history, kind_of(config)), until=until)
        self._draw_lengths(session, config.task)
        self._offer_heads(config)
        self._draw_alignment(session)
        self._refresh_beam(session, history)

    def _draw_lengths(self, session: Session | None, task: str) -> None:
        if session is not None and (reached := reached_by(session)) is not None:
            self._reached[id(session.history)] = reached
            for oldest in list(self._reached)[: max(0, len(self._reached) - MOST_RUNS)]:
                del self._reached[oldest]
        curves = []
        for key, run in reversed(self._reached.items()):
            if run.task != task:
                continue
            mine = session is not None and key == id(session.history)
            name = f"{run.name}, {'step' if mine else 'before, step'} {run.step}: {run.overall:.1%} of all"
            curves.append((name, run.kind, run.lengths, run.exact, () if mine else (7, 4)))
            if mine and run.earlier is not None:
                at, values = run.earlier
                curves.append((f"step {at}", run.kind, run.lengths, values, (1, 4)))
        self.lengths.show(curves)

    def _offer_heads(self, config: RunConfig) -> None:
        if not isinstance(config, TransformerConfig):
            self.choice.layout.display = "none"
            return
        layers = [("last layer", -1), *((f"layer {n + 1}", n) for n in range(config.num_layers - 1))]
        heads = [("mean of all", -1), *((f"head {n + 1}", n) for n in range(config.num_heads))]
        offer(self.layer, layers)
        offer(self.head, heads)
        self.choice.layout.display = "flex"

    def _draw_alignment(self, session: Session | None) -> None:
        fit, model = self.fit, self.model
        text, note = shortened(self.sentence.value, MOST_SYMBOLS)
        if session is None or fit is None or model is None or not fit.done:
            over = session is not None and session.over
            self._nothing("This run is over, and its model is not in memory: press Start." if over else NO_MODEL)
            return
        if not fit.pairs.source.split(text):
            self._nothing("The sentence is empty: type a word.")
            return
        asked, began = (id(fit), fit.done, *self.look()), time.monotonic()
        moved = not self._aligned or asked[2:] != self._aligned[2:]
        if asked == self._aligned or not (moved or session.state != RUNNING or began >= self._next_alignment):
            return
        self._aligned = asked
        from nblib.labs.seq2seq.alignment import align

        model.eval()
        found = align(fit, model, text)
        now = time.monotonic()
        self._next_alignment = now + min(LONGEST_STILL, ALIGNMENT_REST * (now - began))
        said = found.answer or "(nothing)"
        right = " ✓" if fit.pairs.right(text, found.answer) else ""
        stop = "" if said[-1] in ".?!" and not right else "."
        caption = f"At step {fit.done}: {text} → {said}{right}{stop} {unknown(found.unknown)} {note}"
        caption = " ".join(caption.split())
        if found.weights is None:
            self._nothing(NOTHING_TO_LOOK_AT, title=f"{text} → {said}{right}", caption=caption)
            return
        weights, head = found.weights[self.layer.chosen], self.head.chosen  # heads, target, source
        weights = weights.mean(axis=0) if head < 0 else weights[min(head, len(weights) - 1)]
        self.heat.show(
            weights[None], range=(0, 1), names=[""], kinds=[""], row_labels=found.target, column_labels=found.source,
            title=f"{text} → {said}{right}", caption=caption,
        )  # fmt: skip

    def _refresh_beam(self, session: Session | None, history: History) -> None:
        """After each evaluation and at the end; in between a tree stays as it is under the hand."""
        if session is None or not hasattr(self, "drawers") or self.shown_drawer != "beam":
            return
        now = (id(self.fit), len(history["eval_exact"]) if "eval_exact" in history else 0, session.over)
        if now != self._searched:
            self._searched = now
            self.drawers["beam"].ask()

    def _nothing(self, why: str, title: str = "What the decoder looks at", caption: str = "") -> None:
        self._aligned = ()
        self.heat.show(
            np.zeros((0, 0, 0)), range=(0, 1), names=[], kinds=[], row_labels=[], column_labels=[], empty=why,
            title=title, caption=caption,
        )  # fmt: skip


class Reached:
    """The share right by length at a run's last evaluation, and at the one when half of these steps were done."""

    def __init__(self, name: str, kind: str, task: str, history: History):
        # Held, so that no other history gets its id.
        self.name, self.kind, self.task, self.history = name, kind, task, history
        found = {int(m.rpartition("_")[2]): m for m in history.metrics if m.startswith("eval_exact_")}
        self.lengths = np.array(sorted(found))
        steps = history.steps(found[int(self.lengths[0])])
        self.step = int(steps[-1])
        self.overall = history.last("eval_exact")
        self.exact = np.array([history[found[n]][-1] for n in self.lengths])
        half = int(np.searchsorted(steps, self.step / 2))
        self.earlier = None
        if half < len(steps) - 1:
            self.earlier = int(steps[half]), np.array([history[found[n]][half] for n in self.lengths])


def reached_by(session: Session, name: str = "") -> Reached | None:
    """None before the first evaluation."""
    if session.config is None or "eval_exact" not in session.history.metrics:
        return None
    # Only runs of translations have this metric.
    config = cast(TranslateConfig, session.config)
    return Reached(name or name_of(config), kind_of(config), config.task, session.history)


def name_of(config: RunConfig) -> str:
    return NAMES[config.attention] if isinstance(config, Seq2SeqConfig) else "Transformer"


def kind_of(config: RunConfig) -> str:
    return KINDS[getattr(config, "attention", "transformer")]


def loss_curves(history: History, kind: str) -> list[tuple]:
    """For ``Lines``: a solid line of the loss and a dashed one on held-out pairs."""
    found = []
    if "loss" in history:
        found.append(("training", kind, *smoothed(history, "loss"), ()))
    if "eval_loss" in history:
        found.append(("held-out pairs", kind, history.steps("eval_loss"), history["eval_loss"], (6, 4)))
    return found


def offer(choice: widgets.Dropdown, options: list[tuple[str, int]]) -> None:
    """Other choices; what was chosen stays where it is still there."""
    if list(choice.options) != options:
        kept = choice.value if choice.value in {number for _, number in options} else options[0][1]
        choice.options = options
        choice.value = kept


def unknown(symbols: list[str]) -> str:
    """A sentence about what the model cannot read."""
    if not symbols:
        return ""
    more = f" and {len(symbols) - 8} more" if len(symbols) > 8 else ""
    return f"Never seen in training, and read as unknown: {' '.join(symbols[:8])}{more}."
