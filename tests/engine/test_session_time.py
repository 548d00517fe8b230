"""Where the time of a run goes, by a clock that only the test moves."""

from __future__ import annotations

import math

import pytest

from nblib import Session
from nblib.engine.states import FINISHED, PAUSED
from tests.fakes import PATIENCE, FakeClock, GatedJob, running


@pytest.fixture
def clock():
    return FakeClock()


def test_phases_are_counted_apart_and_without_what_is_inside_them(clock):
    def job(run):
        with run.phase("loading data"):
            clock.advance(2)
        clock.advance(1)  # between phases: nobody's
        run.begin(total=4)
        for n in range(4):
            clock.advance(1.5)
            run.step(loss=1.0, items=10)
            if n % 2:
                with run.phase("evaluation"):
                    clock.advance(5)
                    run.check()
                    with run.phase("saving"):
                        clock.advance(3)
                    clock.advance(1)
        with run.phase("saving"):
            clock.advance(4)

    session = Session(job, clock=clock).run(signals=False)
    spent = {name: seconds for name, seconds in session.spent.items() if seconds}
    assert spent == {"loading data": 2, "training": 6, "evaluation": 12, "saving": 10}
    assert session.items_per_second == pytest.approx(40 / 6)


def test_drawing_is_counted_and_is_no_training(clock):
    draws = []

    def view(session):
        draws.append(session.state)
        clock.advance(0.25)

    def job(run):
        with run.phase("loading data"):
            clock.advance(2)
        run.begin(total=3)
        for _ in range(3):
            clock.advance(1)
            run.step(loss=1.0, items=10)
            run.say("a note")
            with run.phase("evaluation"):
                clock.advance(1)
                run.check()

    session = Session(job, clock=clock)
    session.subscribe(view)
    session.run(signals=False)
    assert session.spent["drawing"] == pytest.approx(0.25 * len(draws))
    assert session.spent["training"] == pytest.approx(3)
    assert session.spent["evaluation"] == pytest.approx(3)
    assert session.spent["loading data"] == pytest.approx(2)
    assert session.items_per_second == pytest.approx(10)


def test_pauses_are_no_training_nor_evaluation(clock):
    session, job = running(clock=clock)
    job.give(2)
    session.pause()
    session.wait_for(PAUSED, timeout=PATIENCE)
    clock.advance(60)
    session.resume()
    job.total = 2
    assert session.wait(PATIENCE).state == FINISHED
    assert session.spent["paused"] == 60
    assert session.spent["training"] == 0


def test_a_pause_in_a_phase_is_the_pauses(clock):
    def job(run):
        run.begin(total=1)
        with run.phase("evaluation"):
            clock.advance(1)
            session.pause()
            run.check()
            clock.advance(1)
        clock.advance(1)
        run.step(loss=1.0, items=1)

    def view(session):
        if session.state == PAUSED:
            clock.advance(30)
            session.resume()

    session = Session(job, clock=clock)
    session.subscribe(view)
    session.start().wait(PATIENCE)
    assert session.spent["evaluation"] == 2
    assert session.spent["training"] == 1
    assert session.spent["paused"] + session.spent["drawing"] == 30


def test_the_time_left_counts_steps_and_training_only(clock):
    left = []

    def job(run):
        run.begin(total=10)
        left.append(session.seconds_left)
        for _ in range(4):
            clock.advance(2)
            run.step(loss=1.0)
            with run.phase("evaluation"):
                clock.advance(100)
        left.append(session.seconds_left)

    session = Session(job, clock=clock)
    session.run(signals=False)
    assert math.isnan(left[0]) and left[1] == pytest.approx(12)


def test_views_are_called_at_most_five_times_a_second(clock):
    drawn = []

    def job(run):
        run.begin(total=10_000)
        for _ in range(10_000):
            clock.advance(0.001)
            run.step(loss=1.0)

    session = Session(job, clock=clock)
    session.subscribe(lambda s: drawn.append(s.state))
    session.run(signals=False)
    assert 10 * 4 <= len(drawn) <= 10 * 5 + 4


class Lazy:
    """A number on a device: to read it makes the device wait."""

    reads = 0

    def __init__(self, value):
        self.value = value

    def __float__(self):
        Lazy.reads += 1
        return self.value


def test_a_quiet_step_costs_two_looks_at_the_clock_and_nothing_else(clock, monkeypatch):
    looks = []

    def job(run):
        run.begin(total=1000)
        run.step(loss=1.0)
        monkeypatch.setattr(run, "_look", lambda *a, **k: looks.append(a))
        clock.reads, Lazy.reads = 0, 0
        for _ in range(1000):
            run.step(loss=Lazy(0.5), items=1)
        counted.append((clock.reads, Lazy.reads, len(looks)))

    counted: list[tuple] = []
    session = Session(job, clock=clock).run(signals=False)
    assert counted == [(2000, 0, 0)]
    assert (Lazy.reads, len(session.history["loss"])) == (1000, 1001)


def test_device_values_are_read_at_most_five_times_a_second(clock):
    reads = []

    def job(run):
        run.begin(total=100)
        for _ in range(100):
            clock.advance(0.05)
            run.step(loss=Lazy(0.5))
            reads.append(Lazy.reads)

    Lazy.reads = 0
    Session(job, clock=clock).run(signals=False)
    assert len(set(reads)) <= 5 * 5 + 1


def test_a_paused_session_keeps_its_clock_out_of_the_rate(clock):
    session = Session(GatedJob(total=2), clock=clock)
    session.step(1)
    session.job.give(1)
    session.wait_for(PAUSED, timeout=PATIENCE)
    clock.advance(1000)
    session.resume()
    session.job.give(1)
    session.wait(PATIENCE)
    assert math.isnan(session.items_per_second), "no training time has passed on this clock"


def test_a_pause_and_a_drawing_between_the_parts_of_a_step_are_no_training(clock):
    def job(run):
        run.begin(total=2)
        for _ in range(2):
            clock.advance(1)
            session.pause()
            run.check(calls=False)
            clock.advance(1)
            run.step(loss=1.0, items=8)

    def view(session):
        clock.advance(0.5)
        if session.state == PAUSED:
            clock.advance(30)
            session.resume()

    session = Session(job, clock=clock)
    session.subscribe(view)
    session.start().wait(PATIENCE)
    assert session.spent["training"] == 4
    assert session.items_per_second == 4
