"""Word vectors that are there: who is near whom, and who stands to whom as somebody else to somebody else."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from nblib.engine.errors import InputError
from nblib.engine.text import alike


class WordVectors:
    """``words`` [V] (str), ``vectors`` [V, D] float32, ``counts`` [V] int64 or None where nobody counted."""

    def __init__(self, words: np.ndarray, vectors: np.ndarray, counts: np.ndarray | None = None):
        self.words = np.asarray(words, dtype=object)
        self.vectors = np.ascontiguousarray(vectors, dtype=np.float32)
        self.counts = counts

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: str) -> bool:
        return word in self.places

    def __getitem__(self, word: str) -> np.ndarray:
        """The vector [D] of a word. Raises InputError for one that was never seen."""
        return self.vectors[self.place(word)]

    @cached_property
    def places(self) -> dict[str, int]:
        return {word: place for place, word in enumerate(self.words)}

    def snapshot(self) -> WordVectors:
        """A copy that stays as it is, whatever happens to this one."""
        copy = WordVectors(self.words, self.vectors.copy(), self.counts)
        # The words are the same: what was made of them once need not be made again.
        copy.__dict__.update(places=self.places, _initials=self._initials)
        return copy

    @property
    def unit(self) -> np.ndarray:
        """[V, D], each vector with length 1 (0 where it has none); computed once, for these vectors stay."""
        return self._unit

    @cached_property
    def _unit(self) -> np.ndarray:
        return unit_length(self.vectors)

    def place(self, word: str) -> int:
        """The place of a word. Raises InputError, with words of like spelling, for one that was never seen."""
        if word in self.places:
            return self.places[word]
        near = self._alike(word)
        hint = f"; seen were {', '.join(near)}" if near else "; a vector is learnt from a word's neighbours only"
        raise InputError(f"{_short(word)!r} has no vector: it was never seen, or too seldom{hint}")

    def similarity(self, a: str, b: str) -> float:
        """Cosine of the angle between two words."""
        unit = self.unit
        return float(unit[self.place(a)] @ unit[self.place(b)])

    def nearest(self, words: str | list[str], number: int = 10) -> list[tuple[str, float]]:
        """The words whose vectors make the smallest angle with that of a word, or with the mean of several.

        Pairs (word, cosine), the nearest first, without the words themselves. Raises InputError.
        """
        asked = [words] if isinstance(words, str) else list(words)
        if not asked:
            raise InputError("nearest: no word was given")
        places = [self.place(word) for word in asked]
        unit = self.unit
        return self._ranked(unit, unit[places].mean(axis=0), set(places), number)

    def analogy(self, a: str, b: str, c: str, number: int = 5) -> list[tuple[str, float]]:
        """What is to ``c`` as ``b`` is to ``a``: the words nearest to b − a + c (unit vectors), without the three.

        Mikolov, Yih and Zweig, "Linguistic Regularities in Continuous Space Word Representations", 2013.
        """
        places = [self.place(word) for word in (a, b, c)]
        unit = self.unit
        return self._ranked(unit, unit[places[1]] - unit[places[0]] + unit[places[2]], set(places), number)

    def _ranked(
        self, unit: np.ndarray, direction: np.ndarray, without: set[int], number: int
    ) -> list[tuple[str, float]]:
        scores = unit @ (direction / max(float(np.linalg.norm(direction)), 1e-12))
        most = min(number + len(without), len(scores))
        best = np.argpartition(-scores, most - 1)[:most]
        best = best[np.lexsort((best, -scores[best]))]
        return [(str(self.words[i]), float(scores[i])) for i in best if i not in without][:number]

    def _alike(self, word: str) -> list[str]:
        # Only words that begin alike: a look at all of them would take longer than a person types.
        some = [w for w in self._initials.get(word[:1], ()) if abs(len(w) - len(word)) < 3]
        return alike(word[:40], some, cutoff=0.7)

    @cached_property
    def _initials(self) -> dict[str, list[str]]:
        by_letter: dict[str, list[str]] = {}
        for word in self.words:
            by_letter.setdefault(word[:1], []).append(word)
        return by_letter


def unit_length(vectors: np.ndarray) -> np.ndarray:
    """[V, D] → [V, D], each row with length 1; a row of zeros stays."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(length > 0, length, 1)


def _short(text: str, most: int = 40) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
