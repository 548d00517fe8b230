"""The loop for models of ours: resumed to the bit, steered live, undisturbed by other draws, stopped by NaN."""

from __future__ import annotations

import json
import random
from typing import ClassVar

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import nn

from nblib import InputError, Session
from nblib.engine import jobs
from nblib.engine.config import setting
from nblib.engine.errors import Diverged
from nblib.models.dropout import Dropout
from nblib.training.config import FitConfig
from nblib.training.fit import Fit, Loss, draws_globally

STEPS = 9


class LineConfig(FitConfig):
    kind: ClassVar[str] = "line"
    job: ClassVar[str] = "tests.training.test_fit:Line"

    batch_size: int = setting(8, "batch", group="x", ge=1, slider=(1, 9), step=1)
    max_steps: int = setting(STEPS, "steps", group="x", ge=1, slider=(1, 9), step=1)
    eval_steps: int | None = setting(4, "evaluation", group="x", ge=1, slider=(1, 9), step=1)
    theirs: bool = setting(False, "torch's own dropout", group="x")
    breaks_at: int = setting(0, "no finite loss from here on", group="x", ge=0, slider=(0, 9), step=1)


class Line(Fit):
    """A line with dropout, noise and an evaluation in three parts."""

    def make_model(self, generator):
        dropout = nn.Dropout(0.3) if self.config.theirs else Dropout(0.3)
        model = nn.Sequential(nn.Linear(4, 16, device="meta").to_empty(device="cpu"), dropout, nn.Linear(16, 1))
        for p in model.parameters():
            p.data.uniform_(-0.5, 0.5, generator=generator)
        return model

    def loss(self, model, step):
        x = torch.from_numpy(self.rng(step).normal(size=(self.config.batch_size, 4)).astype("float32"))
        value = F.mse_loss(model(x)[:, 0], x.sum(dim=1))
        return Loss(value * (float("nan") if 0 < self.config.breaks_at <= step else 1), len(x), {"twice": 2.0 * step})

    def evaluate(self, model, run):
        assert not model.training and not torch.is_grad_enabled()
        for number in range(3):
            run.advance(number + 1, 3)
            run.check()
        return {"loss": float(model(torch.ones(1, 4))[0, 0])}


@pytest.fixture(autouse=True)
def known(monkeypatch):
    monkeypatch.setitem(jobs.CONFIGS, "line", LineConfig)


@pytest.fixture
def config(tmp_path):
    return lambda name, **changes: LineConfig(output=str(tmp_path / name), **changes)


def weights(config):
    return load_file(f"{config.output}/model/model.safetensors")


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[n], b[n]) for n in a)


def step_and_stop(session, steps=1):
    session.step(steps)
    session.wait_for("paused", timeout=30)
    session.stop()
    session.wait(30)


def test_a_run_leaves_its_folder_and_its_figures(config):
    whole = config("whole")
    session = Session(Line(whole)).run()
    h = session.history
    assert h.steps("loss").tolist() == list(range(1, STEPS + 1)) and h.steps("eval_loss").tolist() == [4, 8, 9]
    assert {"loss", "learning_rate", "grad_norm", "twice", "eval_loss"} == set(h.metrics)
    assert sorted(p.name for p in session.folder.iterdir() if p.name not in ("lock", ".lock")) == [
        "checkpoints", "config.yaml", "history.jsonl", "metrics.json", "model",
    ]  # fmt: skip
    metrics = json.loads((session.folder / "metrics.json").read_text())
    assert metrics["state"] == "finished" and metrics["steps"] == STEPS and metrics["parameters"] == 97
    assert Session.reopen(whole.output).state == "finished"


@pytest.mark.parametrize("theirs", [False, True])
def test_stopped_at_every_step_and_resumed_to_the_bit(config, theirs):
    whole, cut = config("whole", theirs=theirs), config("cut", theirs=theirs)
    expected = Session(Line(whole)).run().history
    step_and_stop(Session(Line(cut)))
    for step in range(2, STEPS):
        session = Session.reopen(cut.output)
        step_and_stop(session)
        assert session.step_number == step
    resumed = Session.reopen(cut.output).run()
    assert same(weights(whole), weights(cut))
    for metric in expected.metrics:
        assert resumed.history[metric].tolist() == expected[metric].tolist(), metric
        assert resumed.history.steps(metric).tolist() == expected.steps(metric).tolist()


def test_stopped_in_an_evaluation_it_is_done_when_the_run_goes_on(config):
    whole, cut = config("whole"), config("cut")
    Session(Line(whole)).run()
    session = Session(Line(cut))

    def stop(s):
        if s.phase == "evaluation" and s.step_number == 4:
            s.stop()

    session.subscribe(stop)
    session.start()
    session.wait(30)
    assert session.state == "stopped" and "eval_loss" not in session.history
    assert Session.reopen(cut.output).run().history.steps("eval_loss").tolist() == [4, 8, 9]
    assert same(weights(whole), weights(cut))


