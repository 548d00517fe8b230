"""The job at work: from its first line to the last word on screen, in whichever thread calls."""

from __future__ import annotations

import signal
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from nblib.engine.desk import Desk
from nblib.engine.errors import SessionError, Stopped
from nblib.engine.messages import error_line
from nblib.engine.run import Run
from nblib.engine.states import FAILED, FINISHED, STOPPED


def work(desk: Desk) -> None:
    """Run the session's job to its end. Raises nothing: what the job raised is the desk's ``error``."""
    desk.end_shown = False
    run = desk.run = Run(desk)
    outcome, reason = FINISHED, ""
    try:
        desk.result = desk.session.job(run)
        # The last steps may not have been looked at yet, and a NaN among them is a failure too.
        run.flush()
        if desk.stop_wanted and not run.completed:
            outcome = STOPPED
        reason = run.reason
    except Stopped:
        outcome = STOPPED
    except BaseException as error:
        outcome = _fail(desk, error)
    _end(desk, run, outcome, reason)


def _fail(desk: Desk, error: BaseException) -> str:
    desk.error, desk.traceback = error, traceback.format_exc()
    return FAILED


def _end(desk: Desk, run: Run, outcome: str, reason: str) -> None:
    try:
        desk.history.flush()
    except Exception as error:
        if outcome != FAILED:
            outcome = _fail(desk, error)
    desk.reason = reason
    reason = error_line(desk) if outcome == FAILED else reason
    try:
        desk.history.event(outcome, step=run.number, **({"reason": reason} if reason else {}))
        desk.history.close()
    except Exception as error:
        # Whatever it is: a session without an end would keep its folder and refuse every other.
        desk.notes.append(f"the end of the run could not be written: {type(error).__name__}: {error}")
    run.close()
    desk.phase, desk.progress = "", None
    with desk.changed:
        unanswered = [future for _, future in desk.calls]
        desk.calls.clear()
        desk.changes.clear()
        desk.state = outcome
    for future in unanswered:
        if future.set_running_or_notify_cancel():
            future.set_exception(SessionError(f"the run was over ({outcome}) before the call came to its turn"))
    # The last word on screen comes before anybody who waits goes on.
    try:
        desk.notify()
    finally:
        with desk.changed:
            desk.end_shown = True
            desk.changed.notify_all()


@contextmanager
def signals_stop(desk: Desk) -> Iterator[None]:
    """An interrupt (SIGINT, SIGTERM) is Stop, and a second one aborts; in the main thread only, as Python has it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received: list[int] = []

    def handler(number, frame):
        if received:
            raise KeyboardInterrupt
        received.append(number)
        desk.interrupted = number
        with desk.changed:
            desk.stop_wanted = True
            desk.nudge()

    names = [n for n in ("SIGINT", "SIGTERM") if hasattr(signal, n)]
    before = {n: signal.signal(getattr(signal, n), handler) for n in names}
    try:
        yield
    finally:
        for n, old in before.items():
            signal.signal(getattr(signal, n), old)
