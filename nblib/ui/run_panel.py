"""What every panel that trains has: settings on the left, pictures on the right, one status line below, and a session
that is started, watched and steered."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from nblib.engine.config import RunConfig
from nblib.engine.errors import InputError, SessionError
from nblib.engine.session import Session
from nblib.engine.states import FAILED, FINISHED, PAUSED, PREPARING, READY, RUNNING, STOPPED, STOPPING
from nblib.engine.text import duration
from nblib.ui.controls import Controls, exact_text
from nblib.ui.elements import row
from nblib.ui.run_bar import RunBar, icon_button
from nblib.ui.run_text import Memory, message_of, notice
from nblib.ui.views.status import Status

TONES = {READY: "idle", PREPARING: "busy", RUNNING: "busy", PAUSED: "paused", STOPPING: "busy", STOPPED: "paused",
         FINISHED: "good", FAILED: "bad"}  # fmt: skip
REST = 200
LONGEST_REST = 1.0
# The numbers of the status line change this often at most; faster, nobody reads them.
STATUS_SECONDS = 0.5


class RunPanel(widgets.VBox):
    """The base of the panels that train; a panel says what it shows in ``pictures`` and ``draw``.

    Args:
        cfg: the settings shown at first; the session's, or the defaults, when left out.
        session: a session to watch and steer, in any state.
        folder: a run folder; its curves are shown, and Start goes on from its last complete checkpoint.
        make_job: config → job, in place of the config's own; it is called in the worker thread.

    While a run is active the session's worker draws. Handlers of buttons and sliders only call the session's verbs,
    which set flags, or ask for a redraw; what is shown afterwards is what the worker said. Where a handler does draw
    what a person is moving (``preview``), it holds the lock that the worker draws under: one writer at a time.
    """

    config_class: type[RunConfig]
    # What ``session.items_per_second`` counts.
    unit = "texts"
    in_sight: tuple[str, ...] = ()
    # Setting → the word for None.
    apart: Mapping[str, str] = {}
    # A redraw that took t seconds is followed by rest · t without one: at 200, drawing takes 0.5 % of the time.
    rest = REST
    # Seconds without a draw after each; a session asks for one five times a second at most.
    fastest = 0.0
    # Seconds from the word that the state has changed to the draw that follows, for pictures that hold up a page.
    settle = 0.0
    # Seconds without a draw after each move of a live setting: the page belongs to the hand.
    hand = 0.0

    def __init__(
        self,
        cfg: RunConfig | None = None,
        session: Session | None = None,
        folder: str | Path | None = None,
        *,
        make_job: Callable[[RunConfig], Callable] | None = None,
    ):
        if folder is not None and session is None:
            session = Session.reopen(folder)
        cfg = cfg or (session.config if session is not None else None) or self.config_class()
        self.session: Session | None = None
        self._initial = cfg
        self._make_job = make_job or (lambda config: config.make_job())
        # Held while widgets are written. Whoever holds it calls no verb of a session, which has a lock of its own.
        self._lock = threading.RLock()
        self._verbs = threading.Lock()
        self._said = ""
        self._memory = Memory()
        self._forget()

        self.controls = Controls(
            cfg, in_sight=[n for n in self.in_sight if n in type(cfg).model_fields], apart=self.apart,
            suggestions=self.suggestions(), on_edit=self.edited, on_error=self._say, lock=self._lock,
        )  # fmt: skip
        self.bar = RunBar({name: getattr(self, name) for name in ("start", "pause", "resume", "step", "stop")})
        self.reset_button = icon_button(
            "Reset", "reset", "Back to the settings that the panel opened with; clears the curves", "92px"
        )
        self.reset_button.on_click(lambda _button: self.reset())
        self.status = Status()
        self.status.on_msg(self._on_status)
        self._shown_drawer = ""
        self.drawer_buttons: dict[str, widgets.Button] = {}
        pictures = self.pictures()
        self.drawers = self.make_drawers()
        super().__init__(children=self._zones(pictures), layout={"width": "100%"})
        self.add_class("nblib-panel")
        self._watch(session)

    # -- what a panel says ---------------------------------------------------------------------------------------------

    def pictures(self) -> widgets.DOMWidget:
        """The zone on the right; made once, after the controls."""
        raise NotImplementedError

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

    def preview(self, session: Session, name: str) -> None:
        """A live setting is being moved during a run: show what it would do. The lock is held; be quick."""

    def rest_shown(self) -> float:
        """Seconds without a draw that the pictures ask for after each, beyond those for the time that a draw takes."""
        return 0.0

    def forget(self) -> None:
        """Another session is watched from now on: what was remembered of the last one goes."""

    def make_drawers(self) -> dict[str, Any]:
        """Sections that open below on demand: name → something with title, icon, tooltip, widget, opened()."""
        return {}

    def suggestions(self) -> dict[str, list[str]]:
        """Setting → values offered while typing."""
        return {}

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

    def _zones(self, pictures: widgets.DOMWidget) -> tuple[widgets.Widget, ...]:
        bar = row(self.bar.widget, self.reset_button)
        bar.add_class("nblib-bar")
        bar.layout.justify_content = "space-between"
        left = widgets.Box(
            [self.controls.widget],
            layout={"flex": "1 0 284px", "max_width": "100%", "max_height": "524px", "overflow": "auto"},
        )
        left.add_class("nblib-controls")
        right = pictures
        right.layout.flex, right.layout.min_width, right.layout.overflow = "1000 1 416px", "0", "hidden"
        right.add_class("nblib-pictures")
        # Wrapping makes the zones stack where the panel is narrower than both: 284 + 416 = 700 pixels.
        middle = row(left, right)
        middle.add_class("nblib-middle")
        if not self.drawers:
            return bar, middle, self.status
        for name, drawer in self.drawers.items():
            button = icon_button(drawer.title, drawer.icon, drawer.tooltip)
            button.on_click(lambda _button, name=name: self.show_drawer(name))
            self.drawer_buttons[name] = button
        drawers = row(*self.drawer_buttons.values())
        drawers.add_class("nblib-drawer")
        self._drawer = widgets.VBox([], layout={"width": "100%", "padding": "8px 0 0"})
        return bar, middle, self.status, drawers, self._drawer

    # -- what a person does ------------------------------------------------------------------------------------------

    @property
    def config(self) -> RunConfig:
        """The settings as they stand in the controls."""
        return self.controls.config

    @property
    def training(self) -> bool:
        return self.session is not None and self.session.active

    @property
    def run_folder(self) -> Path | None:
        return self.session.folder if self.session is not None else None

    @property
    def front(self) -> str:
        """Where the panel is shown: "lab", "classic" or "colab"."""
        return self.controls.widget.front

    def start(self) -> None:
        """Begin a run with these settings, in a thread; pressed again while it goes on, nothing happens."""
        self._begin(lambda session: session.start())

    def step(self) -> None:
        """One optimiser step, then a pause; begins the run when there is none."""
        if self.training:
            self._do("step")
        elif self.session is None or self.session.state == READY:
            self._begin(lambda session: session.step())

    def pause(self) -> None:
        self._do("pause")

    def resume(self) -> None:
        """Go on after a pause; after a stop or a failure, from the run's last complete checkpoint."""
        if self.training:
            self._do("resume")
        elif self._can_go_on():
            self._begin(lambda session: session.start(), folder=self.run_folder)

    def stop(self) -> None:
        self._do("stop")

    def run(self) -> None:
        """The same in the foreground of a cell, for front ends that show nothing from a thread. Interrupt is Stop."""
        self._begin(lambda session: session.run())

    def reset(self) -> None:
        """Back to the settings that the panel opened with; the curves of the last run go, its folder stays."""
        if self.training:
            return
        self.controls.show(self._initial)
        self._said = ""
        self._watch(None)

    def show_drawer(self, name: str) -> None:
        """Open a drawer ("data", "results", "try", "export", "copy"), or close it if it is the open one."""
        self._shown_drawer = "" if self._shown_drawer == name else name
        for other, button in self.drawer_buttons.items():
            (button.add_class if other == self._shown_drawer else button.remove_class)("nblib-open")
        if self._shown_drawer:
            self.drawers[name].opened()
        self._drawer.children = (self.drawers[name].widget,) if self._shown_drawer else ()

    # -- verbs -------------------------------------------------------------------------------------------------------

    def _begin(self, verb: Callable[[Session], Any], folder: Path | None = None) -> None:
        with self._verbs:
            if self.training:
                return
            if self.controls.error:
                self._say(self.controls.error)
                return
            before = self.session
            self._said = ""
            try:
                if folder is not None:
                    session = Session.reopen(folder)
                elif before is not None and before.state == READY:
                    session = before
                else:
                    session = Session(_Job(self.controls.config, self._make_job))
                if session is not before:
                    self._watch(session)
                for name, value in self._live_changes(session).items():
                    session.set(**{name: value})
                verb(session)
            except (InputError, SessionError) as error:
                if self.session is not before:
                    self._watch(before)
                self._say(str(error))
        self._paint()

    def _live_changes(self, session: Session) -> dict[str, Any]:
        """Where a run goes on, live settings moved since then are asked for before its first step."""
        theirs = session.config
        if theirs is None or theirs == self.controls.config:
            return {}
        mine = self.controls.config
        live = [s.name for s in type(mine).settings() if s.live]
        return {n: getattr(mine, n) for n in live if getattr(mine, n) != getattr(theirs, n)}

    def _do(self, verb: str) -> None:
        if not self.training:
            return
        try:
            getattr(self.session, verb)()
            self._said = ""
        except (InputError, SessionError) as error:
            self._said = str(error)
        self._paint()

    def _can_go_on(self) -> bool:
        session = self.session
        return (
            session is not None and session.state in (STOPPED, FAILED) and session.folder is not None
            and (session.folder / "config.yaml").is_file()
        )  # fmt: skip

    def edited(self, name: str, value: Any, final: bool) -> None:
        """A control was moved by a person; ``final`` is False while a slider is being dragged."""
        session = self.session
        if session is None or not session.active:
            self._redraw()
            if self._shown_drawer == "copy":
                self.drawers["copy"].opened()
            return
        self._wanted[name] = value
        self._preview(session, name)
        if not final:
            return
        self.controls.remark(name, "pending", f"pending: {exact_text(value)} …")
        try:
            session.set(**{name: value})
        except (InputError, SessionError) as error:
            self._wanted.pop(name, None)
            self.controls.remark(name, "", "")
            self._say(str(error))

    def _say(self, text: str) -> None:
        if text != self._said:
            self._said = text
            self._paint()

    def _on_status(self, _widget: Any, content: dict, _buffers: Any = None) -> None:
        if content.get("type") == "action" and self.session is not None:
            self._attach(self.session)
            self._redraw()

    # -- views -------------------------------------------------------------------------------------------------------

    def _watch(self, session: Session | None) -> None:
        """Show this session, and no other from now on."""
        for leave in self._leave:
            leave()
        with self._lock:
            self.session = session
            self._forget()
            if session is not None:
                self._attach(session)
            self.controls.clear_remarks()
        self._redraw()
        self._paint()

    def _attach(self, session: Session) -> None:
        for leave in self._leave:
            leave()
        self._detached = ""
        # Two views: should drawing fail, the status line still tells.
        self._leave = [session.subscribe(self._on_session), session.subscribe(self._draw)]

    def _forget(self) -> None:
        self._events = 0
        # Live setting → what it was last moved to, until the worker says that it is in force.
        self._wanted: dict[str, Any] = {}
        self._detached = ""
        self._asked: tuple = ()
        self._drawn: tuple = ()
        self._next_draw = self._next_paint = 0.0
        self._painted: tuple = ()
        self._leave: list[Callable[[], None]] = []
        self.forget()

    def _redraw(self) -> None:
        """Have the curves drawn: by the worker while a run is active, else here and now."""
        session = self.session
        if session is not None and session.active:
            session.redraw()
            return
        try:
            self._draw(session)
        except Exception:
            # What is wrong with the picture stands in the status line; the button that was pressed still does its work.
            return

    def _preview(self, session: Session, name: str) -> None:
        with self._lock:
            if session is not self.session or self._detached:
                return
            self._next_draw = max(self._next_draw, time.monotonic() + self.hand)
            try:
                self.preview(session, name)
            except Exception as error:
                self._detach(error)

    def _draw(self, session: Session | None) -> None:
        """A view of the session: draws what is new, and rests in between."""
        with self._lock:
            if session is not self.session:
                return
            began = time.monotonic()
            state = session.state if session is not None else READY
            try:
                asked, key = (state, *self.look()), self.draw_key(session)
                hurried = asked != self._asked or state not in (RUNNING, PREPARING)
                if (key == self._drawn and asked == self._asked) or (not hurried and began < self._next_draw):
                    return
                if self._asked and state != self._asked[0]:
                    time.sleep(self.settle)
                self.draw(session)
            except Exception as error:
                self._detach(error)
                raise
            self._asked, self._drawn, self._detached = asked, key, ""
            now = time.monotonic()
            self._next_draw = now + max(self.fastest, min(LONGEST_REST, self.rest * (now - began)), self.rest_shown())

    def _detach(self, error: Exception) -> None:
        self._detached = f"{type(error).__name__}: {error}".splitlines()[0]
        self.forget()
        self._paint()

    def _on_session(self, session: Session) -> None:
        if session is not self.session:
            return
        now, state = time.monotonic(), (session.state, session.phase)
        if state != self._painted or len(session.history.events) != self._events or now >= self._next_paint:
            self._hear(session)
            self._paint()
            self._painted = state
            self._next_paint = now + max(STATUS_SECONDS, min(LONGEST_REST, REST * (time.monotonic() - now)))

    def _hear(self, session: Session) -> None:
        """What the worker has acknowledged since last time."""
        events = session.history.events
        self._events = min(self._events, len(events))
        fresh, self._events = events[self._events :], len(events)
        for event in fresh:
            if event.get("event") == "set" and event.get("name") in self.controls.names:
                name, value = event["name"], event["new"]
                # What the person has moved on to since then is on its way: no control jumps back under the hand.
                if self._wanted.get(name, value) != value:
                    continue
                self._wanted.pop(name, None)
                text = f"applied at step {event.get('step', 0)}: {exact_text(value)}"
                self.controls.accept(name, value)
                self.controls.remark(name, "done", text)
        if session.over:
            for name, remark in list(self.controls.widget.notes.items()):
                if remark["tone"] == "pending":
                    self.controls.remark(name, "done", "not applied: the run was over")

    def _paint(self) -> None:
        """Buttons, locks and status line as the session says."""
        with self._lock:
            session = self.session
            state = session.state if session is not None else READY
            going_on = session is not None and session.resuming and state == READY
            self.bar.show(state, can_go_on=self._can_go_on())
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
            **notice(session, state, self._said, self._detached),
        }


class _Job:
    """The job is made by the worker, so that its heavy imports do not hold the kernel at the press of Start."""

    def __init__(self, config: RunConfig, make: Callable[[RunConfig], Callable]):
        self.config, self._make = config, make

    def __call__(self, run: Any) -> Any:
        return self._make(self.config)(run)
