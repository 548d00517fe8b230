"""The command line: what goes where, and which exit code."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nblib import FineTuneConfig, InputError, cli
from nblib.cli import main
from nblib.cli.output import megabytes
from nblib.engine.text import duration
from tests.fakes import PATIENCE

METRICS = {
    "eval_accuracy": 0.8444, "eval_f1_macro": 0.8441, "test_accuracy": 0.8512, "test_f1_macro": 0.85,
    "baseline_majority_accuracy": 0.508, "test_baseline_majority_accuracy": 0.509,
    "baseline_tfidf_accuracy": 0.801, "test_baseline_tfidf_accuracy": 0.795,
    "train_samples_per_second": 28.44, "train_runtime": 75.2,
}  # fmt: skip


class FakeJob:
    """A run without a model: 8 steps, an evaluation after 4 and after 8, a checkpoint when stopped."""

    steps = 8

    def __init__(self, config):
        self.config = config

    def __call__(self, run):
        if self.config.dataset == "refused":
            raise InputError("refused.csv, row 7: no text")
        folder = Path(self.config.output)
        at = folder / "at"
        with run.phase("loading data"):
            run.check()
        run.open(folder, resume_from=int(at.read_text()) if run.resuming else None)
        (folder / "config.yaml").write_text(self.config.replace(output=str(folder)).to_yaml())
        run.say("dropped 2 rows (empty): 3, 9")
        run.begin(total=self.steps)
        while run.number < self.steps:
            go_on = run.step(loss=1 / (run.number + 1), items=32, learning_rate=self.config.learning_rate)
            if run.number == 2 and self.config.dataset == "breaks":
                raise RuntimeError("no kernel image\nis available")
            if not go_on:
                at.write_text(str(run.number))
                return None
            while self.config.dataset == "endless":
                print("waiting", flush=True)
                run.desk.changed.acquire()
                run.desk.changed.wait_for(lambda: run.desk.stop_wanted, 30)
                run.desk.changed.release()
                break
            if run.number % 4 == 0:
                run.log(eval_loss=0.5, eval_accuracy=0.8, eval_f1_macro=0.75)
        return METRICS


@pytest.fixture
def fake_job(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(FineTuneConfig, "make_job", lambda self: FakeJob(self))


def told(capsys) -> tuple[list[str], list[str]]:
    out, err = capsys.readouterr()
    return out.splitlines(), err.splitlines()


# -- bad input -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("", "no command given; give one of doctor, pull, finetune"),
        ("fintune", "unknown command 'fintune'; did you mean finetune?"),
        ("--verson", "unknown option '--verson'; did you mean --version?"),
        ("finetune --learing-rate 1e-4", "unknown option '--learing-rate'; did you mean --learning-rate"),
        ("finetune --learing-rate=1e-4", "unknown option '--learing-rate'; did you mean --learning-rate"),
        ("finetune --learning-rate 0", "--learning-rate: 0 is not a number above 0 and at most 1"),
        ("finetune --learning-rate -1e-4", "--learning-rate: -0.0001 is not a number above 0"),
        ("finetune --learning-rate nan", "--learning-rate: nan is not a number"),
        ("finetune --learning-rate abc", "--learning-rate: 'abc' is not a number"),
        ("finetune --learning-rate", "--learning-rate: expected one argument"),
        ("finetune --batch-size 0", "--batch-size: 0 is not a whole number at least 1"),
        ("finetune --batch-size -3", "--batch-size: -3 is not a whole number at least 1"),
        ("finetune --batch-size 2.5", "--batch-size: 2.5 is not a whole number at least 1"),
        ("finetune --epochs -1", "--epochs: -1 is not a whole number at least 1"),
        ("finetune --precision fp16", "--precision: 'fp16' is not one of auto, fp32, bf16; did you mean"),
        ("finetune --epoch 3", "unknown option '--epoch'; did you mean --epochs"),
        ("finetune --train-fraction 0.5", "add up to 0.7; make it 1"),
        ("finetune none.yaml", "none.yaml: no such file"),
        ("finetune bad.yaml", "bad.yaml: batch_size: 2.5 is not a whole number"),
        ("finetune bad.yaml --epochs 0", "--epochs: 0 is not"),
        ("finetune typo.yaml", "typo.yaml: unknown option 'epoch'; did you mean epochs?"),
        ("finetune a.yaml b.yaml", "'b.yaml' is one word too many"),
        ("finetune --dataset refused --output run", "refused.csv, row 7: no text"),
        ("resume", "the following arguments are required: RUN"),
        ("resume nowhere", "nowhere: holds no run"),
        ("predict nowhere hello", "nowhere: no such folder"),
        ("predict . hello", "holds no model"),
        ("predict . ", "give either a sentence or --file"),
        ("predict . --file a.csv", "--output: is missing"),
        ("predict . --output a.csv word", "--file: is missing"),
        ("export . --format onx", "did you mean onnx"),
        ("pull minilmm", "did you mean 'minilm'?"),
        ("pull --all minilm", "--all: takes no names"),
        ("pull --labs minilm", "--labs: takes no names"),
        ("pull --labs --all", "not allowed with"),
        ("doctor now", "'now' is one word too many"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(line, reason, fake_job, tmp_path, capsys):
    (tmp_path / "bad.yaml").write_text("batch_size: 2.5\n")
    (tmp_path / "typo.yaml").write_text("epoch: 2\n")
    before = sorted(tmp_path.iterdir())
    assert main(line.split()) == 2
    out, err = told(capsys)
    assert len(err) == 1 and err[0].startswith("nblib: ") and reason in err[0]
    assert out in ([], ["loading data"])
    assert sorted(tmp_path.iterdir()) == before, "nothing is written"


def test_the_real_program_writes_nothing_else(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "nblib", "finetune", "--learning-rate", "0", "--output", "run"],
        capture_output=True, text=True, cwd=tmp_path, timeout=60,
    )  # fmt: skip
    expected = "nblib: --learning-rate: 0 is not a number above 0 and at most 1\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", expected)
    assert list(tmp_path.iterdir()) == []


# -- options -------------------------------------------------------------------------------------------------------


def configured(line: str, monkeypatch) -> FineTuneConfig:
    seen = []
    monkeypatch.setattr(FineTuneConfig, "make_job", lambda self: seen.append(self) or (lambda run: None))
    assert main(line.split()) == 0
    return seen[0]


def test_options_override_the_file(monkeypatch, tmp_path):
    path = tmp_path / "run.yaml"
    path.write_text("learning_rate: 3e-5\nepochs: 3\nclass_weights: true\neval_steps: 10\n")
    config = configured(f"finetune {path} --epochs 1 --eval-steps none --no-group-by-length", monkeypatch)
    expected = {"learning_rate": 3e-5, "epochs": 1, "class_weights": True, "group_by_length": False}
    assert config.changed() == {name: value for name, value in expected.items()}
    config = configured(f"finetune --epochs 1 --no-class-weights {path}", monkeypatch)
    assert (config.epochs, config.class_weights, config.eval_steps) == (1, False, 10)


def test_a_bad_value_in_the_file_may_be_overridden(monkeypatch, tmp_path):
    path = tmp_path / "run.yaml"
    path.write_text("batch_size: 2.5\n")
    assert configured(f"finetune {path} --batch-size 8", monkeypatch).batch_size == 8


def test_the_line_of_the_issue(monkeypatch):
    config = configured(
        "finetune --dataset reviews --model minilm --output runs/demo --epochs 1 --max-train-samples 1024 "
        "--batch-size 32 --learning-rate 1e-4 --freeze-layers 0 --seed 0 --max-steps 7 --save-steps 3",
        monkeypatch,
    )
    expected = {"output": "runs/demo", "epochs": 1, "max_train_samples": 1024, "max_steps": 7, "save_steps": 3}
    assert config.changed() == expected


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_every_command_has_help(command, capsys):
    assert main([command, "--help"]) == 0
    out, err = told(capsys)
    assert out[0].startswith(f"usage: nblib {command}") and err == []


def test_the_help_says_description_range_and_default(capsys):
    assert main(["finetune", "--help"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    for s in FineTuneConfig.settings():
        assert s.option in text
        assert " ".join(s.description.split()) in text
    assert "(a number above 0 and at most 1; default 1e-4)" in text
    assert "--class-weights, --no-class-weights" in text
    assert "(a whole number at least 1, or none)" in text


def test_help_and_version_of_the_program(capsys):
    assert main(["--help"]) == 0
    out, _ = told(capsys)
    assert all(any(line.strip().startswith(name) for line in out) for name in cli.COMMANDS)
    assert main(["--version"]) == 0
    assert told(capsys)[0] == ["nblib 0.1.0"]


# -- a run ---------------------------------------------------------------------------------------------------------


def test_a_run_in_a_log(fake_job, capsys):
    assert main("finetune --output run".split()) == 0
    out, err = told(capsys)
    assert err == []
    assert out[0] == "loading data"
    assert "dropped 2 rows (empty): 3, 9" in out
    assert "step 4: eval_loss 0.5000, eval_accuracy 0.8000, eval_f1_macro 0.7500" in out
    assert out.count("step 8: eval_loss 0.5000, eval_accuracy 0.8000, eval_f1_macro 0.7500") == 1
    assert "finished at step 8" in out
    table = {line[:28].strip(): line[28:].split() for line in out}
    assert table["accuracy"] == ["0.8444", "0.8512"]
    assert table["F1, mean of the classes"] == ["0.8441", "0.8500"]
    assert table["always the largest class"] == ["0.5080", "0.5090"]
    assert table["TF-IDF, logistic regression"] == ["0.8010", "0.7950"]
    assert "training      28.4 samples/s, 1 min 15 s" in out
    assert f"model         {Path('run') / 'model'}" in out
    assert "try it        nblib predict run 'a sentence'" in out
    assert not any(ord(letter) < 32 for line in out for letter in line)


def test_a_finished_run_is_not_resumed(fake_job, capsys):
    assert main("finetune --output run".split()) == 0
    told(capsys)
    assert main(["resume", "run"]) == 2
    out, err = told(capsys)
    assert out == [] and len(err) == 1
    assert err[0].startswith("nblib: run: this run has finished at step 8, there is nothing to go on with")


def test_a_run_of_another_kind_goes_on_and_tells_its_own_figures(tmp_path, monkeypatch, capsys):
    from nblib import RecurrentConfig, Session

    monkeypatch.chdir(tmp_path)
    config = RecurrentConfig(length=10, hidden_size=8, batch_size=8, max_steps=4, output="run")
    session = Session(config.make_job())
    session.step()
    session.wait_for("paused", timeout=PATIENCE)
    session.stop()
    session.wait(20)
    assert main(["resume", "run"]) == 0
    out, err = told(capsys)
    assert "going on from step-000001" in out and err == []
    table = {line[:28].strip(): line[28:].split() for line in out}
    assert table["steps"] == ["4"] and "eval_loss_lstm" in table
    assert not any("baseline" in line or "nblib predict" in line or "TF-IDF" in line for line in out)
    assert main(["resume", "run"]) == 2
    out, err = told(capsys)
    assert err[0].endswith("there is nothing to go on with")


def test_a_failure_inside_is_one_line_that_says_where_the_run_is(fake_job, capsys):
    assert main("finetune --dataset breaks --output run".split()) == 1
    out, err = told(capsys)
    assert err == [
        "nblib: failed at step 2: RuntimeError: no kernel image; what there is of the run is in run; "
        "--traceback shows where"
    ]
    assert (Path("run") / "history.jsonl").is_file()


@pytest.mark.parametrize("how", ["option", "variable"])
def test_the_traceback_is_shown_on_request(how, fake_job, capsys, monkeypatch):
    if how == "variable":
        monkeypatch.setenv("NBLIB_TRACEBACK", "1")
    line = "finetune --dataset breaks --output run" + (" --traceback" if how == "option" else "")
    assert main(line.split()) == 1
    _, err = told(capsys)
    assert err[0].startswith("nblib: failed at step 2: RuntimeError: no kernel image")
    assert "--traceback" not in err[0]
    assert any("raise RuntimeError" in line for line in err)


def test_an_unforeseen_error_is_one_line_too(monkeypatch, capsys):
    import nblib.doctor

    def broken():
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(nblib.doctor, "findings", broken)
    assert main(["doctor"]) == 1
    assert told(capsys) == (
        [],
        ["nblib: OSError: [Errno 28] No space left on device; --traceback shows where"],
    )


@pytest.mark.parametrize(
    ("ranks", "shown", "errors"),
    [
        ({}, True, True),
        ({"RANK": "1", "LOCAL_RANK": "1"}, False, False),
        ({"RANK": "2", "LOCAL_RANK": "0"}, False, True),
    ],
)
def test_of_several_processes_the_first_speaks(ranks, shown, errors, fake_job, capsys, monkeypatch):
    for name, value in ranks.items():
        monkeypatch.setenv(name, value)
    assert main("finetune --output run".split()) == 0
    out, err = told(capsys)
    assert bool(out) == shown and err == []
    assert main("finetune --epochs 0".split()) == 2
    out, err = told(capsys)
    assert bool(err) == errors
    if ranks.get("RANK") == "2":
        assert err[0].startswith("nblib: process 2: --epochs")
    assert main("finetune --dataset breaks --output other".split()) == 1
    assert len(told(capsys)[1]) == 1, "a failure is said by whoever fails"


# -- interrupts ----------------------------------------------------------------------------------------------------

PROGRAM = """
import sys
from nblib import FineTuneConfig
from tests.cli.test_cli import FakeJob
FineTuneConfig.make_job = lambda self: FakeJob(self)
from nblib.cli import main
sys.exit(main())
"""


def program(line: str, folder) -> subprocess.Popen:
    import os

    root = str(Path(__file__).resolve().parents[2])
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *line.split()],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder, env={**os.environ, "PYTHONPATH": root},
    )  # fmt: skip


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_a_checkpoint_and_130(number, tmp_path, monkeypatch, capsys):
    process = program("finetune --dataset endless --output run", tmp_path)
    for line in process.stdout:
        if line == "waiting\n":
            break
    process.send_signal(number)
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (130, "")
    lines = out.splitlines()
    assert lines[-1] == "to go on: nblib resume run"
    assert lines[-2].startswith("stopped at step")
    assert (tmp_path / "run" / "at").is_file()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(FineTuneConfig, "make_job", lambda self: FakeJob(self))
    config = (tmp_path / "run" / "config.yaml").read_text()
    (tmp_path / "run" / "config.yaml").write_text(config.replace("endless", "reviews"))
    assert main(["resume", "run"]) == 0
    out, _ = told(capsys)
    assert "finished at step 8" in out
    rows = [json.loads(line) for line in (tmp_path / "run" / "history.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows if "loss" in row] == list(range(1, 9))


def test_an_interrupt_anywhere_is_130(monkeypatch, capsys):
    import nblib.doctor

    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(nblib.doctor, "findings", interrupted)
    assert main(["doctor"]) == 130
    assert told(capsys) == ([], ["nblib: interrupted"])


def test_a_reader_that_leaves_is_no_trouble(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", "import sys; from nblib.cli import main; sys.exit(main(['finetune', '--help']))"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
    )  # fmt: skip
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    process.wait(timeout=PATIENCE)
    assert err == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (59.6, "1 min 00 s"), (75, "1 min 15 s"), (3600, "1 h 00 min"), (7500, "2 h 05 min"),
     (float("nan"), "?"), (float("inf"), "?")],
)  # fmt: skip
def test_durations_as_a_person_says_them(seconds, text):
    assert duration(seconds) == text


def test_sizes():
    assert [megabytes(n) for n in (0, 2_448_964, 83_506_384, 2_500_000_000)] == ["0.0 MB", "2.4 MB", "84 MB", "2.5 GB"]
