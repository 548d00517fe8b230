"""word2vec: a vector for each word, learnt by telling its neighbours from words drawn at random.

Mikolov, Chen, Corrado and Dean, "Efficient Estimation of Word Representations in Vector Space", 2013, and Mikolov,
Sutskever, Chen, Corrado and Dean, "Distributed Representations of Words and Phrases and their Compositionality", 2013.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nblib.models.vectors import WordVectors, unit_length

NOISE_BITS = 20


class Examples(NamedTuple):
    """What one step learns from.

    ``inputs`` int32 [M] and ``offsets`` int64 [E + 1]: inputs[offsets[e]:offsets[e + 1]] are the words that example e
    starts from, one for skip-gram, the whole context for CBOW. ``targets`` int32 [E, 1 + K]: the word to be told, and K
    drawn ones; -1 where the draw was the word itself.
    """

    inputs: np.ndarray
    offsets: np.ndarray
    targets: np.ndarray


class Word2Vec(WordVectors):
    """Vectors in training.

    Attributes:
        words, counts: [V], the most frequent first.
        vectors: [V, D] float32, what is kept: uniform in ±1/(2D) at first.
        outputs: [V, D] float32, the vectors of the words to be told: zero at first.

    For an example with the inputs I, the target t and the drawn words n, with h = mean of vectors[I], the loss is
    −log σ(h · outputs[t]) − Σ log σ(−h · outputs[n]). The gradient that h gets is divided among the inputs of CBOW:
    the original gives each the whole of it (İrsoy, Benton and Stratos, "Corrected CBOW Performs as well as Skip-gram",
    2021).
    """

    def __init__(self, words: np.ndarray, counts: np.ndarray, vector_size: int, seed: int = 0):
        draw = np.random.default_rng(seed)
        vectors = (draw.random((len(words), vector_size), np.float32) - np.float32(0.5)) / np.float32(vector_size)
        super().__init__(words, vectors, counts)
        self.outputs = np.zeros_like(vectors)

    @property
    def unit(self) -> np.ndarray:
        """[V, D], each vector with length 1, as they are now; a snapshot computes them once."""
        return unit_length(self.vectors)

    def update(self, examples: Examples, learning_rate: float) -> float:
        """One step of gradient descent an example, in their order. Their mean loss before it; NaN once it overflows."""
        from nblib.models.word2vec_kernel import SIGMOID, SOFTPLUS, update

        if not len(examples.targets):
            return 0.0
        with np.errstate(all="ignore"):
            total = update(self.vectors, self.outputs, *examples, np.float32(learning_rate), SIGMOID, SOFTPLUS)
        return float(total) / len(examples.targets)


def sample_examples(
    tokens: np.ndarray,
    starts: np.ndarray,
    keep: np.ndarray,
    noise: np.ndarray,
    *,
    window: int,
    negative: int,
    cbow: bool = False,
    seed: int = 0,
) -> Examples:
    """Examples from sentences: ``tokens`` int32 [N], ``starts`` int64 [S + 1]; the same for the same seed.

    Each word is kept with its probability; each kept one draws a reach from 1 to ``window`` and has the kept words
    within it as context. ``keep``: see `keep_probabilities`; ``noise``: see `noise_table`.
    """
    from nblib.models.word2vec_kernel import sample

    return Examples(*sample(tokens, starts, 0, len(starts) - 1, keep, noise, window, negative, cbow, np.uint64(seed)))


def keep_probabilities(counts: np.ndarray, sample: float) -> np.ndarray:
    """How probably an occurrence of each word is used: min(1, √(s/f) + s/f), f being the word's share of the text.

    This is the formula of the original program (and of gensim); the paper's has √(s/f) alone. ``sample`` 0 keeps all.
    float64 [V].
    """
    if not sample:
        return np.ones(len(counts))
    ratio = sample * counts.sum() / counts
    return np.minimum(1.0, np.sqrt(ratio) + ratio)


def noise_table(counts: np.ndarray, exponent: float = 0.75, bits: int = NOISE_BITS) -> np.ndarray:
    """int32 [2^bits], in which each word has a share proportional to count^exponent: a place at random is a draw."""
    weights = counts.astype(np.float64) ** exponent
    edges = np.round(np.concatenate([[0], np.cumsum(weights)]) / weights.sum() * (1 << bits)).astype(np.int64)
    return np.repeat(np.arange(len(counts), dtype=np.int32), np.diff(edges))
