"""The verbs of a session in every state and in every order."""

from __future__ import annotations

import itertools
import re
import sys
import threading

import pytest

from nblib import History, InputError, Session, SessionError
from nblib.engine.states import FAILED, FINISHED, PAUSED, PREPARING, READY, RUNNING, STOPPED, STOPPING
from tests.fakes import PATIENCE, FakeClock, GatedJob, end, running


@pytest.fixture(autouse=True)
def hand_over_at_once():
    """A thread that never blocks keeps the interpreter for 5 ms; hundreds of short runs would wait for that."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    yield
    sys.setswitchinterval(before)


# -- the table of the docstring ----------------------------------------------------------------------------------


def read_table() -> dict[tuple[str, str], str]:
    lines = [line.strip() for line in Session.__doc__.splitlines()]
    rule, header, _, *rest = lines[next(n for n, line in enumerate(lines) if line.startswith("====")) :]
    columns = [match.span() for match in re.finditer("=+", rule)]
    states = [header[a:b].strip() for a, b in columns][1:]
    table = {}
    for line in itertools.takewhile(lambda line: not line.startswith("="), rest):
        verb, *cells = [line[a:b].strip() for a, b in columns]
        table |= {(verb, state): cell for state, cell in zip(states, cells, strict=True)}
    return table


TABLE = read_table()
VERBS = {
    "start()": lambda s: s.start(),
    "run()": lambda s: s.run(signals=False),
    "pause()": lambda s: s.pause(),
    "resume()": lambda s: s.resume(),
    "step(n)": lambda s: s.step(2),
    "stop()": lambda s: s.stop(),
    "set()": lambda s: s.set(learning_rate=0.5),
    "call()": lambda s: s.call(lambda model: model),
    "wait()": lambda s: s.wait(PATIENCE),
}
OVER = (STOPPED, FINISHED, FAILED)
CELLS = [
    (verb, state, cell) for (verb, column), cell in TABLE.items() for state in (OVER if column == "over" else (column,))
]


def in_state(state: str) -> tuple[Session, GatedJob]:
    job = GatedJob(error=ArithmeticError("broken") if state == FAILED else None, prepared=state != PREPARING)
    job.total = 1 if state == FINISHED else None
    session = Session(job)
    if state == READY:
        return session, job
    session.start()
    if state == PREPARING:
        return session, job
    assert job.begun.wait(PATIENCE)
    if state == PAUSED:
        session.pause()
        job.give()
    elif state == STOPPED:
        session.stop()
        job.give()
    elif state == STOPPING:
        session.stop()
    elif state in OVER:
        job.give()
    session.wait_for(state, timeout=PATIENCE)
    assert session.state == state
    return session, job


def expect_nothing(session, job, verb):
    before, number = session.state, session.step_number
    verb(session)
    assert (session.state, session.step_number) == (before, number)
    if before == RUNNING:
        job.give()
        session.call(lambda model: None)
        assert not session.desk.pause_wanted and not session.desk.stop_wanted
    if before == PAUSED:
        assert session.desk.pause_wanted
    if before == STOPPING:
        job.give()
        assert session.wait(PATIENCE).state == STOPPED


def expect_refusal(session, job, verb):
    before = session.state
    with pytest.raises(SessionError) as caught:
        verb(session)
    assert "\n" not in str(caught.value)
    assert session.state == before


def expect_start(session, job, verb):
    verb(session)
    assert job.begun.wait(PATIENCE)
    assert session.state == RUNNING


def expect_run(session, job, verb):
    job.total = 3
    job.release()
    verb(session)
    assert (session.state, session.step_number, session.thread) == (FINISHED, 3, None)


def expect_pause(session, job, verb):
    verb(session)
    before = session.state
    assert before in (PREPARING, RUNNING), "the worker says when it has paused"
    job.prepare() if before == PREPARING else job.give()
    assert session.wait_for(PAUSED, timeout=PATIENCE).state == PAUSED
    session.resume()
    assert session.wait_for(before, timeout=PATIENCE).state == before


def expect_going_on(session, job, verb):
    if session.state != PAUSED:
        session.pause()
    verb(session)
    job.prepared = True
    job.prepare()
    number = session.step_number
    job.give(3)
    job.total = number + 3
    assert session.wait(PATIENCE).state == FINISHED
    assert session.step_number == number + 3


def expect_steps(session, job, verb):
    number = session.step_number
    verb(session)
    job.prepared = True
    job.prepare()
    job.give(2)
    assert session.wait_for(PAUSED, timeout=PATIENCE).state == PAUSED
    assert session.step_number == number + 2


def expect_stop(session, job, verb):
    before = session.state
    verb(session)
    if before == READY:
        assert session.state == STOPPED
    job.prepare()
    job.give()
    assert session.wait(PATIENCE).state == STOPPED


def expect_set(session, job, verb):
    before = session.state
    verb(session)
    if before == READY:
        session.start()
    job.prepared = True
    job.prepare()
    if before == RUNNING:
        job.give()
    assert job.applied.get(timeout=PATIENCE) == ("learning_rate", 0.5)
    assert job.begun.wait(PATIENCE)
    assert session.step_number == (1 if before in (RUNNING, PAUSED) else 0)


def expect_answer(session, job, verb):
    future = verb(session)
    if not session.over:
        job.prepared = True
        job.prepare()
        if session.state != PAUSED:
            job.give()
    assert future.result(PATIENCE) is job


def expect_wait(session, job, verb):
    job.total = 1
    job.release()
    session.resume()
    if session.state == FAILED:
        with pytest.raises(ArithmeticError, match="broken"):
            verb(session)
    else:
        assert verb(session) is session
    assert session.over


EXPECTED = {
    "nothing": expect_nothing,
    "SessionError": expect_refusal,
    "starts": expect_start,
    "runs here": expect_run,
    "pauses": expect_pause,
    "goes on": expect_going_on,
    "steps": expect_steps,
    "stops": expect_stop,
    "sets": expect_set,
    "answers": expect_answer,
    "waits": expect_wait,
}


def test_the_table_names_every_verb_and_state():
    assert {verb for verb, _ in TABLE} == set(VERBS)
    assert [s for v, s in TABLE if v == "start()"] == [READY, PREPARING, RUNNING, PAUSED, STOPPING, "over"]
    assert set(TABLE.values()) == set(EXPECTED)


@pytest.mark.parametrize(("verb", "state", "cell"), CELLS, ids=lambda text: text.replace("()", ""))
def test_every_verb_in_every_state(verb, state, cell):
    session, job = in_state(state)
    try:
        EXPECTED[cell](session, job, VERBS[verb])
    finally:
        session.stop()
        job.release()
        if session.thread is not None:
            session.thread.join(PATIENCE)
            assert not session.thread.is_alive()
    assert session.over


# -- every order -------------------------------------------------------------------------------------------------

ORDERED = ("start", "pause", "step", "set", "resume", "stop")


def press(session: Session, verb: str, steps: int = 2, **changes) -> None:
    if verb == "step":
        session.step(steps)
    elif verb == "set":
        session.set(**changes)
    else:
        getattr(session, verb)()


class Oracle:
    """What a session has to be after each verb, once the worker has answered."""

    def __init__(self):
        self.state, self.number, self.sets = READY, 0, []
        self.waiting: list[float] = []

    def turns(self, verb: str) -> int | None:
        """Steps that the worker needs to answer; None where the verb is refused. Takes the answer as given."""
        if self.state == STOPPED:
            return None if verb in ("start", "step", "set") else 0
        if self.state == READY and verb in ("pause", "resume"):
            return None
        needed = 0
        if verb == "start" and self.state == READY:
            self.state = RUNNING
        elif verb == "step":
            self.state, needed = PAUSED, 2
        elif verb == "pause" and self.state == RUNNING:
            self.state, needed = PAUSED, 1
        elif verb == "resume":
            self.state = RUNNING
        elif verb == "stop":
            needed = int(self.state == RUNNING)
            self.state = STOPPED
        elif verb == "set":
            needed = int(self.state == RUNNING)
            self.waiting.append(0.5 + len(self.sets) + len(self.waiting))
        self.number += needed
        if self.waiting and (self.state != READY):
            if self.state != STOPPED:
                begins = verb in ("start", "step") and self.number == (2 if verb == "step" else 0)
                at = 0 if begins else self.number
                self.sets += [(at, value) for value in self.waiting]
            self.waiting = []
        return needed


@pytest.mark.parametrize("first", ORDERED)
def test_every_order_with_the_worker_answering_each(first):
    for rest in itertools.product(ORDERED, repeat=3):
        order = (first, *rest)
        clock, job, oracle = FakeClock(), GatedJob(), Oracle()
        session = Session(job, clock=clock)
        for verb in order:
            value = 0.5 + len(oracle.sets) + len(oracle.waiting)
            known = len(oracle.sets)
            needed = oracle.turns(verb)
            if needed is None:
                with pytest.raises(SessionError):
                    press(session, verb, learning_rate=value)
            else:
                press(session, verb, learning_rate=value)
                job.give(needed)
                session.wait_for(oracle.state, timeout=PATIENCE)
                for _ in range(len(oracle.sets) - known):
                    job.applied.get(timeout=PATIENCE)
                if oracle.state == RUNNING:
                    job.wait_at_gate(oracle.number)
            assert (session.state, session.step_number) == (oracle.state, oracle.number), (order, verb)
        if session.state != READY:
            end(session, job)
            assert session.step_number == len(session.history["loss"]) if session.step_number else True, order
        sets = [(e["step"], e["new"]) for e in session.history.events if e["event"] == "set"]
        assert sets == oracle.sets, order


def test_every_order_without_waiting_for_answers():
    """Nothing hangs, no step is lost, and the worker's thread ends, whatever comes while it is busy."""
    for order in itertools.permutations(ORDERED):

        def job(run):
            run.begin()
            while run.step(loss=run.number):
                pass

        session = Session(job, clock=FakeClock())
        for verb in order:
            try:
                press(session, verb, steps=3, rate=1)
            except SessionError:
                assert session.state in (READY, STOPPING, STOPPED) or session.desk.stop_wanted, order
        session.stop()
        session.wait(PATIENCE)
        if session.thread is not None:
            session.thread.join(PATIENCE)
            assert not session.thread.is_alive(), order
        assert session.state == STOPPED, order
        assert "loss" not in session.history or len(session.history["loss"]) == session.step_number, order
        kinds = [event["event"] for event in session.history.events]
        assert kinds.count(STOPPED) <= 1 and FAILED not in kinds, order


