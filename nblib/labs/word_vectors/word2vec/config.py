"""The settings of a word2vec run, under the names that gensim uses."""

from __future__ import annotations

from typing import ClassVar, Literal

from nblib.engine.config import RunConfig, setting


class Word2VecConfig(RunConfig):
    """Learn word vectors from running text. What is live may be changed between two steps."""

    kind: ClassVar[str] = "word2vec"
    job: ClassVar[str] = "nblib.labs.word_vectors.word2vec.job:word2vec"

    corpus: str = setting(
        "dialogues", "Text of the offline pack, or path of a UTF-8 text file with a sentence a line", group="Text"
    )
    max_sentences: int | None = setting(
        None, "Read this many sentences only", group="Text", scale="log", ge=1, slider=(1024, 262144), more=True
    )
    min_count: int = setting(
        5,
        "Leave out words that occur fewer times than this",
        group="Text",
        ge=1,
        le=1_000_000,
        slider=(1, 50),
        step=1,
        more=True,
    )
    architecture: Literal["skip-gram", "cbow"] = setting(
        "skip-gram",
        "skip-gram tells the neighbours from each word, cbow tells the word from all its neighbours",
        group="Model",
    )
    vector_size: int = setting(
        100, "Numbers in each vector", group="Model", scale="log", ge=1, le=1024, slider=(2, 512)
    )
    window: int = setting(
        5,
        "Farthest neighbour that counts, in words; each word draws a reach up to it",
        group="Examples",
        ge=1,
        le=50,
        slider=(1, 15),
        step=1,
        live=True,
    )
    negative: int = setting(
        5, "Drawn words to tell each neighbour from", group="Examples", ge=1, le=50, slider=(1, 20), step=1, live=True
    )
    sample: float = setting(
        1e-3,
        "Subsampling: words more frequent than this share of the text are passed over at times; 0 keeps all",
        group="Examples",
        scale="log",
        ge=0,
        le=1,
        slider=(1e-6, 1e-1),
        live=True,
    )
    ns_exponent: float = setting(
        0.75,
        "Words are drawn in proportion to their count to this power: 1 as in the text, 0 all alike",
        group="Examples",
        ge=-2,
        le=2,
        slider=(0, 1),
        step=0.05,
        more=True,
    )
    epochs: int = setting(5, "Passes over the text", group="Optimiser", ge=1, le=1000, slider=(1, 20), step=1)
    learning_rate: float = setting(
        0.025,
        "Learning rate of the first step; it falls in a straight line to 1/250 of that",
        group="Optimiser",
        scale="log",
        gt=0,
        le=100,
        slider=(1e-3, 1),
        live=True,
    )
    batch_words: int = setting(
        10_000,
        "Words of text in a step; the update is made example by example all the same",
        group="Running",
        scale="log",
        ge=100,
        le=10_000_000,
        slider=(1000, 100_000),
        more=True,
    )
    seed: int = setting(
        1,
        "Seed of the first vectors and of everything that is drawn",
        group="Running",
        ge=0,
        le=2**31 - 1,
        slider=(0, 20),
        step=1,
        more=True,
    )
