"""A text as numbers, a character each."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from nblib.engine.errors import InputError

UNKNOWN = "\ufffd"
# A character seen less often than once in so many is no symbol of its own.
RARE = 100_000
HELD_OUT = 0.05


class Text:
    """A text to learn from, its last part held out.

    ``symbols``: the characters that are told apart, in order of their number, the first of them ``UNKNOWN``; all others
    count as that one. ``train`` and ``held_out``: uint8 or int32 arrays of these numbers.
    """

    def __init__(self, train: str, held_out: str):
        points, counts = np.unique(_points(train), return_counts=True)
        kept = points[counts * RARE >= len(train)]
        self.symbols = [UNKNOWN, *(chr(p) for p in kept if chr(p) != UNKNOWN)]
        self._table = np.zeros(0x110000, np.uint8 if len(self.symbols) <= 256 else np.int32)
        for number, symbol in enumerate(self.symbols):
            self._table[ord(symbol)] = number
        self.train, self.held_out = self.encode(train), self.encode(held_out)

    def encode(self, text: str) -> np.ndarray:
        """The numbers of a text, [characters]; what is no symbol becomes 0. Any text will do."""
        return self._table[_points(text)]

    def decode(self, numbers) -> str:
        return "".join(self.symbols[int(n)] for n in numbers)

    def windows(self, rng: np.random.Generator, count: int, length: int, *, held_out: bool = False):
        """``count`` pieces from random places: x and y int64 [count, length], y the characters that come next.

        Raises InputError where the text is shorter than that.
        """
        text = self.held_out if held_out else self.train
        if len(text) <= length:
            raise InputError(f"length: {length} characters are asked for and the text has {len(text)}; make it smaller")
        starts = rng.integers(0, len(text) - length, count)
        pieces = text[starts[:, None] + np.arange(length + 1)].astype(np.int64)
        return pieces[:, :-1], pieces[:, 1:]


def _points(text: str) -> np.ndarray:
    # Half a surrogate pair, which a browser may send, is no character; it is replaced.
    return np.frombuffer(text.encode("utf-32-le", "replace"), np.uint32)


@lru_cache(maxsize=2)
def dialogue_text(max_characters: int | None = None) -> Text:
    """The `dialogues` of the offline pack as one text: a line each turn, "A: …" or "B: …", an empty line between two
    conversations. Split by conversation, as ``sources.load`` splits it."""
    from nblib import sources

    data = sources.load("dialogues")
    train, held_out = ("".join(_conversation(m) for m in data[s]["messages"]) for s in ("train", "validation"))
    return Text(train[:max_characters], held_out)


def file_text(path: str | Path, max_characters: int | None = None) -> Text:
    """A text file of one's own, UTF-8; its last twentieth is held out. Raises InputError."""
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")[:max_characters]
    except FileNotFoundError:
        raise InputError(f"dataset: {path} is no such file; give dialogues or the path of a UTF-8 text file") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = type(error).__name__
        raise InputError(f"dataset: {path} cannot be read as text ({reason}); give a UTF-8 text file") from None
    if len(text) < 1000:
        raise InputError(f"dataset: {path} holds {len(text)} characters; at least 1000 are needed to learn from")
    cut = int(len(text) * (1 - HELD_OUT))
    return Text(text[:cut], text[cut:])


def _conversation(messages: list[dict]) -> str:
    who = {"user": "A", "assistant": "B"}
    return "".join(f"{who[m['role']]}: {' '.join(m['content'].split())}\n" for m in messages) + "\n"
