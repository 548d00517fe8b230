"""A session and the process that it runs in: signals, the end of the interpreter, and a folder opened again."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import time

import pytest

from nblib import History, InputError, Session, SessionError
from nblib.engine import jobs
from nblib.engine.config import RunConfig, setting
from nblib.engine.states import FINISHED, PAUSED, READY, STOPPED
from tests.fakes import PATIENCE

START = """
import threading, time
from nblib import Session

class Endless:
    def __init__(self, deaf=False):
        self.deaf = deaf
    def __call__(self, run):
        run.begin()
        print("begun", flush=True)
        while run.step(loss=1.0) or self.deaf:
            time.sleep(0.001)
        print("cleaned up", flush=True)
"""


def script(body: str, **options) -> subprocess.Popen:
    code = textwrap.dedent(START) + textwrap.dedent(body)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, "-c", code], **pipes, **options)


def first_line(process: subprocess.Popen) -> str:
    return process.stdout.readline().strip()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_is_stop(number):
    process = script("""
        session = Session(Endless())
        session.run()
        print(session.state, session.interrupted, session.message.startswith("stopped at step"))
    """)
    assert first_line(process) == "begun"
    process.send_signal(number)
    out, err = process.communicate(timeout=PATIENCE)
    assert (out.splitlines(), err) == (["cleaned up", f"stopped {int(number)} True"], "")
    assert process.returncode == 0


def test_the_second_signal_aborts():
    process = script("""
        session = Session(Endless(deaf=True))
        session.subscribe(lambda s: s.state == "stopping" and print("stopping", flush=True))
        try:
            session.run()
        except KeyboardInterrupt:
            print(session.state)
    """)
    assert first_line(process) == "begun"
    process.send_signal(signal.SIGINT)
    assert first_line(process) == "stopping"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    assert (out.splitlines()[-1], err) == ("failed", "")


def test_signal_handlers_are_given_back():
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    seen = []
    Session(lambda run: seen.append(signal.getsignal(signal.SIGINT))).run()
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
    assert seen[0] not in before
    Session(lambda run: seen.append(signal.getsignal(signal.SIGINT))).run(signals=False)
    assert seen[1] == before[0]


def test_the_end_of_the_interpreter_stops_the_run_and_lets_it_clean_up():
    process = script("""
        session = Session(Endless()).start()
        session.wait_for("running")
    """)
    out, err = process.communicate(timeout=PATIENCE)
    assert (out.splitlines(), err, process.returncode) == (["begun", "cleaned up"], "", 0)


def test_a_job_that_does_not_hear_it_holds_the_end_up_for_five_seconds_at_most():
    import nblib.engine.session

    assert nblib.engine.session.EXIT_SECONDS == 5
    process = script("""
        import nblib.engine.session
        nblib.engine.session.EXIT_SECONDS = 0.1
        session = Session(Endless(deaf=True)).start()
        session.wait_for("running")
    """)
    began = time.monotonic()
    out, err = process.communicate(timeout=PATIENCE)
    assert (out.splitlines(), err) == (["begun"], "")
    assert time.monotonic() - began < 5


# -- a folder opened again ---------------------------------------------------------------------------------------


class TinyConfig(RunConfig):
    kind = "tiny"
    total: int = setting(10, "Steps", group="Running", ge=1)
    output: str | None = setting(None, "Folder", group="Running")

    def make_job(self):
        return TinyJob(self)


class TinyJob:
    """Writes its checkpoint, the number of the step, every ``every`` steps and when it is stopped."""

    def __init__(self, config, every=1, until=None):
        self.config, self.every, self.until = config, every, until

    def __call__(self, run):
        from pathlib import Path

        folder = Path(self.config.output)
        at = folder / "at"
        run.open(folder, resume_from=int(at.read_text()) if run.resuming else None)
        (folder / "config.yaml").write_text(self.config.to_yaml())
        run.begin(total=self.config.total)
        while run.number < self.config.total:
            go_on = run.step(loss=float(run.number + 1))
            if run.number % self.every == 0:
                at.write_text(str(run.number))
            if run.number == self.until:
                raise RuntimeError("the power went")
            if not go_on:
                break


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setitem(jobs.CONFIGS, "tiny", TinyConfig)
    return tmp_path / "run"


def cut_off(folder, every=1, until=5):
    job = TinyJob(TinyConfig(output=str(folder)), every, until)
    with pytest.raises(RuntimeError, match="power"):
        Session(job).run()
    return folder


def test_a_finished_run_shows_its_curves_and_is_not_started_again(folder):
    Session(TinyJob(TinyConfig(output=str(folder)))).run()
    session = Session.reopen(folder)
    assert (session.state, session.step_number, session.folder) == (FINISHED, 10, folder)
    assert session.message == "finished at step 10"
    assert session.history["loss"].tolist() == list(range(1, 11))
    assert session.wait() is session
    for verb in (session.start, session.run, session.step):
        with pytest.raises(SessionError, match="over"):
            verb()


def test_a_run_that_was_stopped_goes_on_where_it_was(folder):
    session = Session(TinyJob(TinyConfig(output=str(folder))))
    session.step(4)
    session.wait_for(PAUSED, timeout=PATIENCE)
    session.stop()
    assert session.wait(PATIENCE).state == STOPPED
    again = Session.reopen(folder)
    assert (again.state, again.message) == (READY, "ready to go on after step 4")
    assert again.history["loss"].tolist() == [1, 2, 3, 4]
    assert again.run().message == "finished at step 10"
    assert History.read(folder / "history.jsonl")["loss"].tolist() == list(range(1, 11))
    assert again.history.steps("loss").tolist() == list(range(1, 11))


def test_a_run_whose_checkpoint_lies_behind_drops_the_rows_beyond_it(folder):
    cut_off(folder, every=3, until=5)
    session = Session.reopen(folder)
    assert session.step_number == 5
    session.step(1)
    session.wait_for(PAUSED, timeout=PATIENCE)
    assert session.message == "paused at step 4 of 10"
    assert session.history.steps("loss").tolist() == [1, 2, 3, 4]
    session.resume()
    session.wait(PATIENCE)
    assert History.read(folder / "history.jsonl").steps("loss").tolist() == list(range(1, 11))


def test_steps_asked_for_while_a_resumed_run_prepares_count_from_its_checkpoint(folder):
    cut_off(folder, every=3, until=5)
    session = Session.reopen(folder)
    session.subscribe(lambda s: s.step(2) if s.phase == "reading" else None)
    job = session.job

    def slow(run):
        with run.phase("reading"):
            pass
        job(run)

    session.job = slow
    session.start()
    session.wait_for(PAUSED, timeout=PATIENCE)
    assert session.step_number == 5
    session.stop()
    session.wait(PATIENCE)


def test_a_run_of_another_process_is_refused_and_left_as_it_was(folder):
    cut_off(folder)
    held = subprocess.Popen(
        [sys.executable, "-c", "import sys; from nblib.engine.locks import FolderLock; lock = FolderLock(sys.argv[1]); "
         "print('held', flush=True); sys.stdin.read()", str(folder)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert first_line(held) == "held"
    before = (folder / "history.jsonl").read_bytes()
    with pytest.raises(InputError, match=f"process {held.pid} on .* is working in this run folder"):
        Session.reopen(folder).run()
    assert (folder / "history.jsonl").read_bytes() == before
    held.communicate(timeout=PATIENCE)
    assert Session.reopen(folder).run().state == FINISHED


@pytest.mark.parametrize("make", [lambda f: None, lambda f: f.mkdir(), lambda f: f.write_text("no folder")])
def test_a_folder_without_a_run_is_refused(folder, make):
    make(folder)
    with pytest.raises(InputError, match=f"{folder}: holds no run"):
        Session.reopen(folder)


def test_a_run_of_a_kind_that_is_not_known_is_refused(folder):
    folder.mkdir()
    (folder / "config.yaml").write_text("job: pretrain\n")
    with pytest.raises(InputError, match="config.yaml: describes a 'pretrain' run"):
        Session.reopen(folder)


def test_a_run_in_a_thread_is_stopped_at_the_interpreters_end(tmp_path):
    """A series of trainings behind a button runs that way; the process once aborted with the history unfinished."""
    code = f"""
import threading, time
from nblib import Session

def job(run):
    run.open({str(tmp_path / "run")!r})
    run.begin(total=100_000)
    begun.set()
    while run.step(loss=1.0):
        time.sleep(0.01)

begun = threading.Event()
threading.Thread(target=Session(job).run, daemon=True).start()
begun.wait(20)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert '"event": "stopped"' in (tmp_path / "run" / "history.jsonl").read_text()
