"""A text as the words that are in it: one-hot, counts, TF-IDF, by scikit-learn.

Spärck Jones, "A statistical interpretation of term specificity and its application in retrieval", 1972.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from nblib.engine.errors import InputError
from nblib.sources import split_words

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Weighting = Literal["one-hot", "counts", "tf-idf"]
WEIGHTINGS: tuple[Weighting, ...] = ("one-hot", "counts", "tf-idf")


class Shared(NamedTuple):
    """A word of two texts: its weight in each, vectors having length 1; the product is its part of the cosine."""

    word: str
    first: float
    second: float

    @property
    def product(self) -> float:
        return self.first * self.second


class BagOfWords:
    """Texts as rows of a sparse matrix, one column a word; word order is gone.

    ``one-hot``: 1 for a word that is there; ``counts``: how often; ``tf-idf``: count · (log((1 + n) / (1 + df)) + 1)
    for a word in df of n texts. Rows have length 1, so that the product of two is the cosine of their angle.
    """

    def __init__(self, texts: Sequence[str], weighting: Weighting = "tf-idf"):
        """Raises InputError for a weighting that is none of the three, or texts without a word."""
        from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

        if weighting not in WEIGHTINGS:
            raise InputError(f"weighting: unknown {weighting!r}; there are {', '.join(WEIGHTINGS)}")
        self.texts, self.weighting = list(texts), weighting
        # A function of ours in place of a pattern, so that every lab cuts alike; it lowers the case itself.
        cut = {"tokenizer": split_words, "token_pattern": None, "lowercase": False}
        if weighting == "tf-idf":
            self.vectorizer = TfidfVectorizer(**cut)
        else:
            self.vectorizer = CountVectorizer(binary=weighting == "one-hot", **cut)
        try:
            rows = self.vectorizer.fit_transform(self.texts)
        except ValueError:
            raise InputError("these texts hold no words; give texts with letters in them") from None
        self.matrix = _unit_rows(rows)

    @property
    def words(self) -> np.ndarray:
        """[V], one for each column."""
        return self.vectorizer.get_feature_names_out()

    def row(self, text: str) -> csr_matrix:
        """The sparse row [1, V] of a text; words that no text had leave no trace."""
        return _unit_rows(self.vectorizer.transform([text]))

    def unknown(self, text: str) -> list[str]:
        """Words of a text that no text had."""
        return [word for word in dict.fromkeys(split_words(text)) if word not in self.vectorizer.vocabulary_]

    def compare(self, first: str, second: str) -> tuple[float, list[Shared]]:
        """The cosine of two texts, and the words of both, those that add most to it first."""
        a, b = (self.row(text).toarray()[0] for text in (first, second))
        columns = np.flatnonzero((a != 0) | (b != 0))
        shared = [Shared(str(self.words[c]), float(a[c]), float(b[c])) for c in columns]
        return float(a @ b), sorted(shared, key=lambda s: (-s.product, -max(s.first, s.second), s.word))

    def nearest(self, text: str, number: int = 5) -> list[tuple[int, float]]:
        """Which texts have the largest cosine with this one: (place, cosine), without those that share no word."""
        scores = (self.matrix @ self.row(text).T).toarray()[:, 0]
        best = np.argsort(-scores, kind="stable")[:number]
        return [(int(i), float(scores[i])) for i in best if scores[i] > 0]


def _unit_rows(rows: Any) -> csr_matrix:
    """A sparse matrix of counts in float64, each row divided by its length; a row of zeros stays."""
    from scipy.sparse import csr_matrix
    from sklearn.preprocessing import normalize

    return csr_matrix(normalize(csr_matrix(rows, dtype=np.float64)))
