"""What a session and its run share: the flags and the queues by which verbs reach the worker, and what is so.

Verbs come from any thread, the job runs in one. A verb writes what is wanted and then ``attention``; the run looks at
``attention`` at each step, and takes the condition ``changed`` only when it is set.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nblib.engine.history import History
from nblib.engine.states import READY

if TYPE_CHECKING:
    from nblib.engine.run import Run
    from nblib.engine.session import Session


class Desk:
    """The one place that both sides write to. It belongs to the engine; a notebook or a panel asks the session."""

    # What few runs ever set begins on the class: CPython reads an instance more slowly once it has more than 30
    # attributes of its own, and every step reads this one.
    reason = ""
    result: Any = None
    error: BaseException | None = None
    traceback = ""
    steps_wanted: int | None = None
    interrupted: int | None = None

    def __init__(self, session: Session, clock: Callable[[], float] = time.monotonic, redraw_seconds: float = 0.1):
        self.session = session
        self.clock = clock
        self.redraw_seconds = redraw_seconds
        self.run: Run | None = None
        self.folder: Path | None = None
        self.history = History()
        # What is so: written by the worker, but for a session that is made ready, started or stopped before it began.
        self.state = READY
        self.phase = ""
        self.progress: tuple[int, int] | None = None
        self.total: int | None = None
        self.items = 0
        self.spent = {"training": 0.0, "drawing": 0.0, "paused": 0.0}
        self.notes: list[str] = []
        self.resuming = False
        # The last step of a history that was read, while there is no run.
        self.last_step = 0
        self.stop_seen = False
        # Whether the views were called for the end, after which nobody is kept waiting.
        self.end_shown = True
        self.views: list[Callable[[Session], None]] = []
        self.view_errors: list[str] = []
        # What is wanted: written by the verbs.
        self.changed = threading.Condition(threading.RLock())
        self.changes: deque[tuple[str, Any]] = deque()
        self.calls: deque[tuple[Callable[[Any], Any], Future]] = deque()
        self.redraw_wanted = False
        self.pause_wanted = self.stop_wanted = False
        self.pause_at = math.inf
        # Written last by every verb, read first by every step: one attribute look-up is all that a quiet step costs.
        self.attention = False

    @property
    def step_number(self) -> int:
        return self.run.number if self.run is not None else self.last_step

    @property
    def unserved(self) -> bool:
        """Whether something that was asked for still waits for the worker."""
        return bool(self.changes or self.calls or self.redraw_wanted)

    def nudge(self) -> None:
        """Have the worker look. The caller holds ``changed``."""
        self.attention = True
        self.changed.notify_all()

    def enter(self, state: str, *, expected: frozenset[str] | None = None, notify: bool = True) -> None:
        """Enter a state; with ``expected``, unless a verb has led elsewhere in the meantime."""
        with self.changed:
            if expected is not None and self.state not in expected:
                return
            self.state = state
            self.changed.notify_all()
        if notify:
            self.notify()

    def notify(self) -> None:
        """Call the views. One that raises is detached and noted; the job goes on."""
        started = self.clock()
        for view in list(self.views):
            try:
                view(self.session)
            except Exception as error:
                if view in self.views:
                    self.views.remove(view)
                text = f"{type(error).__name__}: {error}"
                self.view_errors.append(text)
                self.notes.append(f"a view was detached, the run goes on: {text}")
                self.history.event("view detached", step=self.step_number, error=text)
        self.spent["drawing"] += self.clock() - started

    def answer(self, fn: Callable[[Any], Any], future: Future) -> None:
        """Run ``fn(model)`` in this thread, under the job's guard, for whoever holds the future."""
        if not future.set_running_or_notify_cancel():
            return
        run = self.run
        try:
            with run.guard() if run is not None and run.guard is not None else nullcontext():
                future.set_result(fn(run.model if run is not None else None))
        except BaseException as error:
            future.set_exception(error)
