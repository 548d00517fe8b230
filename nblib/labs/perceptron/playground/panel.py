"""The playground: a small net that a person builds, plays and pulls at."""

from __future__ import annotations

import math
from typing import Any

import ipywidgets as widgets
import numpy as np

from nblib.engine.config import RunConfig
from nblib.engine.errors import InputError, SessionError
from nblib.engine.session import Session
from nblib.labs.perceptron.playground.config import FEATURE_NAMES, MOST_LAYERS, MOST_NEURONS, PlaygroundConfig
from nblib.labs.perceptron.playground.drawers import CodeDrawer, ExportDrawer, StateDrawer
from nblib.labs.perceptron.playground.job import playground
from nblib.labs.perceptron.playground.net import NetView
from nblib.labs.perceptron.playground.play import Play
from nblib.labs.perceptron.playground.toys import EXTENT, FEATURES
from nblib.ui.controls import Controls
from nblib.ui.elements import row
from nblib.ui.run_panel import RunPanel
from nblib.ui.views.lines import Lines
from nblib.ui.views.view import Content

NEW_NEURONS = 2


class PlaygroundPanel(RunPanel):
    """``PlaygroundPanel(PlaygroundConfig(...))`` as the last expression of a cell.

    Every setting may be changed while it plays; a change of data, features, layers, output or seed begins with new
    weights. Nothing but the session's worker touches the net in training: what a hand does goes through ``call``.
    """

    config_class = PlaygroundConfig
    controls: Controls[PlaygroundConfig]
    unit = "points"
    in_sight = (
        "dataset", "learning_rate", "activation", "regularisation", "regularisation_rate", "noise", "batch_size",
        "hidden_sizes",
    )  # fmt: skip
    apart = {"num_points": "as usual", "max_steps": "no end"}
    rest = 25

    def __init__(
        self, cfg: RunConfig | None = None, session: Session | None = None, folder: Any = None, **options: Any
    ):
        # What stands still on screen, and the net of a run that it took the place of.
        self._idle: Play | None = None
        self._idle_for: Play | None = None
        self._start_from: Play | None = None
        self._restored = False
        self._example: tuple[float, float, float] | None = None
        self._points_of: tuple = ()
        super().__init__(cfg, session, folder, **{"make_job": self._job, **options})

    def pictures(self) -> widgets.DOMWidget:
        self.view = NetView()
        self.view.listen(self._hear_view)
        self.lines = Lines(height=150, empty="the losses appear here as it plays", log_scale=True)
        self.log_scale = widgets.Checkbox(value=True, description="log loss", indent=False, layout={"width": "auto"})
        self.log_scale.observe(lambda change: setattr(self.lines, "log_scale", change["new"]), "value")
        tools = row(self.log_scale)
        tools.add_class("nblib-tools")
        return widgets.VBox([self.view, tools, self.lines])

    def make_drawers(self) -> dict[str, Any]:
        return {"code": CodeDrawer(self), "state": StateDrawer(self), "export": ExportDrawer(self)}

    # -- what is shown ---------------------------------------------------------------------------------------------

    def shown(self, session: Session | None = None) -> Play:
        """What is on screen: the net of the run, the worker's while it is active, or one that waits for Start."""
        session = session or self.session
        model = session.model if session is not None else None
        if self._idle is not None and self._idle_for is model:
            return self._idle
        if model is not None:
            return model
        self._idle, self._idle_for = Play(self.controls.config), None
        return self._idle

    def _still(self) -> Play:
        """What is on screen, to be changed by hand: the net of a run that is over stays as it ended."""
        play = self.shown()
        model = self.session.model if self.session is not None else None
        if play is model:
            play = play.copy()
            self._idle, self._idle_for = play, model
        return play

    def ask(self, what: Any) -> Any:
        """``what(play)`` on what is on screen, between two steps while it plays. Not for handlers: it may wait."""
        session = self.session
        if session is not None and session.active:
            try:
                return session.call(what).result(20)
            except SessionError:
                # It is on its way to the end, and its net is there as soon as it has come to it.
                session.wait_for(timeout=20)
        return what(self.shown())

    def forget(self) -> None:
        self._idle = self._idle_for = None
        self._restored = False
        self._points_of = ()

    def draw_key(self, session: Session | None) -> tuple:
        play = self.shown(session)
        return id(play), play.step, play.config, self._example, self._pulled

    def draw(self, session: Session | None) -> None:
        play = self.shown(session)
        config, view = play.config, self.view
        with np.errstate(all="ignore"):
            field, small = play.pictures()
            graph = play.graph(*self._example) if self._example else {}
        points_of = (
            config.dataset,
            config.noise,
            config.num_points,
            config.seed,
            config.train_fraction,
            config.show_test,
        )
        with view.hold_sync():
            view.net = {
                "features": [{"name": name, "label": FEATURES[name][0]} for name in FEATURE_NAMES],
                "names": list(config.feature_names), "sizes": list(play.net.sizes), "activation": config.activation,
                "task": config.task, "extent": EXTENT,
            }  # fmt: skip
            view.field, view.small = field, small
            view.weights = play.net.parameters.astype(np.float32).tobytes()
            if points_of != self._points_of:
                view.points, self._points_of = play.shown_points(), points_of
            view.graph = _finite(graph)
        steps, train, test = np.array(play.curve, np.float32).T
        self.lines.show([("train loss", "lstm", steps, train, ()), ("test loss", "rnn", steps, test, (6, 3))])

    _pulled = 0

    def status_cells(self, session: Session | None) -> list[list[str]]:
        cells = super().status_cells(session)
        history = session.history if session is not None else None
        test = history.last("eval_loss") if history is not None else math.nan
        speed = session.step_number / session.spent["training"] if session and session.spent["training"] > 0.1 else 0
        cells[2] = ["speed", f"{speed:,.0f} steps/s" if speed else "–"]
        cells[3] = ["test loss", "–" if math.isnan(test) else f"{test:.4f}"]
        return cells

    # -- what a person does ----------------------------------------------------------------------------------------

    def start(self) -> None:
        """Play from the weights on screen where they were restored, else from new ones."""
        self._take_restored()
        super().start()

    def step(self) -> None:
        """One update of the weights, then a pause."""
        self._take_restored()
        super().step()

    def run(self) -> None:
        """The same in the foreground of a cell. Interrupt is Stop."""
        self._take_restored()
        super().run()

    def _take_restored(self) -> None:
        if self._restored and self._idle is not None and not self.training:
            self._start_from = self._idle.copy()

    def _job(self, config: PlaygroundConfig) -> Any:
        start, self._start_from = self._start_from, None
        return playground(config, start=start)

    def edited(self, name: str, value: Any, final: bool) -> None:
        """A live change for the run, or at once for what is shown."""
        session = self.session
        if session is not None and session.active:
            super().edited(name, value, final)
            if not final:
                # A slider in motion: each place that it passes is tried.
                try:
                    session.change(**{name: value})
                except (InputError, SessionError) as error:
                    self.say(str(error))
            return
        with np.errstate(all="ignore"):
            self._still().change(name, value)
        super().edited(name, value, final)
        if self.shown_drawer:
            self.drawers[self.shown_drawer].opened()

    def restore(self, line: str) -> None:
        """Put a state on screen from its line; Start goes on from there. Raises InputError for a line that is none."""
        if self.training:
            raise InputError("state: something is playing; press Stop first, then restore")
        play = read(line)
        self.controls.show(play.config)
        self.answer = ""
        self.watch(None)
        self._idle, self._restored = play, True
        self.redraw()

    # -- what a hand does in the picture -----------------------------------------------------------------------------

    def _hear_view(self, content: Content) -> None:
        try:
            self._rebuild(content)
        except (InputError, SessionError) as error:
            self.say(str(error))

    def _rebuild(self, content: Content) -> None:
        kind, config = content.get("type"), self.controls.config
        if kind == "feature" and content.get("name") in FEATURE_NAMES:
            names = list(config.feature_names)
            name = content["name"]
            names = [n for n in names if n != name] if name in names else [*names, name]
            if not names:
                raise InputError("features: the net needs at least one; press another one first")
            self.controls.edit("features", ", ".join(names))
        elif kind == "layers":
            sizes = list(config.hidden)
            sizes = [*sizes, NEW_NEURONS] if int(content["by"]) > 0 else sizes[:-1]
            if len(sizes) <= MOST_LAYERS:
                self.controls.edit("hidden_sizes", ", ".join(map(str, sizes)) or "none")
        elif kind == "neurons" and 0 <= int(content["layer"]) < len(config.hidden):
            sizes = list(config.hidden)
            layer = int(content["layer"])
            sizes[layer] = min(MOST_NEURONS, max(1, sizes[layer] + int(content["by"])))
            self.controls.edit("hidden_sizes", ", ".join(map(str, sizes)))
        elif kind == "weight":
            self._pull(content)
        elif kind == "example":
            self._choose(content)

    def _pull(self, content: Content) -> None:
        source = content.get("source")
        where = int(content["layer"]), None if source is None else int(source), int(content["target"])
        value, final = float(content["value"]), bool(content.get("final"))
        self._pulled += 1
        session = self.session
        if session is not None and session.active:
            session.call(lambda play: play.hold(*where, value, final))
            session.redraw()
            return
        with np.errstate(all="ignore"):
            play = self._still()
            play.hold(*where, value, True)
            play.measure()
        self._restored = True
        self.redraw()

    def _choose(self, content: Content) -> None:
        if content.get("off"):
            self._example = None
        elif "x" in content:
            self._example = float(content["x"]), float(content["y"]), float(content["target"])
        else:
            row = np.frombuffer(self.view.points, np.float32)[:3]
            x, y, target = map(float, row)
            self._example = x, y, target
        self.redraw()


def read(line: str) -> Play:
    from nblib.labs.perceptron.playground.state import read_state

    return read_state(line)


def _finite(value: Any) -> Any:
    """JSON knows no infinity; the picture shows a dash for what is no number."""
    if isinstance(value, dict):
        return {name: _finite(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_finite(part) for part in value]
    return value if not isinstance(value, float) or math.isfinite(value) else None
