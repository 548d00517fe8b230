"""Two sentences as bags of words: what they share, how much each word weighs, and which review is nearest."""

from __future__ import annotations

import ipywidgets as widgets

from nblib.labs.word_vectors.counts.bag_of_words import WEIGHTINGS, BagOfWords, Shared
from nblib.ui.views.ask import Ask

MOST_ROWS, MOST_TEXTS = 14, 4
LONGEST = 100_000


class WordCountsPanel(widgets.VBox):
    """One-hot, counts or TF-IDF of two typed sentences, answered as they are typed.

    Args:
        texts: the sentences that document frequencies are counted in; the film reviews when left out.
        first, second: what stands in the two fields at first.
    """

    def __init__(self, texts: list[str] | None = None, *, first: str = "", second: str = ""):
        self._texts = _reviews() if texts is None else list(texts)
        self._bags: dict[str, BagOfWords] = {}
        fields = [
            {"name": "first", "label": "first sentence", "shown": "1", "wide": True},
            {"name": "second", "label": "second sentence", "shown": "2", "wide": True},
        ]
        self.weighting = widgets.ToggleButtons(
            options=list(WEIGHTINGS), value="one-hot", style={"button_width": "84px"}
        )
        self.weighting.observe(lambda change: self.refresh(), "value")
        self.view = Ask(
            lambda texts: self.refresh(), title="Two sentences", fields=fields, texts={"first": first, "second": second}
        )
        self.found = Ask(title="Nearest reviews")
        self.found.add_class("nblib-ask-texts")
        left, right = ({"flex": f"{share} 1 380px", "min_width": "0"} for share in (3, 2))
        for view, layout in ((self.view, left), (self.found, right)):
            view.layout.flex, view.layout.min_width = layout["flex"], "0"
        both = widgets.HBox([self.view, self.found], layout={"flex_flow": "row wrap", "grid_gap": "10px 20px"})
        super().__init__([self.weighting, both], layout={"width": "100%", "grid_gap": "6px"})
        self.add_class("nblib-panel")
        self.refresh()

    def bag(self) -> BagOfWords:
        """The vectors under the chosen weighting, made once each."""
        name = next(w for w in WEIGHTINGS if w == self.weighting.value)
        if name not in self._bags:
            self._bags[name] = BagOfWords(self._texts, name)
        return self._bags[name]

    def refresh(self) -> None:
        first, second = (self.view.texts.get(name, "") for name in ("first", "second"))
        if max(len(first), len(second)) > LONGEST:
            self.view.show([], f"{LONGEST:,} letters are the most that one sentence may have", "bad")
            return
        bag = self.bag()
        cosine, shared = bag.compare(first, second)
        rows = [_row(word) for word in shared[:MOST_ROWS]]
        if len(shared) > MOST_ROWS:
            rows.append([f"… {len(shared) - MOST_ROWS:,} more", None, "", "", "soft"])
        unknown = bag.unknown(f"{first} {second}")
        said = f"cosine {cosine:.2f}"
        if not shared:
            said = "Type two sentences" if not (first + second).strip() else "No word is left to compare"
        if unknown:
            named = ", ".join(word if len(word) <= 20 else word[:19] + "…" for word in unknown[:6])
            said += f". In no review: {named}{' …' if len(unknown) > 6 else ''}"
        self.view.show(rows, said)
        near = bag.nearest(first, MOST_TEXTS)
        rows = [[self._texts[i], score, f"{score:.2f}", "", ""] for i, score in near]
        what = f"Nearest of {len(self._texts):,} reviews to the first sentence"
        self.found.show(rows, what if near else f"{what}: none shares a word with it")


def _row(word: Shared) -> list:
    if word.product:
        return [word.word, word.product, f"{word.first:.2f} × {word.second:.2f}", f"adds {word.product:.2f}", ""]
    where = "only in 1" if word.first else "only in 2"
    return [word.word, 0.0, f"{word.first:.2f} × {word.second:.2f}", where, "soft"]


def _reviews() -> list[str]:
    from nblib.sources import corpora

    return list(corpora.texts("reviews"))
