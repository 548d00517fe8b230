"""Bias in word vectors, measured: what the text put there, and how sure one can be of it.

Caliskan, Bryson and Narayanan, "Semantics derived automatically from language corpora contain human-like biases",
Science 356, 2017 (WEAT). Bolukbasi, Chang, Zou, Saligrama and Kalai, "Man is to Computer Programmer as Woman is to
Homemaker?", 2016 (a direction from pairs).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np

from nblib.engine.errors import InputError
from nblib.models.vectors import WordVectors

MOST_PERMUTATIONS = 20_000


@dataclass(frozen=True)
class Association:
    """``effect``: difference of the two groups' mean leanings in standard deviations, −2 to 2. ``p``: how often a
    division of the same words at random has an effect as large or larger in either direction. ``leanings``: word →
    mean cosine with the first attributes minus that with the second. ``missing``: words that have no vector."""

    effect: float
    p: float
    leanings: dict[str, float]
    missing: tuple[str, ...]

    @property
    def verdict(self) -> str:
        """The two numbers in words."""
        size = abs(self.effect)
        strength = "hardly any" if size < 0.2 else "weak" if size < 0.5 else "moderate" if size < 0.8 else "strong"
        sure = "chance alone hardly gives this" if self.p < 0.01 else "chance alone seldom gives this"
        sure = sure if self.p < 0.05 else "chance alone may give this"
        return f"{strength} (effect {self.effect:+.2f} of ±2; p = {self.p:.3f}, so {sure})"


def association(
    vectors: WordVectors, first: Sequence[str], second: Sequence[str], a: Sequence[str], b: Sequence[str], seed: int = 0
) -> Association:
    """The word embedding association test: does the group ``first`` lean to the attributes ``a``, ``second`` to ``b``?

    Words without a vector are left out and named. All divisions of the two groups into halves of their sizes are
    tried, or 20,000 drawn ones where there are more. Raises InputError where a list has fewer than two words left.
    """
    missing = tuple(w for w in dict.fromkeys([*first, *second, *a, *b]) if w not in vectors)
    lists = [[w for w in dict.fromkeys(words) if w in vectors] for words in (first, second, a, b)]
    for words, name in zip(
        lists, ("first group", "second group", "first attributes", "second attributes"), strict=True
    ):
        if len(words) < 2:
            raise InputError(f"{name}: {len(words)} of the words have a vector, and at least 2 are needed")
    first, second, a, b = lists
    if set(first) & set(second):
        raise InputError(f"{(set(first) & set(second)).pop()!r} is in both groups; a word can be in one only")
    unit = vectors.unit
    rows = {
        name: unit[[vectors.places[w] for w in words]] for name, words in (("x", first + second), ("a", a), ("b", b))
    }
    leanings = (rows["x"] @ rows["a"].T).mean(axis=1) - (rows["x"] @ rows["b"].T).mean(axis=1)
    spread = float(leanings.std(ddof=1))
    n, k = len(leanings), len(first)
    gap = float(leanings[:k].mean() - leanings[k:].mean())
    means = leanings[_divisions(n, k, seed)].mean(axis=1)
    gaps = means - (leanings.sum() - k * means) / (n - k)
    p = float((np.abs(gaps) >= abs(gap) - 1e-9).mean())
    effect = gap / spread if spread > 0 else 0.0
    return Association(effect, p, dict(zip(first + second, leanings.tolist(), strict=True)), missing)


def lean(
    vectors: WordVectors, pairs: Sequence[tuple[str, str]], words: Sequence[str], number: int = 0
) -> list[tuple[str, float]]:
    """Where words lie between two poles: cosine with the mean direction of the ``pairs`` (pole of −1, pole of +1), less
    the mean of that over all words of the vocabulary, so that 0 is where an ordinary word lies.

    Only pairs and words that have vectors count; sorted from the one end to the other. ``number``: only that many of
    both ends. Raises InputError where no pair is left.
    """
    there = [(x, y) for x, y in pairs if x in vectors and y in vectors]
    if not there:
        raise InputError("no pair of poles has vectors in this text; give words that it has")
    unit = vectors.unit
    direction = np.mean([unit[vectors.places[y]] - unit[vectors.places[x]] for x, y in there], axis=0)
    direction = direction / max(float(np.linalg.norm(direction)), 1e-12)
    middle = float((unit @ direction).mean())
    leanings = [(w, float(unit[vectors.places[w]] @ direction) - middle) for w in dict.fromkeys(words) if w in vectors]
    leanings.sort(key=lambda pair: pair[1])
    return [*leanings[:number], *leanings[-number:]] if number and len(leanings) > 2 * number else leanings


def _divisions(n: int, k: int, seed: int) -> np.ndarray:
    """Choices of k places out of n: all of them, or 20,000 at random; int64 [choices, k]."""
    if comb(n, k) <= MOST_PERMUTATIONS:
        return np.array(list(combinations(range(n), k)))
    draw = np.random.default_rng(seed)
    return np.argsort(draw.random((MOST_PERMUTATIONS, n)), axis=1)[:, :k]
