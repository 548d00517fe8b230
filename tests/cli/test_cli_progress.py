"""What a log and a terminal show of a run."""

from __future__ import annotations

import io
import re

import pytest

from nblib import Session
from nblib.cli.output import Lines
from nblib.cli.progress import Progress
from nblib.cli.runner import summary
from tests.fakes import FakeClock


class Terminal(io.StringIO):
    """A terminal 60 columns wide that remembers what its lines look like in the end."""

    def isatty(self):
        return True

    def screen(self) -> list[str]:
        lines = []
        for line in self.getvalue().split("\n"):
            shown = ""
            for part in line.split("\r"):
                shown = part + shown[len(part) :]
            lines.append(shown.rstrip())
        return lines


@pytest.fixture(autouse=True)
def narrow(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")


def train(stream, *, steps=1000, seconds=0.1, every=250) -> Session:
    clock = FakeClock()

    def job(run):
        with run.phase("loading data"):
            clock.advance(1)
            run.check()
        run.say("2 rows dropped")
        with run.phase("loading model"):
            clock.advance(1)
            run.check()
        run.begin(total=steps)
        for n in range(1, steps + 1):
            clock.advance(seconds)
            run.step(loss=1 / n, items=32)
            if every and n % every == 0:
                with run.phase("evaluation"):
                    for batch in range(10):
                        run.advance(batch, 10)
                        clock.advance(0.3)
                        run.check()
                run.log(eval_loss=0.5, eval_accuracy=0.75, eval_f1_macro=0.7)

    session = Session(job, clock=clock)
    progress = Progress(Lines(stream), clock=clock)
    session.subscribe(progress)
    session.run(signals=False)
    progress.close(session)
    assert session.view_errors == []
    return session


def test_a_log_has_a_line_every_twentieth_of_the_way():
    stream = io.StringIO()
    train(stream)
    lines = stream.getvalue().splitlines()
    assert lines[:3] == ["loading data", "2 rows dropped", "loading model"]
    steps = [int(line.split()[1]) for line in lines if re.match(r"step \d+ of 1000", line)]
    assert 18 <= len(steps) <= 26 and steps == sorted(steps)
    assert lines.count("step 500: eval_loss 0.5000, eval_accuracy 0.7500, eval_f1_macro 0.7000") == 1
    assert not re.search(r"[\x00-\x09\x0b-\x1f]", stream.getvalue()), "no control characters"
    assert any(re.fullmatch(r"step \d+ of 1000, loss 0\.\d{4}, 320\.0 items/s, \d+ s left", line) for line in lines)


@pytest.mark.parametrize(("steps", "seconds"), [(100, 60.0), (20, 1000.0), (100_000, 1.0)])
def test_a_long_run_says_something_now_and_then_and_no_more(steps, seconds):
    stream = io.StringIO()
    train(stream, steps=min(steps, 5_000), seconds=seconds, every=0)
    lines = stream.getvalue().splitlines()
    assert min(steps, 15) <= len(lines) <= 420


def test_a_short_run_does_not_flood():
    stream = io.StringIO()
    train(stream, steps=200, seconds=0.01, every=0)
    assert len(stream.getvalue().splitlines()) <= 6


def test_a_terminal_shows_one_line_that_moves_and_leaves_the_lines_that_stay():
    stream = Terminal()
    train(stream)
    written = stream.getvalue()
    bars = [part for part in written.split("\r") if part.startswith("[")]
    assert len(bars) > 100
    assert all(len(bar.rstrip("\n")) <= 59 for bar in bars)
    assert any("50%" in bar and "step 5" in bar for bar in bars)
    assert any("evaluation" in bar for bar in bars)
    assert [line for line in stream.screen() if line] == [
        "2 rows dropped",
        *(f"step {n}: eval_loss 0.5000, eval_accuracy 0.7500, eval_f1_macro 0.7000" for n in (250, 500, 750, 1000)),
    ]


def test_a_line_that_grows_shorter_leaves_no_rest():
    stream = Terminal()
    lines = Lines(stream)
    lines.show("a long line")
    lines.show("short")
    assert stream.screen() == ["short"]
    lines.say("done")
    assert stream.screen() == ["done", ""]


def test_nothing_moves_where_there_is_no_terminal():
    stream = io.StringIO()
    lines = Lines(stream)
    lines.show("gone")
    lines.clear()
    assert stream.getvalue() == ""


def test_a_resumed_run_does_not_repeat_old_evaluations(tmp_path):
    from nblib import History

    history = History(tmp_path / "history.jsonl")
    history.append(1, {"loss": 1.0})
    history.append(1, {"eval_loss": 0.9})
    history.append(2, {"loss": 0.9})
    history.close()

    def job(run):
        run.open(tmp_path, resume_from=1)
        run.begin(total=2)
        run.step(loss=0.5)
        run.log(eval_loss=0.4)

    session = Session(job)
    session.desk.history, session.desk.resuming = History.read(tmp_path / "history.jsonl"), True
    stream = io.StringIO()
    progress = Progress(Lines(stream))
    session.subscribe(progress)
    session.run(signals=False)
    progress.close(session)
    assert [line for line in stream.getvalue().splitlines() if "eval_loss" in line] == ["step 2: eval_loss 0.4000"]


def test_the_table_at_the_end_leaves_gaps_where_there_are_no_figures():
    session = Session(lambda run: {"eval_accuracy": 0.5, "test_accuracy": float("nan"), "eval_f1_macro": None})
    session.run(signals=False)
    assert [line.split() for line in summary(session)][1:4] == [
        ["validation", "test"],
        ["accuracy", "0.5000", "-"],
        ["F1,", "mean", "of", "the", "classes", "-", "-"],
    ]
    assert summary(Session(lambda run: None).run(signals=False)) == []
