"""Questions to word vectors, answered as they are typed: neighbours, analogies, and which way words lean."""

from __future__ import annotations

import threading
from collections.abc import Callable

import ipywidgets as widgets

from nblib.engine.errors import InputError
from nblib.labs.word_vectors.word2vec.bias import association, lean
from nblib.labs.word_vectors.word2vec.word_lists import ASSOCIATIONS, OCCUPATIONS, POLES, first_known
from nblib.models.vectors import WordVectors
from nblib.sources import split_words
from nblib.ui.drawer import Drawer
from nblib.ui.elements import Choice
from nblib.ui.views.ask import Ask

NOTHING_YET = "nothing is learnt yet: press Start, or Step"
MOST_WORDS = 50
NEIGHBOURS = 10

Vectors = Callable[[], "WordVectors | None"]


def words_of(text: str, what: str) -> list[str]:
    """The words that were typed. Raises InputError where there is none, or more than anybody means."""
    words = split_words(text[:20_000])
    if not words and text.strip():
        raise InputError(f"no letters in {_short(text.strip())!r}: {what}")
    if len(words) > MOST_WORDS:
        raise InputError(f"{len(words):,} words are too many for one question: {what}, {MOST_WORDS} words at most")
    return words


class Neighbours:
    """One word, or the mean of several; ``found`` holds the words that were asked for and those near them."""

    def __init__(
        self, vectors: Vectors, changed: Callable[[], None] = lambda: None, lock: threading.RLock | None = None
    ):
        self._vectors = vectors
        self.found: list[str] = []
        field = {"name": "word", "label": "Neighbours of", "placeholder": "a word, or several", "wide": True}
        self.view = Ask(
            self._typed, pick=self.ask, after=changed, lock=lock, title="Nearest neighbours", fields=[field]
        )

    def ask(self, text: str) -> None:
        self.view.fill(word=text)

    def refresh(self) -> None:
        """The same question to other vectors."""
        self._answer(self.view.texts.get("word", ""))

    def _typed(self, texts: dict[str, str]) -> None:
        self._answer(texts.get("word", ""))

    def _answer(self, text: str) -> None:
        vectors, self.found = self._vectors(), []
        if vectors is None:
            self.view.show([], NOTHING_YET)
            return
        if not text.strip():
            example = first_known("pizza 酒店 film", vectors.__contains__)
            self.view.show([], f"Type a word{f', as in {example}' if example else ''}, or press one in the picture.")
            return
        try:
            words = words_of(text, "type a word")
            near = vectors.nearest(words, NEIGHBOURS)
        except InputError as error:
            self.view.show([], str(error), "bad")
            return
        self.found = [*words, *(word for word, _ in near)]
        counts = [_count(vectors, word) for word in words]
        said = "cosine of the angle" + (
            f"; {words[0]} occurs {counts[0]} times" if len(words) == 1 else "; of the mean"
        )
        self.view.show([[w, c, f"{c:.2f}", f"{_count(vectors, w)} times", ""] for w, c in near], said)


class Analogy:
    """a is to b as c is to …?"""

    def __init__(self, vectors: Vectors, lock: threading.RLock | None = None):
        self._vectors = vectors
        fields = [
            {"name": "a", "label": "first", "shown": "", "placeholder": "he"},
            {"name": "b", "label": "is to", "placeholder": "she"},
            {"name": "c", "label": "as", "placeholder": "brother"},
        ]
        self.view = Ask(self._typed, lock=lock, title="Analogy", fields=fields)

    def ask(self, a: str, b: str, c: str) -> None:
        self.view.fill(a=a, b=b, c=c)

    def refresh(self) -> None:
        self._typed(dict(self.view.texts))

    def _typed(self, texts: dict[str, str]) -> None:
        vectors = self._vectors()
        if vectors is None:
            self.view.show([], NOTHING_YET)
            return
        given = [texts.get(name, "") for name in "abc"]
        if not all(text.strip() for text in given):
            self.view.show([], "Three words: a is to b as c is to …?")
            return
        try:
            three = [words_of(text, "type a word") for text in given]
            if any(len(words) != 1 for words in three):
                raise InputError("one word in each field; a pair of words has no vector of its own here")
            a, b, c = (words[0] for words in three)
            found = vectors.analogy(a, b, c, 5)
        except InputError as error:
            self.view.show([], str(error), "bad")
            return
        nearest = vectors.nearest(c, 1)[0][0]
        copied = found and found[0][0] == nearest
        said = f"{b} − {a} + {c}, without these three" + (
            f". But {nearest} is nearest to {c} anyway." if copied else ""
        )
        self.view.show([[w, score, f"{score:.2f}", "", ""] for w, score in found], said)


