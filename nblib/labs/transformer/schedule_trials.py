"""Learning-rate schedules compared: the same short training under each."""

from __future__ import annotations

from collections.abc import Sequence

from nblib.labs.seq2seq.config import TransformerConfig
from nblib.training.series import Series
from nblib.ui.pages import Page, table

# What is written in the table, and what is changed for it.
COSINE = {"lr_scheduler_type": "cosine"}
TRIALS = (
    ("constant", {"lr_scheduler_type": "constant"}),
    ("linear", {"lr_scheduler_type": "linear"}),
    ("1/√step", {"lr_scheduler_type": "inverse_sqrt"}),
    ("exponential", {"lr_scheduler_type": "exponential"}),
    ("cosine", COSINE),
    ("cosine, no warm-up", {**COSINE, "warmup_ratio": 0.0}),
    ("cosine, norm after", {**COSINE, "norm": "after"}),
    ("cosine, norm after, no warm-up", {**COSINE, "norm": "after", "warmup_ratio": 0.0}),
)
SMALL = {
    "task": "Chinese to English", "hidden_size": 64, "intermediate_size": 128, "batch_size": 32, "dropout": 0.0,
    "num_layers": 2, "learning_rate": 2e-2, "warmup_ratio": 0.1, "max_steps": 240, "eval_steps": None,
    "max_eval_samples": 200,
}  # fmt: skip


def compare_schedules(
    trials: Sequence[tuple[str, dict]] = TRIALS, series: Series | None = None, **settings
) -> list[dict]:
    """Train a small Transformer once for every trial: dicts with ``name``, ``loss`` and ``exact`` on held-out pairs.

    One session after the other, in this thread; where ``series`` is stopped, what is finished is returned. ``settings``
    are of TransformerConfig. Raises InputError for settings that do not fit, and SessionError while another is
    training.
    """
    series, rows = series or Series(), []
    configs = ((name, TransformerConfig(**{**SMALL, **changes, **settings})) for name, changes in trials)
    for name, session in series.train(configs):
        history = session.history
        rows.append({"name": name, "loss": history.last("eval_loss"), "exact": history.last("eval_exact")})
        series.say(f"{name}: {rows[-1]['exact']:.1%} right")
    return rows


def schedule_table(rows: Sequence[dict]) -> Page:
    """The rows of ``compare_schedules``."""
    note = "The same Transformer, batches and peak of the learning rate; sentences that were never seen."
    cells = [[row["name"], f"{row['loss']:.3f}", f"{row['exact']:.1%}"] for row in rows]
    return table(["schedule", "held-out loss", "right from end to end"], cells, [1, 2], note)
