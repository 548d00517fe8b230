"""The exercises of lab 03: recurrence."""

from __future__ import annotations

import math

from nblib.ui.exercises.kinds import Mistake, choice, function, number

# -- 03-weights ----------------------------------------------------------------------------------------------------

INPUTS, HIDDEN = 32, 128


def _weights(blocks: int, biases: int) -> int:
    return blocks * HIDDEN * (INPUTS + HIDDEN + biases)


def _weights_mistakes() -> list[Mistake]:
    return [
        Mistake(_weights(1, 2), "That is a plain RNN; the LSTM has one such block for each of its gates and one more."),
        Mistake(_weights(3, 2), "That is a GRU, with three blocks."),
        Mistake(_weights(4, 1), "Nearly: torch keeps one bias for W x and another for U h."),
        Mistake(_weights(4, 0), "Nearly: the biases are missing."),
        Mistake(4 * (INPUTS * HIDDEN + 2 * HIDDEN), "The recurrent weights U are missing, from state to state."),
    ]


# -- 03-forget -----------------------------------------------------------------------------------------------------

STEPS = 100


def _forget_mistakes() -> list[Mistake]:
    return [
        Mistake(0.5, "A gate of one half leaves a half after one step, and next to nothing after a hundred."),
        Mistake(1 - 0.5 / STEPS, "Close: but each step takes a share of what is left, not of the beginning."),
        Mistake(0.5 / STEPS, "That would wipe out the memory at the first step; the gate is the share that stays."),
        Mistake(1 - 0.5 ** (1 / STEPS), "That is the share that is lost at each step; the gate is what stays."),
    ]


# -- 03-state ------------------------------------------------------------------------------------------------------


def rnn(x, w, u, b):
    state = 0.0
    for value in x:
        state = math.tanh(w * value + u * state + b)
    return state


def _without_state(x, w, u, b):
    return math.tanh(w * x[-1] + b)


def _without_tanh(x, w, u, b):
    state = 0.0
    for value in x:
        state = w * value + u * state + b
    return state


def _tanh_at_the_end(x, w, u, b):
    return math.tanh(_without_tanh(x, w, u, b))


def _stops_early(x, w, u, b):
    return rnn(x[:1], w, u, b)


# -- 03-reach ------------------------------------------------------------------------------------------------------


def reach(states, u):
    gradient = 1.0
    for state in states:
        gradient *= u * (1 - state**2)
    return gradient


def _weights_only(states, u):
    return u ** len(states)


def _slopes_only(states, u):
    return math.prod(1 - state**2 for state in states)


def _added(states, u):
    return sum(u * (1 - state**2) for state in states)


def _squared_too_late(states, u):
    return math.prod(u * (1 - state) ** 2 for state in states)


EXERCISES = (
    number(
        "03-weights",
        lambda: _weights(4, 2),
        _weights_mistakes,
        whole=True,
        praise="Four blocks, each with W, U and two biases: four times a plain RNN of the same size.",
        because="4 · H · (I + H + 2): for each of the three gates and the candidate W is H × I, U is H × H, and torch "
        "has two biases of H.",
        otherwise="Count one block first: W, U and the biases. Then ask how many blocks there are.",
    ),
    number(
        "03-forget",
        lambda: 0.5 ** (1 / STEPS),
        _forget_mistakes,
        tolerance=5e-4,
        praise="So near to 1 must a gate stay for a hundred steps, and that is why a bias that opens it from the start "
        "helps so much.",
        because="fᵏ = ½ with k = 100 steps, so f is the hundredth root of one half.",
        otherwise="After k steps fᵏ of the memory is left. Set that to one half.",
    ),
    function(
        "03-state",
        rnn,
        [([1.0, -0.5, 0.25], 0.7, 0.9, 0.1), ([0.2], 1.5, -1.0, 0.0), ([0.0, 0.0, 1.0, 2.0], -0.4, 0.5, 0.3)],
        [
            (_without_state, "Only the last input counts here: the state that came before has no part in it."),
            (_tanh_at_the_end, "The tanh belongs into every step; here it comes once, at the end."),
            (_without_tanh, "There is no tanh: without it the whole network is one linear map."),
            (_stops_early, "It stops after the first step; is the return inside the loop?"),
        ],
        signature="rnn(x, w, u, b)",
        praise="That is a whole recurrent network, with one number for a state.",
        because="Begin with a state of 0; at every step it becomes tanh(w·x + u·state + b).",
    ),
    function(
        "03-reach",
        reach,
        [([0.1, 0.5, -0.3], 0.9), ([0.0], 1.7), ([0.8, 0.2, 0.4, -0.6], -1.2)],
        [
            (_weights_only, "The slope of tanh is missing: where the state is near ±1, it is near 0."),
            (_slopes_only, "The recurrent weight u is missing: it comes in at every step."),
            (_added, "The chain rule multiplies along the chain; here the steps are added."),
            (_squared_too_late, "The slope of tanh is 1 − h², not (1 − h)²."),
        ],
        signature="reach(states, u)",
        praise="A product of so many factors can hardly stay near 1: it vanishes or explodes.",
        because="Each step hands on u · (1 − h²), and the chain rule multiplies them all.",
    ),
    number(
        "03-chance",
        lambda: 1 / 6,
        lambda: [
            Mistake(1 / 12, "That is the variance of one uniform number; the sum has two of them."),
            Mistake(1 / 3, "That is the mean of a square of one uniform number, not a variance."),
            Mistake(1.0, "1 is the best constant answer; asked is how wrong it is on average, squared."),
            Mistake(math.sqrt(1 / 6), "That is the standard deviation; the loss is the square of it."),
            Mistake(7 / 6, "That is the error of always saying 0."),
        ],
        praise="A network that stays there has learnt the mean and nothing of the numbers.",
        because="A number drawn evenly from 0 to 1 has the variance 1/12; of two independent ones the variances "
        "add up.",
        otherwise="The best constant is the mean of the sum. What is the variance of a sum of two such numbers?",
    ),
    choice(
        "03-clip",
        ["a", "b", "c"],
        "4b0e34b05da17e25ff07",
        {
            "a": "A gradient that has vanished is short already: clipping leaves it as it is.",
            "c": "Clipping acts on the gradient of the weights, after all of it is summed up, not on the state.",
        },
        praise="It shortens steps that would leap away, and is no help against a gradient that has vanished.",
        because="Clipping divides the whole gradient by its length where that is above a limit; directions stay.",
    ),
)
