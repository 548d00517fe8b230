"""The exercises of lab 01: perceptron to digits."""

from __future__ import annotations

from typing import Any

import numpy as np

from nblib.ui.exercises.kinds import RIGHT, UNREADABLE, WRONG, Exercise, Mistake, choice, function, number

# -- 01-nand -------------------------------------------------------------------------------------------------------

_ROWS = ((0, 0), (0, 1), (1, 0), (1, 1))
_TABLES: dict[tuple[int, ...], str] = {
    (0, 0, 0, 1): "AND", (0, 1, 1, 1): "OR", (1, 0, 0, 0): "NOR", (0, 0, 0, 0): "always 0", (1, 1, 1, 1): "always 1",
}  # fmt: skip


def _nand(given: Any) -> tuple[str, str]:
    try:
        w1, w2, theta = (float(v) for v in given)
    except (TypeError, ValueError):
        return UNREADABLE, "Give three numbers in brackets: answer = (w1, w2, theta)."
    if not np.isfinite([w1, w2, theta]).all():
        return UNREADABLE, "A weight must be a finite number."
    answers = tuple(int(w1 * x1 + w2 * x2 > theta) for x1, x2 in _ROWS)
    wanted = tuple(1 - x1 * x2 for x1, x2 in _ROWS)
    if answers == wanted:
        return RIGHT, "Every gate of a computer can be built of this one; so can a computer of perceptrons."
    if tuple(int(w1 * x1 + w2 * x2 + theta > 0) for x1, x2 in _ROWS) == wanted:
        return WRONG, "With your third number as a bias b it would work; asked is the threshold θ = −b."
    if answers in _TABLES:
        hint = {
            "AND": "NAND is its opposite, so look at the signs.",
            "OR": "Both weights speak for class 1 here; in NAND the inputs speak against it.",
            "NOR": "The right signs; the threshold is too high, so one input alone already forbids.",
        }
        return (
            WRONG,
            f"This neuron computes {_TABLES[answers]}. {hint.get(_TABLES[answers], 'The threshold decides alone.')}",
        )
    right = sum(a == b for a, b in zip(answers, wanted, strict=True))
    row = next(i for i in range(4) if answers[i] != wanted[i])
    return WRONG, f"{right} of 4 rows are right; x = {_ROWS[row]} gives {answers[row]} and should give {wanted[row]}."


# -- 01-parameters -------------------------------------------------------------------------------------------------

_SIZES = (784, 100, 10)


def _parameters(sizes: tuple[int, ...], biases: bool = True) -> int:
    return sum(i * o + (o if biases else 0) for i, o in zip(sizes[:-1], sizes[1:], strict=True))


# -- 01-delta ------------------------------------------------------------------------------------------------------


def hidden_delta(answer, weights, deltas):
    return (1 - answer**2) * np.dot(weights, deltas)


def _without_slope(answer, weights, deltas):
    return np.dot(weights, deltas)


def _slope_of_sigmoid(answer, weights, deltas):
    return answer * (1 - answer) * np.dot(weights, deltas)


def _slope_of_the_sum(answer, weights, deltas):
    return (1 - np.tanh(answer) ** 2) * np.dot(weights, deltas)


def _sums_apart(answer, weights, deltas):
    return (1 - answer**2) * np.sum(weights) * np.sum(deltas)


_CASES = (
    (0.5, np.array([1.0, -2.0]), np.array([0.3, 0.1])),
    (-0.8, np.array([0.5]), np.array([-1.0])),
    (0.1, np.array([0.2, 0.4, -0.7]), np.array([0.6, -0.3, 0.2])),
)

EXERCISES = (
    Exercise(
        "01-nand", "three numbers, (w1, w2, theta)", _nand, lambda: "(-2, -2, -3)",
        "Only both inputs together may pull the sum down to the threshold: −2 is above −3, −4 is not.",
    ),
    number(
        "01-update",
        lambda: -1.2,
        lambda: [
            Mistake(0.8, "The right size in the wrong direction: what is the sign of t − y here?"),
            Mistake(-0.7, "The step is also multiplied by the input x2."),
            Mistake(-2.2, "The learning rate is missing."),
            Mistake(-0.2, "Is the answer right already? Compute the sum with its bias first."),
            Mistake(-0.1, "That is the first weight; asked is the second."),
        ],
        praise="y = 1 where 0 was wanted: both weights and the bias go down.",
        because="The sum is 0.4·1 − 0.2·2 + 0.1 = 0.1 > 0, so y = 1, t − y = −1, and w2 ← −0.2 + 0.5·(−1)·2.",
        otherwise="First the sum and y, then t − y, then w2 + η·(t − y)·x2.",
    ),
    number(
        "01-xor",
        lambda: 0.75,
        lambda: [
            Mistake(0.5, "A line that is at chance; there are better ones. Press Best of all lines."),
            Mistake(1, "No line does that: the two classes lie on crossing diagonals."),
            Mistake(0.25, "That is the share that stays wrong."),
            Mistake(3, "That is the number of points; give their share."),
        ],
        praise="And you have seen that all lines were tried, so there is nothing better to hope for.",
        because="A line can cut off any one corner, which gets three of the four points right.",
        otherwise="Choose XOR in the first panel and press Best of all lines.",
    ),
    number(
        "01-parameters",
        lambda: _parameters(_SIZES),
        lambda: [
            Mistake(_parameters(_SIZES, biases=False), "Each neuron that computes has a bias as well."),
            Mistake(_parameters(_SIZES) + 784, "The inputs compute nothing, so they have no bias."),
            Mistake(_parameters(_SIZES) - 10, "The output neurons have a bias too."),
            Mistake(_parameters((784, 10)), "That net has no hidden layer."),
            Mistake(sum(_SIZES), "That counts neurons; a weight stands on every line between two of them."),
        ],
        whole=True,
        praise="Almost all of them stand between the pixels and the hidden layer.",
        because="784·100 + 100 for the hidden layer, 100·10 + 10 for the output.",
        otherwise="Count layer by layer: inputs times outputs, and a bias for each output.",
    ),
    function(
        "01-delta",
        hidden_delta,
        _CASES,
        [
            (_without_slope, "The blame comes back along the weights; the slope of tanh at this neuron is missing."),
            (_slope_of_sigmoid, "That is the slope of the sigmoid; this neuron is a tanh."),
            (_slope_of_the_sum, "`answer` is already tanh of the sum: its slope follows without another tanh."),
            (_sums_apart, "Each delta comes back along its own weight: multiply pair by pair, then add."),
        ],
        signature="hidden_delta(answer, weights, deltas)",
        praise="That line, for all neurons at once, is all that back-propagation adds to the chain rule.",
        because="∂L/∂z = tanh'(z) · Σ w·δ, and tanh'(z) = 1 − a² where a is the answer.",
    ),
    choice(
        "01-linear",
        ("a", "b", "c", "d"),
        "6f22f842357cc2967f60",
        {
            "a": "More training does not help: try it with the activation linear.",
            "c": "A circle needs a bent border; which layer would bend it?",
            "d": "The sizes multiply to fewer or more numbers, and still to one matrix.",
        },
        praise="Products of matrices are a matrix: depth without a bend is no depth.",
        because="W₃(W₂(W₁x)) = (W₃W₂W₁)x, one linear map, whose border is a line.",
    ),
)  # fmt: skip
