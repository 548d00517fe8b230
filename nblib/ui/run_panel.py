"""What every panel that trains has: settings on the left, pictures on the right, one status line below, and a session
that is started, watched and steered."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from nblib.engine.config import RunConfig
from nblib.engine.errors import InputError, SessionError
from nblib.engine.session import Session
from nblib.engine.states import READY
from nblib.ui.controls import Controls, exact_text
from nblib.ui.elements import row
from nblib.ui.run_bar import RunBar, icon_button
from nblib.ui.run_view import RunView
from nblib.ui.still_figure import StillFigure
from nblib.ui.views.lines import Lines, charts_in
from nblib.ui.views.status import Status

if TYPE_CHECKING:
    import plotly.graph_objects as go


class RunPanel(RunView):
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
    in_sight: tuple[str, ...] = ()
    # Setting → the word for None.
    apart: Mapping[str, str] = {}

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
        super().__init__(layout={"width": "100%"})
        self._initial = cfg
        self._make_job = make_job or (lambda config: config.make_job())
        self._verbs = threading.Lock()
        self.controls = Controls(
            cfg, in_sight=[n for n in self.in_sight if n in type(cfg).model_fields], apart=self.apart,
            suggestions=self.suggestions(), on_edit=self.edited, on_error=self.say, lock=self.lock,
        )  # fmt: skip
        self.bar = RunBar({name: getattr(self, name) for name in ("start", "pause", "resume", "step", "stop")})
        self.reset_button = icon_button(
            "Reset", "reset", "Back to the settings that the panel opened with; clears the curves", "92px"
        )
        self.reset_button.on_click(lambda _button: self.reset())
        self.status = Status()
        self.status.on_msg(self._on_status)
        # The name of the drawer that is open, "" for none.
        self.shown_drawer = ""
        self.drawer_buttons: dict[str, widgets.Button] = {}
        pictures = self.pictures()
        self.drawers = self.make_drawers()
        self.children = self._zones(pictures)
        self.add_class("nblib-panel")
        for lines in charts_in(pictures):
            lines.on_open(lambda lines=lines: self.open_figure(lines))
        self.watch(session)

    def pictures(self) -> widgets.DOMWidget:
        """The zone on the right; made once, after the controls."""
        raise NotImplementedError

    def figure_of(self, lines: Lines) -> go.Figure:
        """What a live chart becomes when a person opens it as a plotly figure."""
        return lines.figure()

    def make_drawers(self) -> dict[str, Any]:
        """Sections that open below on demand: name → something with title, icon, tooltip, widget, opened()."""
        return {}

    def suggestions(self) -> dict[str, list[str]]:
        """Setting → values offered while typing."""
        return {}

    def _zones(self, pictures: widgets.DOMWidget) -> tuple[widgets.Widget, ...]:
        bar = row(self.bar.widget, self.reset_button)
        bar.add_class("nblib-bar")
        bar.layout.justify_content = "space-between"
        left = widgets.Box(
            [self.controls.widget],
            layout={"flex": "1 0 284px", "max_width": "100%", "max_height": "524px", "overflow": "auto"},
        )
        left.add_class("nblib-controls")
        self._opened = StillFigure()
        right = widgets.VBox([pictures, self._opened.widget])
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
        elif self.can_go_on:
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
        self.answer = ""
        self.watch(None)

    def show_drawer(self, name: str) -> None:
        """Open a drawer ("data", "results", "try", "export", "copy"), or close it if it is the open one."""
        self.shown_drawer = "" if self.shown_drawer == name else name
        for other, button in self.drawer_buttons.items():
            (button.add_class if other == self.shown_drawer else button.remove_class)("nblib-open")
        if self.shown_drawer:
            self.drawers[name].opened()
        self._drawer.children = (self.drawers[name].widget,) if self.shown_drawer else ()

    def open_figure(self, lines: Lines) -> None:
        """Show a live chart, as it is now, as a plotly figure below the pictures; plotly is loaded for it."""
        self._opened.open(lambda: self.figure_of(lines), self.front)

    # -- verbs -------------------------------------------------------------------------------------------------------

    def _begin(self, verb: Callable[[Session], Any], folder: Path | None = None) -> None:
        with self._verbs:
            if self.training:
                return
            if self.controls.error:
                self.say(self.controls.error)
                return
            before = self.session
            self.answer = ""
            try:
                if folder is not None:
                    session = Session.reopen(folder)
                elif before is not None and before.state == READY:
                    session = before
                else:
                    session = Session(_Job(self.controls.config, self._make_job))
                if session is not before:
                    self.watch(session)
                for name, value in self._live_changes(session).items():
                    session.set(**{name: value})
                verb(session)
            except (InputError, SessionError) as error:
                if self.session is not before:
                    self.watch(before)
                self.say(str(error))
        self.show_state()

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
            self.answer = ""
        except (InputError, SessionError) as error:
            self.answer = str(error)
        self.show_state()

    def edited(self, name: str, value: Any, final: bool) -> None:
        """A control was moved by a person; ``final`` is False while a slider is being dragged."""
        session = self.session
        if session is None or not session.active:
            self.redraw()
            if self.shown_drawer == "copy":
                self.drawers["copy"].opened()
            return
        self.wanted[name] = value
        self.show_preview(session, name)
        if not final:
            return
        self.controls.remark(name, "pending", f"pending: {exact_text(value)} …")
        try:
            session.change(**{name: value})
        except (InputError, SessionError) as error:
            self.wanted.pop(name, None)
            self.controls.remark(name, "", "")
            self.say(str(error))

    def _on_status(self, _widget: Any, content: dict, _buffers: Any = None) -> None:
        if content.get("type") == "action" and self.session is not None:
            self.attach(self.session)
            self.redraw()


class _Job:
    """The job is made by the worker, so that its heavy imports do not hold the kernel at the press of Start."""

    def __init__(self, config: RunConfig, make: Callable[[RunConfig], Callable]):
        self.config, self._make = config, make

    def __call__(self, run: Any) -> Any:
        return self._make(self.config)(run)
