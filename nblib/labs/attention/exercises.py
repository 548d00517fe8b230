"""The exercises of lab 05: attention."""

from __future__ import annotations

import math

from nblib.ui.exercises.kinds import Mistake, choice, function, number

# -- 05-spread -----------------------------------------------------------------------------------------------------

WIDTH = 289


def _spread_mistakes() -> list[Mistake]:
    return [
        Mistake(WIDTH, "That is the variance; the standard deviation is its root."),
        Mistake(1.0, "That is what is left after the scores were divided by √d."),
        Mistake(1 / math.sqrt(WIDTH), "That is the factor of the formula; asked is what it is there to undo."),
        Mistake(0.0, "That is the mean: as many products are above zero as below."),
        Mistake(2 * WIDTH, "A product of two independent numbers of variance 1 has the variance 1, not 2."),
    ]


# -- 05-attend -----------------------------------------------------------------------------------------------------


def _scores(query, keys):
    return [sum(q * k for q, k in zip(query, key, strict=True)) for key in keys]


def _mixed(scores, values):
    powers = [math.exp(s) for s in scores]
    return sum(p * v for p, v in zip(powers, values, strict=True)) / sum(powers)


def attend(query, keys, values):
    return _mixed([s / math.sqrt(len(query)) for s in _scores(query, keys)], values)


def _unscaled(query, keys, values):
    return _mixed(_scores(query, keys), values)


def _scaled_by_d(query, keys, values):
    return _mixed([s / len(query) for s in _scores(query, keys)], values)


def _scaled_by_keys(query, keys, values):
    return _mixed([s / math.sqrt(len(keys)) for s in _scores(query, keys)], values)


def _without_exp(query, keys, values):
    scores = _scores(query, keys)
    return sum(s * v for s, v in zip(scores, values, strict=True)) / sum(scores)


def _not_divided(query, keys, values):
    scores = [s / math.sqrt(len(query)) for s in _scores(query, keys)]
    return sum(math.exp(s) * v for s, v in zip(scores, values, strict=True))


def _best_alone(query, keys, values):
    scores = _scores(query, keys)
    return values[scores.index(max(scores))]


# -- 05-weights ----------------------------------------------------------------------------------------------------

HIDDEN, HEADS = 512, 8


def _weights_mistakes() -> list[Mistake]:
    square = HIDDEN * HIDDEN
    return [
        Mistake(3 * (square + HIDDEN), "Query, key and value are there; what joins the heads again is missing."),
        Mistake(4 * square, "Nearly: each of the linear layers has a bias as well."),
        Mistake(4 * (square + HIDDEN) * HEADS, "The heads share the width; they do not each have all of it."),
        Mistake(4 * (square // HEADS + HIDDEN), "Count all heads together: each takes a share of the columns."),
        Mistake(square + HIDDEN, "That is one linear layer; how many are there?"),
    ]


# -- 05-mask -------------------------------------------------------------------------------------------------------

TOKENS, PADDING = 10, 3


def _allowed(causal: bool = True, padding: bool = True, rows: int = TOKENS, itself: bool = True) -> int:
    real = TOKENS - PADDING * padding
    return sum(min(real, (t + itself) if causal else TOKENS) for t in range(rows))


def _mask_mistakes() -> list[Mistake]:
    return [
        Mistake(_allowed(padding=False), "The padding may still be looked at there."),
        Mistake(_allowed(causal=False), "Words may still look ahead there."),
        Mistake(_allowed(rows=TOKENS - PADDING), "The rows of the padding ask too: a mask hides keys, not queries."),
        Mistake(_allowed(itself=False), "Every word may look at itself; the diagonal is allowed."),
        Mistake(TOKENS**2, "That is every cell; there are two masks."),
        Mistake(TOKENS**2 - _allowed(), "Those are the cells that are hidden."),
    ]


EXERCISES = (
    number(
        "05-spread",
        lambda: math.sqrt(WIDTH),
        _spread_mistakes,
        praise="Scores that far apart leave softmax with one winner and no gradient; so they are divided by just that.",
        because="Each of the d products has the variance 1, and variances of independent numbers add up to d.",
        otherwise="What is the variance of one product? And of a sum of d independent ones?",
    ),
    function(
        "05-attend",
        attend,
        [
            (
                [1.0, 0.0, -1.0, 2.0],
                [[1.0, 1.0, 0.0, 0.5], [0.0, -1.0, 2.0, 0.0], [0.5, 0.5, 0.5, 1.0]],
                [1.0, 5.0, -2.0],
            ),
            ([0.5, -0.5], [[2.0, 1.0], [1.0, 3.0]], [0.0, 1.0]),
            ([3.0], [[0.2]], [7.0]),
        ],
        [
            (_unscaled, "The scores go into softmax undivided; √d is missing."),
            (_scaled_by_d, "The scores are divided by d; the formula has its root."),
            (_scaled_by_keys, "d is the length of a query, not the number of keys."),
            (_without_exp, "The scores are divided by their sum; softmax takes e to the power of each first."),
            (_not_divided, "The powers of e are not divided by their sum, so the weights do not sum to one."),
            (_best_alone, "Only the best key counts there; softmax gives each a share."),
        ],
        signature="attend(query, keys, values)",
        praise="One row of attention. All rows at once are a matrix product.",
        because="A score is the dot product of the query with a key, over √d; softmax makes shares of the scores, and "
        "the answer is the sum of the values by their shares.",
    ),
    number(
        "05-weights",
        lambda: 4 * (HIDDEN * HIDDEN + HIDDEN),
        _weights_mistakes,
        whole=True,
        praise="And it would be as many with one head or with sixty-four.",
        because="Query, key, value and output are each a linear layer from D to D: D² + D, four times. Heads only "
        "divide the columns among them.",
        otherwise="Four linear layers are in it. How large is one, with its bias?",
    ),
    number(
        "05-mask",
        _allowed,
        _mask_mistakes,
        whole=True,
        praise="Row by row the triangle grows until it meets the padding.",
        because="Row t may look at t keys, until the padding begins: 1 + 2 + … + 7, and 7 for each of the three rows "
        "of padding.",
        otherwise="Go row by row: how many keys may the first word look at, the second, the last one?",
    ),
    choice(
        "05-order",
        ["a", "b", "c"],
        "de3a222f71ce226d0d74",
        {
            "a": "The words' own vectors do move, with their words; are the rows of the output where they were?",
            "c": "Without positions a score depends on two words alone, wherever they stand.",
        },
        praise="Attention sees a set. Only positions, added to X, make a sentence of it.",
        because="With a permutation P in place of X comes P X: the scores become P (Q Kᵀ) Pᵀ, the output P times "
        "the old.",
    ),
)
