"""Handwritten digits: scikit-learn's 1,797 of 8×8, always there, and MNIST's 70,000 of 28×28 from the hub.

E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI repository, 1998; Y. LeCun et al.,
"Gradient-based learning applied to document recognition", 1998.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from nblib.engine.errors import InputError

TEST_SHARE = 0.2
HUB_NAME = "ylecun/mnist"


@dataclass(frozen=True)
class Digits:
    """Pictures as rows of grey levels 0 to ``levels``: float32 [n, side·side], and classes int64 [n]."""

    name: str
    side: int
    levels: float
    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray


def load_digits(name: str = "digits") -> Digits:
    """ "digits": scikit-learn's, a fixed fifth of each class apart for the test; "mnist": with the hub's own split.

    Raises InputError for another name, and where the hub's are not on this machine and cannot be fetched.
    """
    if name == "digits":
        return _sklearn()
    if name == "mnist":
        return _mnist()
    raise InputError(f"dataset: {name!r} is not one of digits, mnist")


@lru_cache(maxsize=1)
def _sklearn() -> Digits:
    from sklearn.datasets import load_digits as load

    pixels, classes = load(return_X_y=True)
    images, labels = np.asarray(pixels, np.float32), np.asarray(classes, np.int64)
    rng = np.random.default_rng(0)
    test = np.zeros(len(labels), bool)
    for digit in range(10):
        rows = rng.permutation(np.flatnonzero(labels == digit))
        test[rows[: round(TEST_SHARE * len(rows))]] = True
    return Digits("digits", 8, 16.0, images[~test], labels[~test], images[test], labels[test])


@lru_cache(maxsize=1)
def _mnist() -> Digits:
    from nblib.sources.hub import download

    splits = download(HUB_NAME)
    try:
        (train, y), (test, z) = (_columns(splits[split]) for split in ("train", "test"))
    except (KeyError, ValueError, TypeError) as error:
        raise InputError(f"data set {HUB_NAME!r} is not as expected ({type(error).__name__}: {error})") from None
    return Digits("mnist", 28, 255.0, train, y, test, z)


def _columns(split) -> tuple[np.ndarray, np.ndarray]:
    images = np.stack([np.asarray(image, np.float32) for image in split["image"]])
    if images.shape[1:] != (28, 28):
        raise ValueError(f"pictures of {images.shape[1:]}, not 28×28")
    return images.reshape(len(images), -1), np.asarray(split["label"], np.int64)


def as_scanned(ink: np.ndarray, side: int, levels: float) -> np.ndarray:
    """Ink bool [h, w] as a picture float32 [side·side] of grey levels, framed as the data set's own were.

    For 8×8 the digit is scaled to the full height of a grid of 32×32 and the ink in each block of 4×4 is counted; for
    28×28 it is scaled into 20×20 and put in place by its centre of mass. No ink gives an empty picture.
    """
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    if not len(rows):
        return np.zeros(side * side, np.float32)
    digit = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.float64)
    grid, tall, wide = (32, 32, 28) if side == 8 else (28, 20, 20)
    scale = min(tall / digit.shape[0], wide / digit.shape[1])
    size = [max(1, round(n * scale)) for n in digit.shape]
    small = _areas(digit.shape[0], size[0]) @ digit @ _areas(digit.shape[1], size[1]).T
    page = np.zeros((grid, grid))
    if side == 8:
        top, left = (grid - size[0]) // 2, (grid - size[1]) // 2
    else:
        mass = small.sum()
        top, left = (
            int(np.clip(round(grid / 2 - (small.sum(1 - axis) @ (np.arange(size[axis]) + 0.5)) / mass), 0,
                        grid - size[axis])) for axis in (0, 1)
        )  # fmt: skip
    page[top : top + size[0], left : left + size[1]] = small
    if side == 8:
        page = (page >= 0.5).reshape(8, 4, 8, 4).sum((1, 3)) / 16
    return (np.clip(page, 0, 1) * levels).astype(np.float32).ravel()


def _areas(before: int, after: int) -> np.ndarray:
    """[after, before]: how much of each old cell lies in each new one, as shares of the new."""
    edges = np.linspace(0, before, after + 1)
    old = np.arange(before)
    return np.clip(np.minimum(edges[1:, None], old + 1) - np.maximum(edges[:-1, None], old), 0, 1) / (before / after)
