"""Looking back at runs: what a run said of each held-out text, and how much of a difference chance alone makes."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from nblib.engine.errors import InputError
from nblib.engine.jobs import read_config
from nblib.training.finetune.config import FineTuneConfig
from nblib.training.series import Series
from nblib.ui.pages import Page, table

_LETTERS = 220


@dataclass(frozen=True)
class Outcome:
    """What a run's model said of a held-out split.

    ``names``: of the classes; ``texts``: of the rows; ``labels``: int64 [rows], the true classes; ``logits``:
    float64 [rows, classes].
    """

    names: list[str]
    texts: list[str]
    labels: np.ndarray
    logits: np.ndarray

    @property
    def said(self) -> np.ndarray:
        """The class on top, int64 [rows]."""
        return self.logits.argmax(axis=1)

    @property
    def probabilities(self) -> np.ndarray:
        """float64 [rows, classes]; each row adds up to 1."""
        powers = np.exp(self.logits - self.logits.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)

    @property
    def confusion(self) -> np.ndarray:
        """Counts, int64 [true class, class said]."""
        from nblib.training.finetune.metrics import confusion_matrix

        return confusion_matrix(self.said, self.labels, len(self.names))

    def worst(self, count: int = 5) -> Page:
        """The mistakes of which the model was surest."""
        wrong = np.flatnonzero(self.said != self.labels)
        said, probabilities = self.said, self.probabilities
        worst = wrong[np.argsort(-probabilities[wrong, said[wrong]])][:count]
        rows = [
            [_cut(self.texts[i]), self.names[self.labels[i]], self.names[said[i]], f"{probabilities[i, said[i]]:.1%}"]
            for i in worst
        ]
        note = f"The {len(worst)} of {len(wrong)} mistakes of which the model was surest, in {len(self.labels)} texts."
        return table(["text", "true", "said", "how sure"], rows, [3], note)


def outcome(run_dir: str | Path, split: str = "test") -> Outcome:
    """What the model of a finished run said of ``split`` ("validation" or "test"). Raises InputError."""
    run_dir = Path(run_dir)
    path = run_dir / "predictions.json"
    if not path.is_file():
        raise InputError(f"{run_dir}: holds no predictions; they are written when a run is finished")
    found = json.loads(path.read_text(encoding="utf-8"))
    if split not in ("validation", "test"):
        raise InputError(f"split: {split!r} is not held out; give validation or test")
    part, config = found[split], read_config(run_dir / "config.yaml")
    return Outcome(
        [str(name) for name in found["labels"]],
        _texts(cast(FineTuneConfig, config), split),
        np.asarray(part["label"], np.int64),
        np.asarray(part["logits"], np.float64),
    )


def over_seeds(
    config: FineTuneConfig, seeds: Sequence[int] = (0, 1, 2), series: Series | None = None
) -> list[dict[str, Any]]:
    """Metrics of the same run with another ``seed`` each time: the split stays, the order and the new layer change.

    Runs one after the other in this thread, each in a folder that is removed afterwards; where ``series`` is stopped or
    the kernel interrupted, what is finished is returned. Raises what a run raises, and SessionError while another
    session is training.
    """
    series, results = series or Series(), []
    with tempfile.TemporaryDirectory(prefix="nblib-") as folder:
        configs = ((seed, config.replace(seed=seed, output=str(Path(folder, f"seed-{seed}")))) for seed in seeds)
        for seed, session in series.train(configs):
            results.append(session.result)
            # Hundreds of megabytes each.
            shutil.rmtree(Path(folder, f"seed-{seed}"), ignore_errors=True)
            accuracy = f"test accuracy {results[-1]['test_accuracy']:.1%}"
            series.say(f"seed {seed}: {accuracy} ({len(results)} of {len(seeds)})")
    return results


def _texts(config: FineTuneConfig, split: str) -> list[str]:
    """The texts of a held-out split in the order in which the run saw them."""
    from nblib import sources
    from nblib.training.finetune.data import chosen_rows

    options = ("text_column", "label_column", "train_fraction", "validation_fraction", "test_fraction", "split_seed")
    data = sources.load(config.dataset, **{name: getattr(config, name) for name in options})[split]
    texts = data["text"]
    return [texts[i] for i in chosen_rows(len(data), config.max_eval_samples, config.split_seed)]


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LETTERS else text[: _LETTERS - 1] + "…"
