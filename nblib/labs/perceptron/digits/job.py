"""Handwritten digits as a job of a ``Session``: pixels → hidden → 10 probabilities, in numpy."""

from __future__ import annotations

from typing import Any

import numpy as np

from nblib.engine.run import Run
from nblib.labs.perceptron.digits.config import DigitsConfig
from nblib.models.descent import Descent, regularise
from nblib.models.mlp import MLP
from nblib.sources.digits import Digits, load_digits
from nblib.training.schedules import Schedule

MEASURE_EVERY = 20
# Of 10,000 test pictures, so many are looked at during the training; at the end all of them are.
GLANCE = 1000


class Reader:
    """A net and the digits that it learns to read. ``net`` takes grey levels divided by ``digits.levels``."""

    def __init__(self, digits: Digits, net: MLP, test: np.ndarray | None = None):
        self.digits, self.net = digits, net
        self.test = digits.test_images / np.float32(digits.levels) if test is None else test

    def copy(self) -> Reader:
        """Another one with the same weights; the digits are shared."""
        net = MLP(self.net.sizes, self.net.activation, self.net.output)
        net.parameters[:] = self.net.parameters
        return Reader(self.digits, net, self.test)

    def probabilities(self, image: np.ndarray) -> np.ndarray:
        """Grey levels [side·side] or [n, side·side] → float32 [10] or [n, 10]."""
        image = np.asarray(image, np.float32) / np.float32(self.digits.levels)
        return self.net(np.atleast_2d(image)).reshape(*image.shape[:-1], 10)

    def answers(self, most: int | None = None) -> np.ndarray:
        """float32 [n, 10] for the test pictures, the first ``most`` of them."""
        return self.net(self.test[:most])

    def confusion(self) -> np.ndarray:
        """int64 [10, 10]: test pictures by their class and by what the net said."""
        found = np.zeros((10, 10), np.int64)
        np.add.at(found, (self.digits.test_labels, self.answers().argmax(1)), 1)
        return found

    def measure(self, most: int | None = None) -> tuple[float, float]:
        """Loss and accuracy on the test pictures, the first ``most`` of them."""
        answers, labels = self.answers(most), self.digits.test_labels[:most]
        chosen = np.maximum(answers[np.arange(len(labels)), labels], 1e-30)
        return float(-np.log(chosen).mean()), float((answers.argmax(1) == labels).mean())


def shifted(images: np.ndarray, side: int, rng: np.random.Generator) -> np.ndarray:
    """Every second picture [n, side·side] moved by a pixel, up, down, left or right; what comes in is empty."""
    wide = np.pad(images.reshape(-1, side, side), ((0, 0), (1, 1), (1, 1)))
    found = np.empty_like(images)
    way = rng.integers(0, 8, len(images))
    for number, (down, right) in enumerate(((0, 1), (2, 1), (1, 0), (1, 2))):
        rows = way == number
        found[rows] = wide[rows, down : down + side, right : right + side].reshape(-1, side * side)
    found[way >= 4] = images[way >= 4]
    return found


class DigitsJob:
    """Trains for ``epochs``. The session's model is the ``Reader``.

    The history gets ``loss`` of the batch at every step, and ``eval_loss`` and ``eval_accuracy`` on test pictures at
    every twentieth and at the end. Returns the last two.

    Raises, when the session runs: InputError where the data cannot be had; Diverged for a loss that is no number.
    """

    def __init__(self, config: DigitsConfig):
        self.config = config
        self.live = {s.name: getattr(config, s.name) for s in type(config).settings() if s.live}

    def __call__(self, run: Run) -> dict[str, float]:
        with np.errstate(all="ignore"):
            return self._train(run)

    def _train(self, run: Run) -> dict[str, float]:
        config, live = self.config, self.live
        with run.phase("loading digits"):
            digits = load_digits(config.dataset)
        images = digits.train_images[: config.max_train_samples] / np.float32(digits.levels)
        labels = digits.train_labels[: config.max_train_samples]
        net = MLP((images.shape[1], config.hidden_size, 10), config.activation, "softmax", seed=config.seed)
        reader = run.model = Reader(digits, net)
        descent, mask = Descent(net.parameters, config.optimiser), net.mask

        def change(name: str, value: Any) -> Any:
            old, live[name] = live[name], value
            return old

        run.on_set(change)
        size = min(config.batch_size, len(images))
        total = config.epochs * -(-len(images) // size)
        run.begin(total=total)
        schedule = Schedule(config.lr_scheduler_type, total)
        for epoch in range(config.epochs):
            rng = np.random.default_rng([config.seed, 2, epoch])
            order = rng.permutation(len(images))
            seen = shifted(images, digits.side, rng) if config.shift else images
            for start in range(0, len(order), size):
                rows = order[start : start + size]
                x, y = seen[rows], labels[rows]
                answer = net.backward(x, y)
                loss = -np.log(np.maximum(answer[np.arange(len(y)), y], np.float32(1e-30))).mean()
                rate = live["learning_rate"] * schedule(run.number + 1)
                descent.step(net.gradient, rate)
                regularise(net.parameters, mask, "l2", rate * live["weight_decay"])
                more = {}
                if run.number % MEASURE_EVERY == 0:
                    more = dict(zip(("eval_loss", "eval_accuracy"), reader.measure(GLANCE), strict=True))
                if not run.step(items=len(rows), loss=loss, **more):
                    return self._end(run, reader)
        return self._end(run, reader)

    def _end(self, run: Run, reader: Reader) -> dict[str, float]:
        loss, accuracy = reader.measure()
        run.log(eval_loss=loss, eval_accuracy=accuracy)
        return {"eval_loss": loss, "eval_accuracy": accuracy}


def digits(config: DigitsConfig) -> DigitsJob:
    """The job of a config, for ``Session(digits(config))``."""
    return DigitsJob(config)
