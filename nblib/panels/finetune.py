"""Fine-tuning with one's hands on it: settings on the left, live curves on the right, one status line below."""

from __future__ import annotations

import math
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import numpy as np
import plotly.graph_objects as go
import psutil
from markupsafe import Markup

from nblib import figures
from nblib.config import FineTuneConfig, RunConfig
from nblib.errors import InputError, SessionError
from nblib.history import History
from nblib.panels.aside import LIVE_CONFIG, html
from nblib.panels.controls import Controls, exact_text
from nblib.panels.drawers import DRAWERS
from nblib.panels.run_bar import RunBar, icon_button
from nblib.session import FAILED, FINISHED, PAUSED, PREPARING, READY, RUNNING, STOPPED, STOPPING, Session
from nblib.views import Download, Status

IN_SIGHT = (
    "dataset", "model", "max_train_samples", "epochs", "batch_size", "learning_rate", "warmup_ratio", "freeze_layers",
)  # fmt: skip
APART = {
    "max_train_samples": "all",
    "max_eval_samples": "all",
    "max_steps": "no limit",
    "dropout": "the model's",
    "eval_steps": "each epoch",
    "save_steps": "each epoch",
    "text_column": "found by its name",
    "label_column": "found by its name",
    "output": "a new one under runs/",
}
TONES = {READY: "idle", PREPARING: "busy", RUNNING: "busy", PAUSED: "paused", STOPPING: "busy", STOPPED: "paused",
         FINISHED: "good", FAILED: "bad"}  # fmt: skip
# A redraw that took t seconds is followed by 200 t without one: drawing stays well under a hundredth of the time.
REST = 200
LONGEST_REST = 1.0
# The numbers of the status line change this often at most; faster, nobody reads them.
STATUS_SECONDS = 0.35
PLANNED_POINTS = 200


