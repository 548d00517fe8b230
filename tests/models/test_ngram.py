"""n-gram models: sums to one, factors that multiply to the probability, formulas counted by hand, perplexity."""

import math
from collections import Counter

import numpy as np
import pytest

from nblib import InputError
from nblib.models.ngram import AMOUNTS, END, SMOOTHINGS, UNKNOWN, NgramModel
from nblib.sources.corpora import from_sentences

SENTENCES = [s.split() for s in ("a b c a b", "b c", "a b a", "c c b a b d", "d", "a e")]
TEXT = from_sentences("toy", SENTENCES)
VOCABULARY = 4


def model(order=3):
    return NgramModel(TEXT.words[:VOCABULARY], TEXT.tokens, TEXT.starts, order)


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("smoothing", SMOOTHINGS)
def test_probabilities_sum_to_one_over_the_vocabulary(order, smoothing):
    made = model(order)
    for before in ([], ["a"], ["a", "b"], ["never"], ["c", "b", "a"], ["d"] * 7):
        for amount in {None, *AMOUNTS[smoothing][1:3]}:
            total = made.distribution(made.number(before), smoothing, amount).sum()
            assert total == pytest.approx(1) or (smoothing == "none" and total == 0)
    assert len(made.distribution([])) == made.size == VOCABULARY + 2


def padded(order):
    known = set(TEXT.words[:VOCABULARY])
    return [["<s>"] * (order - 1) + [w if w in known else UNKNOWN for w in s] + [END] for s in SENTENCES]


def grams(order, k):
    """Every k-gram whose last word is told, with repeats."""
    return [tuple(s[i - k + 1 : i + 1]) for s in padded(order) for i in range(order - 1, len(s))]


@pytest.mark.parametrize("order", [1, 2, 3])
def test_counts_are_those_of_a_loop_over_the_text(order):
    made, many, contexts = model(order), Counter(grams(order, order)), Counter(g[:-1] for g in grams(order, order))
    names = ["<s>", *made.words]
    number = {"<s>": made.begin, **{w: i for i, w in enumerate(made.words)}}
    for gram in {*many, *((a, b, c)[-order:] for a in names for b in names for c in made.words)}:
        context, word = np.array([[number[w] for w in gram[:-1]]], np.int64).reshape(1, -1), [number[gram[-1]]]
        count, total = many[gram], contexts[gram[:-1]]
        assert made.probabilities(context, word, "none")[0] == pytest.approx(count / total if total else 0)
        wanted = (count + 0.1) / (total + 0.1 * made.size)
        assert made.probabilities(context, word, "add-k", 0.1)[0] == pytest.approx(wanted)


def kneser_ney(order, gram, discount, size):
    """Chen and Goodman's interpolated formula, word for word."""
    k = len(gram)
    if k == 0:
        return 1 / size
    if k == order:
        counts = Counter(grams(order, k))
    else:
        counts = Counter(g[1:] for g in set(grams(order, k + 1)))
    following = {g: c for g, c in counts.items() if g[:-1] == gram[:-1]}
    shorter = kneser_ney(order, gram[1:], discount, size)
    total = sum(following.values())
    if not total:
        return shorter
    return max(counts[gram] - discount, 0) / total + discount * len(following) / total * shorter


def interpolated(order, gram, share, size):
    if not gram:
        return 1 / size
    counts, shorter = Counter(grams(order, len(gram))), interpolated(order, gram[1:], share, size)
    total = sum(c for g, c in counts.items() if g[:-1] == gram[:-1])
    return (1 - share) * counts[gram] / total + share * shorter if total else shorter


