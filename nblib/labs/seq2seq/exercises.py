"""The exercises of lab 04: sequence to sequence."""

from __future__ import annotations

import math

from nblib.ui.exercises.kinds import Mistake, choice, function, number

# -- 04-additive ---------------------------------------------------------------------------------------------------

HIDDEN = 128


def _additive_mistakes() -> list[Mistake]:
    return [
        Mistake(HIDDEN**2, "That is multiplicative attention: one matrix. The additive kind has two, and a vector."),
        Mistake(2 * HIDDEN**2 + HIDDEN, "Nearly: v and the bias of U are both vectors; one is missing."),
        Mistake(2 * HIDDEN**2, "Nearly: the vector v and the bias are missing."),
        Mistake(2 * HIDDEN**2 + 3 * HIDDEN, "Nearly: v turns a vector into one score, and only U has a bias."),
        Mistake(3 * HIDDEN**2 + HIDDEN, "v is a vector, not a matrix: each score is a single number."),
    ]


# -- 04-weight -----------------------------------------------------------------------------------------------------


def weight(scores, length, place):
    powers = [math.exp(score) for score in scores[:length]]
    return powers[place] / sum(powers)


def _padding_too(scores, length, place):
    return weight(scores, len(scores), place)


def _padding_at_zero(scores, length, place):
    return weight([s if k < length else 0.0 for k, s in enumerate(scores)], len(scores), place)


def _without_exp(scores, length, place):
    return scores[place] / sum(scores[:length])


def _power_alone(scores, length, place):
    return math.exp(scores[place])


# -- 04-beam -------------------------------------------------------------------------------------------------------

# What may come first, and what after each of them: "a" ends best by greed, "b" by the whole path.
FIRST = {"a": 0.5, "b": 0.4, "c": 0.1}
THEN = {"a": (0.4, 0.3, 0.3), "b": (0.9, 0.05, 0.05), "c": (1.0, 0.0, 0.0)}


def best_of(num_beams: int) -> float:
    kept = sorted(FIRST, key=lambda symbol: -FIRST[symbol])[:num_beams]
    return max(FIRST[symbol] * p for symbol in kept for p in THEN[symbol])


# -- 04-penalty ----------------------------------------------------------------------------------------------------


def score(log_probabilities, length_penalty):
    return sum(log_probabilities) / len(log_probabilities) ** length_penalty


def _sum_alone(log_probabilities, length_penalty):
    return sum(log_probabilities)


def _mean(log_probabilities, length_penalty):
    return sum(log_probabilities) / len(log_probabilities)


def _times(log_probabilities, length_penalty):
    return sum(log_probabilities) * len(log_probabilities) ** length_penalty


def _penalty_times_length(log_probabilities, length_penalty):
    return sum(log_probabilities) / (len(log_probabilities) * length_penalty)


EXERCISES = (
    number(
        "04-additive",
        lambda: 2 * HIDDEN**2 + 2 * HIDDEN,
        _additive_mistakes,
        whole=True,
        praise="Twice the weights of the multiplicative kind, and a tanh for every pair of an output and an input.",
        because="W and U are H × H each, U has a bias of H, and v has H numbers: 2 · H² + 2 · H.",
        otherwise="Count W, U, the bias of U and v, one after the other.",
    ),
    function(
        "04-weight",
        weight,
        [([2.0, 1.0, 0.5, 3.0], 2, 0), ([0.5, -1.0, 2.0], 3, 2), ([1.0, 4.0, -2.0, 0.3, 0.7], 3, 1)],
        [
            (_padding_too, "The padding takes its share: only the first `length` scores belong to the sentence."),
            (_padding_at_zero, "A score of 0 is no mask: e⁰ is 1. Padding must get the weight 0, the score −∞."),
            (_without_exp, "The exponential is missing: scores may be negative, weights may not."),
            (_power_alone, "That is the exponential of one score; it is still to be divided by the sum of all."),
        ],
        signature="weight(scores, length, place)",
        praise="That is a softmax with a mask; the context is the mean of the states under these weights.",
        because="e to the score, divided by the sum of that over the first `length` places.",
    ),
    number(
        "04-beam",
        lambda: best_of(2),
        lambda: [
            Mistake(best_of(1), "That is what greedy search finds: it takes a and never looks at b again."),
            Mistake(0.9, "That is the second step alone; the path is a product of both."),
            Mistake(0.4, "That is the first step alone; the path is a product of both."),
            Mistake(0.56, "That adds two paths; asked is the probability of one."),
            Mistake(1.3, "Probabilities along a path are multiplied."),
        ],
        praise="Almost twice what greedy search finds, for twice the work.",
        because="A beam of 2 keeps a and b. The best path through a has 0.5 · 0.4, through b 0.4 · 0.9.",
        otherwise="Keep the two likeliest first symbols. What is the likeliest path through either?",
    ),
    function(
        "04-penalty",
        score,
        [([-0.5, -1.0], 1.0), ([-0.1, -0.2, -0.3, -0.4], 0.5), ([-2.0], 2.0), ([-0.7, -0.2, -0.9], 0.3)],
        [
            (_sum_alone, "The length has no part in it: short answers always win like this."),
            (_mean, "That is right for a penalty of 1 only; length_penalty is a power of the length."),
            (_times, "It is a division: with a product long answers are punished even more."),
            (_penalty_times_length, "length_penalty is a power of the length, not a factor."),
        ],
        signature="score(log_probabilities, length_penalty)",
        praise="At 0 the sum decides, which favours short answers; at 1 it is the mean of a symbol.",
        because="The sum of the logarithms, divided by the number of symbols to the power of length_penalty.",
    ),
    choice(
        "04-forcing",
        ["a", "b", "c", "d"],
        "45bcb6b1e0e97f9863da",
        {
            "a": "That is what translating has, and training with a ratio of 0.",
            "b": "The vector is there at every step, or at the start; asked is what stands in for the last symbol.",
            "d": "It would copy: the symbol that it has to say must not be among what it is given.",
        },
        praise="So all places of a sequence can be computed at once; when it translates, its own symbol is all it has.",
        because="The target moved by one place, with the begin in front: the right symbol before the one to be said.",
    ),
)
