"""Thinning keeps what a person looks for in a curve: its beginning, its peaks, its end."""

from __future__ import annotations

import numpy as np
import pytest

from nblib import figures

RNG = np.random.default_rng(0)


def some_curve(seed: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """A falling, noisy loss with a peak somewhere and holes where it is no number."""
    rng = np.random.default_rng(seed)
    y = (rng.normal(size=n) + 20 * np.exp(-np.arange(n) / 30)).astype(np.float32)
    y[rng.integers(n, size=2)] = 90, -90
    y[rng.integers(n, size=n // 50)] = rng.choice([np.nan, np.inf, -np.inf])
    return np.cumsum(rng.integers(1, 5, size=n)).astype(np.int32), y


@pytest.mark.parametrize("limit", [1000, 400, 100, 7])
@pytest.mark.parametrize("n", [5, 399, 401, 1000, 1001, 2345, 50_001])
@pytest.mark.parametrize("seed", range(4))
def test_what_is_kept(seed, n, limit):
    x, y = some_curve(seed, n)
    few_x, few_y = figures.decimate(x, y, limit)
    assert len(few_x) == len(few_y) == n if n <= limit else len(few_x) == len(few_y) <= limit
    # Points of the curve, in their order.
    assert (np.diff(few_x) > 0).all()
    np.testing.assert_array_equal(few_y, y[np.searchsorted(x, few_x)])
    assert few_x.dtype == np.int32 and few_y.dtype == np.float32
    begin = min(n, 200, max(limit // 2, 1))
    np.testing.assert_array_equal(few_x[:begin], x[:begin])
    assert few_x[-1] == x[-1]
    finite, few = y[np.isfinite(y)], few_y[np.isfinite(few_y)]
    assert few.max() == finite.max() and few.min() == finite.min()


@pytest.mark.parametrize("seed", range(6))
def test_every_stretch_keeps_its_extremes(seed):
    """However a curve of 30,000 is cut into stretches: what is left out lies between what is kept around it."""
    x, y = np.arange(30_000), np.random.default_rng(seed).normal(size=30_000).astype(np.float32)
    few_x, few_y = figures.decimate(x, y)
    # No stretch is longer than 75 points; of any three in a row both extremes are kept.
    for begin in range(200, 30_000 - 300, 997):
        kept = few_y[(few_x >= begin - 76) & (few_x < begin + 300)]
        assert kept.max() >= y[begin : begin + 225].max() and kept.min() <= y[begin : begin + 225].min()


def test_the_steep_beginning_is_whole():
    y = np.exp(-np.arange(100_000) / 40).astype(np.float32)
    x, few = figures.decimate(np.arange(1, 100_001), y)
    assert x[:200].tolist() == list(range(1, 201))
    assert (few[:200] == y[:200]).all()


def test_an_even_curve_may_be_asked_for():
    y = RNG.normal(size=10_000).astype(np.float32)
    x, _ = figures.decimate(np.arange(10_000), y, 240, first=0)
    assert len(x) <= 240 and np.diff(x).max() < 3 * 10_000 / 119


def test_what_is_no_number_stays_none():
    y = np.full(3000, np.nan, np.float32)
    y[:1500] = 1
    x, few = figures.decimate(np.arange(3000, dtype=np.int32), y, 100)
    assert np.isnan(few[-1]) and few[0] == 1
    assert np.isnan(few).sum() > 10 and (few == 1).sum() > 50
