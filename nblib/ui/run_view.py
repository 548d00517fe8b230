"""What a panel that trains shows: pictures, locks and the status line, brought up to date as its session says."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from nblib.engine.session import Session
from nblib.engine.states import FAILED, FINISHED, PAUSED, PREPARING, READY, RUNNING, STOPPED, STOPPING
from nblib.engine.text import duration
from nblib.ui.controls import Controls, exact_text
from nblib.ui.run_bar import RunBar
from nblib.ui.run_text import Memory, message_of, notice
from nblib.ui.views.status import Status

TONES = {READY: "idle", PREPARING: "busy", RUNNING: "busy", PAUSED: "paused", STOPPING: "busy", STOPPED: "paused",
         FINISHED: "good", FAILED: "bad"}  # fmt: skip
REST = 200
LONGEST_REST = 1.0
# The numbers of the status line change this often at most; faster, nobody reads them.
STATUS_SECONDS = 0.5


class RunView(widgets.VBox):
    """The half of a panel that draws. A panel says what it shows in ``draw``; ``RunPanel`` makes the controls and hears
    what is pressed.

    While a run is active the session's worker draws; else whoever asks for it does. ``lock`` is held while widgets are
    written: one writer at a time. Whoever holds it calls no verb of a session, which has a lock of its own.
    """

    # What ``session.items_per_second`` counts.
    unit = "texts"
    # A redraw that took t seconds is followed by rest · t without one: at 200, drawing takes 0.5 % of the time.
    rest = REST
    # Seconds without a draw after each; a session asks for one ten times a second at most.
    fastest = 0.0

    controls: Controls
    bar: RunBar
    reset_button: widgets.Button
    status: Status

    def __init__(self, **options: Any):
        self.session: Session | None = None
        self.lock = threading.RLock()
        # What the panel answers to the last thing that was pressed, in the status line; "" for nothing.
        self.answer = ""
        self._memory = Memory()
        self._forget_session()
        super().__init__(**options)

    # -- what a panel says ---------------------------------------------------------------------------------------------

    def draw(self, session: Session | None) -> None:
        """Bring the pictures up to date. The worker calls it while a run is active, a handler otherwise."""
        raise NotImplementedError

    def draw_key(self, session: Session | None) -> tuple:
        """Nothing is drawn while this stays as it was."""
        version, total = (session.history.version, session.total) if session is not None else (0, None)
        return version, total, self.controls.config

    def look(self) -> tuple:
        """What a person asks of the pictures; a change of it is drawn at once, also in between the redraws of a run."""
        return ()

    def rest_after(self, seconds: float) -> float:
        """Seconds without a draw after one that took so long."""
        return min(LONGEST_REST, self.rest * seconds)

    def preview(self, session: Session, name: str) -> None:
        """A live setting is being moved during a run: show what it would do. The lock is held; be quick."""

    def forget(self) -> None:
        """Another session is watched from now on: what was remembered of the last one goes."""

    def status_cells(self, session: Session | None) -> list[list[str]]:
        """What the status line says beside its message: pairs of a name and a text."""
        step, loss, speed, left = "0", math.nan, math.nan, math.nan
        if session is not None:
            step = f"{session.step_number}" + (f" of {session.total}" if session.total else "")
            loss, speed = session.history.last("loss"), session.items_per_second
            left = math.nan if session.over else session.seconds_left
        return [
            ["step", step],
            ["loss", "–" if math.isnan(loss) else f"{loss:.4f}" if loss < 100 else f"{loss:.3g}"],
            ["speed", "–" if math.isnan(speed) else f"{speed:.{1 if speed < 100 else 0}f} {self.unit}/s"],
            ["left", duration(left, unknown="–")],
            ["memory", self._memory.text()],
        ]

    # -- the session -----------------------------------------------------------------------------------------------

    @property
    def training(self) -> bool:
        return self.session is not None and self.session.active

    @property
    def can_go_on(self) -> bool:
        """Whether Resume can go on from a checkpoint of a run that is over."""
        session = self.session
        return (
            session is not None and session.state in (STOPPED, FAILED) and session.folder is not None
            and (session.folder / "config.yaml").is_file()
        )  # fmt: skip

    def say(self, text: str) -> None:
        """Answer what was pressed, in the status line; "" takes the last answer away."""
        if text != self.answer:
            self.answer = text
            self.show_state()

    def watch(self, session: Session | None) -> None:
        """Show this session, and no other from now on."""
        for leave in self._leave:
            leave()
        with self.lock:
            self.session = session
            self._forget_session()
            if session is not None:
                self.attach(session)
            self.controls.clear_remarks()
        self.redraw()
        self.show_state()

    def attach(self, session: Session) -> None:
        """Subscribe to the session that is watched, again after its pictures failed."""
        for leave in self._leave:
            leave()
        self._detached = ""
        # Two views: should drawing fail, the status line still tells.
        self._leave = [session.subscribe(self._on_session), session.subscribe(self._draw)]

    def _forget_session(self) -> None:
        self._events = 0
        # Live setting → what it was last moved to, until the worker says that it is in force.
        self.wanted: dict[str, Any] = {}
        self._detached = ""
        self._asked: tuple = ()
        self._drawn: tuple = ()
        self._next_draw = self._next_paint = 0.0
        self._painted: tuple = ()
        self._leave: list[Callable[[], None]] = []
        self.forget()

    def redraw(self, *, anew: bool = False) -> None:
        """Have the curves drawn: by the worker while a run is active, else here and now. With ``anew`` also where
        nothing that ``draw_key`` tells of has changed."""
        if anew:
            self._drawn = ()
        session = self.session
        if session is not None and session.active:
            session.redraw()
            return
        try:
            self._draw(session)
        except Exception:
            # What is wrong with the picture stands in the status line; the button that was pressed still does its work.
            return

    def show_preview(self, session: Session, name: str) -> None:
        """Have ``preview`` drawn, by the thread that asks; should it fail, the pictures are detached."""
        with self.lock:
            if session is not self.session or self._detached:
                return
            try:
                self.preview(session, name)
            except Exception as error:
                self._detach(error)

    def _draw(self, session: Session | None) -> None:
        """A view of the session: draws what is new, and rests in between."""
        with self.lock:
            if session is not self.session:
                return
            began = time.monotonic()
            state = session.state if session is not None else READY
            try:
                asked, key = (state, *self.look()), self.draw_key(session)
                hurried = asked != self._asked or state not in (RUNNING, PREPARING)
                if (key == self._drawn and asked == self._asked) or (not hurried and began < self._next_draw):
                    return
                self.draw(session)
            except Exception as error:
                self._detach(error)
                raise
            self._asked, self._drawn, self._detached = asked, key, ""
            now = time.monotonic()
            self._next_draw = now + max(self.fastest, self.rest_after(now - began))

    def _detach(self, error: Exception) -> None:
        self._detached = f"{type(error).__name__}: {error}".splitlines()[0]
        self.forget()
        self.show_state()

    def _on_session(self, session: Session) -> None:
        if session is not self.session:
            return
        now, state = time.monotonic(), (session.state, session.phase)
        if state != self._painted or len(session.history.events) != self._events or now >= self._next_paint:
            self._hear(session)
            self.show_state()
            self._painted = state
            # At most 0.25 % of the time: the pictures have the better part of what drawing may take.
            self._next_paint = now + max(STATUS_SECONDS, min(LONGEST_REST, 2 * REST * (time.monotonic() - now)))

    def _hear(self, session: Session) -> None:
        """What the worker has acknowledged since last time."""
        events = session.history.events
        self._events = min(self._events, len(events))
        fresh, self._events = events[self._events :], len(events)
        for event in fresh:
            if event.get("event") == "set" and event.get("name") in self.controls.names:
                name, value = event["name"], event["new"]
                # What the person has moved on to since then is on its way: no control jumps back under the hand.
                if self.wanted.get(name, value) != value:
                    continue
                self.wanted.pop(name, None)
                text = f"applied at step {event.get('step', 0)}: {exact_text(value)}"
                self.controls.accept(name, value)
                self.controls.remark(name, "done", text)
        if session.over:
            for name, remark in list(self.controls.widget.notes.items()):
                if remark["tone"] == "pending":
                    self.controls.remark(name, "done", "not applied: the run was over")

    def show_state(self) -> None:
        """Buttons, locks and status line as the session says."""
        with self.lock:
            session = self.session
            state = session.state if session is not None else READY
            going_on = session is not None and session.resuming and state == READY
            self.bar.show(state, can_go_on=self.can_go_on)
            self.reset_button.disabled = self.training
            fixed = self.training or going_on
            live = {s.name for s in type(self.controls.config).settings() if s.live}
            closed = state == STOPPING
            self.controls.lock([n for n in self.controls.names if fixed and (n not in live or closed)])
            self.status.show(**self._status(session, state))

    def _status(self, session: Session | None, state: str) -> dict[str, Any]:
        if session is None:
            message, progress = "ready: set what you like and press Start", 0.0
        else:
            message = message_of(session, state)
            progress = session.step_number / session.total if session.total else (1.0 if state == FINISHED else 0.0)
            if state == PREPARING:
                progress = session.progress[0] / max(1, session.progress[1]) if session.progress else 0.0
        return {
            "message": message,
            "tone": TONES[state],
            "progress": min(1.0, progress),
            "cells": self.status_cells(session),
            **notice(session, state, self.answer, self._detached),
        }