def test_verbs_from_many_threads_leave_no_deadlock():
    def job(run):
        run.begin()
        while run.step(loss=1.0):
            pass

    session = Session(job).start()
    refused = []

    def press(verbs):
        for verb in verbs * 20:
            try:
                verb()
            except SessionError as error:
                refused.append(error)

    verbs = [session.pause, session.resume, lambda: session.step(2), lambda: session.call(lambda m: m).cancel()]
    threads = [threading.Thread(target=press, args=(verbs[n:] + verbs[:n],)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    session.resume()
    session.wait_for(RUNNING, timeout=PATIENCE)
    session.stop()
    assert session.wait(PATIENCE).state == STOPPED
    assert not refused


# -- steps, pauses, the way to the end ---------------------------------------------------------------------------


@pytest.mark.parametrize("counts", [(1,), (5,), (1, 1, 3), (2, 7)])
def test_step_counts_are_exact(counts):
    session = Session(GatedJob())
    done = 0
    for count in counts:
        session.step(count)
        session.job.give(count)
        session.wait_for(PAUSED, timeout=PATIENCE)
        done += count
        assert session.step_number == done
        assert session.message == f"paused at step {done}"
    end(session, session.job)


@pytest.mark.parametrize("n", [0, -1, 2.5, True, "3"])
def test_step_wants_a_whole_number(n):
    with pytest.raises(InputError, match="whole number"):
        Session(GatedJob()).step(n)


def test_a_resume_after_step_takes_its_pause_back():
    session, job = running()
    session.step(2)
    session.resume()
    job.give(5)
    job.total = 5
    assert session.wait(PATIENCE).state == FINISHED


def test_more_steps_than_are_left_finish_the_run():
    session = Session(GatedJob(total=2))
    session.step(10)
    session.job.give(2)
    assert session.wait(PATIENCE).state == FINISHED
    assert session.result == "the result"


def test_a_pause_is_answered_in_a_phase_and_ends_in_it():
    inside, looks, go_on = threading.Event(), threading.Semaphore(0), threading.Semaphore(0)

    def job(run):
        run.begin(total=1)
        with run.phase("evaluation"):
            inside.set()
            for n in range(3):
                assert looks.acquire(timeout=PATIENCE)
                run.advance(n, 3)
                run.check()
                go_on.release()
        run.step(loss=1.0)

    session = Session(job).start()
    assert inside.wait(PATIENCE)
    session.pause()
    looks.release()
    session.wait_for(PAUSED, timeout=PATIENCE)
    assert session.message == "paused at step 0 of 1, in evaluation"
    session.resume()
    assert go_on.acquire(timeout=PATIENCE)
    assert session.message == "step 0 of 1, evaluation"
    looks.release(2)
    assert session.wait(PATIENCE).message == "finished at step 1"


def test_a_stop_in_a_phase_ends_it_there():
    inside = threading.Event()

    def job(run):
        run.begin()
        with run.phase("caching"):
            while True:
                inside.set()
                run.check()

    session = Session(job).start()
    assert inside.wait(PATIENCE)
    session.stop()
    assert session.wait(PATIENCE).message == "stopped at step 0"


def test_a_reason_to_end_early_counts_as_finished():
    def job(run):
        run.step(loss=1.0)
        run.finish("no better for 2 evaluations")

    session = Session(job).run(signals=False)
    assert session.message == "finished at step 1: no better for 2 evaluations"
    assert session.history.events[-1]["reason"] == "no better for 2 evaluations"


def test_wait_times_out_and_the_run_goes_on():
    session, job = running()
    with pytest.raises(TimeoutError, match="still running"):
        session.wait(0.01)
    with pytest.raises(TimeoutError, match="still running"):
        session.wait_for(PAUSED, timeout=0.01)
    assert end(session, job).state == STOPPED


def test_one_session_trains_at_a_time_and_a_second_start_names_the_first(tmp_path):
    def job(run):
        run.open(tmp_path / "first")
        GatedJob.__call__(gate, run)

    gate = GatedJob()
    first = Session(job).start()
    assert gate.begun.wait(PATIENCE)
    second = Session(GatedJob(total=1))
    for verb in (second.start, second.run, second.step):
        with pytest.raises(SessionError, match=re.escape(f"the session in {tmp_path / 'first'} is already training")):
            verb()
        assert second.state == READY
    assert first.start() is first, "a second Start of the same session is nothing"
    end(first, gate)
    second.job.give(1)
    assert second.start().wait(PATIENCE).state == FINISHED


def test_an_end_that_cannot_be_written_is_an_end_all_the_same(tmp_path, monkeypatch):
    def job(run):
        run.open(tmp_path / "run")
        run.begin(total=1)
        run.step(loss=1.0)

    def broken(file):
        raise ValueError("no such file any more")

    session = Session(job)
    with monkeypatch.context() as patched:
        patched.setattr("nblib.engine.history.os.fsync", broken)
        session.start().wait(PATIENCE)
    assert session.state == FINISHED and "could not be written" in session.notes[-1]
    # The folder was let go, and no other session is refused.
    assert Session(job).start().wait(PATIENCE).state == FINISHED


def test_a_name_that_is_no_unicode_goes_into_the_history_and_comes_back(tmp_path):
    def job(run):
        run.open(tmp_path / "run")
        run.begin(total=1)
        run.say("caf\udce9.txt: passed over")

    assert Session(job).start().wait(PATIENCE).state == FINISHED
    events = History.read(tmp_path / "run" / "history.jsonl").events
    assert [e["text"] for e in events if e["event"] == "note"] == ["caf\udce9.txt: passed over"]


def test_a_thread_that_cannot_be_had_leaves_the_session_ready(monkeypatch):
    def none_left(self):
        raise RuntimeError("can't start new thread")

    session = Session(lambda run: run.begin(total=1))
    with monkeypatch.context() as patched:
        patched.setattr("threading.Thread.start", none_left)
        with pytest.raises(RuntimeError):
            session.start()
    assert session.state == READY
    assert session.start().wait(PATIENCE).state == FINISHED


def test_what_is_set_after_stop_in_a_pause_is_refused_and_leaves_no_row():
    session, job = running()
    session.pause()
    job.give()
    session.wait_for(PAUSED, timeout=PATIENCE)
    with session.desk.changed:
        session.stop()
        with pytest.raises(SessionError, match="stopping"):
            session.set(learning_rate=0.5)
    assert end(session, job).state == STOPPED
    assert not [e for e in session.history.events if e["event"] == "set"] and job.applied.empty()
