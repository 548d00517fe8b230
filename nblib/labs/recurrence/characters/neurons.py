"""A neuron for a meaning, found by search: which number of a hidden state says where in the text we are.

After Karpathy, Johnson and Fei-Fei, "Visualizing and understanding recurrent networks", 2015, with what that search
needs to be believed: the neuron is chosen on one half of the text and scored on the other, and both are done again with
labels that were moved against the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from nblib.ui.pages import Page, table

SHIFTS = 100
# A correlation below this is no neuron that a person could see, however sure it is.
WEAKEST = 0.3


@dataclass(frozen=True)
class Found:
    """The best neuron for one meaning.

    ``score``: correlation on the half of the text that the neuron was not chosen on; ``chance``: the highest of 99 in
    100 such scores with moved labels. ``share``: of characters to which the meaning applies.
    """

    meaning: str
    neuron: int
    score: float
    chance: float
    share: float

    @property
    def holds(self) -> bool:
        return abs(self.score) > self.chance and abs(self.score) >= WEAKEST

    @property
    def verdict(self) -> str:
        if not np.isfinite(self.score):
            return "none found: the text has too few such places"
        if self.holds:
            return f"neuron {self.neuron}"
        return "none found" + (": weak" if abs(self.score) > self.chance else ": no better than chance")


# -- meanings ------------------------------------------------------------------------------------------------------


def in_quotation(text: str) -> np.ndarray:
    """1 between a quotation mark and the next one in the same line, both left out. float32 [characters]."""
    return _between(text, r'"[^"\n]+"')


def in_brackets(text: str) -> np.ndarray:
    """1 between brackets in one line, both left out."""
    return _between(text, r"\([^()\n]+\)")


def place_in_word(text: str) -> np.ndarray:
    """1, 2, 3 … at the letters of a word, 0 elsewhere."""
    found = np.zeros(len(text), np.float32)
    for word in re.finditer(r"[^\W_]+", text):
        found[word.start() : word.end()] = np.arange(1, word.end() - word.start() + 1)
    return found


def place_in_turn(text: str) -> np.ndarray:
    """How many characters since the line began, as a logarithm: from 20 to 40 is as far as from 40 to 80."""
    found = np.zeros(len(text), np.float32)
    for line in re.finditer(r"[^\n]+", text):
        found[line.start() : line.end()] = np.log2(np.arange(1, line.end() - line.start() + 1))
    return found


def second_speaker(text: str) -> np.ndarray:
    """1 in the turns of B."""
    return _lines(text, lambda line: line.startswith("B:"))


def begun_as_question(text: str) -> np.ndarray:
    """1 in turns whose first word asks: what, who, how, do, are …"""
    asks = re.compile(r"[AB]: (what|who|how|why|where|when|which|do|does|did|are|is|can|have|would)\b", re.IGNORECASE)
    return _lines(text, lambda line: asks.match(line) is not None)


MEANINGS: dict[str, Callable[[str], np.ndarray]] = {
    "inside a quotation": in_quotation,
    "inside brackets": in_brackets,
    "place in the word": place_in_word,
    "place in the turn": place_in_turn,
    "B is speaking": second_speaker,
    "the turn began as a question": begun_as_question,
}


def _between(text: str, pattern: str) -> np.ndarray:
    found = np.zeros(len(text), np.float32)
    for part in re.finditer(pattern, text):
        found[part.start() + 1 : part.end() - 1] = 1
    return found


def _lines(text: str, test: Callable[[str], bool]) -> np.ndarray:
    found = np.zeros(len(text), np.float32)
    for line in re.finditer(r"[^\n]+", text):
        if test(line[0]):
            found[line.start() : line.end()] = 1
    return found


def telling(text: str, length: int) -> str:
    """About ``length`` characters of a text in which quotations and brackets are not too rare to be judged: half of
    them are lines with one, from all of the text, the rest are its first lines."""
    lines = text.splitlines(keepends=True)
    marked = [line for line in lines if re.search(r'"[^"\n]{3,}"|\([^()\n]{3,}\)', line)]
    return _up_to(marked, length // 2) + _up_to(lines, length - length // 2)


def _up_to(lines: list[str], length: int) -> str:
    found, size = [], 0
    for line in lines:
        if size + len(line) > length:
            break
        found.append(line)
        size += len(line)
    return "".join(found)


# -- search --------------------------------------------------------------------------------------------------------


def search(
    states: np.ndarray, text: str, meanings: dict[str, Callable[[str], np.ndarray]] = MEANINGS, seed: int = 0
) -> list[Found]:
    """The best neuron for each meaning.

    ``states``: float32 [characters, neurons] for the characters of ``text``. Scores are correlations within the same
    character: of states and labels alike the mean over all places with that character is taken away, so a neuron that
    only knows which character is there scores nothing. Moved labels are the same labels, shifted around the text by a
    random distance: they keep their runs, which labels in random order would not.
    """
    numbers = np.frombuffer(text.encode("utf-32-le", "replace"), np.uint32)
    half = len(text) // 2
    parts = [
        _Part(slice(0, half), numbers[:half], states[:half]),
        _Part(slice(half, None), numbers[half:], states[half:]),
    ]
    rng = np.random.default_rng(seed)
    return [_best(name, label(text), parts, rng) for name, label in meanings.items()]


class _Part:
    """One half of a text, with its states ready to be correlated."""

    def __init__(self, place: slice, numbers: np.ndarray, states: np.ndarray):
        self.place, self.order = place, np.argsort(numbers, kind="stable")
        self.starts = np.flatnonzero(np.diff(numbers[self.order].astype(np.int64), prepend=-1))
        self.counts = np.diff(np.append(self.starts, len(numbers)))
        self.flat = _standard(self.within(states)) if len(numbers) else states

    def within(self, values: np.ndarray) -> np.ndarray:
        """The values less the mean over all places with the same character."""
        values = np.asarray(values, np.float32)
        means = np.add.reduceat(values[self.order], self.starts, axis=0) / self.counts[:, None]
        found = np.empty_like(values)
        found[self.order] = values[self.order] - np.repeat(means.astype(np.float32), self.counts, axis=0)
        return found

    def correlations(self, labels: np.ndarray) -> np.ndarray:
        """[characters, labels] → [neurons, labels]."""
        return self.flat.T @ _standard(self.within(labels)) / len(self.flat)


def _best(name: str, label: np.ndarray, parts: list[_Part], rng: np.random.Generator) -> Found:
    share = float((label > 0).mean()) if len(label) else 0.0
    labels = [label[p.place] for p in parts]
    if any(len(here) < 1000 or here.std() == 0 for here in labels):
        return Found(name, -1, np.nan, np.nan, share)
    true = [p.correlations(here[:, None])[:, 0] for p, here in zip(parts, labels, strict=True)]
    neuron = int(np.abs(true[0]).argmax())
    moved = []
    for part, here in zip(parts, labels, strict=True):
        distances = rng.integers(len(here) // 20, len(here) - len(here) // 20, SHIFTS)
        moved.append(part.correlations(np.stack([np.roll(here, d) for d in distances], axis=1)))
    chosen = np.abs(moved[0]).argmax(axis=0)
    chance = np.abs(moved[1][chosen, np.arange(SHIFTS)])
    return Found(name, neuron, float(true[1][neuron]), float(np.quantile(chance, 0.99)), share)


def _standard(values: np.ndarray) -> np.ndarray:
    values = values - values.mean(axis=0)
    return values / np.maximum(values.std(axis=0), 1e-9)


def neuron_table(found: list[Found], untrained: Sequence[Found] = ()) -> Page:
    """What ``search`` found, a row a meaning; beside it what it found in the same network before training."""
    rows = [[f.meaning, f.verdict, shown(f.score, "+"), shown(f.chance, "±"), f"{f.share:.1%}"] for f in found]
    head = ["meaning", "verdict", "score", "by chance", "applies to"]
    if untrained:
        head.append("untrained")
        rows = [[*row, shown(abs(f.score), "+")] for row, f in zip(rows, untrained, strict=True)]
    return table(head, rows, [2, 3, 4, 5])


def shown(value: float, sign: str) -> str:
    """A correlation in two digits: "+0.57", "±0.03", or a dash where there is none."""
    if not np.isfinite(value):
        return "–"
    return f"±{value:.2f}" if sign == "±" else f"{value:+.2f}".replace("-", "−")
