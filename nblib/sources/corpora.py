"""Running text as words: sentences of the offline pack or of a file, for models that count and predict words.

    corpus = sources.corpus("dialogues")       # 258,000 messages, 2.48 million words
    corpus.words[corpus.tokens[:5]]            # the first five words

Words are runs of letters and digits in lower case, with the apostrophes inside them ("don't"); punctuation, emoji and
spaces divide. Chinese, which is written without spaces, is cut by rjieba, the Python face of jieba-rs: a dictionary of
word frequencies, the most probable path through it, and a hidden Markov model for words that the dictionary lacks. Its
dictionary comes inside the package, so nothing is fetched.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest
from pathlib import Path

import numpy as np

from nblib.engine.errors import InputError
from nblib.sources import pack

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUNS = re.compile(rf"([{HAN}]+)|((?:[^\W_{HAN}]|[\u0300-\u036f])+(?:'(?:[^\W_{HAN}])+)*)")
# The same for plain English, at a third of the time.
_ASCII = re.compile(r"[a-z0-9]+(?:'[a-z0-9]+)*")
_APOSTROPHES = str.maketrans({"\u2019": "'", "\u02bc": "'", "\uff07": "'"})
# The file in the item's folder, and how its sentences are found.
_RATED = ("reviews", "tweets", "products", "editorials")
LONGEST = 10_000
NAMES = ("dialogues", "reviews-zh", *_RATED)


def split_words(text: str) -> list[str]:
    """The words of a text in any mix of scripts, in lower case."""
    text = text.lower()
    if text.isascii():
        return _ASCII.findall(text)
    tokens: list[str] = []
    for run in _RUNS.finditer(text.translate(_APOSTROPHES)):
        if run[1]:
            import rjieba

            tokens.extend(rjieba.cut(run[1]))
        else:
            tokens.append(run[2])
    return tokens


@dataclass(frozen=True, eq=False)
class Corpus:
    """Sentences as numbers.

    Attributes:
        name: as it was asked for.
        words: [V] the distinct words (an array of str objects), the most frequent first, ties in alphabetical order.
        counts: [V] int64, how often each occurs; descending.
        tokens: [N] int32, every word of the text as its place in ``words``, sentence after sentence.
        starts: [S + 1] int64, where each sentence begins in ``tokens``; the last is N.
    """

    name: str
    words: np.ndarray
    counts: np.ndarray
    tokens: np.ndarray
    starts: np.ndarray

    def __len__(self) -> int:
        """How many sentences there are."""
        return len(self.starts) - 1

    def sentences(self) -> Iterator[list[str]]:
        """The sentences as lists of words."""
        for begin, end in zip(self.starts[:-1], self.starts[1:], strict=True):
            yield self.words[self.tokens[begin:end]].tolist()

    def head(self, sentences: int) -> Corpus:
        """The first so many sentences, with a vocabulary of their own."""
        if sentences >= len(self):
            return self
        return _numbered(self.name, self.tokens[: self.starts[sentences]], self.starts[: sentences + 1], self.words)

    def part(self, held_out: bool, every: int = 10) -> Corpus:
        """Every tenth sentence (``held_out``), or all the others; each with a vocabulary of its own."""
        chosen = (np.arange(len(self)) % every == every - 1) == held_out
        lengths = np.diff(self.starts)
        tokens = self.tokens[np.repeat(chosen, lengths)]
        return _numbered(self.name, tokens, np.concatenate([[0], np.cumsum(lengths[chosen])]), self.words)

    def frequent(self, min_count: int) -> Corpus:
        """Without the words that occur fewer than ``min_count`` times; their places in the sentences close up."""
        keep = int(np.searchsorted(-self.counts, -min_count, side="right"))
        chosen = self.tokens < keep
        before = np.concatenate([[0], np.cumsum(chosen)])
        return Corpus(self.name, self.words[:keep], self.counts[:keep], self.tokens[chosen], before[self.starts])


def from_sentences(name: str, sentences: Iterable[list[str]]) -> Corpus:
    """A corpus of these lists of words. Raises InputError where there is no word in them."""
    place: dict[str, int] = {}
    tokens: list[int] = []
    starts = [0]
    for sentence in sentences:
        tokens.extend(place.setdefault(word, len(place)) for word in sentence)
        starts.append(len(tokens))
    if not tokens:
        raise InputError(f"{name}: holds no words; give a text with letters in it")
    words = np.array(list(place), dtype=object)
    return _numbered(name, np.array(tokens, np.int32), np.array(starts, np.int64), words)


def _numbered(name: str, tokens: np.ndarray, starts: np.ndarray, words: np.ndarray) -> Corpus:
    """Number the words anew, by how often they occur."""
    counts = np.bincount(tokens, minlength=len(words))
    there = np.flatnonzero(counts)
    order = there[np.lexsort((words[there].astype(str), -counts[there]))]
    place = np.empty(len(words), np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    return Corpus(name, words[order], counts[order].astype(np.int64), place[tokens], np.asarray(starts, np.int64))


@lru_cache(maxsize=4)
def _loaded(name: str) -> Corpus:
    return from_sentences(name, (words for text in texts(name) if (words := split_words(text))))


def corpus(name: str) -> Corpus:
    """The sentences of an item of the offline pack (fetched first when missing), or of a text file, a line each.

    ``dialogues``: a message is a sentence. Kept in memory after the first call.

    Raises:
        InputError: a name that is neither, a file that is no UTF-8 text or holds no words, or as `sources.pull`.
    """
    path = Path(name).expanduser()
    if name in NAMES:
        return _loaded(name)
    if not path.is_file():
        raise InputError(
            f"no corpus {name!r}; there are {', '.join(NAMES)}, and a path to a text file works too, a sentence a line"
        )
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{name}: cannot be read as UTF-8 text ({type(error).__name__}); save it as UTF-8") from None
    return from_sentences(name, (part for line in lines for part in _cut(split_words(line))))


def _cut(words: list[str]) -> Iterator[list[str]]:
    """A text without line ends is no sentence: pieces of ten thousand words."""
    for begin in range(0, len(words), LONGEST):
        yield words[begin : begin + LONGEST]


def texts(name: str) -> Iterator[str]:
    """The sentences of an item of the pack as they stand in its files, one of ``NAMES``. Raises as `sources.pull`."""
    folder = pack.ensure(name)
    if name == "dialogues":
        conversations = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
        for conversation in conversations.values():
            for turn in conversation["messages"]:
                yield from (message["text"] for message in turn)
    elif name == "reviews-zh":
        # By turns, so that the first so many sentences are as good and as bad as all of them.
        parts = [(folder / part).read_text(encoding="utf-8").split("\n") for part in ("pos.txt", "neg.txt")]
        for pair in zip_longest(*parts, fillvalue=""):
            yield from pair
    else:
        import html

        for line in (folder / "rated.txt").read_bytes().decode("utf-8").split("\n"):
            if line.strip():
                text = line.rstrip("\r").split("\t", 2)[2]
                yield html.unescape(text) if name == "tweets" else text
