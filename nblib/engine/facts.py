"""What may be read of a session at any time, from any thread."""

from __future__ import annotations

import math
import threading
from pathlib import Path
from typing import Any

from nblib.engine import messages
from nblib.engine.config import RunConfig
from nblib.engine.desk import Desk
from nblib.engine.history import History
from nblib.engine.states import ACTIVE, OVER


class Facts:
    """The readable half of a ``Session``: its state, its figures and what it has to say."""

    job: Any
    desk: Desk
    # The worker's; None before start() and where run() works in the caller's.
    thread: threading.Thread | None = None

    def __repr__(self) -> str:
        return f"<Session {self.message}>"

    @property
    def state(self) -> str:
        return self.desk.state

    @property
    def active(self) -> bool:
        return self.state in ACTIVE

    @property
    def over(self) -> bool:
        return self.state in OVER

    @property
    def phase(self) -> str:
        """The phase that is no training, while there is one: 'evaluating'."""
        return self.desk.phase

    @property
    def progress(self) -> tuple[int, int] | None:
        """How far the present phase has come: done, of."""
        return self.desk.progress

    @property
    def total(self) -> int | None:
        """Optimiser steps from the run's very first to its last; None where it has no end."""
        return self.desk.total

    @property
    def step_number(self) -> int:
        return self.desk.step_number

    @property
    def history(self) -> History:
        return self.desk.history

    @property
    def folder(self) -> Path | None:
        return self.desk.folder

    @property
    def resuming(self) -> bool:
        """Whether ``start()`` goes on from the last checkpoint of the folder."""
        return self.desk.resuming

    @property
    def config(self) -> RunConfig | None:
        return getattr(self.job, "config", None)

    @property
    def model(self) -> Any:
        """What the job works on, for a view while the worker calls it, None before it is there; others use ``call``."""
        return self.desk.run.model if self.desk.run is not None else None

    @property
    def result(self) -> Any:
        """What the job returned."""
        return self.desk.result

    @property
    def error(self) -> BaseException | None:
        """What the job raised."""
        return self.desk.error

    @property
    def error_line(self) -> str:
        """What went wrong, in one line."""
        return messages.error_line(self.desk)

    @property
    def traceback(self) -> str:
        return self.desk.traceback

    @property
    def message(self) -> str:
        """The state in words, as the worker knows it: 'paused at step 120'."""
        return messages.message(self.desk)

    @property
    def title(self) -> str:
        return f"the session in {self.folder}" if self.folder else "another session"

    @property
    def notes(self) -> list[str]:
        """What the job had to say, in whole sentences, oldest first."""
        return self.desk.notes

    @property
    def view_errors(self) -> list[str]:
        """Why views were detached."""
        return self.desk.view_errors

    @property
    def interrupted(self) -> int | None:
        """The signal that stopped it, where one did."""
        return self.desk.interrupted

    @property
    def items(self) -> int:
        """Items (samples, tokens, pairs) that went through training steps."""
        return self.desk.items

    @property
    def spent(self) -> dict[str, float]:
        """Seconds by what they were spent on: training, drawing, paused, and each phase by its name."""
        return self.desk.spent

    @property
    def items_per_second(self) -> float:
        """Items through training steps by the seconds spent in them; evaluation, saving, pauses, drawing left out."""
        seconds = self.spent["training"]
        return self.items / seconds if seconds > 0 and self.items else math.nan

    @property
    def seconds_left(self) -> float:
        """Seconds of training left at the present rate, phases apart from training left out."""
        run, total = self.desk.run, self.total
        done = run.number - run.first if run is not None else 0
        if run is None or not done or not total:
            return math.nan
        return (total - run.number) * self.spent["training"] / done
