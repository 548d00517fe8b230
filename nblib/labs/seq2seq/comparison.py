"""Several trainings one after the other, and what each reached, by the length of the input."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from nblib.engine.config import RunConfig
from nblib.engine.history import History
from nblib.training.series import Series
from nblib.ui.pages import Page, table


def compare_trainings(
    configs: Mapping[str, RunConfig], series: Series | None = None
) -> dict[str, tuple[History, float]]:
    """Train each config, in this thread: name → its history and its seconds of training.

    Where ``series`` is stopped, what is finished is returned. Raises SessionError while another session is training.
    """
    series = series or Series()

    def announced() -> Iterator[tuple[str, RunConfig]]:
        for number, (name, config) in enumerate(configs.items(), 1):
            series.say(f"{name}: {number} of {len(configs)} …")
            yield name, config

    return {name: (session.history, session.spent["training"]) for name, session in series.train(announced())}


def by_length(trainings: Mapping[str, tuple[History, float] | History], note: str = "") -> Page:
    """A table of the share of held-out pairs that is right at the last evaluation, of all and by symbols going in."""
    histories = {name: one if isinstance(one, History) else one[0] for name, one in trainings.items()}
    metrics = {m for history in histories.values() for m in history.metrics if m.startswith("eval_exact_")}
    lengths = sorted(int(m.rpartition("_")[2]) for m in metrics)
    rows = []
    for name, one in trainings.items():
        history = histories[name]
        seconds = "" if isinstance(one, History) else f"{one[1]:.0f} s"
        shares = (history.last(m) for m in ("eval_exact", *(f"eval_exact_{n}" for n in lengths)))
        rows.append([name, *(f"{share:.1%}" for share in shares), seconds])
    head = ["right from end to end", "all", *(f"{n} symbols" for n in lengths), "training"]
    if not any(row[-1] for row in rows):
        rows, head = [row[:-1] for row in rows], head[:-1]
    return table(head, rows, range(1, len(head)), note)