class FineTunePanel(widgets.VBox):
    """A panel to fine-tune a model: ``FineTunePanel(cfg)`` as the last expression of a cell, or ``display(...)``.

    Args:
        cfg: the settings shown at first; the defaults when left out.
        session: a session to watch and steer, in any state.
        folder: a run folder; its curves are shown, and Start goes on from its last complete checkpoint.
        make_job: config → job, in place of the config's own; it is called in the worker thread.

    While a run is active the session's worker is the only writer of the figure. Handlers of buttons and sliders only
    call the session's verbs, which set flags, or ask for a redraw; what is shown afterwards is what the worker said.
    """

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
        config = cfg or (session.config if session is not None else None) or FineTuneConfig()
        self.session: Session | None = None
        self._initial = config
        self._make_job = make_job or (lambda config: config.make_job())
        # Held while widgets are written. Whoever holds it calls no verb of a session, which has a lock of its own.
        self._lock = threading.RLock()
        self._verbs = threading.Lock()
        self._said = ""
        self._rows: dict[tuple, int] = {}
        self._memory = (0.0, "")
        self._forget()

        self.controls = Controls(
            config, in_sight=[n for n in IN_SIGHT if n in type(config).model_fields], apart=APART,
            suggestions=_suggestions(), on_edit=self._edited, on_error=self._say, lock=self._lock,
        )  # fmt: skip
        self.bar = RunBar({name: getattr(self, name) for name in ("start", "pause", "resume", "step", "stop")})
        self.reset_button = icon_button(
            "Reset", "reset", "Back to the settings that the panel opened with; clears the curves", "92px"
        )
        self.reset_button.on_click(lambda _button: self.reset())
        self.smoothing = widgets.Checkbox(value=True, description="smooth", indent=False, layout={"width": "auto"})
        self.log_scale = widgets.Checkbox(value=False, description="log loss", indent=False, layout={"width": "auto"})
        for box in (self.smoothing, self.log_scale):
            box.observe(lambda _change: self._redraw(), "value")
        self.download = Download(filename="curves")
        self.figure = go.FigureWidget(figures.curves(History(), planned=figures.NOTHING))
        self.figure._config = LIVE_CONFIG
        self.caption = html("")
        self.caption.add_class("nblib-caption")
        self.status = Status()
        self.status.on_msg(self._on_status)
        self.drawers = {name: kind(self) for name, kind in DRAWERS.items()}
        self._shown_drawer = ""
        self.drawer_buttons = {}
        for name, drawer in self.drawers.items():
            button = icon_button(drawer.title, drawer.icon, drawer.tooltip)
            button.on_click(lambda _button, name=name: self.show_drawer(name))
            self.drawer_buttons[name] = button
        super().__init__(children=self._zones(), layout={"width": "100%"})
        self.add_class("nblib-panel")
        self._watch(session)

    def _zones(self) -> tuple[widgets.Widget, ...]:
        bar = _row(self.bar.widget, self.reset_button)
        bar.add_class("nblib-bar")
        bar.layout.justify_content = "space-between"
        left = widgets.Box(
            [self.controls.widget],
            layout={"flex": "1 0 284px", "max_width": "100%", "max_height": "524px", "overflow": "auto"},
        )
        left.add_class("nblib-controls")
        tools = _row(self.smoothing, self.log_scale, self.download)
        tools.add_class("nblib-tools")
        right = widgets.VBox(
            [tools, self.figure, self.caption], layout={"flex": "1000 1 416px", "min_width": "0", "overflow": "hidden"}
        )
        right.add_class("nblib-pictures")
        # Wrapping makes the zones stack where the panel is narrower than both: 284 + 416 = 700 pixels.
        middle = _row(left, right)
        middle.add_class("nblib-middle")
        drawers = _row(*self.drawer_buttons.values())
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

    def known_rows(self, config: RunConfig, rows: int) -> None:
        """How many examples these settings train on, for the schedule to count steps before the run has."""
        self._rows[_rows_key(config)] = rows
        self._redraw()

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

    def _edited(self, name: str, value: Any, final: bool) -> None:
        session = self.session
        if session is None or not session.active:
            self._redraw()
            if self._shown_drawer == "copy":
                self.drawers["copy"].opened()
            return
        if not final:
            return
        self.controls.remark(name, "pending", f"pending: {exact_text(value)} …")
        try:
            session.set(**{name: value})
        except (InputError, SessionError) as error:
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
        self._seen: dict[str, Any] = {}
        self._events = 0
        self._detached = ""
        self._asked: tuple = ()
        self._drawn: tuple = ()
        self._next_draw = self._next_paint = 0.0
        self._painted: tuple = ()
        self._leave: list[Callable[[], None]] = []

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

    def _on_session(self, session: Session) -> None:
        if session is not self.session:
            return
        now, state = time.monotonic(), (session.state, session.phase)
        if state != self._painted or len(session.history.events) != self._events or now >= self._next_paint:
            self._hear(session)
            self._paint()
            self._painted = state
            self._next_paint = now + max(STATUS_SECONDS, min(LONGEST_REST, REST * (time.monotonic() - now)))

    def _draw(self, session: Session | None) -> None:
        """Bring the figure up to date; called by the worker while a run is active."""
        with self._lock:
            if session is not self.session:
                return
            began = time.monotonic()
            state = session.state if session is not None else READY
            history = session.history if session is not None else History()
            asked = (state, self.smoothing.value, self.log_scale.value)
            total = session.total if session is not None else None
            version = (history.version, total or self._planned_steps(), self.controls.config)
            hurried = asked != self._asked or state not in (RUNNING, PREPARING)
            if (version == self._drawn and asked == self._asked) or (not hurried and began < self._next_draw):
                return
            try:
                planned, x_title = self._planned(session, history)
                figures.update_curves(
                    self.figure, history, smoothing=self.smoothing.value, log_scale=self.log_scale.value,
                    planned=planned, baselines=_baselines(session), x_title=x_title, seen=self._seen,
                )  # fmt: skip
                self._caption(session, history)
            except Exception as error:
                self._detached = f"{type(error).__name__}: {error}".splitlines()[0]
                self._seen = {}
                self._paint()
                raise
            self._asked, self._drawn, self._detached = asked, version, ""
            now = time.monotonic()
            self._next_draw = now + min(LONGEST_REST, REST * (now - began))

    def _caption(self, session: Session | None, history: History) -> None:
        total = session.total if session is not None else None
        if "loss" in history:
            text = figures.curves_text(history, total)
        else:
            text = figures.schedule_text(self.controls.config, self._planned_steps())
        markup = str(Markup.escape(text))
        if self.caption.value != markup:
            self.caption.value = markup

    def _planned(self, session: Session | None, history: History) -> tuple[figures.Curve, str]:
        """The schedule ahead, over steps; over epochs as long as nobody knows how many steps there will be."""
        config = self.controls.config
        total = session.total if session is not None else None
        if total is None and "loss" in history:
            return figures.NOTHING, "step"
        total = total or self._planned_steps()
        if total is not None:
            steps, rates = figures.learning_rates(config, total, PLANNED_POINTS)
            # A change by hand moves what is ahead, not what has been.
            ahead = steps >= (history.last_step if "learning_rate" in history else 0)
            return (steps[ahead], rates[ahead]), "step"
        steps, rates = figures.learning_rates(config, 1000, PLANNED_POINTS)
        return ((steps * (config.epochs / 1000)).astype(np.float32), rates), "epoch"

    def _planned_steps(self) -> int | None:
        config = self.controls.config
        rows = self._rows.get(_rows_key(config), config.max_train_samples)
        by_epochs = None if rows is None else config.epochs * math.ceil(rows / config.batch_size)
        return min((n for n in (config.max_steps, by_epochs) if n is not None), default=None)

    def _hear(self, session: Session) -> None:
        """What the worker has acknowledged since last time."""
        events = session.history.events
        self._events = min(self._events, len(events))
        fresh, self._events = events[self._events :], len(events)
        for event in fresh:
            if event.get("event") == "set" and event.get("name") in self.controls.names:
                name, value = event["name"], event["new"]
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
            step, loss, speed, left = "0", math.nan, math.nan, math.nan
        else:
            message = _message(session, state)
            step = f"{session.step_number}" + (f" of {session.total}" if session.total else "")
            loss = session.history.last("loss")
            speed, left = session.items_per_second, session.seconds_left
            progress = session.step_number / session.total if session.total else (1.0 if state == FINISHED else 0.0)
            if state == PREPARING:
                progress = session.progress[0] / max(1, session.progress[1]) if session.progress else 0.0
        if session is not None and session.over:
            left = math.nan
        return {
            "message": message,
            "tone": TONES[state],
            "progress": min(1.0, progress),
            "cells": [
                ["step", step],
                ["loss", "–" if math.isnan(loss) else f"{loss:.4f}" if loss < 100 else f"{loss:.3g}"],
                [
                    "speed",
                    "–" if math.isnan(speed) else f"{speed:.1f} texts/s" if speed < 100 else f"{speed:.0f} texts/s",
                ],
                ["left", duration(left)],
                ["memory", self._memory_text()],
            ],
            **self._notice(session, state),
        }

    def _notice(self, session: Session | None, state: str) -> dict[str, str]:
        said = {"notice": "", "notice_tone": "plain", "details": "", "details_label": "", "action": ""}
        if session is not None and session.notes and (session.over or len(session.notes) > 1):
            said |= {"details": "\n".join(session.notes), "details_label": f"What the run said ({len(session.notes)})"}
        if self._said:
            return said | {"notice": self._said, "notice_tone": "bad"}
        if session is not None and state == FAILED:
            text = f"The run failed at step {session.step_number}: {session.error_line}"
            return said | {"notice": text, "notice_tone": "bad", "details": session.traceback,
                           "details_label": "Traceback"}  # fmt: skip
        if self._detached:
            text = f"The curves were detached ({self._detached}); the training is not touched by it."
            return said | {"notice": text, "notice_tone": "bad", "action": "Reattach"}
        if state == READY and "google.colab" in sys.modules:
            return said | {
                "notice": "If nothing moves here after Start, call panel.run() in a cell; interrupt is Stop."
            }
        if session is not None and session.active and session.notes:
            said["notice"] = session.notes[-1]
        return said

    def _memory_text(self) -> str:
        now = time.monotonic()
        if now >= self._memory[0]:
            text = f"{psutil.Process().memory_info().rss / 1e9:.2f} GB"
            torch = sys.modules.get("torch")
            if torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized():
                text = f"{torch.cuda.memory_allocated() / 1e9:.2f} GB GPU"
            self._memory = (now + 1.0, text)
        return self._memory[1]


