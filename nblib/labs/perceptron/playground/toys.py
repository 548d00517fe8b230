"""Data in the plane, drawn as TensorFlow Playground does: two classes, or a number to predict.

D. Smilkov et al., "Direct-Manipulation Visualization of Deep Networks", 2017.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nblib.engine.errors import InputError
from nblib.engine.text import nearest

RADIUS = 5.0
# Half the side of the square that is shown.
EXTENT = 6.0
COUNT = {"classification": 500, "regression": 1200}


def _circle(rng, n, noise):
    inner = np.arange(n) < n // 2
    radius = np.where(inner, rng.uniform(0, RADIUS * 0.5, n), rng.uniform(RADIUS * 0.7, RADIUS, n))
    angle = rng.uniform(0, 2 * np.pi, n)
    points = np.column_stack([radius * np.sin(angle), radius * np.cos(angle)])
    moved = points + rng.uniform(-RADIUS, RADIUS, (n, 2)) * noise
    return points, np.where(np.hypot(*moved.T) < RADIUS * 0.5, 1.0, -1.0)


def _xor(rng, n, noise):
    points = rng.uniform(-RADIUS, RADIUS, (n, 2))
    points += np.where(points > 0, 0.3, -0.3)
    moved = points + rng.uniform(-RADIUS, RADIUS, (n, 2)) * noise
    return points, np.where(moved[:, 0] * moved[:, 1] >= 0, 1.0, -1.0)


def _gauss(rng, n, noise):
    labels = np.where(np.arange(n) < n // 2, 1.0, -1.0)
    spread = np.sqrt(0.5 + 7 * noise)  # a variance from 0.5 without noise to 4 with half of it
    return 2 * labels[:, None] + rng.normal(0, spread, (n, 2)), labels


def _spiral(rng, n, noise):
    half = n // 2
    place = np.concatenate([np.arange(half), np.arange(n - half)]) / half
    labels = np.where(np.arange(n) < half, 1.0, -1.0)
    angle = 1.75 * place * 2 * np.pi + np.where(labels > 0, 0, np.pi)
    points = RADIUS * place[:, None] * np.column_stack([np.sin(angle), np.cos(angle)])
    return points + rng.uniform(-1, 1, (n, 2)) * noise, labels


def _plane(rng, n, noise):
    points = rng.uniform(-EXTENT, EXTENT, (n, 2))
    moved = points + rng.uniform(-EXTENT, EXTENT, (n, 2)) * noise
    return points, moved.sum(1) / 10


_HILLS = np.array([(-4, 2.5, 1), (0, 2.5, -1), (4, 2.5, 1), (-4, -2.5, -1), (0, -2.5, 1), (4, -2.5, -1)], float)


def _hills(rng, n, noise):
    points = rng.uniform(-EXTENT, EXTENT, (n, 2))
    moved = points + rng.uniform(-EXTENT, EXTENT, (n, 2)) * noise
    apart = np.hypot(moved[:, :1] - _HILLS[:, 0], moved[:, 1:] - _HILLS[:, 1])
    heights = _HILLS[:, 2] * np.clip(1 - apart / 2, 0, 1)
    return points, heights[np.arange(n), np.abs(heights).argmax(1)]


MAKERS: dict[str, Callable] = {
    "circle": _circle, "xor": _xor, "gauss": _gauss, "spiral": _spiral, "plane": _plane, "hills": _hills,
}  # fmt: skip
TASKS = {name: "regression" if name in ("plane", "hills") else "classification" for name in MAKERS}

FEATURES: dict[str, tuple[str, Callable]] = {
    "x1": ("X₁", lambda x, y: x),
    "x2": ("X₂", lambda x, y: y),
    "x1_squared": ("X₁²", lambda x, y: x * x),
    "x2_squared": ("X₂²", lambda x, y: y * y),
    "x1_x2": ("X₁X₂", lambda x, y: x * y),
    "sin_x1": ("sin X₁", lambda x, y: np.sin(x)),
    "sin_x2": ("sin X₂", lambda x, y: np.sin(y)),
}


def features(points: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
    """Points [n, 2] → float32 [n, len(names)], contiguous."""
    return np.column_stack([FEATURES[name][1](points[:, 0], points[:, 1]) for name in names]).astype(np.float32)


@dataclass(frozen=True)
class Toy:
    """``points`` float32 [n, 2], ``targets`` float32 [n, 1] (classes as ±1); the first ``train`` are trained on."""

    points: np.ndarray
    targets: np.ndarray
    train: int
    task: str


def make(name: str, *, noise: float = 0.0, train_fraction: float = 0.5, seed: int = 0, count: int = 0) -> Toy:
    """Draw ``count`` points (500; 1,200 for regression), shuffled, at least one of them on either side of the split.

    Raises InputError for an unknown name.
    """
    if name not in MAKERS:
        raise InputError(f"dataset: no {name!r}{nearest(name, MAKERS)}; there are {', '.join(MAKERS)}")
    rng = np.random.default_rng([seed, 1])
    task = TASKS[name]
    n = count or COUNT[task]
    points, targets = MAKERS[name](rng, n, noise)
    order = rng.permutation(n)
    train = min(n - 1, max(1, round(n * train_fraction)))
    return Toy(np.ascontiguousarray(points[order], np.float32), targets[order].astype(np.float32)[:, None], train, task)
