"""Neighbours, analogies, the projection that stays steady, and bias, on vectors of which the answer is known."""

import time

import numpy as np
import pytest
from sklearn.decomposition import PCA

from nblib import InputError
from nblib.labs.word_vectors.word2vec.bias import association, lean
from nblib.labs.word_vectors.word2vec.projection import SteadyPCA, pca
from nblib.models.vectors import WordVectors

# Two directions: royal, and female.
ROYAL = WordVectors(
    ["man", "woman", "king", "queen", "boy", "girl", "stone"],
    np.array([[1, 0, 0, 2], [1, 1, 0, 2], [1, 0, 1, 2], [1, 1, 1, 2], [1, 0, -1, 2], [1, 1, -1, 2], [-3, 0, 0, 0]]),
)


def test_neighbours_are_ranked_by_angle_and_leave_the_word_out():
    found = ROYAL.nearest("man", 3)
    unit = ROYAL.vectors / np.linalg.norm(ROYAL.vectors, axis=1, keepdims=True)
    for word, cosine in found:
        assert cosine == pytest.approx(float(unit[0] @ unit[ROYAL.place(word)]))
    assert [c for _, c in found] == sorted((c for _, c in found), reverse=True)
    assert "man" not in dict(ROYAL.nearest("man", 100)) and len(ROYAL.nearest("man", 100)) == 6
    assert {"queen", "king"}.isdisjoint(dict(ROYAL.nearest(["queen", "king"], 2)))


def test_an_analogy_completes_the_parallelogram():
    assert ROYAL.analogy("man", "king", "woman", 1)[0][0] == "queen"
    assert ROYAL.analogy("man", "woman", "boy", 1)[0][0] == "girl"


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("quean", "'quean' has no vector: .*; seen were queen"),
        ("🙂", "'🙂' has no vector: it was never seen, or too seldom; a vector is learnt from"),
        ("x" * 10_000, "^'x{39}…' has no vector"),
    ],
)
def test_a_word_that_was_never_seen_is_named(word, says):
    with pytest.raises(InputError, match=says):
        ROYAL.nearest(word)


def test_a_question_is_answered_within_a_keystroke():
    draw = np.random.default_rng(0)
    words = ["".join(draw.choice(list("abcdefghij"), 8)) for _ in range(20_000)]
    vectors = WordVectors(words, draw.normal(size=(20_000, 100))).snapshot()
    for ask in (lambda: vectors.nearest(words[0]), lambda: vectors.analogy(*words[:3])):
        ask()
        began = time.process_time()
        ask()
        assert time.process_time() - began < 0.05
    vectors.place(words[0])
    with pytest.raises(InputError):
        vectors.nearest(words[0] + "x")
    began = time.process_time()
    with pytest.raises(InputError):
        vectors.nearest(words[0] + "x")
    assert time.process_time() - began < 0.1


def test_a_snapshot_stays_as_it_is():
    vectors = WordVectors(ROYAL.words, ROYAL.vectors.copy())
    before = vectors.snapshot()
    vectors.vectors[:] = 7
    assert before.nearest("man", 3) == ROYAL.nearest("man", 3)


# -- projection ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(60, 12), (12, 60), (30, 30)])
def test_components_are_those_of_scikit_learn_up_to_sign(shape):
    cloud = np.random.default_rng(1).normal(size=shape) * np.linspace(3, 0.5, shape[1])
    found, reference = pca(cloud, 3), PCA(3, svd_solver="full").fit(cloud)
    turn = np.sign((found.axes * reference.components_).sum(axis=1))
    assert found.axes == pytest.approx(reference.components_ * turn[:, None], abs=1e-6)
    assert found.points == pytest.approx(reference.transform(cloud) * turn, abs=1e-6)
    assert found.shares == pytest.approx(reference.explained_variance_ratio_, abs=1e-9)


def test_fewer_words_than_axes_lie_on_a_line_or_a_point():
    assert pca(np.ones((5, 4))).points == pytest.approx(0)
    found = pca(np.array([[1.0], [3.0]]), 3)
    assert abs(found.points[:, 0]) == pytest.approx(1) and (found.points[:, 1:] == 0).all()


