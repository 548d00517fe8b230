"""The exercises of lab 09: fine-tuning."""

from __future__ import annotations

import math

import numpy as np

from nblib.ui.exercises.kinds import Mistake, choice, function, number, word

# -- 09-steps ------------------------------------------------------------------------------------------------------

BATCH, EPOCHS = 32, 2


def _sizes() -> tuple[int, int]:
    from nblib import sources

    data = sources.load("reviews")
    return len(data["train"]), sum(len(split) for split in data.values())


def _steps_mistakes() -> list[Mistake]:
    train, rows = _sizes()
    return [
        Mistake(
            train // BATCH * EPOCHS, "The last batch of an epoch is smaller than the others; it is a step all the same."
        ),
        Mistake(
            math.ceil(train * EPOCHS / BATCH),
            "Epochs do not run into each other: each ends with its own smaller batch.",
        ),
        Mistake(math.ceil(train / BATCH), "That is one epoch."),
        Mistake(train * EPOCHS, "That counts texts; a step takes a batch of them."),
        Mistake(math.ceil(rows / BATCH) * EPOCHS, "That counts all three splits; only one is trained on."),
    ]


# -- 09-padding ----------------------------------------------------------------------------------------------------


def _cut(lengths, batch_size):
    return [list(lengths)[i : i + batch_size] for i in range(0, len(lengths), batch_size)]


def padding_share(lengths, batch_size):
    padded = sum(max(batch) * len(batch) for batch in _cut(lengths, batch_size))
    return 1 - sum(lengths) / padded


def _padded_to_the_longest_of_all(lengths, batch_size):
    return 1 - sum(lengths) / (max(lengths) * len(lengths))


def _share_of_text(lengths, batch_size):
    return 1 - padding_share(lengths, batch_size)


def _mean_of_shares(lengths, batch_size):
    return np.mean([1 - sum(b) / (max(b) * len(b)) for b in _cut(lengths, batch_size)])


