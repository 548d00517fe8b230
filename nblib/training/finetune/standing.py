"""Where a run stands: what a checkpoint keeps beside weights, optimiser and schedule."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

STATE_FILE = "nblib.json"


@dataclass
class Standing:
    """Args:
    live: settings that may be changed in a run, as they are now.
    best: ``step`` and ``value`` of the best evaluation, and how many came after it (``waited``).
    evaluation_due: a stop came in the middle of the evaluation that belongs to the last step.
    parts: pieces that each micro-batch is computed in, to save memory.
    last_evaluation: metrics by name, from their ``eval_`` on.
    """

    live: dict[str, float]
    best: dict[str, Any] = field(default_factory=lambda: {"step": None, "value": None, "waited": 0})
    evaluation_due: bool = False
    parts: int = 1
    last_evaluation: dict[str, float] | None = None

    def evaluated(self, metrics: dict[str, float], name: str, step: int) -> bool:
        """Take note of an evaluation; whether it is better by ``name`` than any before."""
        self.evaluation_due, self.last_evaluation = False, metrics
        value, best = metrics[name], self.best["value"]
        lower_is_better = name.endswith("loss")
        improved = math.isfinite(value) and (best is None or (value < best if lower_is_better else value > best))
        if improved:
            self.best = {"step": step, "value": value, "waited": 0}
        else:
            self.best["waited"] += 1
        return improved

    def write(self, checkpoint: Path) -> None:
        (checkpoint / STATE_FILE).write_text(json.dumps(asdict(self)))

    @classmethod
    def read(cls, checkpoint: Path) -> Standing:
        kept = json.loads((checkpoint / STATE_FILE).read_text())
        return cls(**{part.name: kept[part.name] for part in fields(cls)})