def test_axes_stay_where_they_were_although_components_flip_and_change_places():
    draw = np.random.default_rng(2)
    cloud = draw.normal(size=(200, 10)) * np.array([3.0, 2.9, 2.8] + [0.3] * 7)
    steady, plain, jumps, plain_jumps = SteadyPCA(), None, [], []
    last = steady.project(cloud)
    plain = pca(cloud)
    for _ in range(30):
        cloud = cloud + draw.normal(size=cloud.shape) * 0.15
        now, other = steady.project(cloud), pca(cloud)
        jumps.append(np.abs(now.points - last.points).max())
        plain_jumps.append(np.abs(other.points - plain.points).max())
        # A turn only: distances and the variance that is shown are those of the plain projection.
        assert np.linalg.norm(now.points, axis=1) == pytest.approx(np.linalg.norm(other.points, axis=1))
        assert now.shares.sum() == pytest.approx(other.shares.sum())
        assert now.points.var(axis=0) / cloud.var(axis=0).sum() == pytest.approx(now.shares)
        assert now.axes @ now.axes.T == pytest.approx(np.eye(3), abs=1e-9)
        last, plain = now, other
    assert max(jumps) < 2 < max(plain_jumps)


# -- bias ----------------------------------------------------------------------------------------------------------


def group(centre, number, name, draw):
    return [f"{name}{i}" for i in range(number)], draw.normal(size=(number, 20)) * 0.3 + centre


def leaning(strength):
    draw = np.random.default_rng(3)
    a, b = np.zeros(20), np.zeros(20)
    a[0], b[1] = 1, 1
    lists = [
        group(strength * a + 0.5, 8, "x", draw),
        group(strength * b + 0.5, 8, "y", draw),
        group(a, 6, "a", draw),
        group(b, 6, "b", draw),
    ]
    vectors = WordVectors([w for words, _ in lists for w in words], np.concatenate([v for _, v in lists]))
    return vectors, [words for words, _ in lists]


def test_a_leaning_that_is_there_is_found_and_one_that_is_not_is_called_chance():
    vectors, lists = leaning(1.0)
    found = association(vectors, *lists)
    assert found.effect > 1.2 and found.p < 0.001 and "strong" in found.verdict and "hardly gives this" in found.verdict
    assert association(vectors, lists[1], lists[0], *lists[2:]).effect == pytest.approx(-found.effect)
    vectors, lists = leaning(0.0)
    nothing = association(vectors, *lists)
    assert abs(nothing.effect) < 0.9 and nothing.p > 0.05 and "chance alone may give this" in nothing.verdict


def test_the_effect_is_that_of_the_paper():
    vectors, (x, y, a, b) = leaning(0.5)
    cosine = vectors.similarity
    s = {w: np.mean([cosine(w, t) for t in a]) - np.mean([cosine(w, t) for t in b]) for w in x + y}
    wanted = (np.mean([s[w] for w in x]) - np.mean([s[w] for w in y])) / np.std(list(s.values()), ddof=1)
    found = association(vectors, [*x, "never"], y, a, b)
    assert found.effect == pytest.approx(wanted, abs=1e-5) and found.missing == ("never",)
    assert found.leanings == pytest.approx(s, abs=1e-5)


def test_lists_that_say_nothing_are_refused():
    vectors, (x, y, a, b) = leaning(0.5)
    with pytest.raises(InputError, match="first group: 1 of the words"):
        association(vectors, x[:1], y, a, b)
    with pytest.raises(InputError, match="is in both groups"):
        association(vectors, x, [*y, x[0]], a, b)
    with pytest.raises(InputError, match="no pair of poles"):
        lean(vectors, [("he", "she")], x)


def test_words_are_laid_out_between_two_poles():
    found = lean(ROYAL, [("man", "woman"), ("king", "queen")], ["boy", "girl", "stone", "never"])
    assert [w for w, _ in found] == ["boy", "stone", "girl"] or [w for w, _ in found] == ["stone", "boy", "girl"]
    assert [w for w, _ in lean(ROYAL, [("man", "woman")], list(ROYAL.words), number=1)][-1] in ("woman", "girl")
