"""The exercises of lab 02: words into numbers."""

from __future__ import annotations

import math

import numpy as np

from nblib.ui.exercises.kinds import Mistake, choice, function, number

# -- 02-weight -----------------------------------------------------------------------------------------------------


def tf_idf(count, texts, texts_with_word):
    return count * (math.log((1 + texts) / (1 + texts_with_word)) + 1)


def _plain_idf(count, texts, texts_with_word):
    return count * math.log(texts / texts_with_word)


def _without_the_one_outside(count, texts, texts_with_word):
    return count * math.log((1 + texts) / (1 + texts_with_word))


def _without_the_ones_inside(count, texts, texts_with_word):
    return count * (math.log(texts / texts_with_word) + 1)


def _without_the_count(count, texts, texts_with_word):
    return math.log((1 + texts) / (1 + texts_with_word)) + 1


def _upside_down(count, texts, texts_with_word):
    return count * (math.log((1 + texts_with_word) / (1 + texts)) + 1)


def _base_ten(count, texts, texts_with_word):
    return count * (math.log10((1 + texts) / (1 + texts_with_word)) + 1)


# -- 02-pairs ------------------------------------------------------------------------------------------------------

LENGTH, WINDOW = 9, 3


def _pairs(length: int = LENGTH, window: int = WINDOW) -> int:
    return sum(1 for i in range(length) for j in range(length) if i != j and abs(i - j) <= window)


# -- 02-loss -------------------------------------------------------------------------------------------------------


def _sigmoid(x):
    return 1 / (1 + np.exp(-np.asarray(x, float)))


def loss(h, target, drawn):
    h, target, drawn = (np.asarray(a, float) for a in (h, target, drawn))
    return float(-np.log(_sigmoid(h @ target)) - np.log(_sigmoid(-(drawn @ h))).sum())


def _drawn_are_pulled(h, target, drawn):
    h, target, drawn = (np.asarray(a, float) for a in (h, target, drawn))
    return float(-np.log(_sigmoid(h @ target)) - np.log(_sigmoid(drawn @ h)).sum())


def _without_the_drawn(h, target, drawn):
    return float(-np.log(_sigmoid(np.dot(h, target))))


def _mean_of_the_drawn(h, target, drawn):
    h, target, drawn = (np.asarray(a, float) for a in (h, target, drawn))
    return float(-np.log(_sigmoid(h @ target)) - np.log(_sigmoid(-(drawn @ h))).mean())


def _sign_forgotten(h, target, drawn):
    return -loss(h, target, drawn)


def _softmax(h, target, drawn):
    scores = np.array([np.dot(h, target), *(np.asarray(drawn, float) @ np.asarray(h, float))])
    return float(np.log(np.exp(scores).sum()) - scores[0])


VECTORS = [
    (np.array([1.0, -2.0]), np.array([0.5, 0.25]), np.array([[1.0, 1.0], [-1.0, 0.5]])),
    (np.array([0.3, 0.1, -0.7]), np.array([1.0, 2.0, 0.5]), np.array([[0.2, 0.0, 1.0], [2.0, -1.0, 0.3], [0.1, 1, 1]])),
    (np.array([2.0]), np.array([1.5]), np.array([[-0.5], [0.25], [1.0], [3.0]])),
]

# -- 02-sentence ---------------------------------------------------------------------------------------------------

TEXT = ("i eat rice", "i eat pizza", "you eat rice", "i like you")
SENTENCE = "i eat rice"


def _bigrams(texts=TEXT, sentence=SENTENCE, *, begin=True, end=True) -> float:
    rows = [["<s>", *t.split(), "</s>"] for t in texts]
    asked, product = ["<s>", *sentence.split(), "</s>"], 1.0
    asked = asked[0 if begin else 1 : None if end else -1]
    for before, word in zip(asked[:-1], asked[1:], strict=True):
        followers = [b for row in rows for a, b in zip(row[:-1], row[1:], strict=True) if a == before]
        product *= followers.count(word) / len(followers)
    return product


def _unigrams() -> float:
    words = [w for t in TEXT for w in (*t.split(), "</s>")]
    return math.prod(words.count(w) / len(words) for w in (*SENTENCE.split(), "</s>"))


# -- 02-perplexity -------------------------------------------------------------------------------------------------


def perplexity(probabilities):
    return math.exp(-sum(math.log(p) for p in probabilities) / len(probabilities))


def _one_over_the_product(probabilities):
    return 1 / math.prod(probabilities)


def _one_over_the_mean(probabilities):
    return len(probabilities) / sum(probabilities)


def _mean_of_inverses(probabilities):
    return sum(1 / p for p in probabilities) / len(probabilities)


def _cross_entropy(probabilities):
    return -sum(math.log(p) for p in probabilities) / len(probabilities)


def _upside(probabilities):
    return 1 / perplexity(probabilities)


