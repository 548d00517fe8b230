"""Several trainings one after the other, and what each reached, by the length of the input."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from nblib.engine.config import RunConfig
from nblib.engine.history import History
from nblib.engine.session import Session
from nblib.engine.states import STOPPED
from nblib.ui.pages import Page, table

_session: Session | None = None


def compared(
    configs: Mapping[str, RunConfig], *, say: Callable[[str], None] = lambda line: None
) -> dict[str, tuple[History, float]]:
    """Train each config, in this thread: name → its history and its seconds of training.

    ``stop()`` ends them, and what is finished is returned. Raises SessionError while another session is training.
    """
    global _session
    found = {}
    for name, config in configs.items():
        say(f"{name}: {len(found) + 1} of {len(configs)} …")
        _session = session = Session(config.make_job())
        try:
            session.run()
        finally:
            _session = None
        if session.state == STOPPED:
            break
        found[name] = session.history, session.spent["training"]
    return found


def stop() -> None:
    """Stop ``compared``, at the next look of the run that goes on."""
    if _session is not None:
        _session.stop()


def by_length(found: Mapping[str, tuple[History, float] | History], note: str = "") -> Page:
    """A table of the share of held-out pairs that is right at the last evaluation, of all and by symbols going in."""
    histories = {name: one if isinstance(one, History) else one[0] for name, one in found.items()}
    metrics = {m for history in histories.values() for m in history.metrics if m.startswith("eval_exact_")}
    lengths = sorted(int(m.rpartition("_")[2]) for m in metrics)
    rows = []
    for name, one in found.items():
        history = histories[name]
        seconds = "" if isinstance(one, History) else f"{one[1]:.0f} s"
        shares = (history.last(m) for m in ("eval_exact", *(f"eval_exact_{n}" for n in lengths)))
        rows.append([name, *(f"{share:.1%}" for share in shares), seconds])
    head = ["right from end to end", "all", *(f"{n} symbols" for n in lengths), "training"]
    if not any(row[-1] for row in rows):
        rows, head = [row[:-1] for row in rows], head[:-1]
    return table(head, rows, range(1, len(head)), note)
