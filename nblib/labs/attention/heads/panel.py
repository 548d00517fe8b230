"""Turn heads down, and see what the model says change."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any

import ipywidgets as widgets
import numpy as np

from nblib import sources
from nblib.engine.errors import InputError, SessionError
from nblib.engine.session import Session
from nblib.engine.states import FAILED
from nblib.engine.text import duration
from nblib.inspect.cause import BATCH, Damage, HeldOut, compared, shape, untouched
from nblib.inspect.opening import Opened, open_model
from nblib.labs.attention.heads.view import Heads
from nblib.ui.text_input import well_formed

FIELDS = {
    "next token": [("text", "Begins with")],
    "masked token": [("text", "Sentence with ___")],
    "classes": [("text", "Sentence")],
    "similarity": [("text", "Sentence"), ("second", "and")],
}
TEXTS = {
    "next token": {"text": "The capital of France is"},
    "masked token": {"text": "I like to ___ pizza."},
    "classes": {"text": "A good film needs a good story; this one has neither a story nor an end."},
    "similarity": {"text": "I like to eat pizza.", "second": "Pizza is my favourite food."},
}
LOSSES = {
    "next token": "loss, nats a token",
    "masked token": "loss, nats a hidden token",
    "classes": "loss, nats a text",
    "similarity": "how far its sentence vectors move, 1 − cosine",
}
# A loss is told after each setting: of as many texts as take about so long.
LOSS_SECONDS = 0.8
MOST_TEXTS = 512


class HeadsPanel(widgets.VBox):
    """Scale any head of a model from 0 to 1, or silence a layer: what the model says, and its loss over held-out texts.

    Args:
        model: as ``AttentionExplorer`` takes it. What is shown goes by its head: probabilities of the next token, at
            the mask, of the classes; without a head, how alike two sentences are.
        text, second: what it is asked first.
        texts, labels: what the loss is measured over; sentences of the reviews' test split when left out, with their
            classes for a model that says the same classes.
        seconds: in which the map of all heads is to be there.

    ``scales`` is float32 [layers, heads]; ``damage`` float64 [layers, heads] once it is measured, NaN before;
    ``session`` is the measurement's. What cannot be shown is said in one line.
    """

    def __init__(
        self,
        model: Any = "minilm",
        text: str | None = None,
        second: str | None = None,
        *,
        tokenizer: Any = None,
        texts: Sequence[str] | None = None,
        labels: Sequence[str] | None = None,
        seconds: float = 60.0,
    ):
        self.view = Heads(self._hear)
        super().__init__([self.view], layout={"width": "100%"})
        self.add_class("nblib-panel")
        self._lock = threading.RLock()
        self.session: Session | None = None
        self.opened: Opened | None = None
        self.seconds = seconds
        self._given = (list(texts) if texts is not None else None), (list(labels) if labels is not None else None)
        self._held_out: HeldOut | None = None
        self._few: HeldOut | None = None
        # What the untouched model says of the texts that it was asked last.
        self._asked: tuple[str, str] | None = None
        self._before: np.ndarray | None = None
        self._loss_before: float | None = None
        try:
            self.opened = open_model(model, tokenizer)
            asked = dict(TEXTS[self.opened.says])
            asked |= {n: t for n, t in (("text", text), ("second", second)) if t is not None and n in asked}
            self.scales = np.ones(shape(self.opened.model), np.float32)
            self.damage = np.full(self.scales.shape, np.nan)
            self.view.show(
                layers=self.scales.shape[0], heads=self.scales.shape[1], scales=self.scales, texts=asked,
                fields=[list(f) for f in FIELDS[self.opened.says]],
            )  # fmt: skip
            self._ask()
        except InputError as error:
            self.view.say(str(error))

    def scale(self, layer: int, head: int, share: float) -> None:
        """Count a head (both from 0) with ``share`` of what it says. Raises InputError outside of 0 to 1."""
        if not 0 <= share <= 1:
            raise InputError(f"share: {share} is not between 0 and 1")
        with self._lock:
            self.scales[layer, head] = share
            self.view.show(scales=self.scales)
            self._ask()

    def held_out(self) -> HeldOut:
        """The texts that the loss is measured over. Raises InputError where there are none."""
        if self._held_out is None:
            opened = self._model()
            texts, labels = self._given
            if texts is None:
                texts, labels = _reviews(opened)
            self._held_out = HeldOut(opened, texts[:MOST_TEXTS], labels[:MOST_TEXTS] if labels else None)
        return self._held_out

    def _model(self) -> Opened:
        if self.opened is None:
            raise InputError("model: none is open; name one, for example minilm")
        return self.opened

    # -- what a person does ------------------------------------------------------------------------------------------

    def _hear(self, content: dict) -> None:
        with self._lock:
            try:
                kind = content.get("type")
                if self.opened is None:
                    return
                if kind in ("set", "ask", "settled"):
                    self._take(content)
                    self._ask()
                if kind in ("ask", "settled"):
                    self._tell_loss()
                if kind == "measure":
                    self.measure()
                if kind == "stop" and self.session is not None:
                    self.session.stop()
            except (InputError, SessionError) as error:
                self.view.say(str(error))

    def _take(self, content: dict) -> None:
        given = np.asarray(content.get("scales", []), np.float32)
        if given.size == self.scales.size and np.isfinite(given).all():
            self.scales = np.clip(given, 0, 1).reshape(self.scales.shape)
        known = self.view.texts
        texts = {
            name: well_formed(str(text))[:4000]
            for name, text in dict(content.get("texts", {})).items()
            if name in known
        }
        self.view.show(scales=self.scales, texts={**known, **texts})

    def _ask(self) -> None:
        opened, texts = self._model(), self.view.texts
        asked = texts["text"], texts.get("second", "")
        if asked != self._asked:
            self._before, self._asked = untouched(opened, *asked), asked
        before, now = compared(opened, *asked, self.scales, before=self._before)
        self.view.bars(before.labels, before.values.tolist(), now.values.tolist(), before.about)
        self.view.say("", "plain")

    def _tell_loss(self) -> None:
        """The loss over as many held-out texts as take a moment, without and with the heads as they stand."""
        if self.session is not None and self.session.active:
            return
        if self._few is None:
            few = self.held_out().first(BATCH)
            few.loss()
            began = time.perf_counter()
            few.loss(np.full_like(self.scales, 0.5))
            one = (time.perf_counter() - began) / len(few)
            self._few = self.held_out().first(max(1, int(LOSS_SECONDS / one)))
            self._loss_before = self._few.loss()
        now = self._few.loss(self.scales)
        what = LOSSES[self._model().says]
        change = f"{abs(self._loss_before or 0.0):.4f} → {abs(now):.4f}"
        self.view.show(loss=f"Over {len(self._few)} held-out texts ({what}): {change}")

    # -- the map of all heads ----------------------------------------------------------------------------------------

    def measure(self) -> Session:
        """Begin to silence every head in turn, in a thread; gives the session. Raises InputError, SessionError."""
        with self._lock:
            if self.session is not None and self.session.active:
                return self.session
            job = Damage(self.held_out(), self.seconds)
            session = Session(job)
            session.subscribe(lambda session: self._on_session(job, session))
            session.start()
            self.session = session
            return session

    def _on_session(self, job: Damage, session: Session) -> None:
        if session.over:
            words = f"failed: {session.error}" if session.state == FAILED else self._about(job, session)
            self.damage = job.found.copy()
            self.view.show(busy=None, busy_about="", damage=job.found, damage_about=words)
            return
        done = session.step_number / session.total if session.total else 0.0
        left = duration(session.seconds_left, unknown="–")
        words = f"{session.step_number} of {session.total or '…'} heads over {job.texts_taken} texts, {left} left"
        self.view.show(busy=float(done), busy_about=words, damage=job.found)

    def _about(self, job: Damage, session: Session) -> str:
        if not np.isfinite(job.found).any():
            return "Stopped before the first head was measured."
        says, heads = self._model().says, job.found.shape[1]
        layer, head = divmod(int(np.nanargmax(job.found)), heads)
        stopped = ""
        if session.step_number != session.total:
            stopped = f"Stopped after {session.step_number} of {session.total} heads. "
        with_all = f", {job.loss:.3f} with all heads" if says != "similarity" else ""
        return (
            f"{stopped}Over {job.texts_taken} texts ({LOSSES[says]}{with_all}): "
            f"most is lost without layer {layer + 1}, head {head + 1}: {job.found[layer, head]:+.3f}."
        )


def _reviews(opened: Opened) -> tuple[list[str], list[str] | None]:
    """Texts of the reviews' test split, with their classes for a model that says the same ones."""
    test = sources.load("reviews")["test"]
    names = test.features["label"].names
    if opened.says != "classes":
        return list(test["text"]), None
    if not set(names) <= set(opened.labels):
        raise InputError(f"labels: the reviews are {' or '.join(names)}, this model says others; give texts and labels")
    return list(test["text"]), [names[k] for k in test["label"]]
