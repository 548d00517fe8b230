"""Points of the playground: how many, where, which class; digits with a fixed test."""

from __future__ import annotations

import numpy as np
import pytest

from nblib.engine.errors import InputError
from nblib.labs.perceptron.playground import toys
from nblib.sources.digits import HUB_NAME, load_digits


@pytest.mark.parametrize("name", toys.MAKERS)
def test_every_data_set_is_drawn_from_its_seed(name):
    toy, again, other = (toys.make(name, noise=0.2, seed=s) for s in (0, 0, 1))
    assert (toy.points == again.points).all() and (toy.points != other.points).any()
    assert toy.points.dtype == toy.targets.dtype == np.float32
    assert len(toy.points) == toys.COUNT[toy.task] and toy.train == len(toy.points) // 2
    assert np.abs(toy.targets).max() <= 2.4 if toy.task == "regression" else set(np.unique(toy.targets)) == {-1, 1}


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("circle", lambda x, y: np.hypot(x, y) < 2.5),
        ("xor", lambda x, y: x * y >= 0),
        ("gauss", lambda x, y: x + y > 0),
    ],
)
def test_without_noise_the_class_follows_from_the_place(name, rule):
    toy = toys.make(name, noise=0)
    right = rule(*toy.points.T) == (toy.targets[:, 0] > 0)
    assert right.mean() > (0.99 if name == "gauss" else 0.999)


def test_spirals_turn_into_each_other():
    toy = toys.make("spiral")
    radius = np.hypot(*toy.points.T)
    angle = 1.75 * radius / 5 * 2 * np.pi + np.where(toy.targets[:, 0] > 0, 0, np.pi)
    np.testing.assert_allclose(toy.points, radius[:, None] * np.column_stack([np.sin(angle), np.cos(angle)]), atol=1e-4)


def test_numbers_to_predict():
    plane = toys.make("plane")
    np.testing.assert_allclose(plane.targets[:, 0], plane.points.sum(1) / 10, atol=1e-6)
    hills = toys.make("hills")
    top = np.hypot(*(hills.points - [-4, 2.5]).T) < 0.5
    assert top.any() and (hills.targets[top, 0] > 0.7).all()


def test_noise_moves_points_over_the_border():
    toy = toys.make("circle", noise=0.5)
    assert 0.05 < ((np.hypot(*toy.points.T) < 2.5) != (toy.targets[:, 0] > 0)).mean() < 0.5


def test_features_in_the_order_asked_for():
    points = np.array([[2.0, -3.0]])
    found = toys.features(points, tuple(toys.FEATURES))
    np.testing.assert_allclose(found[0], [2, -3, 4, 9, -6, np.sin(2), np.sin(-3)], rtol=1e-6)
    assert toys.features(points, ("x1_x2",)).tolist() == [[-6]]


def test_both_sides_of_the_split_have_a_point_and_an_unknown_name_is_refused():
    assert toys.make("circle", count=2, train_fraction=0.99).train == 1
    assert toys.make("circle", count=2, train_fraction=0.01).train == 1
    with pytest.raises(InputError, match="no 'spirals'; did you mean spiral"):
        toys.make("spirals")


def test_digits_keep_a_fifth_of_each_class_for_the_test():
    found = load_digits("digits")
    assert found.train_images.shape == (1438, 64) and found.test_images.shape == (359, 64)
    shares = np.bincount(found.test_labels) / (np.bincount(found.test_labels) + np.bincount(found.train_labels))
    assert np.abs(shares - 0.2).max() < 0.005
    train = {row.tobytes() for row in found.train_images}
    assert not any(row.tobytes() in train for row in found.test_images)
    with pytest.raises(InputError, match="'letters' is not one of digits, mnist"):
        load_digits("letters")


def test_mnist_is_read_as_the_hub_gives_it(monkeypatch):
    from nblib.sources import digits, hub

    class Split(dict):
        pass

    def fake(name):
        assert name == HUB_NAME
        rng = np.random.default_rng(0)
        return {s: Split(image=list(rng.integers(0, 256, (n, 28, 28), np.uint8)), label=list(range(n)))
                for s, n in (("train", 6), ("test", 3))}  # fmt: skip

    monkeypatch.setattr(hub, "download", fake)
    digits._mnist.cache_clear()
    found = load_digits("mnist")
    assert found.train_images.shape == (6, 784) and found.test_labels.tolist() == [0, 1, 2] and found.levels == 255
    monkeypatch.setattr(hub, "download", lambda name: {"train": Split(image=[np.zeros((8, 8))], label=[0])})
    digits._mnist.cache_clear()
    with pytest.raises(InputError, match="is not as expected"):
        load_digits("mnist")
    digits._mnist.cache_clear()


def test_mnist_without_a_network_says_so(monkeypatch, tmp_path):
    from nblib.sources import digits

    monkeypatch.setenv("NBLIB_OFFLINE", "1")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    digits._mnist.cache_clear()
    with pytest.raises(InputError, match="not in the hub's cache"):
        load_digits("mnist")
