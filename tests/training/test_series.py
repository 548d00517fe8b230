"""One training after another: in order, stopped from another thread, and what it leaves."""

from __future__ import annotations

import threading
from typing import ClassVar

import pytest

from nblib import Session
from nblib.engine.config import RunConfig, setting
from nblib.engine.errors import SessionError
from nblib.training import Series

made: list[Counting] = []


class CountConfig(RunConfig):
    kind: ClassVar[str] = "count"
    job: ClassVar[str] = "tests.training.test_series:Counting"

    steps: int = setting(3, "steps", group="x", ge=1, slider=(1, 9), step=1)
    fails: bool = setting(False, "fails", group="x")


class Counting:
    """A job that takes its steps."""

    def __init__(self, config: CountConfig):
        self.config = config
        made.append(self)

    def __call__(self, run):
        run.begin(total=self.config.steps)
        for number in range(self.config.steps):
            if self.config.fails:
                raise ValueError("no good")
            if not run.step(loss=float(number)):
                return "stopped"
        return "done"


ENDLESS = CountConfig(steps=10**9)


def names(series: Series, **configs: CountConfig) -> list[str]:
    return [name for name, _ in series.train(configs.items())]


def test_each_is_trained_and_handed_over_before_the_next_begins():
    made.clear()
    trained = []
    for name, session in Series().train([("one", CountConfig()), ("two", CountConfig(steps=5))]):
        assert len(made) == len(trained) + 1
        trained.append((name, session.result, session.step_number, session.state))
    assert trained == [("one", "done", 3, "finished"), ("two", "done", 5, "finished")]


def test_configs_come_lazily_so_that_a_line_can_be_said_before_each():
    lines = []
    series = Series(lines.append)

    def configs():
        for name in "ab":
            series.say(f"{name} begins")
            yield name, CountConfig()

    for name, _ in series.train(configs()):
        series.say(f"{name} ends")
    assert lines == ["a begins", "a ends", "b begins", "b ends"]


def test_a_stop_from_another_thread_ends_the_run_that_goes_on_and_all_after_it():
    series = Series()
    timer = threading.Timer(0.1, series.stop)
    timer.start()
    assert names(series, short=CountConfig(), endless=ENDLESS, never=CountConfig()) == ["short"]
    timer.join()
    assert series.stopped and names(series, again=CountConfig()) == []


def test_a_stop_at_any_moment_is_heard(monkeypatch):
    """Before the first, between two, when a session is made and not started, and before its first step."""
    series = Series()
    series.stop()
    assert names(series, never=ENDLESS) == []

    series = Series()
    for name, _ in series.train([("one", CountConfig()), ("never", ENDLESS)]):
        assert name == "one"
        series.stop()

    series = Series()
    run = Session.run

    def stopped_first(self, **options):
        series.stop()
        return run(self, **options)

    with monkeypatch.context() as patched:
        patched.setattr(Session, "run", stopped_first)
        assert names(series, never=ENDLESS) == []

    series = Series()
    monkeypatch.setattr(Counting, "__call__", lambda self, run: series.stop() or run.check())
    assert names(series, never=ENDLESS) == []


def test_a_session_that_was_stopped_itself_ends_the_series():
    series = Series()
    thread = threading.Timer(0.1, lambda: _active().stop())
    thread.start()
    assert names(series, endless=ENDLESS, never=CountConfig()) == []
    thread.join()
    assert series.stopped


def _active() -> Session:
    from nblib.engine import session

    assert session._active is not None
    return session._active


def test_what_a_run_raises_comes_out_and_the_series_may_go_on_afterwards():
    series = Series()
    with pytest.raises(ValueError, match="no good"):
        names(series, bad=CountConfig(fails=True))
    assert not series.stopped and names(series, good=CountConfig()) == ["good"]


def test_another_session_in_training_is_an_error_and_no_stop():
    busy = Session(Counting(ENDLESS))
    busy.start()
    series = Series()
    try:
        with pytest.raises(SessionError):
            names(series, one=CountConfig())
        assert not series.stopped
    finally:
        busy.stop()
        busy.wait(30)
