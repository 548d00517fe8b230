"""The perceptron against its theorem, against scikit-learn, and against every line there is."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from nblib.engine.errors import InputError
from nblib.models import perceptron
from nblib.models.perceptron import best_line, bound, gate, learn, margin, predict, update


def cloud(n: int, gap: float, seed: int = 0):
    """Points on both sides of a slanted line, none nearer to it than ``gap``."""
    rng = np.random.default_rng(seed)
    normal = np.array([0.6, 0.8])
    points = rng.uniform(-3, 3, (20 * n, 2))
    points = points[np.abs(points @ normal - 0.5) > gap][:n]
    return points, (points @ normal - 0.5 > 0).astype(int)


def test_a_point_on_the_line_is_zero():
    assert predict([1, 1], -1, [[0.5, 0.5], [0.5, 0.6], [0.5, 0.4]]).tolist() == [0, 1, 0]


def test_one_update_is_the_rule_and_says_its_numbers():
    done = update([0.5, -1.0], 0.25, [1.0, 2.0], 1, 0.5)
    assert (done.answer, done.error, done.activation) == (0, 1, -1.25)
    assert done.after == (1.0, 0.0, 0.75)
    assert done.lines()[0] == "a = 0.5·1 + −1·2 + 0.25 = −1.25, so y = 0; wanted is t = 1"
    assert done.lines()[2:] == [
        "w1 ← 0.5 + 0.5·(1)·1 = 1",
        "w2 ← −1 + 0.5·(1)·2 = 0",
        "b ← 0.25 + 0.5·(1)·1 = 0.75",
    ]


def test_a_right_answer_changes_nothing():
    done = update([1.0, 1.0], -0.5, [1.0, 1.0], 1)
    assert done.after == done.before and done.lines()[-1].endswith("nothing changes")


@pytest.mark.parametrize("name", ["AND", "OR", "NAND"])
def test_a_gate_that_a_line_divides_is_learnt(name):
    points, labels = gate(name)
    found = learn(points, labels)
    assert found.converged and perceptron.errors(found.weights, found.bias, points, labels) == 0
    assert found.updates <= bound(points, labels)


def test_xor_never_ends_and_the_best_of_all_lines_errs_once():
    points, labels = gate("XOR")
    assert not learn(points, labels, most_passes=200).converged
    assert margin(points, labels) == 0 and bound(points, labels) == np.inf
    best = best_line(points, labels)
    assert best.errors == 1
    assert perceptron.errors(best.weights, best.bias, points, labels) == 1


@pytest.mark.parametrize("gap", [0.05, 0.3, 1.0])
@pytest.mark.parametrize("seed", range(3))
def test_updates_stay_below_the_bound_of_the_theorem(gap, seed):
    points, labels = cloud(60, gap, seed)
    found = learn(points, labels, learning_rate=0.1, most_passes=100_000)
    assert found.converged and 0 < found.updates <= bound(points, labels)


def test_the_margin_is_that_of_a_support_vector_machine():
    from sklearn.svm import SVC

    points, labels = cloud(80, 0.2)
    # With a constant input in place of a bias, whose machine is the widest strip through the origin.
    signs = np.where(labels == 1, 1.0, -1.0)
    wide = np.column_stack([points, np.ones(len(points))])
    both, classes = np.concatenate([wide, -wide]), np.concatenate([signs, -signs])
    machine = SVC(kernel="linear", C=1e9, tol=1e-8).fit(both, classes)
    assert margin(points, labels) == pytest.approx(1 / np.linalg.norm(machine.coef_), rel=1e-4)


def brute(points, labels) -> int:
    """Errors of the best of very many lines."""
    least = len(labels)
    for angle in np.linspace(0, np.pi, 721):
        along = points @ [np.cos(angle), np.sin(angle)]
        for cut in np.concatenate([np.sort(along) - 1e-9, [along.max() + 1]]):
            wrong = int(((along > cut) != labels).sum())
            least = min(least, wrong, len(labels) - wrong)
    return least


@pytest.mark.parametrize("seed", range(6))
def test_no_line_is_better_than_the_best(seed):
    rng = np.random.default_rng(seed)
    points, labels = rng.integers(0, 5, (9, 2)).astype(float), rng.integers(0, 2, 9)
    best = best_line(points, labels)
    assert perceptron.errors(best.weights, best.bias, points, labels) == best.errors == brute(points, labels)


def test_of_the_16_functions_of_two_bits_a_line_reaches_14():
    corners = np.array([(0, 0), (0, 1), (1, 0), (1, 1)], float)
    out_of_reach = [
        t for t in itertools.product((0, 1), repeat=4) if best_line(corners, np.array(t)).errors
    ]  # fmt: skip
    assert out_of_reach == [(0, 1, 1, 0), (1, 0, 0, 1)]


def test_one_class_one_point_and_points_on_one_spot():
    assert best_line([[1.0, 2.0]], [1]).errors == 0
    assert best_line([[1.0, 2.0], [3.0, 1.0]], [0, 0]).errors == 0
    assert best_line([[1.0, 1.0]] * 3, [1, 1, 0]).errors == 1
    assert learn([[1.0, 2.0], [3.0, 1.0]], [1, 1]).converged


@pytest.mark.parametrize("ask", [learn, margin, bound, best_line])
def test_no_points_is_said_in_one_line(ask):
    with pytest.raises(InputError, match="points: there are none; add some first"):
        ask(np.empty((0, 2)), np.empty(0))


def test_too_many_points_and_a_point_nowhere():
    with pytest.raises(InputError, match="at most 200 points, and these are 10,000"):
        best_line(np.zeros((10_000, 2)), np.zeros(10_000))
    with pytest.raises(InputError, match="no finite number"):
        learn([[np.nan, 0.0]], [1])
    with pytest.raises(InputError, match="gate: 'XNOR' is not one of AND, OR, NAND, XOR"):
        gate("XNOR")
