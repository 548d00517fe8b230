"""Principal components, and their axes kept steady from one picture to the next."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Projection(NamedTuple):
    """``points`` [n, k]; ``axes`` [k, D], orthonormal rows; ``shares`` [k] of the variance along each axis."""

    points: np.ndarray
    axes: np.ndarray
    shares: np.ndarray


def pca(vectors: np.ndarray, dimensions: int = 3) -> Projection:
    """Principal component analysis of ``vectors`` [n, D]: the axes of largest variance, each pointing to where its
    largest coordinate is positive. Where n or D allows fewer than ``dimensions`` axes, the rest are zero.

    Pearson, "On lines and planes of closest fit to systems of points in space", 1901.
    """
    centred = np.asarray(vectors, np.float64) - np.mean(vectors, axis=0, dtype=np.float64)
    # A square of the fewer of the two: a hundred times a hundred numbers are done within a millisecond.
    if centred.shape[0] >= centred.shape[1]:
        variance, columns = np.linalg.eigh(centred.T @ centred)
        variance, axes = np.maximum(variance[::-1], 0), columns.T[::-1]
    else:
        _, lengths, axes = np.linalg.svd(centred, full_matrices=False)
        variance = lengths**2
    axes = axes[:dimensions]
    sign = np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)])
    axes = axes * np.where(sign == 0, 1, sign)[:, None]
    shares = variance[:dimensions] / max(float(variance.sum()), 1e-300)
    if len(axes) < dimensions:
        missing = dimensions - len(axes)
        axes = np.vstack([axes, np.zeros((missing, axes.shape[1]))])
        shares = np.concatenate([shares, np.zeros(missing)])
    return Projection(centred @ axes.T, axes, shares)


class SteadyPCA:
    """PCA for a picture that moves: the plane (or space) of largest variance, turned so that its axes stay as near as
    they can to those of the last picture.

    Signs of components mean nothing, and two components of like variance change places at a whim. The turn is the
    orthogonal one that brings the new axes nearest to the old (Schönemann, "A generalized solution of the orthogonal
    Procrustes problem", 1966); it changes no distance between points.
    """

    def __init__(self, dimensions: int = 3):
        self.dimensions = dimensions
        self.axes: np.ndarray | None = None

    def project(self, vectors: np.ndarray) -> Projection:
        """[n, D] → a Projection whose shares are those of the axes as they are now turned."""
        points, axes, shares = pca(vectors, self.dimensions)
        if self.axes is not None and self.axes.shape == axes.shape:
            left, _, right = np.linalg.svd(self.axes @ axes.T)
            turn = left @ right
            points, axes = points @ turn.T, turn @ axes
            shares = (turn**2) @ shares
        self.axes = axes
        return Projection(points, axes, shares)