class _Job:
    """The job is made by the worker, so that its heavy imports do not hold the kernel at the press of Start."""

    def __init__(self, config: RunConfig, make: Callable[[RunConfig], Callable]):
        self.config, self._make = config, make

    def __call__(self, run: Any) -> Any:
        return self._make(self.config)(run)


def duration(seconds: float) -> str:
    """Time left in two units at most: 45 s, 2 min 05 s, 1 h 02 min."""
    if math.isnan(seconds):
        return "–"
    seconds = int(round(seconds))
    if seconds < 60:
        return f"{seconds} s"
    minutes, seconds = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes} min {seconds:02} s"
    return f"{minutes // 60} h {minutes % 60:02} min"


def _message(session: Session, state: str) -> str:
    if state == RUNNING:
        text = "running" + (f": {session.phase}" if session.phase else "")
    elif state == FAILED:
        return f"failed at step {session.step_number}"
    else:
        text = session.message
    if session.progress and state in (PREPARING, RUNNING):
        text += f", {session.progress[0]} of {session.progress[1]}"
    return text


def _row(*children: widgets.Widget) -> widgets.HBox:
    return widgets.HBox(list(children), layout={"flex_flow": "row wrap", "width": "100%", "grid_gap": "6px"})


ROWS_DEPEND_ON = (
    "dataset",
    "text_column",
    "label_column",
    "train_fraction",
    "validation_fraction",
    "max_train_samples",
)


def _rows_key(config: RunConfig) -> tuple:
    return tuple(getattr(config, name) for name in ROWS_DEPEND_ON)


def _baselines(session: Session | None) -> dict[str, float]:
    """Accuracies on the validation split of what the model must beat, once the job has said them."""
    for event in session.history.events if session is not None else ():
        if event.get("event") == "baselines":
            found = event.get("figures", {}).get("validation", {})
            return {n: found[f"{n}_accuracy"] for n in ("majority", "tfidf") if f"{n}_accuracy" in found}
    return {}


def _suggestions() -> dict[str, list[str]]:
    from nblib import sources

    wanted = {"dataset": ("dataset", "classification"), "model": ("model", "encoder")}
    items = sources.catalogue()
    return {field: [i.name for i in items if (i.kind, i.task) == kind] for field, kind in wanted.items()}
