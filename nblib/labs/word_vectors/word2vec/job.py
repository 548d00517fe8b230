"""Training of word2vec as a job of a Session."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from nblib.engine.errors import InputError
from nblib.labs.word_vectors.word2vec.config import Word2VecConfig

# What is left of the learning rate at the end.
LAST = 1 / 250
# The examples of a step are made this many numbers at a time at most, 16 MB, however long the step is.
MOST_NUMBERS = 4_000_000


def word2vec(config: Word2VecConfig) -> Callable[[Any], Any]:
    """A job that learns word vectors: ``Session(word2vec(config))``. Its result is a `nblib.models.word2vec.Word2Vec`.

    Sentences are read in their order, ``batch_words`` words a step; what a step draws depends on the seed and its
    number alone. A step logs ``loss``, the mean over its examples before each was learnt from, and ``learning_rate``.

    Raises InputError for a corpus that cannot be read or in which no word occurs often enough, and Diverged at the step
    in which a vector overflows.
    """
    return _Job(config)


def rate_at(peak: float, done: int, total: int) -> float:
    """The learning rate of the step after ``done`` of ``total``: a straight line from the peak to 1/250 of it."""
    return peak * (1 - (1 - LAST) * done / max(1, total))


class _Job:
    def __init__(self, config: Word2VecConfig):
        self.config = config

    def __call__(self, run: Any) -> Any:
        from nblib.engine.errors import Diverged
        from nblib.models.word2vec import Examples, Word2Vec, keep_probabilities, noise_table, sample_examples

        config = self.config
        with run.phase("reading the text"):
            tokens, starts, words, counts = _text(config)
        run.check()
        with run.phase("compiling"):
            # The first call compiles, for a few seconds; later ones, and later kernels, find it on the disk.
            few = np.zeros(2, np.int32)
            Word2Vec(words[:1], counts[:1], config.vector_size).update(
                Examples(few[:1], np.arange(2), few[None, :1]), 0.1
            )
            sample_examples(few, np.array([0, 2]), np.ones(1), few, window=1, negative=1, cbow=False)
        model = Word2Vec(words, counts, config.vector_size, config.seed)
        noise = noise_table(counts, config.ns_exponent)
        steps = _stretches(starts, config.batch_words)
        total = config.epochs * len(steps)
        live = {name: getattr(config, name) for name in ("learning_rate", "window", "negative", "sample")}
        keep_of = live["sample"]
        keep = keep_probabilities(counts, keep_of)

        def change(name: str, value: Any) -> Any:
            old, live[name] = live[name], value
            return old

        run.on_set(change)
        run.model = model
        run.begin(total=total)
        for number in range(total):
            begin, end = steps[number % len(steps)]
            if keep_of != live["sample"]:
                keep_of, keep = live["sample"], keep_probabilities(counts, live["sample"])
            rate = rate_at(live["learning_rate"], number, total)
            most = MOST_NUMBERS // (2 * live["window"] * (1 + live["negative"]))
            losses, made = [], []
            for part, (a, b) in enumerate(_stretches(starts[begin : end + 1], most)):
                examples = sample_examples(
                    tokens, starts[begin + a : begin + b + 1], keep, noise, window=live["window"],
                    negative=live["negative"], cbow=config.architecture == "cbow",
                    seed=_seed(config.seed, number, part),
                )  # fmt: skip
                losses.append(model.update(examples, rate))
                made.append(len(examples.targets))
            loss = float(np.dot(losses, made)) / max(1, sum(made))
            if not np.isfinite(loss):
                raise Diverged(
                    f"the vectors overflowed in step {number + 1} at learning rate {rate:.3g}; press Reset or lower "
                    "the learning rate, and start again"
                )
            if not run.step(loss=loss, learning_rate=rate, items=int(starts[end] - starts[begin])):
                break
        return model


def _text(config: Word2VecConfig) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    from nblib.sources import corpus

    text = corpus(config.corpus)
    if config.max_sentences is not None:
        text = text.head(config.max_sentences)
    often = text.frequent(config.min_count)
    if len(often.words) < 2:
        raise InputError(
            f"min_count: fewer than two words of {config.corpus!r} occur {config.min_count} times; lower min_count or "
            "read more text"
        )
    return often.tokens, often.starts, often.words, often.counts


def _stretches(starts: np.ndarray, batch_words: int) -> list[tuple[int, int]]:
    """Sentences of each step, first and last (exclusive): whole ones, ``batch_words`` words or a sentence more."""
    edges = [0]
    while edges[-1] < len(starts) - 1:
        edges.append(int(np.searchsorted(starts, starts[edges[-1]] + batch_words)))
        edges[-1] = min(max(edges[-1], edges[-2] + 1), len(starts) - 1)
    return list(zip(edges[:-1], edges[1:], strict=True))


def _seed(*numbers: int) -> int:
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0])
