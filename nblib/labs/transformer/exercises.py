"""The exercises of lab 06: the Transformer."""

from __future__ import annotations

from nblib.ui.exercises.kinds import Mistake, choice, function, number

# -- 06-parameters -------------------------------------------------------------------------------------------------

WIDTH, INNER, HEADS = 128, 512, 4


def _layer(attention: int, feed_forward: int, norms: int) -> int:
    return attention + feed_forward + norms


ATTENTION = 4 * (WIDTH * WIDTH + WIDTH)
FEED_FORWARD = 2 * WIDTH * INNER + INNER + WIDTH
NORMS = 2 * 2 * WIDTH


def _parameter_mistakes() -> list[Mistake]:
    return [
        Mistake(4 * WIDTH**2 + 2 * WIDTH * INNER + NORMS, "The biases are missing: every linear map here has one."),
        Mistake(4 * WIDTH**2 + 2 * WIDTH * INNER, "Those are the matrices; biases and layer norms are missing."),
        Mistake(_layer(ATTENTION, FEED_FORWARD, 0), "The layer norms learn too: a factor and a shift each."),
        Mistake(_layer(ATTENTION, FEED_FORWARD, NORMS // 2), "There are two layer norms, one for each part."),
        Mistake(_layer(ATTENTION * 3 // 4, FEED_FORWARD, NORMS), "What joins the heads is a matrix as well."),
        Mistake(
            _layer(ATTENTION * HEADS, FEED_FORWARD, NORMS),
            "The heads share the width: each has a quarter of it, and more heads cost nothing.",
        ),
        Mistake(_layer(2 * ATTENTION, FEED_FORWARD, NORMS + 2 * WIDTH), "That is a layer of the decoder."),
    ]


# -- 06-smoothing --------------------------------------------------------------------------------------------------

SYMBOLS, SMOOTHING = 5, 0.1


def _smoothing_mistakes() -> list[Mistake]:
    return [
        Mistake(1 - SMOOTHING, "Nearly: what is spread goes to all symbols, and the right one is one of them."),
        Mistake(SMOOTHING / SYMBOLS, "That is the target of a wrong symbol."),
        Mistake(SMOOTHING / (SYMBOLS - 1), "A wrong symbol's, if the right one got nothing of the share."),
        Mistake(1.0, "That is the target without smoothing."),
        Mistake(1 - SMOOTHING / SYMBOLS, "The share is taken away whole, and a part of it comes back."),
    ]


# -- 06-rate -------------------------------------------------------------------------------------------------------


def rate(step, d, warmup):
    return d**-0.5 * min(step**-0.5, step * warmup**-1.5)


def _larger(step, d, warmup):
    return d**-0.5 * max(step**-0.5, step * warmup**-1.5)


def _no_warmup(step, d, warmup):
    return d**-0.5 * step**-0.5


def _no_width(step, d, warmup):
    return min(step**-0.5, step * warmup**-1.5)


def _uneven(step, d, warmup):
    return d**-0.5 * min(step**-0.5, step / warmup)


EXERCISES = (
    number(
        "06-parameters",
        lambda: _layer(ATTENTION, FEED_FORWARD, NORMS),
        _parameter_mistakes,
        whole=True,
        praise="A third of it is attention, two thirds are the feed-forward net: so it is in most Transformers.",
        because="4 (D² + D) for query, key, value and output; 2 D F + F + D for the feed-forward net; 2 · 2 D for the "
        "two layer norms.",
        otherwise="Add up three things: the four maps of the attention, the two of the feed-forward net, the layer "
        "norms. Each map has a bias.",
    ),
    number(
        "06-smoothing",
        lambda: 1 - SMOOTHING + SMOOTHING / SYMBOLS,
        _smoothing_mistakes,
        tolerance=1e-3,
        praise="So the loss never reaches 0: past this probability, being surer costs.",
        because="0.9 of its own, and a fifth of the tenth that is spread over all.",
        otherwise="Take the share away from the right symbol, divide it by all symbols, and give each its part.",
    ),
    function(
        "06-rate",
        rate,
        [(1, 512, 4000), (4000, 512, 4000), (16000, 512, 4000), (50, 64, 100), (9, 4, 1)],
        [
            (_larger, "The larger of the two would begin at its highest and climb without an end: take the smaller."),
            (_no_warmup, "There is no warm-up: it begins at its highest."),
            (_no_width, "The width is missing: the wider the model, the smaller the steps, by 1/√d."),
            (_uneven, "The two branches are to meet at the last step of warm-up; look at the power of warmup."),
        ],
        signature="rate(step, d, warmup)",
        praise="The schedule of the paper: both branches meet at step = warmup.",
        because="rate = d^−½ · min(step^−½, step · warmup^−3⁄2).",
    ),
    choice(
        "06-writing",
        ["a", "b", "c"],
        "4dadfc4b6c414387b995",
        {
            "a": "That is so in training, where the right sentence is known and given. Whoever writes has to wait for "
            "the word before.",
            "c": "The number of layers says how long one run takes, not how many there are.",
        },
        praise="So in writing it is as sequential as a GRU; keeping keys and values of earlier places is what makes it "
        "bearable.",
        because="Each symbol is an input of the next: one run of the decoder for each, with what was worked out before "
        "kept.",
    ),
)
