"""What a session does with what a job or a view says: changes, calls, failures, notes."""

from __future__ import annotations

import json
import threading

import pytest

from nblib import FineTuneConfig, InputError, Session, SessionError
from nblib.engine.errors import Diverged
from nblib.engine.states import FAILED, FINISHED, PAUSED, PREPARING, STOPPED
from tests.fakes import PATIENCE, FakeClock, GatedJob, end, running

# -- live changes ------------------------------------------------------------------------------------------------


class ConfiguredJob(GatedJob):
    config = FineTuneConfig(learning_rate=1e-3)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"learning_rate": 0}, "learning_rate: 0 is not a number above 0"),
        ({"learning_rate": "abc"}, "learning_rate: 'abc' is not a number"),
        ({"learning_rate": float("nan")}, "learning_rate: nan is not a number"),
        ({"batch_size": 64}, "batch_size cannot be changed while a run is going; live are learning_rate"),
        ({"freeze_layers": 2}, "freeze_layers cannot be changed"),
        ({"learnin_rate": 1e-3}, "unknown option 'learnin_rate'; did you mean learning_rate"),
        ({"weight_decay": 0.1, "learning_rate": -1}, "learning_rate: -1 is not"),
    ],
)
def test_a_change_that_is_not_live_or_not_valid_changes_nothing(changes, reason):
    session, job = running(ConfiguredJob())
    with pytest.raises(InputError) as caught:
        session.set(**changes)
    assert reason in str(caught.value) and "\n" not in str(caught.value)
    job.give()
    end(session, job)
    assert job.applied.empty()


def test_a_change_gets_its_type_and_a_row_with_the_old_and_the_new_value():
    session, job = running(ConfiguredJob())
    session.set(learning_rate="3e-5")
    job.give()
    assert job.applied.get(timeout=PATIENCE) == ("learning_rate", 3e-5)
    end(session, job)
    row = next(e for e in session.history.events if e["event"] == "set")
    assert row == {"event": "set", "step": 1, "name": "learning_rate", "old": 1.0, "new": 3e-5}


def test_a_job_without_a_handler_finds_changes_in_its_settings():
    seen = []

    class Job:
        config = FineTuneConfig()

        def __call__(self, run):
            run.begin(total=1)
            seen.append(dict(run.settings))
            run.step(loss=1.0)

    session = Session(Job())
    session.set(learning_rate=0.5)
    session.run(signals=False)
    assert seen == [{"learning_rate": 0.5}]
    assert [(e["step"], e["old"], e["new"]) for e in session.history.events if e["event"] == "set"] == [(0, 1e-4, 0.5)]


def test_a_change_made_while_preparing_reaches_a_handler_that_comes_later():
    applied = []

    def job(run):
        run.check()
        run.on_set(lambda name, value: applied.append((name, value)))
        run.begin(total=1)
        run.step(loss=1.0)

    session = Session(job)
    session.set(rate=2)
    session.run(signals=False)
    assert applied == [("rate", 2)]


def test_a_job_may_name_what_is_live():
    session = Session(GatedJob())
    with pytest.raises(InputError, match="momentum cannot be changed .* live are learning_rate, weight_decay"):
        session.set(momentum=0.9)


# -- calls -------------------------------------------------------------------------------------------------------


def test_a_call_runs_between_two_steps_under_the_guard_of_the_job():
    entered = []

    class Guard:
        def __enter__(self):
            entered.append("in")

        def __exit__(self, *problem):
            entered.append("out")

    session, job = running()
    session.desk.run.guard = Guard
    future = session.call(lambda model: (model.rate, threading.current_thread().name))
    assert not future.done()
    job.give()
    assert future.result(PATIENCE) == (1.0, "nblib-session")
    assert entered == ["in", "out"]
    end(session, job)


def test_a_call_that_raises_tells_only_whoever_asked():
    session, job = running()
    future = session.call(lambda model: 1 / 0)
    job.give()
    with pytest.raises(ZeroDivisionError):
        future.result(PATIENCE)
    assert end(session, job).state == STOPPED


def test_a_call_in_a_pause_is_answered_in_it():
    session, job = running()
    session.pause()
    job.give()
    session.wait_for(PAUSED, timeout=PATIENCE)
    assert session.call(lambda model: 7).result(PATIENCE) == 7
    assert session.state == PAUSED
    end(session, job)


def test_a_call_while_preparing_waits_for_the_model():
    job = GatedJob(prepared=False)
    session = Session(job).start()
    future = session.call(lambda model: model)
    job.prepare()
    session.pause()
    job.prepare()
    session.wait_for(PAUSED, timeout=PATIENCE)
    assert not future.done()
    session.resume()
    session.wait_for(PREPARING, timeout=PATIENCE)
    job.prepared = True
    job.prepare()
    job.give()
    assert future.result(PATIENCE) is job
    end(session, job)


def test_calls_wait_where_the_job_says_so():
    inside, go_on = threading.Event(), threading.Event()

    def job(run):
        run.begin()
        inside.set()
        assert go_on.wait(PATIENCE)
        run.check(calls=False)
        assert not future.done()
        run.check()
        assert future.done()

    session = Session(job).start()
    assert inside.wait(PATIENCE)
    future = session.call(lambda model: "late")
    go_on.set()
    assert session.wait(PATIENCE).state == FINISHED
    assert future.result() == "late"


def test_a_cancelled_call_is_never_made_and_disturbs_nothing():
    made = []
    session, job = running()
    session.call(made.append).cancel()
    job.give()
    session.call(made.append).cancel()
    assert end(session, job).state == STOPPED
    assert made == []


