"""Gradient descent on one flat vector of parameters, in place: plain, with momentum, and Adam.

Adam: D. Kingma and J. Ba, "Adam: A Method for Stochastic Optimization", 2015.
"""

from __future__ import annotations

import math

import numpy as np

OPTIMISERS = ("sgd", "momentum", "adam")
MOMENTUM, BETA1, BETA2, EPSILON = 0.9, 0.9, 0.999, 1e-8


class Descent:
    """``step(gradient, learning_rate)`` moves ``parameters`` [n], which stay the array they are.

    ``memory`` [k, n] is what it remembers (k of 0, 1, 2 for sgd, momentum, adam) and ``count`` the steps so far: to go
    on elsewhere exactly as here, take both along.
    """

    def __init__(self, parameters: np.ndarray, kind: str = "adam"):
        self.parameters, self.kind, self.count = parameters, kind, 0
        self.memory = np.zeros((OPTIMISERS.index(kind), len(parameters)), parameters.dtype)
        self._work = np.empty_like(parameters)

    def step(self, gradient: np.ndarray, learning_rate: float) -> None:
        """One step down; the gradient [n] is not changed."""
        self.count += 1
        work = self._work
        if self.kind == "sgd":
            np.multiply(gradient, learning_rate, out=work)
        elif self.kind == "momentum":
            velocity = self.memory[0]
            velocity *= MOMENTUM
            velocity += gradient
            np.multiply(velocity, learning_rate, out=work)
        else:
            mean, square = self.memory
            np.subtract(gradient, mean, out=work)
            work *= 1 - BETA1
            mean += work
            np.multiply(gradient, gradient, out=work)
            work -= square
            work *= 1 - BETA2
            square += work
            np.sqrt(square, out=work)
            count = self.count
            root = math.sqrt(1 - BETA2**count)
            work += EPSILON * root
            np.divide(mean, work, out=work)
            work *= learning_rate * root / (1 - BETA1**count)
        self.parameters -= work


def regularise(parameters: np.ndarray, mask: np.ndarray, kind: str, amount: float) -> None:
    """Pull the parameters [n] that ``mask`` [n] marks with 1 towards zero, in place: l2 by ``amount · w``, l1 by
    ``amount``, and no farther than to zero.

    It stands beside the optimiser's step (I. Loshchilov and F. Hutter, "Decoupled Weight Decay Regularization", 2019);
    for plain gradient descent it is the gradient of the penalty λ/2·Σw² or λ·Σ|w|, with amount = learning rate · λ.
    """
    if kind == "l2":
        parameters *= 1 - min(amount, 1.0) * mask
    elif kind == "l1":
        shorter = np.maximum(np.abs(parameters) - amount * mask, 0)
        np.copysign(shorter, parameters, out=parameters)
