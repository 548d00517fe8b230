"""What a job sees of its session."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nblib.engine.desk import Desk
from nblib.engine.errors import Diverged, Stopped
from nblib.engine.locks import FolderLock
from nblib.engine.states import PAUSED, PREPARING, RUNNING, STOPPING

if TYPE_CHECKING:
    from nblib.engine.session import Session

FLUSH_SECONDS = 0.2


class Run:
    """Handed to the job by the worker; used by the job's thread alone.

    ``number`` counts the optimiser steps from the run's very first, ``first`` is the one that this process began with.
    A job puts what it works on into ``model``, and into ``guard`` a context manager that is entered around every call
    of a view into it.
    """

    def __init__(self, desk: Desk):
        self.desk = desk
        self.number = 0
        self.first = 0
        self.model: Any = None
        self.guard: Callable | None = None
        self.reason = ""
        self.completed = False
        self.settings: dict[str, Any] = {}
        self._handler: Callable[[str, Any], Any] | None = None
        self._lock: FolderLock | None = None
        self._clock = desk.clock
        self._began = self._mark = self._clock()
        self._next_flush = self._next_draw = self._began
        self._phases: list[str] = []
        self._begun = False

    @property
    def session(self) -> Session:
        return self.desk.session

    @property
    def resuming(self) -> bool:
        """Whether the job is to go on from its folder's last checkpoint."""
        return self.desk.resuming

    @property
    def total(self) -> int | None:
        """Optimiser steps from the run's very first to its last; a live change may move the end."""
        return self.desk.total

    @total.setter
    def total(self, steps: int | None) -> None:
        self.desk.total = steps

    # -- what a job says -----------------------------------------------------------------------------------------

    def open(self, folder: str | Path, resume_from: int | None = None) -> None:
        """Take a folder for this run: locked, and the history written there from now on.

        Raises InputError where another process has it.
        """
        desk, folder = self.desk, Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = FolderLock(folder)
        desk.folder = folder
        if resume_from is not None:
            self.number = self.first = resume_from
        desk.history.attach(folder / "history.jsonl")
        if resume_from is not None:
            desk.history.event("resume", **{"from": resume_from})
            with desk.changed:
                if desk.pause_at < math.inf:
                    desk.pause_at = resume_from + (desk.steps_wanted or 1)
        desk.history.flush()

    def begin(self, total: int | None = None) -> None:
        """Preparation is over; ``total`` optimiser steps are ahead, counted from the run's very first."""
        self.desk.total = total
        self._begun = True
        self.desk.enter(RUNNING, expected=frozenset({PREPARING}))
        if self.desk.attention:
            self._look(self._clock())
        self._mark = self._clock()

    def step(self, *, items: int = 0, **metrics: Any) -> bool:
        """One optimiser step is done: log it, apply what was asked, wait while paused. False when stopped."""
        desk = self.desk
        self.number += 1
        desk.items += items
        now = self._clock()
        desk.spent["training"] += now - self._mark
        if not self._begun:
            self._begun = True
            desk.enter(RUNNING, expected=frozenset({PREPARING}))
        # A job that takes thousands of steps a second logs some of them: a step that says nothing leaves no row.
        if metrics:
            desk.history.append(self.number, metrics, now - self._began)
        if desk.attention or now >= self._next_flush or self.number >= desk.pause_at:
            self._look(now)
        self._mark = self._clock()
        return not desk.stop_wanted

    def log(self, **metrics: Any) -> None:
        """Log metrics at the present step, without counting one."""
        self.desk.history.append(self.number, metrics, self._clock() - self._began)

    def check(self, *, calls: bool = True) -> None:
        """A look between two batches of any phase. Waits while paused; raises Stopped when stopped."""
        now = self._clock()
        if self.desk.attention or now >= self._next_flush:
            away = now
            self._look(now, calls=calls)
            # Time lost in a look is no training time.
            self._mark += self._clock() - away
        if self.desk.stop_wanted:
            raise Stopped

    def say(self, text: str) -> None:
        """Tell the person something once: it is kept in the history and shown by the panel and the command line."""
        self.desk.notes.append(text)
        self.desk.history.event("note", step=self.number, text=text)
        drawing = self._clock()
        self.desk.notify()
        self._mark += self._clock() - drawing

    def finish(self, reason: str) -> None:
        """Say why the job ends before its last step, e.g. early stopping: it counts as finished, not stopped."""
        self.reason, self.completed = reason, True

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """A phase that is no training: its time is counted apart, and its name is shown."""
        desk = self.desk
        started, elsewhere, mark = self._clock(), sum(desk.spent.values()), self._mark
        self._phases.append(name)
        desk.phase = name
        desk.notify()
        try:
            yield
        finally:
            self._phases.pop()
            desk.phase, desk.progress = (self._phases[-1] if self._phases else ""), None
            now = self._clock()
            own = now - started - (sum(desk.spent.values()) - elsewhere)
            desk.spent[name] = desk.spent.get(name, 0.0) + own
            self._mark = mark + (now - started)

    def advance(self, done: int, of: int) -> None:
        """How far the present phase has come."""
        self.desk.progress = (done, of)

    def on_set(self, handler: Callable[[str, Any], Any]) -> None:
        """``handler(name, value)`` applies a live change and returns the old value. Without one, see ``settings``.

        It is called at once for changes that were made before it was there.
        """
        self._handler = handler
        for name, value in self.settings.items():
            handler(name, value)

    def flush(self) -> None:
        """Write what is not written yet. Raises Diverged where the loss is no longer a finite number."""
        self._flush(self._clock())

    def close(self) -> None:
        """Let the folder go."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    # -- inside --------------------------------------------------------------------------------------------------

    def _look(self, now: float, calls: bool = True) -> None:
        desk = self.desk
        self._flush(now)
        if desk.attention or self.number >= desk.pause_at:
            desk.attention = False
            with desk.changed:
                if self.number >= desk.pause_at:
                    desk.pause_wanted, desk.pause_at = True, math.inf
            if calls:
                self._serve()
            if desk.unserved:
                desk.attention = True
            if desk.stop_wanted:
                self._acknowledge_stop()
            elif desk.pause_wanted:
                self._wait_while_paused(calls)
        if now >= self._next_draw:
            self._draw()
            # Whoever wants to draw or to answer a click needs the interpreter for a moment.
            time.sleep(0)

    def _draw(self) -> None:
        self.desk.notify()
        self._next_draw = self._clock() + self.desk.redraw_seconds

    def _flush(self, now: float) -> None:
        history = self.desk.history
        history.flush()
        self._next_flush = now + FLUSH_SECONDS
        if "loss" in history.first_nonfinite:
            step = history.first_nonfinite["loss"]
            raise Diverged(
                f"the loss is no longer a finite number since step {step}; "
                "lower the learning rate or lengthen the warm-up, and start again"
            )

    def _acknowledge_stop(self) -> None:
        if not self.desk.stop_seen:
            self.desk.stop_seen = True
            self.desk.enter(STOPPING)

    def _serve(self) -> None:
        desk, history = self.desk, self.desk.history
        # A model that is still being made answers nobody.
        while desk.changes or (desk.calls and self._begun):
            if not desk.changes:
                desk.answer(*desk.calls.popleft())
                continue
            name, value = desk.changes.popleft()
            before = self.settings.get(name, getattr(self.session.config, name, None))
            old = self._handler(name, value) if self._handler is not None else before
            self.settings[name] = value
            history.event("set", step=self.number, name=name, old=old, new=value)
            history.flush()
            desk.redraw_wanted = True
        if desk.redraw_wanted:
            desk.redraw_wanted, self._next_draw = False, -math.inf

    def _wait_while_paused(self, calls: bool) -> None:
        desk = self.desk
        began, drawn = self._clock(), desk.spent["drawing"]
        desk.enter(PAUSED, expected=frozenset({PREPARING, RUNNING}))
        while True:
            with desk.changed:
                desk.changed.wait_for(lambda: desk.attention or not desk.pause_wanted or desk.stop_wanted)
                desk.attention = False
            if calls:
                self._serve()
            if desk.stop_wanted or not desk.pause_wanted:
                break
            if self._next_draw == -math.inf:
                self._draw()
        if desk.unserved:
            desk.attention = True
        desk.spent["paused"] += self._clock() - began - (desk.spent["drawing"] - drawn)
        if desk.stop_wanted:
            self._acknowledge_stop()
        else:
            desk.enter(RUNNING if self._begun else PREPARING, expected=frozenset({PAUSED}))
