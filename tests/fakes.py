"""Jobs and clocks for the tests of a session: nothing here waits for time to pass."""

from __future__ import annotations

import queue
import threading

from nblib import Session

# Only a deadlock waits this long.
PATIENCE = 20


class FakeClock:
    def __init__(self):
        self.now = 100.0
        self.reads = 0

    def __call__(self) -> float:
        self.reads += 1
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


class GatedJob:
    """Prepares, then takes one step for every turn that it is given: ``total`` of them, or until it is stopped."""

    live = ("learning_rate", "weight_decay")

    def __init__(self, total: int | None = None, *, prepared=True, error: Exception | None = None):
        self.total, self.error = total, error
        self.turns = threading.Semaphore(0)
        self.preparations = threading.Semaphore(int(prepared))
        self.prepared = prepared
        self.applied: queue.Queue = queue.Queue()
        self.begun = threading.Event()
        self.rate = 1.0
        self.arrivals = threading.Condition()
        self.arrived = 0

    def give(self, turns: int = 1) -> None:
        if turns:
            self.turns.release(turns)

    def wait_at_gate(self, steps: int) -> None:
        """Return once it waits for the turn after so many steps."""
        with self.arrivals:
            assert self.arrivals.wait_for(lambda: self.arrived == steps + 1, PATIENCE)

    def prepare(self) -> None:
        """Let it look once while preparing."""
        self.preparations.release()

    def release(self) -> None:
        """Let it come to an end by itself."""
        self.prepared = True
        self.preparations.release(100)
        self.turns.release(1000)

    def set(self, name, value):
        old, self.rate = self.rate, value
        self.applied.put((name, value))
        return old

    def __call__(self, run):
        run.on_set(self.set)
        while True:
            assert self.preparations.acquire(timeout=PATIENCE)
            run.check()
            if self.prepared:
                break
        run.model = self
        run.begin(total=self.total)
        self.begun.set()
        while self.total is None or run.number < self.total:
            with self.arrivals:
                self.arrived += 1
                self.arrivals.notify_all()
            assert self.turns.acquire(timeout=PATIENCE)
            if self.error is not None:
                raise self.error
            if not run.step(loss=1 / (run.number + 1), items=4):
                break
        return "the result"


def running(job: GatedJob | None = None, **options) -> tuple[Session, GatedJob]:
    job = job or GatedJob()
    session = Session(job, **options)
    session.start()
    assert job.begun.wait(PATIENCE)
    return session, job


def end(session: Session, job: GatedJob) -> Session:
    """Bring a session to its end and see that its thread ends with it."""
    session.stop()
    job.release()
    session.wait(PATIENCE)
    if session.thread is not None:
        session.thread.join(PATIENCE)
        assert not session.thread.is_alive()
    return session
