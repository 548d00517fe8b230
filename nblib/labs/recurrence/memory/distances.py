"""Who still solves which distance: one short run for each network and each distance."""

from __future__ import annotations

import math
from collections.abc import Sequence

from nblib.labs.recurrence.memory.config import NAMES, RecurrentConfig
from nblib.training.series import Series
from nblib.ui.pages import Page, table

SOLVED = {"copy": 0.99, "adding": 0.01}
DEFAULTS = {"max_steps": 600, "hidden_size": 64, "eval_steps": None, "record_steps": 1000}


def compare_distances(
    task: str = "copy", lengths: Sequence[int] = (5, 10, 20, 40), series: Series | None = None, **settings
) -> list[dict]:
    """Train RNN, LSTM and GRU on ``task`` at every length, and test each on new examples.

    Returns a dict a length: ``length``, ``seconds`` and for each network, by its name, the share of symbols that are
    right (copy) or the squared error (adding). ``settings`` are of RecurrentConfig. One session after the other, in
    this thread; where ``series`` is stopped, what is finished is returned. Raises InputError for settings that do not
    fit, and SessionError while another is training.
    """
    series, rows = series or Series(), []
    configs = ((n, RecurrentConfig(**{**DEFAULTS, **settings, "task": task, "length": n})) for n in lengths)
    for length, session in series.train(configs):
        metric = "eval_accuracy" if task == "copy" else "eval_loss"
        row = {"length": length, "seconds": session.spent["training"]}
        row |= {cell: session.history.last(f"{metric}_{cell}") for cell in NAMES}
        rows.append(row)
        series.say(f"length {length}: " + ", ".join(f"{name} {row[cell]:.3f}" for cell, name in NAMES.items()))
    return rows


def distance_table(rows: Sequence[dict], task: str = "copy") -> Page:
    """The rows of ``compare_distances``; a tick where the network solved it."""

    def cell(value: float) -> str:
        solved = value >= SOLVED[task] if task == "copy" else value < SOLVED[task]
        text = "–" if math.isnan(value) else f"{value:.1%}" if task == "copy" else f"{value:.4f}"
        return f"{text} {'✓' if solved else '✗'}"

    cells = [[row["length"], *(cell(row[name]) for name in NAMES), f"{row['seconds']:.0f} s"] for row in rows]
    what = "symbols right (by chance 12.5 %)" if task == "copy" else "squared error (always saying 1: 0.167)"
    note = f"On new examples: {what}; ✓ means {'99 % or more' if task == 'copy' else 'below 0.01'}."
    head = ["blanks" if task == "copy" else "length", *NAMES.values(), "training, all three"]
    return table(head, cells, [0, 1, 2, 3, 4], note)
