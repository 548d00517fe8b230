"""A language model of counts: the probability of a typed sentence, factor by factor."""

from __future__ import annotations

import math
import threading
from typing import Any

import ipywidgets as widgets
from markupsafe import Markup

from nblib.labs.word_vectors.ngram.config import NgramConfig
from nblib.models.ngram import Factor, NgramModel
from nblib.sources import corpus, split_words
from nblib.sources.corpora import NAMES
from nblib.ui.background import Background
from nblib.ui.controls import Controls
from nblib.ui.elements import html, problem_text, row
from nblib.ui.run_bar import icon_button
from nblib.ui.views.ask import Ask

IN_SIGHT = ("order", "smoothing", "k", "share", "discount", "temperature")
SLIDERS = {"add-k": "k", "interpolation": "share", "kneser-ney": "discount"}
MOST_ROWS = 40
LONGEST = 100_000
# A factor of one in ten million has no bar left.
FAINTEST = 7
HELD_OUT = 400


class NgramPanel(widgets.VBox):
    """P(sentence) = ∏ P(word | the words before), with order and smoothing as controls.

    Args:
        cfg: what the controls show at first.
        sentence: what is scored at first.

    The text is counted in a thread of its own, once for each order that is asked for.
    """

    def __init__(self, cfg: NgramConfig | None = None, *, sentence: str = ""):
        self._lock = threading.RLock()
        self._models: dict[tuple, NgramModel] = {}
        self._held_out: dict[tuple, tuple] = {}
        self._counting, self._seed, self._problem = Background(), 0, ""
        self._asked: tuple = ()
        self.controls = Controls(
            cfg or NgramConfig(), in_sight=IN_SIGHT, suggestions={"corpus": NAMES}, on_edit=self._edited,
            on_error=self._refused, lock=self._lock,
        )  # fmt: skip
        self.write = icon_button("Generate", "try", "Draw a continuation, word by word; each press draws another")
        self.write.on_click(lambda button: self.generate())
        self.about, self.held, self.written = html(""), html(""), html("")
        self.written.add_class("nblib-written")
        field = {"name": "sentence", "label": "sentence", "shown": "", "placeholder": "type a sentence", "wide": True}
        self.view = Ask(
            lambda texts: self.refresh(), lock=self._lock, title="Factors of the probability", fields=[field],
            texts={"sentence": sentence},
        )  # fmt: skip
        left = widgets.Box([self.controls.widget], layout={"flex": "1 0 284px", "max_width": "100%"})
        left.add_class("nblib-controls")
        pictures = [self.view, self.held, row(self.write), self.written, self.about]
        right = widgets.VBox(pictures, layout={"flex": "1000 1 416px", "min_width": "0", "grid_gap": "6px"})
        right.add_class("nblib-pictures")
        right.layout.padding = "0 0 0 8px"
        super().__init__([row(left, right)], layout={"width": "100%"})
        self.add_class("nblib-panel")
        self._grey()
        self._count()

    @property
    def config(self) -> NgramConfig:
        """The settings as they stand in the controls."""
        return self.controls.config

    @property
    def model(self) -> NgramModel | None:
        """The model of the chosen order, None while it is being counted."""
        return self._models.get(self._key)

    def wait(self) -> NgramPanel:
        """Wait until the counting is done."""
        while self._counting.busy:
            self._counting.wait()
        return self

    def score(self, sentence: str) -> None:
        """Put a sentence into the field."""
        self.view.fill(sentence=sentence)

    def refresh(self) -> None:
        """Score the sentence that stands in the field."""
        with self._lock:
            model = self.model
            if model is None:
                self.view.show([], self._problem or "counting the text …", "bad" if self._problem else "plain")
                return
            text, smoothing, amount = self.view.texts.get("sentence", ""), self.config.smoothing, self.config.amount
            if len(text) > LONGEST:
                self.view.show([], f"{len(text):,} letters are too many: {LONGEST:,} at most", "bad")
                return
            words = split_words(text)
            factors = model.factors(words, smoothing, amount)
            self.view.show(*_rows(factors, text, words))
            # The same while only the sentence changes.
            asked = (self._key, smoothing, amount)
            if asked != self._asked:
                tokens, starts = self._held_out[self._key[1:]]
                perplexity = model.perplexity(tokens, starts, smoothing, amount)
                shown = "∞, because some word has P = 0" if math.isinf(perplexity) else f"{perplexity:,.1f}"
                text = Markup("Perplexity on {} other sentences of {}: <b>{}</b>")
                self.held.value = html(text.format(len(starts) - 1, self.config.corpus, shown)).value
                self._asked = asked

    def generate(self) -> None:
        """Continue the sentence in the field, drawing with a new seed each time."""
        with self._lock:
            if self.model is None:
                self.written.value = html(self._problem or "counting the text …").value
                return
            before = split_words(self.view.texts.get("sentence", "")[:LONGEST])
            self._seed += 1
            cfg = self.config
            drawn = self.model.generate(
                before, temperature=cfg.temperature, smoothing=cfg.smoothing, amount=cfg.amount, most=cfg.max_words,
                seed=self._seed,
            )  # fmt: skip
            shown = " ".join(before[-20:])
            end = "" if len(drawn) == cfg.max_words else " ∎"
            self.written.value = html(f"{shown} │ {' '.join(drawn) or '(the end)'}{end}").value

    # -- inside ------------------------------------------------------------------------------------------------------

    @property
    def _key(self) -> tuple:
        return self.config.order, self.config.corpus, self.config.min_count

    def _edited(self, name: str, value: Any, final: bool) -> None:
        self._grey()
        if name in ("order", "corpus", "min_count") and not final:
            return
        if self.model is None:
            self._count()
        elif name not in ("temperature", "max_words"):
            self.refresh()

    def _refused(self, reason: str) -> None:
        if reason:
            self.view.show([], reason, "bad")
        else:
            self.refresh()

    def _grey(self) -> None:
        """Only the amount of the chosen smoothing can be moved."""
        self.controls.lock([name for smoothing, name in SLIDERS.items() if smoothing != self.config.smoothing])

    def _count(self) -> None:
        self._problem = ""
        self.refresh()
        if self.model is None:
            key = self._key
            # One at a time: where another order is being counted, this one follows it.
            self._counting.start(lambda: self._made(*key), self._counted, self._not_counted)

    def _made(self, order: int, name: str, min_count: int) -> tuple:
        text = corpus(name)
        train, rest = text.part(False), text.part(True)
        known = int((train.counts >= min_count).sum())
        model = NgramModel(train.words[:known].tolist(), train.tokens, train.starts, order)
        some = rest.head(HELD_OUT)
        grams = " · ".join(f"{len(t.keys):,} of {k}" for k, t in enumerate(model.tables, 1))
        about = (
            f"Counted in {len(train):,} sentences, {len(train.tokens):,} words of {name}; vocabulary {known:,} words, "
            f"the end, and one place for all other words. Different n-grams: {grams}."
        )
        return (order, name, min_count), model, (model.number(some.words.tolist())[some.tokens], some.starts), about

    def _counted(self, counted: tuple[tuple, NgramModel, tuple, str]) -> None:
        key, model, held_out, about = counted
        with self._lock:
            self._models[key], self._held_out[key[1:]] = model, held_out
            self.about.value = html(about).value
            self.refresh()
        if self.model is None:
            # Something else was asked for meanwhile.
            self._counting = Background()
            self._count()

    def _not_counted(self, error: BaseException) -> None:
        with self._lock:
            self._problem = f"the text could not be counted: {problem_text(error)}"
            self.refresh()


