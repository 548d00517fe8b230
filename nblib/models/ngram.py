"""n-gram language models: P(w1 … wm) = ∏ P(wi | the n − 1 words before), counted from text and smoothed.

Chen and Goodman, "An empirical study of smoothing techniques for language modeling", 1999; Kneser and Ney, "Improved
backing-off for m-gram language modeling", 1995.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from nblib.engine.errors import InputError

UNKNOWN, END = "<unk>", "</s>"
Smoothing = Literal["none", "add-k", "interpolation", "kneser-ney"]
SMOOTHINGS: tuple[Smoothing, ...] = ("none", "add-k", "interpolation", "kneser-ney")
# What the one number of each smoothing is called, its bounds, and a good value of it.
AMOUNTS = {
    "none": ("amount", 0.0, 0.0, 0.0),
    "add-k": ("k, added to every count", 1e-4, 1.0, 1e-2),
    "interpolation": ("λ, the share of the shorter context", 0.01, 0.99, 0.6),
    "kneser-ney": ("D, taken from every count", 0.01, 0.99, 0.75),
}
MOST_ORDER = 5


class Table(NamedTuple):
    """The n-grams of one length, sorted. ``keys`` int64 [G]: context · V + word, where the context is the place of the
    n − 1 words in the table one shorter (0 for single words). ``counts`` int64 [G]: occurrences, or, in the tables of
    Kneser and Ney below the longest, in how many places with different words before. ``totals`` int64 and ``kinds``
    int64 [contexts]: sum of the counts, and number of different words, that follow a context."""

    keys: np.ndarray
    counts: np.ndarray
    totals: np.ndarray
    kinds: np.ndarray


class Factor(NamedTuple):
    """One word of a scored sentence: the word as written, the context that was used, its probability, and whether the
    word is in the vocabulary."""

    word: str
    context: tuple[str, ...]
    probability: float
    known: bool


class NgramModel:
    """Counts of all n-grams up to ``order`` in sentences; the smoothing is chosen when a probability is asked for.

    The vocabulary: the given ``words``, ``<unk>`` for all others, ``</s>`` for the end of a sentence; V in all. Before
    a sentence stand n − 1 marks of its beginning, which are context only and are never told.
    """

    def __init__(self, words: Sequence[str], tokens: np.ndarray, starts: np.ndarray, order: int = 3):
        """``tokens`` int [N]: places in ``words``, anything beyond it is unknown; ``starts`` int64 [S + 1].

        Raises InputError for an order that is not 1 to 5.
        """
        if order not in range(1, MOST_ORDER + 1):
            raise InputError(f"order: {order!r} is not a whole number from 1 to {MOST_ORDER}")
        self.words = np.array([*words, UNKNOWN, END], dtype=object)
        self.order = order
        self.size = len(self.words)
        self.unknown, self.end, self.begin = self.size - 2, self.size - 1, self.size
        self.places = {word: place for place, word in enumerate(self.words[:-2])}
        self._base = self.size + 1
        line, spots = self._line(np.minimum(tokens, self.unknown), starts)
        self.tables = self._count(line, spots)
        self.continuations = self._continue(line, spots)

    def _line(self, tokens: np.ndarray, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """All sentences in one row with marks around them, and the places of the words that are told."""
        lengths = np.diff(starts)
        pad = self.order - 1
        begins = starts[:-1] + np.arange(len(lengths)) * (pad + 1) + pad
        line = np.full(len(tokens) + len(lengths) * (pad + 1), self.begin, np.int64)
        line[np.repeat(begins - starts[:-1], lengths) + np.arange(len(tokens))] = tokens
        line[begins + lengths] = self.end
        return line, np.flatnonzero(line != self.begin)

    def _count(self, line: np.ndarray, spots: np.ndarray) -> list[Table]:
        """For each length k the n-grams that end at a told word; as contexts, those that end in a mark too."""
        tables = []
        # The number of the (k − 1)-gram that ends just before each place; all places, marks too, for longer contexts.
        context = np.zeros(len(line), np.int64)
        told = np.zeros(len(line), bool)
        told[spots] = True
        for k in range(1, self.order + 1):
            keys = context * self._base + line
            if k > 1:
                # Where the row begins there is nothing before.
                keys[: k - 1] = line[: k - 1]
            distinct, number = np.unique(keys, return_inverse=True)
            counts = np.bincount(number, weights=told, minlength=len(distinct)).astype(np.int64)
            tables.append(self._table(distinct, counts, len(tables[-1].keys) if tables else 1))
            context = np.concatenate([[0], number[:-1]])
        return tables

    def _table(self, keys: np.ndarray, counts: np.ndarray, contexts: int) -> Table:
        owner = keys // self._base
        totals = np.bincount(owner, weights=counts, minlength=contexts).astype(np.int64)
        kinds = np.bincount(owner, weights=counts > 0, minlength=contexts).astype(np.int64)
        return Table(keys, counts, totals, kinds)

    def _continue(self, line: np.ndarray, spots: np.ndarray) -> list[Table]:
        """The tables of Kneser and Ney: below the longest, an n-gram counts once for each different word before it."""
        tables = [self.tables[-1]]
        for k in range(self.order, 1, -1):
            longer, shorter = self.tables[k - 1], self.tables[k - 2]
            # The same n-gram without its first word: found word by word, from the context's own last words.
            seen = longer.counts > 0
            grams = self._grams(k)[seen][:, 1:]
            places = self._places(grams)
            counts = np.bincount(places, minlength=len(shorter.keys)).astype(np.int64)
            tables.insert(0, self._table(shorter.keys, counts, len(shorter.totals)))
        return tables

    def _grams(self, k: int) -> np.ndarray:
        """[G, k]: the words of each k-gram."""
        keys = self.tables[k - 1].keys
        columns = [keys % self._base]
        for shorter in range(k - 1, 0, -1):
            keys = self.tables[shorter - 1].keys[keys // self._base]
            columns.insert(0, keys % self._base)
        return np.stack(columns, axis=1)

    def _places(self, grams: np.ndarray) -> np.ndarray:
        """Where each n-gram [M, k] stands in its table, −1 for one that was never seen; k = 0 gives zeros."""
        place = np.zeros(len(grams), np.int64)
        for k in range(grams.shape[1]):
            keys = self.tables[k].keys
            wanted = np.where(place >= 0, place * self._base + grams[:, k], -1)
            at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
            place = np.where((place >= 0) & (keys[at] == wanted), at, -1)
        return place

    # -- probabilities -------------------------------------------------------------------------------------------------

    def probabilities(
        self, contexts: np.ndarray, words: np.ndarray, smoothing: Smoothing = "kneser-ney", amount: float | None = None
    ) -> np.ndarray:
        """P(word | context) for ``contexts`` int [M, order − 1] and ``words`` int [M]; float64 [M].

        ``amount``: k, λ or D of the smoothing, see ``AMOUNTS``; its good value when None. Without smoothing a context
        that was never seen has no probabilities: 0 for every word. With one, they sum to 1 over the vocabulary.
        """
        amount = _checked(smoothing, amount)
        words = np.asarray(words, np.int64)
        if smoothing in ("none", "add-k"):
            table = self.tables[-1]
            place = self._places(contexts)
            count, total = self._counts(table, place, words), self._totals(table.totals, place)
            if smoothing == "none":
                return np.divide(count, total, out=np.zeros(len(words)), where=total > 0)
            return (count + amount) / (total + amount * self.size)
        tables = self.continuations if smoothing == "kneser-ney" else self.tables
        probabilities = np.full(len(words), 1 / self.size)
        for k, table in enumerate(tables):
            place = self._places(contexts[:, self.order - 1 - k :])
            count, total = self._counts(table, place, words), self._totals(table.totals, place)
            seen = total > 0
            if smoothing == "kneser-ney":
                own = np.maximum(count - amount, 0)
                shorter = amount * self._totals(table.kinds, place)
            else:
                own, shorter = (1 - amount) * count, amount * total
            mixed = (own + shorter * probabilities) / np.where(seen, total, 1)
            # What never stood before anything says nothing: the shorter context alone decides.
            probabilities = np.where(seen, mixed, probabilities)
        return probabilities

    def _counts(self, table: Table, place: np.ndarray, words: np.ndarray) -> np.ndarray:
        wanted = np.where(place >= 0, place * self._base + words, -1)
        at = np.minimum(np.searchsorted(table.keys, wanted), len(table.keys) - 1)
        return np.where((place >= 0) & (table.keys[at] == wanted), table.counts[at], 0)

    @staticmethod
    def _totals(totals: np.ndarray, place: np.ndarray) -> np.ndarray:
        return np.where(place >= 0, totals[np.maximum(place, 0)], 0)

    def distribution(self, context: Sequence[int], smoothing: Smoothing = "kneser-ney", amount: float | None = None):
        """P(· | context) for the whole vocabulary: float64 [V]. ``context``: places of the words before, any number."""
        padded = self._context(context)
        return self.probabilities(np.tile(padded, (self.size, 1)), np.arange(self.size), smoothing, amount)

    def _context(self, before: Sequence[int]) -> np.ndarray:
        pad = self.order - 1
        row = [self.begin] * pad + list(before)
        return np.array(row[len(row) - pad :], np.int64)

    # -- sentences -----------------------------------------------------------------------------------------------------

    def number(self, words: Sequence[str]) -> np.ndarray:
        """Places of these words; that of ``<unk>`` for one that is not in the vocabulary."""
        return np.array([self.places.get(word, self.unknown) for word in words], np.int64)

    def factors(
        self, words: Sequence[str], smoothing: Smoothing = "kneser-ney", amount: float | None = None
    ) -> list[Factor]:
        """The factors of P(sentence), one a word and one for its end."""
        told = np.concatenate([self.number(words), [self.end]])
        contexts = self._contexts(told, np.array([0, len(told)]))
        probabilities = self.probabilities(contexts, told, smoothing, amount)
        names = [*words, END]
        pad = self.order - 1
        return [
            Factor(name, tuple(names[max(0, i - pad) : i]), float(p), int(t) != self.unknown)
            for i, (name, p, t) in enumerate(zip(names, probabilities, told, strict=True))
        ]

    def perplexity(
        self, tokens: np.ndarray, starts: np.ndarray, smoothing: Smoothing = "kneser-ney", amount: float | None = None
    ) -> float:
        """exp of the mean of −log P over all words of these sentences and their ends; ∞ where a word has P = 0.

        ``tokens`` int [N]: places in this model's vocabulary; ``starts`` int64 [S + 1].
        """
        lengths = np.diff(starts)
        ends = starts[1:] + np.arange(len(lengths))
        told = np.insert(np.minimum(tokens, self.unknown).astype(np.int64), starts[1:], self.end)
        contexts = self._contexts(told, np.concatenate([[0], ends + 1]))
        probabilities = self.probabilities(contexts, told, smoothing, amount)
        if not (probabilities > 0).all():
            return math.inf
        return float(np.exp(-np.log(probabilities).mean()))

    def _contexts(self, told: np.ndarray, starts: np.ndarray) -> np.ndarray:
        """[M, order − 1]: the words before each word, marks of the beginning where there are none."""
        within = np.arange(len(told)) - np.repeat(starts[:-1], np.diff(starts))
        columns = [np.where(within >= back, np.roll(told, back), self.begin) for back in range(self.order - 1, 0, -1)]
        return np.stack(columns, axis=1) if columns else np.empty((len(told), 0), np.int64)

    def generate(
        self,
        before: Sequence[str] = (),
        *,
        most: int = 30,
        temperature: float = 1.0,
        smoothing: Smoothing = "kneser-ney",
        amount: float | None = None,
        seed: int = 0,
    ) -> list[str]:
        """Words drawn one after the other from P(· | those before), until the end or ``most`` of them; without
        ``before``. ``<unk>`` stands for many words and is never written: its share goes to the others.

        ``temperature``: 0 always takes the likeliest; P^(1/temperature) is drawn from otherwise.
        """
        draw = np.random.default_rng(seed)
        places = self.number(before).tolist()
        written: list[str] = []
        while len(written) < most:
            p = self.distribution(places, smoothing, amount)
            p[self.unknown] = 0
            if not p.any():
                break
            if temperature > 0:
                p = np.exp((np.log(np.maximum(p, 1e-300)) - np.log(p.max())) / temperature) * (p > 0)
                chosen = int(np.searchsorted(np.cumsum(p), draw.random() * p.sum(), side="right"))
            else:
                chosen = int(p.argmax())
            if chosen >= self.end:
                break
            places.append(chosen)
            written.append(str(self.words[chosen]))
        return written


def _checked(smoothing: str, amount: float | None) -> float:
    if smoothing not in AMOUNTS:
        raise InputError(f"smoothing: unknown {smoothing!r}; there are {', '.join(SMOOTHINGS)}")
    name, low, high, good = AMOUNTS[smoothing]
    if amount is None:
        return good
    if smoothing != "none" and not (0 < amount <= 1 if smoothing == "add-k" else 0 <= amount <= 1):
        raise InputError(
            f"{smoothing}: {amount!r} is no value of {name.split(',')[0]}; give one from {low:g} to {high:g}"
        )
    return amount
