"""The inner loop of word2vec, compiled by numba: examples out of a stretch of text, then one update for each.

Plain numpy would need an array operation for every example, or batches so large that words which occur often are
updated once from thousands of stale gradients. Compiled, each example is one step of stochastic gradient descent, as in
the original. Both functions let go of the interpreter, so that a notebook stays usable meanwhile.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

# Beyond this score the logistic function is 0 or 1 to float32.
_MOST = 16.0
_CELLS = 1 << 14
_SCALE = np.float32(_CELLS / (2 * _MOST))
_HALF = np.float32(_CELLS // 2)
_GRID = (np.arange(_CELLS + 1) - _CELLS / 2) * (2 * _MOST / _CELLS)
SIGMOID = (1 / (1 + np.exp(-_GRID))).astype(np.float32)
# -log σ(x)
SOFTPLUS = np.logaddexp(0, -_GRID).astype(np.float32)


def _compiled(**options):
    """numba's njit, the machine code kept on disk wherever there is a place for it."""

    def wrap(function):
        try:
            return njit(nogil=True, cache=True, **options)(function)
        except RuntimeError:
            # Neither the package's folder nor the person's own can be written: compiled anew by each process.
            return njit(nogil=True, **options)(function)

    return wrap


@_compiled(inline="always")
def _next(state):
    """One step of splitmix64 (Steele, Lea and Flood, 2014): 64 random bits."""
    state[0] += np.uint64(0x9E3779B97F4A7C15)
    z = state[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@_compiled()
def sample(tokens, starts, first, last, keep, negatives, window, negative, cbow, seed):
    """Examples from the sentences ``first`` to ``last`` (exclusive).

    Each word stays with probability ``keep[word]``. For each that stays a reach from 1 to ``window`` is drawn, and the
    words that stayed within it are its context. Skip-gram: an example a context word, which is its one input; CBOW: an
    example a word, its whole context as inputs. ``negatives`` [2^k] is a table of words to draw from, from which the
    target itself is left out (-1 in its place).

    Returns inputs int32 [M] and offsets int64 [E + 1], so that inputs[offsets[e]:offsets[e + 1]] belong to example e,
    and targets int32 [E, 1 + negative], the true word first.
    """
    longest = starts[last] - starts[first]
    most = longest * 2 * window if not cbow else longest
    inputs = np.empty(longest * 2 * window, np.int32)
    offsets = np.empty(most + 1, np.int64)
    targets = np.empty((most, 1 + negative), np.int32)
    kept = np.empty(longest, np.int32)
    state = np.array([seed], np.uint64)
    mask = np.uint64(len(negatives) - 1)
    scale = 1.0 / 9007199254740992.0
    offsets[0] = 0
    m = e = 0
    for s in range(first, last):
        n = 0
        for i in range(starts[s], starts[s + 1]):
            word = tokens[i]
            if keep[word] >= 1.0 or (_next(state) >> np.uint64(11)) * scale < keep[word]:
                kept[n] = word
                n += 1
        for i in range(n):
            reach = 1 + np.int64(_next(state) % np.uint64(window))
            low, high = max(0, i - reach), min(n, i + reach + 1)
            if high - low < 2:
                continue
            for j in range(low, high):
                if j == i:
                    continue
                inputs[m] = kept[j]
                m += 1
                last_of_word = j == high - 1 or (i == high - 1 and j == high - 2)
                if cbow and not last_of_word:
                    continue
                targets[e, 0] = kept[i]
                for k in range(negative):
                    drawn = negatives[_next(state) & mask]
                    targets[e, 1 + k] = -1 if drawn == kept[i] else drawn
                e += 1
                offsets[e] = m
    return inputs[:m], offsets[: e + 1], targets[:e]


@_compiled(inline="always")
def _judge(score, right, sigmoid, softplus):
    """The slope of −loss by a score, and the loss: of the word to be told (``right``), or of a drawn one."""
    cell = np.int64(min(max(score * _SCALE + _HALF, np.float32(0)), np.float32(_CELLS)) + np.float32(0.5))
    if right:
        return np.float32(1) - sigmoid[cell], softplus[cell] if score > -_MOST else -score
    return -sigmoid[cell], softplus[_CELLS - cell] if score < _MOST else score


@_compiled(inline="always")
def _mean(vectors, inputs, begin, end, size, hidden):
    """``hidden`` becomes the mean of the vectors of several inputs."""
    hidden[:] = 0
    for i in range(begin, end):
        row = vectors[inputs[i]]
        for d in range(size):
            hidden[d] += row[d]
    share = np.float32(1.0 / (end - begin))
    for d in range(size):
        hidden[d] *= share


@_compiled(inline="always")
def _spread(vectors, inputs, begin, end, size, back):
    """Each of several inputs gets its share of ``back``."""
    share = np.float32(1.0 / (end - begin))
    for i in range(begin, end):
        row = vectors[inputs[i]]
        for d in range(size):
            row[d] += share * back[d]


@_compiled(inline="always")
def _add(vector, factor, other, size):
    """``vector`` becomes vector + factor · other."""
    for d in range(size):
        vector[d] += factor * other[d]


@_compiled(fastmath={"contract", "reassoc", "arcp", "nsz"})
def update(vectors, outputs, inputs, offsets, targets, learning_rate, sigmoid, softplus):
    """One step of gradient descent for each example, in their order; ``vectors`` and ``outputs`` [V, D] change.

    Returns the sum of the examples' losses, each before its own step; NaN once a score is no number.
    """
    size, negative = vectors.shape[1], targets.shape[1]
    hidden, back = np.empty(size, np.float32), np.empty(size, np.float32)
    steps = np.empty(negative, np.float32)
    total = 0.0
    for e in range(len(targets)):
        begin, end = offsets[e], offsets[e + 1]
        if end - begin == 1:
            row = vectors[inputs[begin]]
            for d in range(size):
                hidden[d] = row[d]
        else:
            _mean(vectors, inputs, begin, end, size, hidden)
        for k in range(negative):
            target = targets[e, k]
            if target < 0:
                steps[k] = 0
                continue
            out = outputs[target]
            score = np.float32(0)
            for d in range(size):
                score += hidden[d] * out[d]
            if not math.isfinite(score):
                return np.nan
            slope, loss = _judge(score, k == 0, sigmoid, softplus)
            steps[k] = learning_rate * slope
            total += loss
        back[:] = 0
        for k in range(negative):
            step = steps[k]
            if step == 0:
                continue
            _add(back, step, outputs[targets[e, k]], size)
        # Only now, for a word that was drawn twice must not change in between.
        for k in range(negative):
            step = steps[k]
            if step == 0:
                continue
            _add(outputs[targets[e, k]], step, hidden, size)
        if end - begin == 1:
            row = vectors[inputs[begin]]
            for d in range(size):
                row[d] += back[d]
        else:
            _spread(vectors, inputs, begin, end, size, back)
    return total