EXERCISES = (
    function(
        "02-weight",
        tf_idf,
        [(3, 1000, 10), (1, 1000, 999), (2, 50, 50), (1, 10_605, 1)],
        [
            (_plain_idf, "The plain formula of the textbook, without the three ones that scikit-learn adds."),
            (_without_the_one_outside, "A word that is in every text would weigh 0; one is added after the logarithm."),
            (
                _without_the_ones_inside,
                "Both numbers in the fraction grow by one first, as if one more text had all words.",
            ),
            (_without_the_count, "That is the weight of one occurrence; how often does the word stand in this text?"),
            (_upside_down, "That makes frequent words heavy and rare ones light: turn the fraction over."),
            (_base_ten, "scikit-learn takes the natural logarithm."),
        ],
        signature="tf_idf(count, texts, texts_with_word)",
        praise="The same weight as scikit-learn's, before rows are given length 1.",
        because="count · (ln((1 + texts) / (1 + texts_with_word)) + 1)",
    ),
    number(
        "02-pairs",
        _pairs,
        lambda: [
            Mistake(LENGTH * 2 * WINDOW, "At the ends of the sentence there are fewer neighbours on one side."),
            Mistake(_pairs() // 2, "Each pair was counted once, but both words of it are the middle one in turn."),
            Mistake((LENGTH - 2 * WINDOW) * 2 * WINDOW, "Words near the ends have neighbours too, only fewer."),
            Mistake(_pairs() + LENGTH, "A word is not its own neighbour."),
            Mistake(LENGTH * (LENGTH - 1), "That counts all pairs in the sentence, also those farther apart."),
        ],
        whole=True,
        praise="Each is one example for skip-gram; CBOW makes one example a word of them.",
        because="For each word, min(window, words before it) + min(window, words after it), summed.",
        otherwise="Take the words one by one and count the neighbours within the window on both sides.",
    ),
    function(
        "02-loss",
        loss,
        VECTORS,
        [
            (_drawn_are_pulled, "The drawn words are pulled near as well; for them the score has to be low."),
            (_without_the_drawn, "The drawn words are missing: the loss could be made 0 by one long vector."),
            (_mean_of_the_drawn, "The drawn words are averaged; each of them counts as much as the true one."),
            (_sign_forgotten, "The sign is turned: this number grows as the model gets better."),
            (_softmax, "That is a softmax over the true word and the drawn ones; here each is a yes or no by itself."),
        ],
        signature="loss(h, target, drawn)",
        praise="The loss whose gradient the code above steps along.",
        because="−ln σ(h · target) − Σ ln σ(−h · n) over the drawn words n.",
    ),
    number(
        "02-sentence",
        _bigrams,
        lambda: [
            Mistake(_unigrams(), "Those are the words one by one, without the word before each."),
            Mistake(_bigrams(begin=False), "The first factor is missing: how often does a sentence begin with i?"),
            Mistake(
                TEXT.count(SENTENCE) / len(TEXT), "The share of sentences that are this one; multiply the factors."
            ),
            Mistake(0.0, "None of the four factors is 0: each pair of neighbours stands somewhere in the text."),
        ],
        praise="The model has put it together from pairs, and gives some of its probability to sentences never seen.",
        because="P(i | beginning) · P(eat | i) · P(rice | eat) · P(end | rice) = 3/4 · 2/3 · 2/3 · 1.",
        otherwise="Four factors: each is how often the word follows the one before it, over how often that one stands.",
    ),
    function(
        "02-perplexity",
        perplexity,
        [([0.5, 0.25, 0.125],), ([0.1, 0.1],), ([0.9, 0.01, 0.3, 0.3],), ([1.0],)],
        [
            (_one_over_the_product, "That grows with the length of the sentence; take the root that belongs to it."),
            (_one_over_the_mean, "The mean is taken of the probabilities; take it of their logarithms."),
            (_mean_of_inverses, "The mean of 1/p: one rare word would rule it all. Take the mean of logarithms."),
            (_cross_entropy, "That is the cross-entropy in nats; perplexity is its exponential."),
            (_upside, "That is the mean probability of a word; perplexity is one over it."),
        ],
        signature="perplexity(probabilities)",
        praise="As unsure as a fair choice among so many words.",
        because="exp(−mean of ln p), the same as one over the geometric mean of the probabilities.",
    ),
    choice(
        "02-lost",
        ("a", "b", "c", "d"),
        "8e9d0e76270b8742846b",
        {
            "a": "Both count how often a word stands in the text.",
            "b": "That is what one-hot keeps and nothing else; TF-IDF keeps it too.",
            "d": "TF-IDF knows: a word that is in every text gets the lowest weight.",
        },
        praise="A bag has no order. An n-gram, however short, has some.",
        because="Rows of a table of words and texts are the same for “dog bites man” and “man bites dog”.",
    ),
)
