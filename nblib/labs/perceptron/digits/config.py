"""What the training on handwritten digits can be told."""

from __future__ import annotations

from typing import ClassVar, Literal

from nblib.engine.config import RunConfig, setting


class DigitsConfig(RunConfig):
    """Pixels → hidden → 10 probabilities. Raises InputError, in one line, for anything that does not fit."""

    kind: ClassVar[str] = "digits"
    job: ClassVar[str] = "nblib.labs.perceptron.digits.job:digits"

    dataset: Literal["digits", "mnist"] = setting(
        "digits", "1,797 digits of 8×8 from scikit-learn, or 70,000 of 28×28 from the hub", group="data"
    )
    hidden_size: int = setting(
        64, "neurons of the hidden layer", group="net", scale="log", slider=(1, 256), ge=1, le=4096
    )
    activation: Literal["tanh", "relu", "sigmoid", "linear"] = setting("relu", "of the hidden neurons", group="net")
    learning_rate: float = setting(
        1e-2,
        "step size; the peak, where it falls",
        group="training",
        scale="log",
        slider=(1e-5, 1),
        gt=0,
        le=100,
        live=True,
    )
    batch_size: int = setting(
        32, "digits for one update", group="training", scale="log", slider=(1, 256), ge=1, le=60_000
    )
    epochs: int = setting(60, "passes over the training digits", group="training", slider=(1, 100), step=1, ge=1)
    weight_decay: float = setting(
        0.1, "pull on the weights towards zero", group="training", scale="log", slider=(1e-4, 1), ge=0, le=10,
        live=True,
    )  # fmt: skip
    lr_scheduler_type: Literal["linear", "constant"] = setting(
        "linear", "the learning rate falls to 0 over the run, or stays", group="training", more=True
    )
    optimiser: Literal["sgd", "momentum", "adam"] = setting(
        "adam", "rule of descent: plain, momentum 0.9, or Adam", group="training", more=True
    )
    shift: bool = setting(
        True, "show every second picture moved by a pixel, in another way each time", group="data", more=True
    )
    max_train_samples: int | None = setting(
        None, "train on so many digits only", group="data", scale="log", slider=(10, 50_000), ge=1, more=True
    )
    seed: int = setting(
        0, "of the first weights and the order of the batches", group="training", slider=(0, 20), step=1, ge=0,
        le=2**31 - 1, more=True,
    )  # fmt: skip
