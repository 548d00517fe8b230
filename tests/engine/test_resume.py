"""A run that was stopped or killed at any step and resumed ends in the same bits as one that was not."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from nblib import FineTuneConfig, Session, finetune

STEPS_PER_EPOCH = 13  # 208 training rows in batches of 16
VARIANTS = {
    "plain": {},
    "frozen": {"freeze_layers": 2},
    "accumulated": {"gradient_accumulation_steps": 2, "batch_size": 16, "label_smoothing_factor": 0.1},
    "evaluated": {"eval_steps": 4, "save_steps": 5, "early_stopping_patience": 5, "class_weights": True},
    "shuffled only": {"group_by_length": False, "lr_scheduler_type": "cosine", "weight_decay": 0.1},
}


@pytest.fixture
def config(config):
    return partial(config, epochs=3)


def weights(folder) -> dict[str, torch.Tensor]:
    return load_file(Path(folder) / "model" / "model.safetensors")


def same(a: dict, b: dict) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def stop_after(config: FineTuneConfig, step: int) -> Session:
    session = Session(finetune(config))
    session.step(step)
    session.wait_for("paused", timeout=60)
    assert session.step_number == step
    session.stop()
    session.wait(60)
    assert session.state == "stopped"
    return session


@pytest.mark.parametrize("variant", VARIANTS)
def test_stopped_in_epoch_two_and_resumed(config, variant):
    whole = config("whole", **VARIANTS[variant])
    Session(finetune(whole)).run()
    cut = config("cut", **VARIANTS[variant])
    step = STEPS_PER_EPOCH + 5
    session = stop_after(cut, step)
    assert not same(weights(whole.output), weights(cut.output))
    resumed = Session.reopen(cut.output).run()
    assert f"going on from step-{step:06d}" in resumed.notes
    assert same(weights(whole.output), weights(cut.output))
    assert resumed.history.steps("loss").tolist() == list(range(1, len(resumed.history["loss"]) + 1))
    expected = Session.reopen(whole.output).history
    assert resumed.history["loss"].tolist() == expected["loss"].tolist()
    assert resumed.history["eval_loss"].tolist() == expected["eval_loss"].tolist()
    assert resumed.message == Session.reopen(whole.output).message
    assert session.history["loss"].tolist() == expected["loss"].tolist()[:step]


def test_stopped_at_every_step_of_an_epoch(config):
    whole = config("whole", max_steps=2 * STEPS_PER_EPOCH)
    Session(finetune(whole)).run()
    cut = config("cut", max_steps=2 * STEPS_PER_EPOCH)
    stop_after(cut, 1)
    for step in range(2, 2 * STEPS_PER_EPOCH):
        session = Session.reopen(cut.output)
        session.step(1)
        session.wait_for("paused", timeout=60)
        assert session.step_number == step
        session.stop()
        session.wait(60)
    Session.reopen(cut.output).run()
    assert same(weights(whole.output), weights(cut.output))


def test_stopped_in_an_evaluation(config):
    changes = {"eval_steps": 4, "early_stopping_patience": 3, "eval_batch_size": 4}
    whole = config("whole", **changes)
    Session(finetune(whole)).run()
    cut = config("cut", **changes)
    session = Session(finetune(cut))
    seen = []

    def stop_in_evaluation(s):
        if s.phase == "evaluation" and s.step_number == 16 and not seen:
            seen.append(s.message)
            s.stop()

    session.subscribe(stop_in_evaluation)
    session.start()
    session.wait(60)
    assert session.state == "stopped" and session.step_number == 16
    assert session.history.steps("eval_loss").tolist() == [4, 8, 12]
    resumed = Session.reopen(cut.output).run()
    assert resumed.history.steps("eval_loss").tolist()[:4] == [4, 8, 12, 16]
    assert same(weights(whole.output), weights(cut.output))


def test_another_cell_draws_random_numbers_between_steps(config):
    """Between steps: what transformers' dropout draws in mid-step comes from the process-wide generator."""
    torch.manual_seed(5)
    whole = config("whole", max_steps=20)
    Session(finetune(whole)).run()
    disturbed = config("disturbed", max_steps=20)
    session = Session(finetune(disturbed))
    torch.manual_seed(77)
    random.seed(3)
    session.step(1)
    for _ in range(19):
        session.wait_for("paused", timeout=60)
        torch.rand(7), random.random()
        torch.manual_seed(random.randrange(1000))
        session.step(1)
    session.wait_for("paused", timeout=60)
    session.resume()
    session.wait(60)
    assert same(weights(whole.output), weights(disturbed.output))


def test_the_callers_generator_is_given_back(config):
    torch.manual_seed(11)
    before = torch.get_rng_state()
    Session(finetune(config("run", max_steps=3))).run()
    assert torch.equal(before, torch.get_rng_state())


def test_a_changed_learning_rate_survives_a_resume(config):
    def drive(name: str, cut: bool) -> Session:
        made = config(name, max_steps=20)
        session = Session(finetune(made))
        session.step(6)
        session.wait_for("paused", timeout=60)
        session.set(learning_rate=1e-3, max_grad_norm=0.5, weight_decay=0.2)
        if cut:
            session.step(4)
            session.wait_for("paused", timeout=60)
            assert session.step_number == 10
            session.stop()
            session.wait(60)
            session = Session.reopen(made.output)
            return session.run()
        session.resume()
        return session.wait(60)

    straight, resumed = drive("straight", cut=False), drive("resumed", cut=True)
    rates = straight.history["learning_rate"]
    # warm-up takes 2 of 20 steps; from then on the line falls to 0 at step 21, from 3e-3 and later from 1e-3
    assert rates[5] == pytest.approx(3e-3 * (21 - 6) / 19, rel=1e-5)
    assert rates[6:] == pytest.approx([1e-3 * (21 - step) / 19 for step in range(7, 21)], rel=1e-5)
    assert rates.tolist() == resumed.history["learning_rate"].tolist()
    assert same(weights(straight.folder), weights(resumed.folder))
    sets = [e for e in straight.history.events if e["event"] == "set"]
    assert [(e["name"], e["old"], e["new"], e["step"]) for e in sets] == [
        ("learning_rate", 3e-3, 1e-3, 6),
        ("max_grad_norm", 1.0, 0.5, 6),
        ("weight_decay", 0.01, 0.2, 6),
    ]


