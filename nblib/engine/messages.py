"""A session in words: what it is doing, and what went wrong."""

from __future__ import annotations

from nblib.engine.desk import Desk
from nblib.engine.errors import Diverged, InputError, SessionError
from nblib.engine.states import FAILED, PAUSED, PREPARING, READY, RUNNING, STOPPING


def message(desk: Desk) -> str:
    """The state, as the worker knows it: 'paused at step 120'."""
    number, phase = desk.step_number, desk.phase
    where = f"step {number}" + (f" of {desk.total}" if desk.total else "")
    if desk.state == READY:
        return f"ready to go on after step {number}" if desk.resuming and number else "ready"
    if desk.state == PREPARING:
        return f"preparing: {phase}" if phase else "preparing"
    if desk.state == PAUSED:
        return f"paused at {where}" + (f", in {phase}" if phase else "")
    if desk.state == STOPPING:
        if not desk.stop_seen:
            return f"stopping, {where}"
        return f"stopped at {where}" + (f", {phase}" if phase else "")
    if desk.state == RUNNING:
        return where + (f", {phase}" if phase else "")
    if desk.state == FAILED:
        return f"failed at step {number}: {error_line(desk)}"
    return f"{desk.state} at step {number}" + (f": {desk.reason}" if desk.reason else "")


def error_line(desk: Desk) -> str:
    """What went wrong, in one line; "" where nothing did."""
    if desk.error is None:
        return desk.reason
    first = str(desk.error).strip().splitlines()
    text = first[0] if first else type(desk.error).__name__
    readable = isinstance(desk.error, (InputError, SessionError, Diverged))
    return text if readable else f"{type(desk.error).__name__}: {text}"