def _without_the_last(lengths, batch_size):
    return padding_share(lengths[: len(lengths) // batch_size * batch_size], batch_size)


def _against_the_text(lengths, batch_size):
    padded = sum(max(batch) * len(batch) for batch in _cut(lengths, batch_size))
    return padded / sum(lengths) - 1


def _count_of_padding(lengths, batch_size):
    return sum(max(batch) * len(batch) for batch in _cut(lengths, batch_size)) - sum(lengths)


# -- 09-rate -------------------------------------------------------------------------------------------------------


def _rate(peak: float, warmup: float = 0.0, step: int = 101) -> float:
    """The rate of one step of 200, by the same function that draws the schedule."""
    from nblib.training.finetune.config import FineTuneConfig
    from nblib.training.schedules import learning_rates

    config = FineTuneConfig(learning_rate=peak, lr_scheduler_type="linear", warmup_ratio=warmup)
    return float(learning_rates(config, 200)[1][step - 1])


def _rate_mistakes() -> list[Mistake]:
    return [
        Mistake(
            2e-5, "That is the new peak. `set` moves the peak and keeps the shape, and half of the descent is over."
        ),
        Mistake(_rate(1e-4), "That is what the step would have used without the change."),
        Mistake(1e-4, "That is the peak before the change."),
        Mistake(
            _rate(1e-4) * 2e-5 / 1e-4 * 0.5, "The descent was counted twice: the shape applies once, to the new peak."
        ),
    ]


# -- 09-recall -----------------------------------------------------------------------------------------------------


def macro_recall(matrix):
    matrix = np.asarray(matrix, float)
    return float((np.diag(matrix) / matrix.sum(axis=1)).mean())


def _macro_precision(matrix):
    matrix = np.asarray(matrix, float)
    return float((np.diag(matrix) / matrix.sum(axis=0)).mean())


def _accuracy(matrix):
    matrix = np.asarray(matrix, float)
    return float(np.diag(matrix).sum() / matrix.sum())


def _sum_of_recalls(matrix):
    matrix = np.asarray(matrix, float)
    return float((np.diag(matrix) / matrix.sum(axis=1)).sum())


def _first_class(matrix):
    matrix = np.asarray(matrix, float)
    return float(matrix[0, 0] / matrix[0].sum())


MATRICES = [
    (np.array([[90, 10], [30, 20]]),),
    (np.array([[5, 1, 0], [2, 7, 3], [4, 4, 24]]),),
    (np.array([[1, 3], [0, 96]]),),
]


# -- 09-memory -----------------------------------------------------------------------------------------------------


def _settings() -> list[str]:
    from nblib.training.finetune.config import FineTuneConfig

    return [s.name for s in FineTuneConfig.settings()]


# -- 09-floor ------------------------------------------------------------------------------------------------------


def _cross_entropy(logits: list[float]) -> float:
    """Of the first class: what the wrong formula computes once its softmax has made these "logits"."""
    return math.log(sum(math.exp(z - logits[0]) for z in logits))


EXERCISES = (
    number(
        "09-steps",
        lambda: math.ceil(_sizes()[0] / BATCH) * EPOCHS,
        _steps_mistakes,
        whole=True,
        praise="Each epoch ends with a smaller batch, and only the training split counts.",
        because="⌈training texts / batch size⌉ steps make an epoch, the last of them with a smaller batch; "
        "times epochs.",
        otherwise="Count the texts of the training split, then the batches that one pass over them takes.",
    ),
    function(
        "09-padding",
        padding_share,
        [
            (np.array(lengths), size)
            for lengths, size in (
                ([4, 10, 6, 6], 2),
                ([3, 9, 4, 12, 5], 2),
                ([7, 7, 7], 2),
                ([30, 5, 8, 21, 13, 2, 9], 3),
            )
        ],
        [
            (
                _padded_to_the_longest_of_all,
                "Every text was padded to the longest of all; a batch needs only its own longest.",
            ),
            (_share_of_text, "That is the share of text; what is left of 1 is the padding."),
            (
                _mean_of_shares,
                "The mean of the batches' shares: a batch of short texts counts as much as one of "
                "long texts. "
                "Add up tokens over all batches first, then divide once.",
            ),
            (_without_the_last, "The last batch, which may be smaller, is missing."),
            (_against_the_text, "Padding per token of text; asked is padding per token that is computed."),
            (_count_of_padding, "That is how many padding tokens there are; divide by all tokens that are computed."),
        ],
        signature="padding_share(lengths, batch_size)",
        praise="The same number as nblib.training.finetune.order.padding_share.",
        because="Each batch computes max(batch) · len(batch) tokens. The share is 1 − sum(lengths) / (that, "
        "over all batches).",
    ),
    number(
        "09-rate",
        lambda: _rate(2e-5),
        _rate_mistakes,
        praise="The new peak, times the share of the descent that is left.",
        because="With no warm-up the factor at step 101 of 200 is (200 − 100) / 200; it now multiplies the new peak.",
        otherwise="Which factor does a straight descent over 200 steps apply after 100 of them, and to which peak?",
    ),
    function(
        "09-recall",
        macro_recall,
        MATRICES,
        [
            (
                _macro_precision,
                "Divided by the columns, which is what the model said: that is precision. Recall "
                "asks of each true class.",
            ),
            (
                _accuracy,
                "That is accuracy: large classes count for more. Take the share for each class first, then the mean.",
            ),
            (_sum_of_recalls, "The sum of the recalls; divide by the number of classes."),
            (_first_class, "That is the recall of the first class alone."),
        ],
        signature="macro_recall(matrix)",
        praise="Every class counts the same, however few examples it has: why it falls when a rare class is ignored.",
        because="diag(matrix) / matrix.sum(axis=1) is the recall of each class; the answer is its mean.",
    ),
    word(
        "09-memory",
        _settings,
        "c8848fefd6cc2201e6e1",
        {
            "batch_size": "That saves memory, but a step then sees fewer texts: its gradient is another one.",
            "max_length": "That saves memory, but longer texts are cut: the model reads less.",
            "freeze_layers": "That saves memory, but fewer layers learn.",
            "eval_batch_size": "That is the memory of the evaluation; training needs far more.",
            "precision": "That saves memory where the device is fast at it, but the numbers are rounded.",
            "group_by_length": "That saves time and memory on most steps, but the longest batch stays as large "
            "as it was.",
            "epochs": "Memory does not grow with the number of passes.",
        },
        praise="The parts are computed one after the other, and their gradients add up to that of the whole batch.",
        because="A batch is split into that many parts; their gradients are added up before the one update.",
        otherwise="A setting, but it does not lower what one forward and backward pass holds in memory.",
        unknown="No setting has that name",
    ),
    choice(
        "09-sure",
        ("a", "b", "c", "d"),
        "37c299ea92085b6a7ea6",
        {
            "a": "Underfitting shows in the training loss, which here still falls.",
            "c": "A rate that is too high shakes the training loss, or makes it rise; here it falls smoothly.",
            "d": "Then accuracy would suffer as well. Ask what the loss counts that accuracy does not.",
        },
        praise="Accuracy asks only which class is on top; the loss also asks how sure. Look at the calibration above.",
        because="A text that was wrong stays wrong, so accuracy stands still, while −log p of its true class grows.",
    ),
    number(
        "09-floor",
        lambda: _cross_entropy([1.0, 0.0]),
        lambda: [
            Mistake(
                0.0,
                "With logits it could come as near to 0 as you like. But here the values that enter "
                "lie between 0 and 1.",
            ),
            Mistake(
                math.log(2),
                "That is the loss of equal probabilities: the worst honest answer, not the best that can be had.",
            ),
            Mistake(math.log2(1 + math.exp(-1)), "In bits; the loss is measured in nats, with the natural logarithm."),
            Mistake(1 / (1 + math.exp(-1)), "That is the probability that comes out; the loss is minus its logarithm."),
            Mistake(math.log1p(math.exp(1)), "That is the loss when the wrong class gets the 1."),
        ],
        praise="And its gradient there is small too: the model is told that it is still wrong, and hardly in "
        "which direction.",
        because="The best that softmax can hand on is (1, 0). Cross-entropy takes that for logits: −log(e¹ / "
        "(e¹ + e⁰)).",
        otherwise="Write down the two numbers that the first softmax gives at best, then what cross-entropy "
        "makes of them.",
        tolerance=0.02,
    ),
)