KILLED = """
import os, signal, sys
from nblib import FineTuneConfig, Session, finetune
from nblib.engine import checkpoints
config = FineTuneConfig.from_yaml(sys.argv[1])
where, at = sys.argv[2], int(sys.argv[3])
if where == "checkpoint":
    rename = os.rename
    def killed(a, b):
        if str(b).endswith(f"step-{at:06d}"):
            os.kill(os.getpid(), signal.SIGKILL)
        rename(a, b)
    os.rename = killed
session = Session(finetune(config))
def view(s):
    if where == "step" and s.step_number >= at:
        os.kill(os.getpid(), signal.SIGKILL)
session.subscribe(view)
session.desk.redraw_seconds = 0
session.run()
"""


@pytest.mark.parametrize("where, at", [("step", 19), ("checkpoint", 26)])
def test_killed_and_resumed(config, tmp_path, where, at):
    whole = config("whole", save_steps=6)
    Session(finetune(whole)).run()
    cut = config("cut", save_steps=6 if where == "step" else 13)
    path = tmp_path / "run.yaml"
    path.write_text(cut.to_yaml())
    environment = {**os.environ, "OMP_NUM_THREADS": str(torch.get_num_threads())}
    done = subprocess.run([sys.executable, "-c", KILLED, str(path), where, str(at)], env=environment, timeout=120)
    assert done.returncode == -signal.SIGKILL
    resumed = Session.reopen(cut.output).run()
    last = "step-000018" if where == "step" else "step-000013"
    assert f"going on from {last}" in resumed.notes
    assert not list(Path(cut.output, "checkpoints").glob(".*"))
    assert same(weights(whole.output), weights(cut.output))


def test_a_broken_checkpoint_is_passed_over_and_all_broken_are_refused(config):
    from nblib import InputError

    made = config("run", save_steps=4, max_steps=20)
    whole = config("whole", save_steps=4, max_steps=20)
    Session(finetune(whole)).run()
    stop_after(made, 9)
    folder = Path(made.output, "checkpoints")
    assert sorted(p.name for p in folder.iterdir()) == ["step-000008", "step-000009"]
    newest = folder / "step-000009" / "model.safetensors"
    newest.write_bytes(newest.read_bytes()[:-100])
    session = Session.reopen(made.output)
    session.step(1)
    session.wait_for("paused", timeout=60)
    assert any("step-000009/model.safetensors has" in note and "passed over" in note for note in session.notes)
    assert session.step_number == 9
    session.resume()
    session.wait(60)
    assert same(weights(whole.output), weights(made.output))

    other = config("other", max_steps=20)
    stop_after(other, 3)
    (Path(other.output) / "checkpoints" / "step-000003" / "complete.json").unlink()
    before = (Path(other.output) / "history.jsonl").read_bytes()
    with pytest.raises(InputError, match="every checkpoint is broken"):
        Session.reopen(other.output).run()
    assert (Path(other.output) / "history.jsonl").read_bytes() == before


def test_a_pickle_in_a_checkpoint_is_refused(config):
    from nblib import InputError

    made = config("run", max_steps=20)
    stop_after(made, 3)
    (Path(made.output) / "checkpoints" / "step-000003" / "extra.pkl").write_bytes(b"\x80\x04.")
    with pytest.raises(InputError, match="extra.pkl: a pickle"):
        Session.reopen(made.output).run()


def test_a_pickle_dressed_as_an_optimiser_is_refused(config):
    """Even with a list that vouches for it."""
    import hashlib
    import pickle

    made = config("run", max_steps=20)
    stop_after(made, 3)
    folder = Path(made.output) / "checkpoints" / "step-000003"
    flag = Path(made.output) / "it-ran"

    class Evil:
        def __reduce__(self):
            return (open, (str(flag), "w"))

    (folder / "optimizer.pt").write_bytes(pickle.dumps(Evil()))
    listed = json.loads((folder / "complete.json").read_text())
    data = (folder / "optimizer.pt").read_bytes()
    listed["files"]["optimizer.pt"] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    (folder / "complete.json").write_text(json.dumps(listed))
    with pytest.raises(Exception, match="(?i)weights.only|unpickl|pickle"):
        Session.reopen(made.output).run()
    assert not flag.exists()


def test_pause_and_stop_while_the_frozen_layers_are_cached(config):
    made = config("run", freeze_layers=2, eval_batch_size=2)
    session = Session(finetune(made))
    caught = threading.Event()

    def view(s):
        if s.phase == "caching frozen layers" and not caught.is_set():
            caught.set()
            s.pause()

    session.subscribe(view)
    session.start()
    session.wait_for("paused", timeout=60)
    assert session.message == "paused at step 0, in caching frozen layers"
    session.stop()
    session.wait(60)
    assert session.state == "stopped" and session.step_number == 0
    Session.reopen(made.output).run()