def test_a_call_that_the_end_overtakes_is_told_so():
    session, job = running()
    futures = [session.call(lambda model: 1), session.call(lambda model: 2)]
    futures[0].cancel()
    job.error = ArithmeticError("broken")
    job.give()
    with pytest.raises(ArithmeticError):
        session.wait(PATIENCE)
    with pytest.raises(SessionError, match="over .failed. before the call"):
        futures[1].result(PATIENCE)


def test_a_call_after_the_end_needs_a_model():
    session = Session(lambda run: None).run(signals=False)
    with pytest.raises(SessionError, match="holds no model"):
        session.call(lambda model: model)


# -- views -------------------------------------------------------------------------------------------------------


def test_a_view_that_raises_is_detached_and_the_other_sees_the_end():
    seen = []

    def broken(session):
        raise KeyError("no such trace")

    session = Session(GatedJob(total=3))
    session.subscribe(broken)
    session.subscribe(lambda s: seen.append((s.state, s.step_number)))
    session.job.give(3)
    session.start()
    assert session.wait(PATIENCE).state == FINISHED
    assert seen[-1] == (FINISHED, 3)
    assert session.view_errors == ["KeyError: 'no such trace'"]
    assert [e["event"] for e in session.history.events] == ["view detached", "finished"]
    assert "the run goes on" in session.notes[0]


def test_a_view_is_called_by_the_worker_and_can_leave():
    threads, seen = set(), []
    session = Session(GatedJob(total=2))
    session.subscribe(lambda s: threads.add(threading.current_thread().name))
    leave = session.subscribe(lambda s: seen.append(s.state))
    leave()
    leave()
    session.job.give(2)
    session.start().wait(PATIENCE)
    assert threads == {"nblib-session"}
    assert seen == []


def test_the_last_word_is_drawn_before_anybody_who_waits_goes_on():
    drawn = []
    session = Session(GatedJob(total=1))
    session.subscribe(lambda s: drawn.append(s.state))
    session.job.give()
    session.start().wait(PATIENCE)
    assert drawn[-1] == FINISHED


def test_a_redraw_that_is_asked_for_in_a_pause_comes_in_it():
    drawn = threading.Semaphore(0)
    session, job = running()
    session.pause()
    job.give()
    session.wait_for(PAUSED, timeout=PATIENCE)
    session.subscribe(lambda s: drawn.release())
    session.redraw()
    assert drawn.acquire(timeout=PATIENCE)
    end(session, job)
    before = drawn._value
    session.redraw()
    assert drawn._value == before + 1


# -- failures ----------------------------------------------------------------------------------------------------


def test_an_exception_of_the_job_is_kept_raised_and_said_in_one_line():
    def job(run):
        run.step(loss=1.0)
        raise ValueError("shapes do not fit\nsecond line")

    session = Session(job).start()
    with pytest.raises(ValueError, match="shapes do not fit"):
        session.wait(PATIENCE)
    assert session.state == FAILED
    assert session.message == "failed at step 1: ValueError: shapes do not fit"
    assert "raise ValueError" in session.traceback
    assert session.history.events[-1] == {"event": "failed", "step": 1, "reason": "ValueError: shapes do not fit"}
    with pytest.raises(ValueError):
        session.wait(PATIENCE)
    with pytest.raises(ValueError):
        Session(job).run(signals=False)


def test_bad_input_found_by_the_job_is_said_without_its_type():
    def job(run):
        raise InputError("my.csv, row 3: no text")

    with pytest.raises(InputError):
        Session(job).run(signals=False)
    session = Session(job).start()
    with pytest.raises(InputError):
        session.wait(PATIENCE)
    assert session.message == "failed at step 0: my.csv, row 3: no text"


@pytest.mark.parametrize("total", [4, 1000])
@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_a_loss_that_is_no_number_fails_and_names_its_first_step(total, bad, tmp_path):
    def job(run):
        run.open(tmp_path / "run")
        run.begin(total=total)
        for n in range(1, total + 1):
            clock.advance(0.05)
            run.step(loss=bad if n >= 3 else 1.0)

    clock = FakeClock()
    session = Session(job, clock=clock).start()
    with pytest.raises(Diverged, match="since step 3; lower the learning rate"):
        session.wait(PATIENCE)
    assert session.state == FAILED and session.step_number <= 3 + 4
    assert len(session.history["loss"]) == session.step_number, "the curve keeps it"
    rows = [json.loads(line) for line in (tmp_path / "run" / "history.jsonl").read_text().splitlines()]
    assert [row["loss"] for row in rows if row.get("step") == 3 and "loss" in row] == [None]


def test_a_nan_in_another_metric_is_no_failure():
    session = Session(lambda run: run.step(loss=1.0, grad_norm=float("nan"))).run(signals=False)
    assert session.state == FINISHED


def test_notes_are_kept_shown_and_written(tmp_path):
    heard = []

    def job(run):
        run.open(tmp_path)
        run.say("2 rows dropped")

    session = Session(job)
    session.subscribe(lambda s: heard.append(list(s.notes)))
    session.run(signals=False)
    assert session.notes == ["2 rows dropped"] and ["2 rows dropped"] in heard
    assert '"event": "note"' in (tmp_path / "history.jsonl").read_text()


def test_a_job_without_a_folder_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    session = Session(GatedJob(total=2))
    session.job.give(2)
    session.start().wait(PATIENCE)
    assert session.folder is None and list(tmp_path.iterdir()) == []
