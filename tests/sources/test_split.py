import random
from collections import Counter

import numpy
import pytest

from nblib.engine.errors import InputError
from nblib.sources.split import SPLITS, check_fractions, identity, stratified, unique

EIGHTY = (0.8, 0.1, 0.1)


def random_fractions(generator):
    parts = [generator.uniform(0.05, 1) for _ in range(3)]
    return tuple(part / sum(parts) for part in parts)


def test_every_row_is_in_one_split_and_every_class_of_three_in_all():
    generator = random.Random(1)
    for trial in range(300):
        labels = [f"c{generator.randrange(generator.randint(1, 9))}" for _ in range(generator.randint(1, 400))]
        splits = stratified(labels, trial, random_fractions(generator))
        assert sorted(sum(splits.values(), [])) == list(range(len(labels)))
        assert list(splits) == list(SPLITS)
        for label, count in Counter(labels).items():
            found = [sum(labels[position] == label for position in splits[split]) for split in SPLITS]
            assert min(found) >= 1 if count >= 3 else found == [count, 0, 0]


def test_shares_follow_the_fractions_in_each_class():
    labels = ["a"] * 1000 + ["b"] * 200
    splits = stratified(labels, 0, (0.7, 0.2, 0.1))
    counted = {split: Counter(labels[position] for position in splits[split]) for split in SPLITS}
    assert counted == {
        "train": {"a": 700, "b": 140},
        "validation": {"a": 200, "b": 40},
        "test": {"a": 100, "b": 20},
    }


def test_the_same_arguments_give_the_same_split_whatever_the_global_state():
    labels = ["a", "b"] * 50
    random.seed(1)
    numpy.random.seed(1)
    first = stratified(labels, 7, EIGHTY)
    random.seed(2)
    numpy.random.seed(2)
    before = random.getstate(), numpy.random.get_state()[1].tolist()
    assert stratified(labels, 7, EIGHTY) == first
    assert (random.getstate(), numpy.random.get_state()[1].tolist()) == before
    assert stratified(labels, 8, EIGHTY) != first
    assert stratified(labels, -7, EIGHTY) != first


def test_this_split_stays_what_it_was():
    # what was measured on one machine must be held-out on the next, and in the next version
    splits = stratified(["a", "b"] * 10, 0, EIGHTY)
    assert splits == {
        "train": [3, 17, 10, 4, 5, 6, 12, 7, 16, 8, 13, 11, 0, 1, 19, 14],
        "validation": [15, 2],
        "test": [9, 18],
    }


def test_classes_are_mixed_within_a_split():
    splits = stratified(["a"] * 500 + ["b"] * 500, 0, EIGHTY)
    first_half = splits["train"][:400]
    assert 150 < sum(position < 500 for position in first_half) < 250


@pytest.mark.parametrize(
    ("fractions", "message"),
    [
        ((0, 0.5, 0.5), "train_fraction is 0: it must be above 0 and below 1"),
        ((0.9, 0.1, 0), "test_fraction is 0"),
        ((0.9, -0.1, 0.2), "validation_fraction is -0.1"),
        ((float("nan"), 0.5, 0.5), "train_fraction is nan"),
        ((1, 0.1, 0.1), "train_fraction is 1"),
        ((0.8, 0.1, 0.2), "must add up to 1: 0.8 + 0.1 + 0.2 = 1.1"),
    ],
)
def test_bad_fractions_are_refused(fractions, message):
    with pytest.raises(InputError) as caught:
        check_fractions(fractions)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_fractions_may_miss_one_by_a_rounding_error():
    check_fractions((0.8, 0.1, 0.1 + 5e-7))


def test_unique_keeps_the_first_and_drops_what_has_two_labels():
    texts = ["Good film", "bad", "good  FILM ", "so so", "So So", "bad", "Straße", "STRASSE"]
    labels = ["p", "n", "p", "p", "n", "n", "x", "x"]
    found = unique(texts, labels)
    assert found.keep == [0, 1, 6]
    assert found.duplicates == [2, 5, 7]
    assert found.conflicts == [3, 4]


def test_identity_leaves_different_texts_apart():
    assert identity("a b") == identity(" A\t B\n") != identity("ab")
    assert identity("good!") != identity("good")
