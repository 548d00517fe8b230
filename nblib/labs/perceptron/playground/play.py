"""What the playground trains: points, a net, a rule of descent, and what is drawn of them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from nblib.labs.perceptron.playground import toys
from nblib.labs.perceptron.playground.config import STRUCTURE, PlaygroundConfig
from nblib.models.descent import Descent, regularise
from nblib.models.mlp import MLP

FIELD, THUMBNAIL = 60, 30
MOST_CURVE = 400
# A point of the plane is shown at most this many times a picture: more would be one blot.
MOST_SHOWN = 1000


class Play:
    """The net of a config, on its points; ``update()`` is one step down on one batch.

    ``config`` is what is in force. ``step`` counts updates since the last new beginning, ``curve`` holds float32 rows
    (step, training loss, test loss) since then. ``held``: place in the parameters → the value that a hand holds it at.
    """

    def __init__(self, config: PlaygroundConfig):
        self.begin(config)

    def begin(self, config: PlaygroundConfig) -> None:
        """New points, new weights."""
        self.config = config
        self.toy = toys.make(
            config.dataset, noise=config.noise, train_fraction=config.train_fraction, seed=config.seed,
            count=config.num_points or 0,
        )  # fmt: skip
        self.inputs = toys.features(self.toy.points, config.feature_names)
        self.net = self._make_net(config)
        self.descent = Descent(self.net.parameters, config.optimiser)
        self.mask = self.net.mask
        self.held: dict[int, float] = {}
        self.step = 0
        self.curve: list[tuple[int, float, float]] = []
        # Epoch, and the points in its order.
        self._order = (-1, self.inputs, self.toy.targets)
        self.measure()

    def copy(self) -> Play:
        """Another one in the same state, to the bit."""
        other = Play(self.config)
        other.net.parameters[:] = self.net.parameters
        other.descent.memory[:], other.descent.count = self.descent.memory, self.descent.count
        other.step, other.curve = self.step, list(self.curve)
        return other

    @staticmethod
    def _make_net(config: PlaygroundConfig) -> MLP:
        sizes = (len(config.feature_names), *config.hidden, 1)
        output = "linear" if config.task == "regression" else "tanh"
        return MLP(sizes, config.activation, output, seed=config.seed, scale=config.init_scale)

    def change(self, name: str, value: Any) -> Any:
        """Set one setting; returns the old value. What is of the structure begins anew."""
        old = getattr(self.config, name)
        config = self.config.replace(**{name: value})
        if name in STRUCTURE and value != old:
            self.begin(config)
        else:
            self.config = config
            self.net.activation = config.activation
            self._order = (-1, self.inputs, self.toy.targets)
        return old

    # -- training ------------------------------------------------------------------------------------------------------

    def update(self) -> int:
        """One step down on the next batch; returns its number of points. Order: a function of (seed, epoch)."""
        config, n = self.config, self.toy.train
        size = min(config.batch_size, n)
        batches = -(-n // size)
        epoch, number = divmod(self.step, batches)
        if self._order[0] != epoch:
            order = np.random.default_rng([config.seed, 2, epoch]).permutation(n)
            self._order = epoch, self.inputs[order], self.toy.targets[order]
        _, x, y = self._order
        at = number * size
        x = x[at : at + size]
        self.net.backward(x, y[at : at + size])
        self.descent.step(self.net.gradient, config.learning_rate)
        if config.regularisation != "none":
            amount = config.learning_rate * config.regularisation_rate
            regularise(self.net.parameters, self.mask, config.regularisation, amount)
        for place, value in self.held.items():
            self.net.parameters[place] = value
        self.step += 1
        return len(x)

    def measure(self) -> tuple[float, float]:
        """Training and test loss (half the squared error) at this step; both enter the curve."""
        n = self.toy.train
        error = 0.5 * (self.net(self.inputs) - self.toy.targets)[:, 0] ** 2
        losses = float(error[:n].mean()), float(error[n:].mean())
        if not np.isfinite(self.net.parameters).all():
            losses = float("nan"), losses[1]
        self.curve.append((self.step, *losses))
        if len(self.curve) > MOST_CURVE:
            # Every second one goes, the latest stays.
            self.curve = self.curve[:-1:2] + self.curve[-1:]
        return losses

    def accuracy(self) -> float:
        """Share of the test points on the right side; NaN for regression."""
        if self.toy.task == "regression":
            return float("nan")
        n = self.toy.train
        return float((np.sign(self.net(self.inputs[n:])) == self.toy.targets[n:]).mean())

    # -- what a hand does ----------------------------------------------------------------------------------------------

    def hold(self, layer: int, source: int | None, target: int, value: float, final: bool = False) -> None:
        """Set a weight (a bias for source None) and keep it there until ``final``."""
        sizes = self.net.sizes
        fits = 0 <= layer < self.net.layers and 0 <= target < sizes[layer + 1]
        if not fits or not (source is None or 0 <= source < sizes[layer]):
            return
        place = self.net.place(layer, source, target)
        self.net.parameters[place] = value
        self.held = {} if final else {place: value}

    def trace(self, x1: float, x2: float, target: float) -> dict[str, list[np.ndarray]]:
        """The computational graph of one point: see ``MLP.trace``."""
        inputs = toys.features(np.array([[x1, x2]], np.float32), self.config.feature_names)
        return self.net.trace(inputs[0], np.array([target], np.float32))

    def graph(self, x1: float, x2: float, target: float) -> dict[str, Any]:
        """The same as plain lists, with the point, its target and its loss."""
        traced = {name: [part.tolist() for part in parts] for name, parts in self.trace(x1, x2, target).items()}
        loss = 0.5 * (traced["values"][-1][0] - target) ** 2
        return {**traced, "point": [x1, x2], "target": target, "loss": loss}

    # -- what is drawn -------------------------------------------------------------------------------------------------

    def pictures(self) -> tuple[bytes, bytes]:
        """The output as uint8 [60, 60] and every other neuron, inputs first, as uint8 [n, 30, 30].

        128 is zero, 1 and 255 are −1 and 1 or beyond; the first row is at the top, x2 = 6.
        """
        grid = _grid_features(FIELD, self.config.feature_names)
        *hidden, output = self.net.forward(grid)
        output = output[:, 0]
        if self.config.discretise:
            output = np.where(output >= 0, 1.0, -1.0)
        if self.net.activation == "sigmoid":
            hidden = [2 * h - 1 for h in hidden]
        # An input has a size of its own; its picture shows where it is large.
        grid = grid / np.abs(grid).max(axis=0)
        small = [p.reshape(FIELD, FIELD, -1)[::2, ::2].transpose(2, 0, 1) for p in (grid, *hidden)]
        return _bytes(output), b"".join(_bytes(s) for s in small)

    def shown_points(self) -> bytes:
        """float32 rows (x1, x2, target, 1 for a test point)."""
        n, toy = self.toy.train, self.toy
        rows = np.column_stack([toy.points, toy.targets, np.arange(len(toy.points)) >= n]).astype(np.float32)
        train, test = rows[:n][:MOST_SHOWN], rows[n:][:MOST_SHOWN]
        return np.concatenate([train, test] if self.config.show_test else [train]).tobytes()


def _bytes(values: np.ndarray) -> bytes:
    return (128 + 127 * np.clip(np.nan_to_num(values), -1, 1)).astype(np.uint8).tobytes()


@lru_cache(maxsize=16)
def _grid_features(side: int, names: tuple[str, ...]) -> np.ndarray:
    steps = (np.arange(side) + 0.5) / side * 2 * toys.EXTENT - toys.EXTENT
    x, y = np.meshgrid(steps, -steps)
    return toys.features(np.column_stack([x.ravel(), y.ravel()]), names)
