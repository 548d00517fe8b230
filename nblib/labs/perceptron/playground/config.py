"""What the playground can be told; every setting may be changed while it plays."""

from __future__ import annotations

import re
from typing import ClassVar, Literal

from pydantic import field_validator

from nblib.engine.config import RunConfig, setting
from nblib.engine.text import nearest

FEATURE_NAMES = ("x1", "x2", "x1_squared", "x2_squared", "x1_x2", "sin_x1", "sin_x2")
MOST_LAYERS, MOST_NEURONS = 6, 8


class PlaygroundConfig(RunConfig):
    """A small net on points of the plane. Raises InputError, in one line, for anything that does not fit.

    A change of data, features, layers, output or seed begins with new weights; the others go on with those there are.
    """

    kind: ClassVar[str] = "playground"
    job: ClassVar[str] = "nblib.labs.perceptron.playground.job:playground"

    dataset: Literal["circle", "xor", "gauss", "spiral", "plane", "hills"] = setting(
        "circle", "points to learn: four with two classes; plane and hills with a number", group="data", live=True
    )
    hidden_sizes: str = setting(
        "4, 2", "neurons of each hidden layer, e.g. 8, 8; up to 6 layers of up to 8", group="net", live=True
    )
    learning_rate: float = setting(
        2e-3, "step size", group="training", scale="log", slider=(1e-5, 10), gt=0, le=100, live=True
    )
    activation: Literal["tanh", "relu", "sigmoid", "linear"] = setting(
        "tanh", "of the hidden neurons", group="net", live=True
    )
    noise: float = setting(
        0.0, "how far points are displaced before they get their class", group="data", slider=(0, 0.5), step=0.05, ge=0,
        le=1, live=True,
    )  # fmt: skip
    batch_size: int = setting(
        10, "points for one update", group="training", slider=(1, 30), step=1, ge=1, le=10_000, live=True
    )
    regularisation: Literal["none", "l1", "l2"] = setting(
        "l2", "pull on the weights: l1 to exactly zero, l2 to small", group="training", live=True
    )
    regularisation_rate: float = setting(
        0.05, "strength of that pull", group="training", scale="log", slider=(1e-4, 10), ge=0, le=100, live=True
    )
    features: str = setting(
        "x1, x2", "what the net is given: " + ", ".join(FEATURE_NAMES), group="data", live=True, more=True
    )
    train_fraction: float = setting(
        0.5, "share of the points that is trained on", group="data", slider=(0.1, 0.9), step=0.1, gt=0, lt=1,
        live=True, more=True,
    )  # fmt: skip
    num_points: int | None = setting(
        None, "points drawn; none for 500 (1,200 for plane and hills)", group="data", scale="log", slider=(10, 10_000),
        ge=2, le=10_000, live=True, more=True,
    )  # fmt: skip
    optimiser: Literal["sgd", "momentum", "adam"] = setting(
        "adam", "rule of descent: plain, momentum 0.9, or Adam", group="training", live=True, more=True
    )
    init_scale: float = setting(
        0.2, "size of the first weights, as a share of what Glorot and Bengio advise; small ones draw smooth borders",
        group="net", slider=(0, 2), step=0.1, ge=0, le=10, live=True, more=True,
    )  # fmt: skip
    discretise: bool = setting(False, "show the output as two classes only", group="looks", live=True, more=True)
    show_test: bool = setting(False, "show the test points too", group="looks", live=True, more=True)
    seed: int = setting(
        0, "of the points, the first weights and the order of the batches", group="training", slider=(0, 20), step=1,
        ge=0, le=2**31 - 1, live=True, more=True,
    )  # fmt: skip
    max_steps: int | None = setting(
        None, "updates until it ends by itself", group="training", scale="log", slider=(100, 100_000), ge=1, live=True,
        more=True,
    )  # fmt: skip

    @field_validator("hidden_sizes")
    @classmethod
    def _sizes(cls, text: str) -> str:
        words = _words(text)
        if words == ["none"]:
            return "none"
        for word in words:
            if not re.fullmatch(r"[0-9]{1,3}", word) or not 1 <= int(word) <= MOST_NEURONS:
                raise ValueError(f"{word!r} is not a number of neurons from 1 to {MOST_NEURONS}, as in 4, 2")
        if not 1 <= len(words) <= MOST_LAYERS:
            raise ValueError(f"{len(words)} layers; give 1 to {MOST_LAYERS}, or none for no hidden layer")
        return ", ".join(str(int(w)) for w in words)

    @field_validator("features")
    @classmethod
    def _features(cls, text: str) -> str:
        words = _words(text)
        for word in words:
            if word not in FEATURE_NAMES:
                raise ValueError(f"no {word!r}{nearest(word, FEATURE_NAMES)}; there are {', '.join(FEATURE_NAMES)}")
        if not words:
            raise ValueError(f"is empty; give at least one of {', '.join(FEATURE_NAMES)}")
        return ", ".join(name for name in FEATURE_NAMES if name in words)

    @property
    def hidden(self) -> tuple[int, ...]:
        """Neurons of each hidden layer; () for none."""
        return () if self.hidden_sizes == "none" else tuple(map(int, _words(self.hidden_sizes)))

    @property
    def feature_names(self) -> tuple[str, ...]:
        return tuple(_words(self.features))

    @property
    def task(self) -> str:
        return "regression" if self.dataset in ("plane", "hills") else "classification"


# What begins with new points or new weights when it changes.
STRUCTURE = frozenset(
    {"dataset", "noise", "train_fraction", "num_points", "seed", "features", "hidden_sizes", "optimiser", "init_scale"}
)


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[\s,;]+", text.strip().lower()) if word]
