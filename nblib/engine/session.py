"""A run that can be watched and steered: started, paused, stepped, changed, stopped.

Knows no torch and no widgets. A job is any callable that takes a ``Run``::

    def job(run):
        run.begin(total=1000)
        for batch in batches:
            ...
            if not run.step(loss=loss, learning_rate=rate):
                break
"""

from __future__ import annotations

import atexit
import math
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from nblib.engine.desk import Desk
from nblib.engine.errors import InputError, SessionError
from nblib.engine.facts import Facts
from nblib.engine.history import History
from nblib.engine.jobs import read_config
from nblib.engine.run import Run
from nblib.engine.states import FAILED, FINISHED, PAUSED, PREPARING, READY, RUNNING, STOPPED, STOPPING
from nblib.engine.text import nearest
from nblib.engine.worker import signals_stop, work

# How long the interpreter waits at its end for a job to notice that it is to stop.
EXIT_SECONDS = 5.0

_current: Session | None = None
_current_lock = threading.Lock()


def current() -> Session | None:
    """The session that trains in this process, or the last one that did."""
    return _current


class Session(Facts):
    """One job, in one worker thread, and everything that may be asked of it.

    States: ready → preparing → running ⇄ paused → stopping → stopped, or finished, or failed.

    ======== ============ ============ ============ ============ ============ ============
    verb     ready        preparing    running      paused       stopping     over
    ======== ============ ============ ============ ============ ============ ============
    start()  starts       nothing      nothing      nothing      nothing      SessionError
    run()    runs here    SessionError SessionError SessionError SessionError SessionError
    pause()  SessionError pauses       pauses       nothing      nothing      nothing
    resume() SessionError goes on      goes on      goes on      nothing      nothing
    step(n)  steps        steps        steps        steps        nothing      SessionError
    stop()   stops        stops        stops        stops        nothing      nothing
    set()    sets         sets         sets         sets         SessionError SessionError
    call()   SessionError answers      answers      answers      SessionError answers
    wait()   SessionError waits        waits        waits        waits        waits
    ======== ============ ============ ============ ============ ============ ============

    Over: stopped, finished or failed. pauses, stops: at the job's next look; a session that is ready is stopped at
    once. goes on: ends a pause, and takes back one that was asked for. steps: n optimiser steps from here, started if
    need be, then a pause. sets: before the first step, or between two steps, also while paused. answers: ``fn(model)``
    runs between two steps, also while paused, and in the caller's thread when the run is over. waits: until it is over,
    and raises what the job raised.

    A job has a chance to look within one batch of every phase. ``set`` raises InputError for a name that may not be
    changed live or a value that the job's config refuses.

    Views subscribe; they are called by the worker, at most every ``redraw_seconds``, and once at each change of state.
    A view that raises is detached and named in ``view_errors``; the job goes on.
    """

    def __init__(self, job: Callable[[Run], Any], *, clock: Callable[[], float] = time.monotonic, redraw_seconds=0.1):
        self.job = job
        self.desk = Desk(self, clock, redraw_seconds)

    @classmethod
    def reopen(cls, folder: str | Path, **options: Any) -> Session:
        """The session of a run folder: its curves, and the means to go on from its last complete checkpoint.

        The state is the one in which the run ended; a run that was cut off counts as stopped. ``start()`` goes on where
        that makes sense: a stopped or failed run is made ready, a finished one is not.

        Raises InputError where the folder holds no run.
        """
        folder = Path(folder)
        config = read_config(folder / "config.yaml").replace(output=str(folder))
        session = cls(config.make_job(), **options)
        desk = session.desk
        desk.folder = folder
        if (folder / "history.jsonl").is_file():
            desk.history = History.read(folder / "history.jsonl")
        desk.last_step = desk.history.last_step
        ends = [e for e in desk.history.events if e["event"] in (STOPPED, FINISHED, FAILED, "resume")]
        if ends and ends[-1]["event"] == FINISHED:
            desk.state, desk.reason = FINISHED, ends[-1].get("reason", "")
        else:
            desk.resuming = True
        return session

    def start(self) -> Session:
        """Start the job in its worker thread and return at once."""
        with self.desk.changed:
            if self.active:
                return self
            self._refuse_if_over("start")
            self._claim()
            self.desk.enter(PREPARING, notify=False)
            # A daemon, because the interpreter joins other threads before exit handlers could stop them.
            self.thread = threading.Thread(target=work, args=(self.desk,), name="nblib-session", daemon=True)
            try:
                self.thread.start()
            except RuntimeError:
                # No thread to be had: a session that stayed active would refuse every other.
                self.thread = None
                self.desk.enter(READY, notify=False)
                raise
        return self

    def run(self, *, signals: bool = True) -> Session:
        """Do the same in this thread, until the end. An interrupt is Stop; a second one aborts."""
        with self.desk.changed:
            if self.active:
                raise SessionError(f"the session is already {self.state}; use wait()")
            self._refuse_if_over("run")
            self._claim()
            self.desk.enter(PREPARING, notify=False)
        if threading.current_thread() is not threading.main_thread():
            # At the interpreter's end it is told to stop and waited for, as a thread of our own is.
            self.thread = threading.current_thread()
        with signals_stop(self.desk) if signals else nullcontext():
            work(self.desk)
        self._raise_failure()
        return self

    def pause(self) -> None:
        """Pause at the job's next look: within one batch of any phase."""
        desk = self.desk
        with desk.changed:
            self._refuse_if_ready("pause")
            if self.state in (PREPARING, RUNNING):
                desk.pause_wanted = True
                desk.nudge()

    def resume(self) -> None:
        """Go on after a pause."""
        desk = self.desk
        with desk.changed:
            self._refuse_if_ready("resume")
            if self.state in (PREPARING, RUNNING, PAUSED):
                desk.pause_wanted, desk.pause_at, desk.steps_wanted = False, math.inf, None
                desk.nudge()

    def step(self, n: int = 1) -> None:
        """Run n optimiser steps, then pause. Starts a session that is ready."""
        if isinstance(n, bool) or not isinstance(n, int) or n < 1:
            raise InputError(f"step: {n!r} is not a whole number at least 1")
        desk = self.desk
        with desk.changed:
            self._refuse_if_over("step")
            if self.state == STOPPING:
                return
            if self.state == READY:
                self._claim()
            # A run that goes on knows only after open() from which step it does.
            desk.steps_wanted = n
            desk.pause_at = (desk.run.number if desk.run is not None else 0) + n
            desk.pause_wanted = False
            if self.state == READY:
                self.start()
            desk.nudge()

    def stop(self) -> None:
        """Stop at the job's next look: within one batch of any phase. What the job keeps is its own affair."""
        desk = self.desk
        with desk.changed:
            if self.state == READY:
                desk.enter(STOPPED)
            elif self.state in (PREPARING, RUNNING, PAUSED):
                desk.stop_wanted = True
                if self.state != PAUSED:
                    desk.enter(STOPPING, notify=False)
                desk.nudge()

    def set(self, **changes: Any) -> None:
        """Change live settings between two steps: ``set(learning_rate=3e-5)``."""
        self._refuse_if_fixed(changes)
        if self.config is not None:
            valid = self.config.replace(**changes)
            changes = {name: getattr(valid, name) for name in changes}
        self.change(**changes)

    def change(self, **values: Any) -> None:
        """``set`` for values that a config has accepted, as those of a panel's controls: they are not checked again."""
        self._refuse_if_fixed(values)
        desk = self.desk
        with desk.changed:
            if self.over or self.state == STOPPING or desk.stop_wanted:
                state = self.state if self.over else STOPPING
                raise SessionError(f"the session is {state}; set() needs one that goes on")
            desk.changes.extend(values.items())
            desk.nudge()

    def call(self, fn: Callable[[Any], Any]) -> Future:
        """Run ``fn(model)`` between two steps, and return a Future of its result."""
        future: Future = Future()
        with self.desk.changed:
            self._refuse_if_ready("call")
            if self.state == STOPPING:
                raise SessionError("the session is stopping; call() again when it has stopped")
            if not self.over:
                self.desk.calls.append((fn, future))
                self.desk.nudge()
                return future
            if self.model is None:
                raise SessionError("this session holds no model; load the one that the run exported")
        self.desk.answer(fn, future)
        return future

    def wait(self, timeout: float | None = None) -> Session:
        """Wait for the end, and raise what the job raised. Raises TimeoutError after ``timeout`` seconds."""
        desk = self.desk
        with desk.changed:
            self._refuse_if_ready("wait")
            if not desk.changed.wait_for(lambda: self.over and desk.end_shown, timeout):
                raise TimeoutError(f"the session is still {self.state} after {timeout} s")
        self._raise_failure()
        return self

    def wait_for(self, *states: str, timeout: float | None = None) -> Session:
        """Wait until the worker says that it is in one of these states (or that the run is over)."""
        desk = self.desk
        with desk.changed:
            # A pause that was already taken back is none, though the worker has not yet left it.
            settled = lambda: self.state in states and (self.state != PAUSED or desk.pause_wanted)  # noqa: E731
            if not desk.changed.wait_for(lambda: settled() or self.over, timeout):
                raise TimeoutError(f"the session is still {self.state} after {timeout} s")
        return self

    def subscribe(self, view: Callable[[Session], None]) -> Callable[[], None]:
        """Have ``view(session)`` called by the worker; returns the way to end that."""
        views = self.desk.views
        views.append(view)
        return lambda: views.remove(view) if view in views else None

    def redraw(self) -> None:
        """Ask for one call of the views soon; while a run is going it is the worker that makes it."""
        with self.desk.changed:
            if self.active:
                self.desk.redraw_wanted = True
                self.desk.nudge()
                return
        self.desk.notify()

    # -- inside --------------------------------------------------------------------------------------------------

    def _refuse_if_ready(self, verb: str) -> None:
        if self.state == READY:
            raise SessionError(f"{verb}() needs a session that was started; call start() first")

    def _refuse_if_fixed(self, names: Iterable[str]) -> None:
        """Raises InputError for a name that the run does not have, or that it cannot change."""
        config, live = self.config, getattr(self.job, "live", None)
        if config is not None:
            live = [s.name for s in config.settings() if s.live]
        for name in names:
            if config is not None and name not in type(config).model_fields:
                raise InputError(f"unknown option {name!r}{nearest(name, type(config).model_fields)}")
            if live is not None and name not in live:
                raise InputError(f"{name} cannot be changed while a run is going; live are {', '.join(live) or 'none'}")

    def _refuse_if_over(self, verb: str) -> None:
        if self.over:
            folder = f"; Session.reopen({str(self.folder)!r}) has its curves" if self.folder else ""
            raise SessionError(f"{verb}(): this session is over ({self.message}){folder}; make a new one")

    def _claim(self) -> None:
        global _current
        with _current_lock:
            if _current is not None and _current is not self and _current.active:
                raise SessionError(f"{_current.title} is already training here ({_current.message}); stop it first")
            _current = self

    def _raise_failure(self) -> None:
        if self.error is not None:
            raise self.error


def _stop_at_exit() -> None:
    session = current()
    if session is None or not session.active or session.thread is None:
        return
    session.stop()
    session.thread.join(EXIT_SECONDS)


atexit.register(_stop_at_exit)
