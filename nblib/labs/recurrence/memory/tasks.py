"""Two tasks that only memory can do; every batch is a pure function of its generator."""

from __future__ import annotations

import numpy as np

SYMBOLS = 8
REMEMBER = 4
BLANK, GO = SYMBOLS, SYMBOLS + 1
# What always saying 1 scores: the variance of the sum of two uniform numbers.
ADDING_BY_CHANCE = 1 / 6


def adding(rng: np.random.Generator, batch_size: int, length: int) -> tuple[np.ndarray, np.ndarray]:
    """The adding problem (Hochreiter and Schmidhuber, 1997): a row of numbers, two of them marked, wanted is their sum.

    The marks stand in the first and in the second half, so that a mark may lie ``length − 1`` steps before the answer.
    Returns x float32 (B, T, 2), numbers within 0 … 1 and marks, and y float32 (B).
    """
    numbers = rng.random((batch_size, length), np.float32)
    marks = np.zeros((batch_size, length), np.float32)
    half, rows = length // 2, np.arange(batch_size)
    marks[rows, rng.integers(0, half, batch_size)] = 1
    marks[rows, rng.integers(half, length, batch_size)] = 1
    return np.stack([numbers, marks], axis=2), (numbers * marks).sum(axis=1)


def copy(rng: np.random.Generator, batch_size: int, distance: int) -> tuple[np.ndarray, np.ndarray]:
    """The copy task: four symbols of eight, ``distance`` blanks, a sign to go, and then the four in order.

    In the form of Arjovsky, Shah and Bengio, "Unitary evolution recurrent neural networks", 2016; theirs has ten
    symbols. Returns x int64 (B, 4 + distance + 4) and y int64 of the same shape, −1 where nothing is asked.
    """
    symbols = rng.integers(0, SYMBOLS, (batch_size, REMEMBER))
    x = np.full((batch_size, distance + 2 * REMEMBER), BLANK, np.int64)
    y = np.full(x.shape, -1, np.int64)
    x[:, :REMEMBER], x[:, REMEMBER + distance], y[:, -REMEMBER:] = symbols, GO, symbols
    return x, y
