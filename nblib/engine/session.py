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
import signal
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nblib.engine.config import RunConfig, nearest
from nblib.engine.errors import InputError, SessionError
from nblib.engine.history import History
from nblib.engine.jobs import read_config
from nblib.engine.locks import FolderLock

READY, PREPARING, RUNNING, PAUSED, STOPPING = "ready", "preparing", "running", "paused", "stopping"
STOPPED, FINISHED, FAILED = "stopped", "finished", "failed"
ACTIVE = frozenset({PREPARING, RUNNING, PAUSED, STOPPING})
OVER = frozenset({STOPPED, FINISHED, FAILED})

FLUSH_SECONDS = 0.2
# How long the interpreter waits at its end for a job to notice that it is to stop.
EXIT_SECONDS = 5.0

_active: Session | None = None
_active_lock = threading.Lock()


class Stopped(Exception):
    """Raised inside a job by ``run.check()`` once somebody pressed Stop; the session takes it for a clean end."""


class Diverged(RuntimeError):
    """The loss is no longer a finite number."""


class Session:
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
        self.history = History()
        self.state = READY
        self.phase = ""
        self.progress: tuple[int, int] | None = None
        self.total: int | None = None
        self.result: Any = None
        self.error: BaseException | None = None
        self.traceback = ""
        self.notes: list[str] = []
        self.view_errors: list[str] = []
        self.spent = {"training": 0.0, "drawing": 0.0, "paused": 0.0}
        self.items = 0
        self.resuming = False
        self._clock = clock
        self._redraw_seconds = redraw_seconds
        self._folder: Path | None = None
        self._views: list[Callable[[Session], None]] = []
        self._changed = threading.Condition(threading.RLock())
        self._queue: deque[tuple[str, Any, Future | None]] = deque()
        self._pause = self._stop = False
        self._until = math.inf
        # Written last by every verb, read first by every step: one attribute look-up is all that a quiet step costs.
        self._attention = False
        self._thread: threading.Thread | None = None
        self._run: Run | None = None
        self._reason = ""

    def __repr__(self) -> str:
        return f"<Session {self.message}>"

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
        session._folder = folder
        if (folder / "history.jsonl").is_file():
            session.history = History.read(folder / "history.jsonl")
        session._seen_step = session.history.last_step
        ends = [e for e in session.history.events if e["event"] in (STOPPED, FINISHED, FAILED, "resume")]
        if ends and ends[-1]["event"] == FINISHED:
            session.state, session._reason = FINISHED, ends[-1].get("reason", "")
        else:
            session.resuming = True
        return session

    _seen_step = 0
    _acknowledged = False
    # Whether the views have heard of the end.
    _told = True

    @property
    def folder(self) -> Path | None:
        return self._folder

    @property
    def step_number(self) -> int:
        return self._run.number if self._run is not None else self._seen_step

    @property
    def config(self) -> RunConfig | None:
        return getattr(self.job, "config", None)

    @property
    def model(self) -> Any:
        """What the job works on, for a view while the worker calls it, None before it is there; others use ``call``."""
        return self._run.model if self._run is not None else None

    @property
    def active(self) -> bool:
        return self.state in ACTIVE

    @property
    def over(self) -> bool:
        return self.state in OVER

    @property
    def items_per_second(self) -> float:
        """Items through training steps by the seconds spent in them; evaluation, saving, pauses, drawing left out."""
        seconds = self.spent["training"]
        return self.items / seconds if seconds > 0 and self.items else math.nan

    @property
    def seconds_left(self) -> float:
        """Seconds of training left at the present rate, phases apart from training left out."""
        done = self._run.number - self._run.first if self._run is not None else 0
        if not done or not self.total:
            return math.nan
        return (self.total - self._run.number) * self.spent["training"] / done

    @property
    def message(self) -> str:
        """The state in words, as the worker knows it: 'paused at step 120'."""
        n = self.step_number
        where = f"step {n}" + (f" of {self.total}" if self.total else "")
        if self.state == READY:
            return f"ready to go on after step {n}" if self.resuming and n else "ready"
        if self.state == PREPARING:
            return f"preparing: {self.phase}" if self.phase else "preparing"
        if self.state == PAUSED:
            return f"paused at {where}" + (f", in {self.phase}" if self.phase else "")
        if self.state == STOPPING:
            if not self._acknowledged:
                return f"stopping, {where}"
            return f"stopped at {where}" + (f", {self.phase}" if self.phase else "")
        if self.state == RUNNING:
            return where + (f", {self.phase}" if self.phase else "")
        if self.state == FAILED:
            return f"failed at step {n}: {self.error_line}"
        return f"{self.state} at step {n}" + (f": {self._reason}" if self._reason else "")

    @property
    def error_line(self) -> str:
        """What went wrong, in one line."""
        if self.error is None:
            return self._reason
        first = str(self.error).strip().splitlines()
        text = first[0] if first else type(self.error).__name__
        readable = isinstance(self.error, (InputError, SessionError, Diverged))
        return text if readable else f"{type(self.error).__name__}: {text}"

    # -- verbs ---------------------------------------------------------------------------------------------------

    def start(self) -> Session:
        """Start the job in its worker thread and return at once."""
        with self._changed:
            if self.active:
                return self
            self._refuse_if_over("start")
            self._claim()
            self._enter(PREPARING, notify=False)
            # A daemon, because the interpreter joins other threads before exit handlers could stop them.
            self._thread = threading.Thread(target=self._work, name="nblib-session", daemon=True)
            self._thread.start()
        return self

    def run(self, *, signals: bool = True) -> Session:
        """Do the same in this thread, until the end. An interrupt is Stop; a second one aborts."""
        with self._changed:
            if self.active:
                raise SessionError(f"the session is already {self.state}; use wait()")
            self._refuse_if_over("run")
            self._claim()
            self._enter(PREPARING, notify=False)
        with self._signals_stop() if signals else _nothing():
            self._work()
        self._raise_failure()
        return self

    def pause(self) -> None:
        """Pause at the job's next look: within one batch of any phase."""
        with self._changed:
            self._refuse_if_ready("pause")
            if self.state in (PREPARING, RUNNING):
                self._pause = True
                self._nudge()

    def resume(self) -> None:
        """Go on after a pause."""
        with self._changed:
            self._refuse_if_ready("resume")
            if self.state in (PREPARING, RUNNING, PAUSED):
                self._pause, self._until, self._steps_asked = False, math.inf, None
                self._nudge()

    def step(self, n: int = 1) -> None:
        """Run n optimiser steps, then pause. Starts a session that is ready."""
        if isinstance(n, bool) or not isinstance(n, int) or n < 1:
            raise InputError(f"step: {n!r} is not a whole number at least 1")
        with self._changed:
            self._refuse_if_over("step")
            if self.state == STOPPING:
                return
            if self.state == READY:
                self._claim()
            # A run that goes on knows only after open() from which step it does.
            self._steps_asked = n
            self._until = (self._run.number if self._run is not None else 0) + n
            self._pause = False
            if self.state == READY:
                self.start()
            self._nudge()

    _steps_asked: int | None = None

    def stop(self) -> None:
        """Stop at the job's next look: within one batch of any phase. What the job keeps is its own affair."""
        with self._changed:
            if self.state == READY:
                self._enter(STOPPED)
            elif self.state in (PREPARING, RUNNING, PAUSED):
                self._stop = True
                if self.state != PAUSED:
                    self._enter(STOPPING, notify=False)
                self._nudge()

    def set(self, **changes: Any) -> None:
        """Change live settings between two steps: ``set(learning_rate=3e-5)``."""
        checked = self.check(**changes)
        with self._changed:
            if self.over or self.state == STOPPING:
                raise SessionError(f"the session is {self.state}; set() needs one that goes on")
            for name, value in checked.items():
                self._queue.append(("set", (name, value), None))
            self._nudge()

    def check(self, **changes: Any) -> dict[str, Any]:
        """The changes with their types made right, or InputError where one is not live or not valid."""
        config = self.config
        if config is not None:
            live = [s.name for s in config.settings() if s.live]
            for name in changes:
                if name not in type(config).model_fields:
                    raise InputError(f"unknown option {name!r}{nearest(name, type(config).model_fields)}")
                if name not in live:
                    raise InputError(f"{name} cannot be changed while a run is going; live are {', '.join(live)}")
            config = config.replace(**changes)
            return {name: getattr(config, name) for name in changes}
        live = getattr(self.job, "live", None)
        for name in changes:
            if live is not None and name not in live:
                raise InputError(f"{name} cannot be changed while a run is going; live are {', '.join(live) or 'none'}")
        return changes

    def call(self, fn: Callable[[Any], Any]) -> Future:
        """Run ``fn(model)`` between two steps, and return a Future of its result."""
        future: Future = Future()
        with self._changed:
            self._refuse_if_ready("call")
            if self.state == STOPPING:
                raise SessionError("the session is stopping; call() again when it has stopped")
            if not self.over:
                self._queue.append(("call", fn, future))
                self._nudge()
                return future
            if self._run is None or self._run.model is None:
                raise SessionError("this session holds no model; load the one that the run exported")
        self._answer(fn, future)
        return future

    def wait(self, timeout: float | None = None) -> Session:
        """Wait for the end, and raise what the job raised. Raises TimeoutError after ``timeout`` seconds."""
        with self._changed:
            self._refuse_if_ready("wait")
            if not self._changed.wait_for(lambda: self.over and self._told, timeout):
                raise TimeoutError(f"the session is still {self.state} after {timeout} s")
        self._raise_failure()
        return self

    def wait_for(self, *states: str, timeout: float | None = None) -> Session:
        """Wait until the worker says that it is in one of these states (or that the run is over)."""
        with self._changed:
            # A pause that was already taken back is none, though the worker has not yet left it.
            settled = lambda: self.state in states and (self.state != PAUSED or self._pause)  # noqa: E731
            if not self._changed.wait_for(lambda: settled() or self.over, timeout):
                raise TimeoutError(f"the session is still {self.state} after {timeout} s")
        return self

    def subscribe(self, view: Callable[[Session], None]) -> Callable[[], None]:
        """Have ``view(session)`` called by the worker; returns the way to end that."""
        self._views.append(view)
        return lambda: self._views.remove(view) if view in self._views else None

    def redraw(self) -> None:
        """Ask for one call of the views soon; while a run is going it is the worker that makes it."""
        with self._changed:
            if self.active:
                self._queue.append(("redraw", None, None))
                self._nudge()
                return
        self._notify()

    # -- inside --------------------------------------------------------------------------------------------------

    def _refuse_if_ready(self, verb: str) -> None:
        if self.state == READY:
            raise SessionError(f"{verb}() needs a session that was started; call start() first")

    def _refuse_if_over(self, verb: str) -> None:
        if self.over:
            folder = f"; Session.reopen({str(self.folder)!r}) has its curves" if self.folder else ""
            raise SessionError(f"{verb}(): this session is over ({self.message}){folder}; make a new one")

    def _claim(self) -> None:
        global _active
        with _active_lock:
            if _active is not None and _active is not self and _active.active:
                raise SessionError(f"{_active.title} is already training here ({_active.message}); stop it first")
            _active = self

    @property
    def title(self) -> str:
        return f"the session in {self.folder}" if self.folder else "another session"

    def _nudge(self) -> None:
        self._attention = True
        self._changed.notify_all()

    def _enter(self, state: str, notify: bool = True) -> None:
        with self._changed:
            self.state = state
            self._changed.notify_all()
        if notify:
            self._notify()

    def _move(self, expected: tuple[str, ...], state: str) -> None:
        """Enter a state, unless a verb has led elsewhere in the meantime."""
        with self._changed:
            if self.state not in expected:
                return
            self.state = state
            self._changed.notify_all()
        self._notify()

    def _work(self) -> None:
        self._told = False
        run = self._run = Run(self)
        outcome, reason = FINISHED, ""
        try:
            self.result = self.job(run)
            # The last steps may not have been looked at yet, and a NaN among them is a failure too.
            run._flush(self._clock())
            if self._stop and not run.completed:
                outcome = STOPPED
            reason = run.reason
        except Stopped:
            outcome = STOPPED
        except BaseException as error:
            self.error, outcome = error, FAILED
            self.traceback = traceback.format_exc()
        self._end(run, outcome, reason)

    def _end(self, run: Run, outcome: str, reason: str) -> None:
        try:
            self.history.flush()
        except Exception as error:
            if outcome != FAILED:
                self.error, outcome, self.traceback = error, FAILED, traceback.format_exc()
        self._reason = reason
        fields = {"reason": self.error_line if outcome == FAILED else reason}
        try:
            self.history.event(outcome, step=run.number, **{k: v for k, v in fields.items() if v})
            self.history.close()
        except OSError as error:
            self.notes.append(f"the end of the run could not be written: {error}")
        run.close()
        self.phase, self.progress = "", None
        with self._changed:
            unanswered = [future for _, _, future in self._queue if future is not None]
            self._queue.clear()
            self.state = outcome
        for future in unanswered:
            if future.set_running_or_notify_cancel():
                future.set_exception(SessionError(f"the run was over ({outcome}) before the call came to its turn"))
        # The last word on screen comes before anybody who waits goes on.
        try:
            self._notify()
        finally:
            with self._changed:
                self._told = True
                self._changed.notify_all()

    def _raise_failure(self) -> None:
        if self.error is not None:
            raise self.error

    def _notify(self) -> None:
        started = self._clock()
        for view in list(self._views):
            try:
                view(self)
            except Exception as error:
                if view in self._views:
                    self._views.remove(view)
                self.view_errors.append(f"{type(error).__name__}: {error}")
                self.notes.append(f"a view was detached, the run goes on: {type(error).__name__}: {error}")
                self.history.event("view detached", step=self.step_number, error=self.view_errors[-1])
        self.spent["drawing"] += self._clock() - started

    def _answer(self, fn: Callable[[Any], Any], future: Future) -> None:
        if not future.set_running_or_notify_cancel():
            return
        guard = self._run.guard if self._run is not None else None
        try:
            with guard() if guard is not None else _nothing():
                future.set_result(fn(self._run.model))
        except BaseException as error:
            future.set_exception(error)

    @contextmanager
    def _signals_stop(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        seen: list[int] = []

        def handler(number, frame):
            if seen:
                raise KeyboardInterrupt
            seen.append(number)
            self.interrupted = number
            with self._changed:
                self._stop = True
                self._nudge()

        names = [n for n in ("SIGINT", "SIGTERM") if hasattr(signal, n)]
        before = {n: signal.signal(getattr(signal, n), handler) for n in names}
        try:
            yield
        finally:
            for n, old in before.items():
                signal.signal(getattr(signal, n), old)

    interrupted: int | None = None


@contextmanager
def _nothing() -> Iterator[None]:
    yield


class Run:
    """What a job sees of its session."""

    def __init__(self, session: Session):
        self.session = session
        self.number = 0
        self.first = 0
        self.model: Any = None
        self.guard: Callable | None = None
        self.reason = ""
        self.completed = False
        self.settings: dict[str, Any] = {}
        self._handler: Callable[[str, Any], Any] | None = None
        self._lock: FolderLock | None = None
        self._clock = session._clock
        self._began = self._mark = self._clock()
        self._next_flush = self._next_draw = self._began
        self._phases: list[str] = []
        self._begun = False

    @property
    def resuming(self) -> bool:
        """Whether the job is to go on from its folder's last checkpoint."""
        return self.session.resuming

    # -- what a job says -----------------------------------------------------------------------------------------

    def open(self, folder: str | Path, resume_from: int | None = None) -> None:
        """Take a folder for this run: locked, and the history written there from now on.

        Raises InputError where another process has it.
        """
        session, folder = self.session, Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = FolderLock(folder)
        session._folder = folder
        history = session.history
        if resume_from is not None:
            self.number = self.first = resume_from
        history.attach(folder / "history.jsonl")
        if resume_from is not None:
            history.event("resume", **{"from": resume_from})
            with session._changed:
                if session._until < math.inf:
                    session._until = resume_from + (session._steps_asked or 1)
        history.flush()

    def begin(self, total: int | None = None) -> None:
        """Preparation is over; ``total`` optimiser steps are ahead, counted from the run's very first."""
        session = self.session
        session.total = total
        self._begun = True
        session._move((PREPARING,), RUNNING)
        if session._attention:
            self._look(self._clock())
        self._mark = self._clock()

    def step(self, *, items: int = 0, **metrics: Any) -> bool:
        """One optimiser step is done: log it, apply what was asked, wait while paused. False when stopped."""
        session = self.session
        self.number += 1
        session.items += items
        now = self._clock()
        session.spent["training"] += now - self._mark
        if not self._begun:
            self._begun = True
            session._move((PREPARING,), RUNNING)
        # A job that takes thousands of steps a second logs some of them: a step that says nothing leaves no row.
        if metrics:
            session.history.append(self.number, metrics, now - self._began)
        if session._attention or now >= self._next_flush or self.number >= session._until:
            self._look(now)
        self._mark = self._clock()
        return not session._stop

    def log(self, **metrics: Any) -> None:
        """Log metrics at the present step, without counting one."""
        self.session.history.append(self.number, metrics, self._clock() - self._began)

    def check(self, *, calls: bool = True) -> None:
        """A look between two batches of any phase. Waits while paused; raises Stopped when stopped."""
        session, now = self.session, self._clock()
        if session._attention or now >= self._next_flush:
            away = now
            self._look(now, calls=calls)
            # Time lost in a look is no training time.
            self._mark += self._clock() - away
        if session._stop:
            raise Stopped

    def say(self, text: str) -> None:
        """Tell the person something once: it is kept in the history and shown by the panel and the command line."""
        self.session.notes.append(text)
        self.session.history.event("note", step=self.number, text=text)
        drawing = self._clock()
        self.session._notify()
        self._mark += self._clock() - drawing

    def finish(self, reason: str) -> None:
        """Say why the job ends before its last step, e.g. early stopping: it counts as finished, not stopped."""
        self.reason, self.completed = reason, True

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """A phase that is no training: its time is counted apart, and its name is shown."""
        session = self.session
        started, spent_inside, mark = self._clock(), self._elsewhere(), self._mark
        self._phases.append(name)
        session.phase = name
        session._notify()
        try:
            yield
        finally:
            self._phases.pop()
            session.phase, session.progress = (self._phases[-1] if self._phases else ""), None
            now = self._clock()
            own = now - started - (self._elsewhere() - spent_inside)
            session.spent[name] = session.spent.get(name, 0.0) + own
            self._mark = mark + (now - started)

    def advance(self, done: int, of: int) -> None:
        """How far the present phase has come."""
        self.session.progress = (done, of)

    def on_set(self, handler: Callable[[str, Any], Any]) -> None:
        """``handler(name, value)`` applies a live change and returns the old value. Without one, see ``settings``.

        It is called at once for changes that were made before it was there.
        """
        self._handler = handler
        for name, value in self.settings.items():
            handler(name, value)

    def close(self) -> None:
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    # -- inside --------------------------------------------------------------------------------------------------

    def _elsewhere(self) -> float:
        return sum(self.session.spent.values())

    def flush(self) -> None:
        """Write what is not written yet. Raises Diverged where the loss is no longer a finite number."""
        self._flush(self._clock())

    def _look(self, now: float, calls: bool = True) -> None:
        session = self.session
        self._flush(now)
        if session._attention or self.number >= session._until:
            session._attention = False
            with session._changed:
                if self.number >= session._until:
                    session._pause, session._until = True, math.inf
            if calls:
                self._serve()
            if session._queue:
                session._attention = True
            if session._stop:
                self._stopping()
            elif session._pause:
                self._wait_while_paused(calls)
        if now >= self._next_draw:
            session._notify()
            self._next_draw = self._clock() + session._redraw_seconds
            # Whoever wants to draw or to answer a click needs the interpreter for a moment.
            time.sleep(0)

    def _flush(self, now: float) -> None:
        history = self.session.history
        history.flush()
        self._next_flush = now + FLUSH_SECONDS
        if "loss" in history.first_nonfinite:
            step = history.first_nonfinite["loss"]
            raise Diverged(
                f"the loss is no longer a finite number since step {step}; "
                "lower the learning rate or lengthen the warm-up, and start again"
            )

    def _stopping(self) -> None:
        if not self.session._acknowledged:
            self.session._acknowledged = True
            self.session._enter(STOPPING)

    def _serve(self) -> None:
        session = self.session
        later = []
        while session._queue:
            what, payload, future = session._queue.popleft()
            if what == "set":
                self._apply(*payload)
            elif what == "redraw":
                self._next_draw = -math.inf
            elif self._begun:
                session._answer(payload, future)
            else:
                # A model that is still being made answers nobody.
                later.append((what, payload, future))
        session._queue.extendleft(reversed(later))

    def _apply(self, name: str, value: Any) -> None:
        before = self.settings.get(name, getattr(self.session.config, name, None))
        old = self._handler(name, value) if self._handler is not None else before
        self.settings[name] = value
        history = self.session.history
        history.event("set", step=self.number, name=name, old=old, new=value)
        history.flush()
        self._next_draw = -math.inf

    def _wait_while_paused(self, calls: bool) -> None:
        session = self.session
        began = self._clock()
        drawn = session.spent["drawing"]
        session._move((PREPARING, RUNNING), PAUSED)
        while True:
            with session._changed:
                session._changed.wait_for(lambda: session._attention or not session._pause or session._stop)
                session._attention = False
            if calls:
                self._serve()
            if session._stop or not session._pause:
                break
            if self._next_draw == -math.inf:
                session._notify()
                self._next_draw = self._clock() + session._redraw_seconds
        if session._queue:
            session._attention = True
        session.spent["paused"] += self._clock() - began - (session.spent["drawing"] - drawn)
        if session._stop:
            self._stopping()
        else:
            session._move((PAUSED,), RUNNING if self._begun else PREPARING)


def _stop_at_exit() -> None:
    session = _active
    if session is not None and session.active and session._thread is not None:
        session.stop()
        session._thread.join(EXIT_SECONDS)


atexit.register(_stop_at_exit)