def _rows(factors: list[Factor], text: str, words: list[str]) -> tuple[list[list], str, str]:
    """Rows of the answer, and what is said above them."""
    rows = [_row(factor) for factor in factors[:MOST_ROWS]]
    if len(factors) > MOST_ROWS:
        rows.append([f"… {len(factors) - MOST_ROWS:,} more", None, "", "counted in the product all the same", "soft"])
    unknown = [f.word for f in factors if not f.known]
    note = ""
    if text.strip() and not words:
        note = " No letters in it: only the end of the sentence is left to score."
    elif not text.strip():
        note = " An empty sentence has one factor: its end."
    elif unknown:
        named = ", ".join(dict.fromkeys(w if len(w) <= 20 else w[:19] + "…" for w in unknown[:5]))
        note = f" Not in the vocabulary, so scored as “some rare word”: {named}{' …' if len(unknown) > 5 else ''}."
    if any(f.probability == 0 for f in factors):
        return rows, f"P(sentence) = 0: a factor was never seen. Smoothing is for this.{note}", "bad"
    logs = [math.log10(f.probability) for f in factors]
    exponent = sum(logs)
    perplexity = 10 ** (-exponent / len(logs))
    product = f"{10**exponent:.3g}" if exponent > -4 else f"{10 ** (exponent % 1):.2f}e{math.floor(exponent)}"
    return rows, f"P(sentence) = {product}, perplexity {perplexity:,.1f} over {len(logs)} factors.{note}", "plain"


def _row(factor: Factor) -> list:
    word = {"</s>": "the end"}.get(factor.word, factor.word)
    before = " ".join(w if len(w) <= 20 else w[:19] + "…" for w in factor.context)
    note = f"P( {word if factor.known else 'some rare word'} | {before or 'beginning'} )"
    p = factor.probability
    bar = max(0.0, 1 + math.log10(p) / FAINTEST) if p > 0 else 0.0
    digits = "0" if p == 0 else f"{p:.3f}" if p >= 0.01 else f"{p:.1e}"
    return [word, bar, digits, note, "bad" if p == 0 else "" if factor.known else "soft"]