@pytest.mark.parametrize(("smoothing", "formula"), [("kneser-ney", kneser_ney), ("interpolation", interpolated)])
@pytest.mark.parametrize("order", [1, 2, 3])
def test_smoothed_probabilities_are_those_of_the_formula(smoothing, formula, order):
    made = model(order)
    for before in (["<s>", "<s>"], ["<s>", "a"], ["a", "b"], ["c", "c"], ["d", "d"], ["b", UNKNOWN]):
        context = [made.begin if w == "<s>" else int(np.flatnonzero(made.words == w)[0]) for w in before]
        found = made.distribution(context, smoothing, 0.4)
        for place, word in enumerate(made.words):
            gram = (*before, word)[-order:]
            assert found[place] == pytest.approx(formula(order, gram, 0.4, made.size))


def test_the_factors_multiply_to_the_perplexity():
    made = model(3)
    factors = made.factors(["a", "b", "zebra"], "kneser-ney")
    assert [f.word for f in factors] == ["a", "b", "zebra", END]
    assert [f.context for f in factors] == [(), ("a",), ("a", "b"), ("b", "zebra")]
    assert [f.known for f in factors] == [True, True, False, True]
    product = math.prod(f.probability for f in factors)
    tokens = made.number(["a", "b", "zebra"])
    assert made.perplexity(tokens, np.array([0, 3]), "kneser-ney") == pytest.approx(product ** (-1 / 4))
    both = np.concatenate([tokens, made.number(["c"])])
    more = [f.probability for f in made.factors(["c"])]
    wanted = math.exp(-np.log([*(f.probability for f in factors), *more]).mean())
    assert made.perplexity(both, np.array([0, 3, 4])) == pytest.approx(wanted)


def test_an_empty_sentence_has_one_factor_its_end():
    (only,) = model().factors([])
    assert only.word == END and only.context == () and 0 < only.probability < 1


def test_without_smoothing_what_was_never_seen_is_impossible():
    made = model()
    assert made.factors(["d", "a"], "none")[1].probability == 0
    assert made.perplexity(made.number(["d", "a"]), np.array([0, 2]), "none") == math.inf


def test_smoothing_lowers_the_perplexity_of_other_sentences():
    draw = np.random.default_rng(0)
    weights = draw.dirichlet(np.full(30, 0.15), size=30)

    def walk():
        words = [int(draw.integers(30))]
        while len(words) < 12:
            words.append(int(draw.choice(30, p=weights[words[-1]])))
        return [f"w{w}" for w in words]

    seen, other = (
        from_sentences("seen", [walk() for _ in range(60)]),
        from_sentences("other", [walk() for _ in range(40)]),
    )
    made = NgramModel(seen.words, seen.tokens, seen.starts, 3)
    tokens = made.number(other.words)[other.tokens]
    found = {s: made.perplexity(tokens, other.starts, s) for s in SMOOTHINGS}
    assert found["kneser-ney"] < found["add-k"] < found["none"] == math.inf


def test_generation_follows_the_distribution_and_its_seed():
    made = model(2)
    first = [tuple(made.generate(seed=s, most=1)) for s in range(3000)]
    wanted = made.distribution([])
    wanted[made.unknown] = 0
    share = Counter(w[0] for w in first if w)
    for place, word in enumerate(made.words[:VOCABULARY]):
        assert share[word] / 3000 == pytest.approx(wanted[place] / wanted.sum(), abs=0.03)
    assert made.generate(["a"], seed=4) == made.generate(["a"], seed=4)
    assert made.generate(["a"], seed=4, temperature=0) == made.generate(["a"], seed=5, temperature=0)
    assert UNKNOWN not in {w for s in range(200) for w in made.generate(seed=s)}
    assert made.generate(["d", "a"], smoothing="none", seed=0) is not None


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: model(0), "order: 0 is not a whole number from 1 to 5"),
        (lambda: model().distribution([], "kneser"), "smoothing: unknown 'kneser'; there are none, add-k"),
        (lambda: model().distribution([], "kneser-ney", 1.5), "kneser-ney: 1.5 is no value of D"),
        (lambda: model().distribution([], "add-k", 0), "add-k: 0 is no value of k"),
    ],
)
def test_bad_input_is_one_line(call, says):
    with pytest.raises(InputError, match=says):
        call()