@pytest.mark.parametrize("theirs", [False, True])
def test_others_may_draw_random_numbers_between_steps(config, theirs):
    whole, disturbed = config("whole", theirs=theirs), config("disturbed", theirs=theirs)
    Session(Line(whole)).run()
    session = Session(Line(disturbed))
    for _ in range(STEPS):
        torch.manual_seed(random.randrange(1000))
        session.step(1)
        session.wait_for("paused", "finished", timeout=30)
    session.resume()
    session.wait(30)
    assert same(weights(whole), weights(disturbed))


def test_the_process_wide_generator_is_left_alone_where_the_model_does_not_need_it(monkeypatch):
    assert draws_globally(nn.Sequential(nn.Dropout(0.1))) and draws_globally(nn.LSTM(2, 2, 2, dropout=0.1))
    assert not draws_globally(nn.Sequential(Dropout(0.1), nn.Dropout(0), nn.LSTM(2, 2)))
    torch.manual_seed(3)
    # nn.Linear draws its own first weights where it is made, so that one is made beforehand.
    made = Line(LineConfig()).make_model(torch.Generator().manual_seed(0))
    monkeypatch.setattr(Line, "make_model", lambda self, generator: made)
    before = torch.get_rng_state()
    Session(Line(LineConfig())).run()
    assert torch.equal(torch.get_rng_state(), before)


def test_a_job_run_twice_trains_twice():
    job = Line(LineConfig())
    first, second = (Session(job).run().history["loss"].tolist() for _ in range(2))
    assert first == second and len(first) == STEPS


def test_without_a_folder_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    session = Session(Line(LineConfig(save_steps=2))).run()
    assert list(tmp_path.iterdir()) == [] and session.result["steps"] == STEPS


def test_no_finite_loss_stops_the_run_and_names_the_step(config):
    broken = config("broken", breaks_at=6, save_steps=1)
    session = Session(Line(broken))
    with pytest.raises(Diverged, match="since step 6; press Reset, or lower the learning rate"):
        session.run()
    assert session.state == "failed"
    # What it can go on from is from before.
    again = Session.reopen(broken.output)
    with pytest.raises(Diverged, match="since step 6"):
        again.run()
    assert "going on from step-000005" in again.notes


def test_live_settings_act_between_two_steps_and_are_kept_in_checkpoints(config):
    live = config("live")
    session = Session(Line(live))
    session.step(2)
    session.wait_for("paused", timeout=30)
    before = session.call(lambda model: model[0].weight.detach().clone()).result(30)
    session.set(learning_rate=1e-6, max_grad_norm=0.5)
    session.step(1)
    session.wait_for("paused", timeout=30)
    after = session.call(lambda model: model[0].weight.detach().clone()).result(30)
    assert 0 < float((before - after).abs().max()) < 1e-5
    session.stop()
    session.wait(30)
    event = next(e for e in session.history.events if e["event"] == "set")
    assert (event["name"], event["old"], event["new"], event["step"]) == ("learning_rate", 1e-3, 1e-6, 2)
    rates = Session.reopen(live.output).run().history["learning_rate"].tolist()
    assert rates[:2] == pytest.approx([1e-3] * 2) and rates[2:] == pytest.approx([1e-6] * (STEPS - 2))


def test_clipping_scales_the_gradient_and_logs_its_norm_before():
    class Plain(Line):
        def make_optimizer(self, model):
            return torch.optim.SGD(model.parameters(), lr=1)

    def one_step(limit):
        job = Plain(LineConfig(max_grad_norm=limit, max_steps=1, learning_rate=1))
        norm = Session(job).run().history["grad_norm"][0]
        return norm, torch.cat([p.detach().flatten() for p in job.model.parameters()])

    (free, far), (tight, near) = one_step(0), one_step(0.01)
    assert free == tight > 0.02
    assert float((far - near).norm()) == pytest.approx(free - 0.01, rel=1e-3)


def test_a_newest_checkpoint_that_was_cut_is_passed_over(config):
    cut = config("cut", save_steps=1)
    step_and_stop(Session(Line(cut)), 3)
    newest = next(p for p in (Session.reopen(cut.output).folder / "checkpoints").iterdir() if p.name == "step-000003")
    with open(newest / "model.safetensors", "r+b") as file:
        file.truncate(20)
    resumed = Session.reopen(cut.output).run()
    assert "going on from step-000002" in resumed.notes and any("step-000003" in n for n in resumed.notes)
    whole = config("whole")
    Session(Line(whole)).run()
    assert same(weights(whole), weights(cut))


@pytest.mark.parametrize("what", ["file", "run", "full"])
def test_a_folder_that_will_not_do_is_refused(config, tmp_path, what):
    bad = config("bad")
    path = tmp_path / "bad"
    if what == "file":
        path.write_text("x")
    else:
        path.mkdir()
        (path / ("config.yaml" if what == "run" else "notes.txt")).write_text("x")
    with pytest.raises(InputError, match="output: "):
        Session(Line(bad)).run()


def test_a_device_that_is_not_there_is_named():
    if torch.cuda.is_available():
        return
    with pytest.raises(InputError, match="device: 'cuda' is not here"):
        Session(Line(LineConfig(device="cuda"))).run()
