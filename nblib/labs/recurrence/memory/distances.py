"""Who still solves which distance: one short run for each network and each distance."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from nblib.engine.session import Session
from nblib.engine.states import STOPPED
from nblib.labs.recurrence.memory.config import NAMES, RecurrentConfig
from nblib.ui.pages import Page, table

SOLVED = {"copy": 0.99, "adding": 0.01}
_session: Session | None = None


def distances(
    task: str = "copy",
    lengths: Sequence[int] = (5, 10, 20, 40),
    *,
    say: Callable[[str], None] = lambda line: None,
    **settings,
) -> list[dict]:
    """Train RNN, LSTM and GRU on ``task`` at every length, and test each on new examples.

    Returns a dict a length: ``length``, ``seconds`` and for each network, by its name, the share of symbols that are
    right (copy) or the squared error (adding). ``settings`` are of RecurrentConfig. One session after the other, in
    this thread; ``stop()`` ends them, and what is finished is returned. Raises SessionError while another is training.
    """
    global _session
    rows = []
    for length in lengths:
        defaults = {"max_steps": 600, "hidden_size": 64, "eval_steps": None, "record_steps": 1000}
        config = RecurrentConfig(**{**defaults, **settings, "task": task, "length": length})
        _session = session = Session(config.make_job())
        try:
            session.run()
        finally:
            _session = None
        if session.state == STOPPED:
            break
        metric = "eval_accuracy" if task == "copy" else "eval_loss"
        row = {"length": length, "seconds": session.spent["training"]}
        row |= {cell: session.history.last(f"{metric}_{cell}") for cell in NAMES}
        rows.append(row)
        say(f"length {length}: " + ", ".join(f"{name} {row[cell]:.3f}" for cell, name in NAMES.items()))
    return rows


def stop() -> None:
    """Stop ``distances``, at the next look of the run that goes on."""
    if _session is not None:
        _session.stop()


def distance_table(rows: Sequence[dict], task: str = "copy") -> Page:
    """The rows of ``distances``; a tick where the network solved it."""

    def cell(value: float) -> str:
        solved = value >= SOLVED[task] if task == "copy" else value < SOLVED[task]
        text = "–" if math.isnan(value) else f"{value:.1%}" if task == "copy" else f"{value:.4f}"
        return f"{text} {'✓' if solved else '✗'}"

    found = [[row["length"], *(cell(row[name]) for name in NAMES), f"{row['seconds']:.0f} s"] for row in rows]
    what = "symbols right (by chance 12.5 %)" if task == "copy" else "squared error (always saying 1: 0.167)"
    note = f"On new examples: {what}; ✓ means {'99 % or more' if task == 'copy' else 'below 0.01'}."
    head = ["blanks" if task == "copy" else "length", *NAMES.values(), "training, all three"]
    return table(head, found, [0, 1, 2, 3, 4], note)