class Bias(Drawer):
    """Two groups of words, two lists of attributes: which group leans where, and whether that may be chance."""

    title, icon, tooltip = "Bias", "results", "Measure what these vectors hold against whom"

    def __init__(self, vectors: Vectors, lock: threading.RLock | None = None):
        super().__init__()
        self._vectors = vectors
        names = {"first": "group 1", "second": "group 2", "a": "attributes A", "b": "attributes B"}
        fields = [{"name": n, "label": label, "placeholder": "words", "wide": True} for n, label in names.items()]
        ends = ["more to B than the mean", "more to A than the mean"]
        self.view = Ask(self._typed, lock=lock, title="Association test", fields=fields, diverging=True, ends=ends)
        self.view.add_class("nblib-ask-lists")
        self.between = Ask(
            lock=lock, title="Between he and she", diverging=True, ends=["nearer to he", "nearer to she"]
        )
        self.choice: Choice[str] = Choice(
            options=list(ASSOCIATIONS), description="test", layout={"width": "420px", "max_width": "100%"}
        )
        self.choice.observe(lambda change: self._chosen(), "value")
        column = {"flex": "1 1 400px", "min_width": "0"}
        left = widgets.VBox([self.choice, self.view], layout={**column, "grid_gap": "8px"})
        right = widgets.VBox([self.between], layout=column)
        self.widget = widgets.HBox([left, right], layout={"flex_flow": "row wrap", "grid_gap": "18px", "width": "100%"})

    def opened(self) -> None:
        vectors = self._vectors()
        if vectors is not None and not any(self.view.texts.values()):
            known = [n for n, lists in ASSOCIATIONS.items() if all(_enough(words, vectors) for words in lists)]
            if known and known[0] != self.choice.value:
                self.choice.value = known[0]
                return
        if not any(self.view.texts.values()):
            self._chosen()
        else:
            self.refresh()

    def refresh(self) -> None:
        self._typed(dict(self.view.texts))

    def _chosen(self) -> None:
        self.view.fill(**dict(zip(("first", "second", "a", "b"), ASSOCIATIONS[self.choice.chosen], strict=True)))

    def _typed(self, texts: dict[str, str]) -> None:
        vectors = self._vectors()
        if vectors is None:
            self.view.show([], NOTHING_YET)
            self.between.show([], "")
            return
        try:
            first, second, a, b = (
                words_of(texts.get(name, ""), "type words") for name in ("first", "second", "a", "b")
            )
            test = association(vectors, first, second, a, b)
        except InputError as error:
            self.view.show([], str(error), "bad")
        else:
            middle = sum(test.leanings.values()) / len(test.leanings)
            # What all of them have in common says nothing of either group.
            leanings = {w: v - middle for w, v in test.leanings.items()}
            largest = max(abs(v) for v in leanings.values()) or 1
            rows = [
                [w, v / largest, f"{v:+.3f}", "group 1" if w in first else "group 2", "" if w in first else "soft"]
                for w, v in sorted(leanings.items(), key=lambda pair: -pair[1])
            ]
            missing = f" Without a vector: {', '.join(test.missing)}." if test.missing else ""
            said = f"Group 1 leans to A, against group 2: {test.verdict}.{missing}"
            self.view.show(rows, said)
        self._lay_out(vectors)

    def _lay_out(self, vectors: WordVectors) -> None:
        try:
            found = lean(vectors, POLES, OCCUPATIONS, number=9)
        except InputError:
            found = []
        if not found:
            self.between.show([], "This text has no he and she, or no occupations to lay between them.")
            return
        largest = max((abs(v) for _, v in found), default=1) or 1
        rows = [[w, v / largest, f"{v:+.2f}", f"{_count(vectors, w)} times", ""] for w, v in found]
        rare = sum(_seen(vectors, w) < 50 for w, _ in found)
        self.between.show(
            rows,
            f"Occupations between he and she: cosine with the mean of {len(POLES)} pairs, less that of all words. "
            f"{rare} of {len(found)} were seen fewer than 50 times: their places are little more than chance. Train "
            "again with another seed and see which stay.",
        )


def _enough(words: str, vectors: WordVectors) -> bool:
    return sum(word in vectors for word in words.split()) >= 2


def _seen(vectors: WordVectors, word: str) -> int:
    return int(vectors.counts[vectors.places[word]]) if vectors.counts is not None else 0


def _count(vectors: WordVectors, word: str) -> str:
    return f"{_seen(vectors, word):,}" if word in vectors else "0"


def _short(text: str) -> str:
    return text if len(text) <= 30 else text[:29] + "…"
