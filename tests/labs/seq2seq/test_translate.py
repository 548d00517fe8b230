"""Training sequence to sequence: it learns, resumes to the bit, and is judged by what it says."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from nblib import InputError, Seq2SeqConfig, Session, TransformerConfig
from nblib.labs.seq2seq.job import begun, smoothed, trimmed
from nblib.sources.pairs import END, PAD

TINY = {
    "task": "Chinese to English", "max_train_samples": 400, "max_eval_samples": 40, "batch_size": 16, "hidden_size": 16,
    "max_steps": 6, "eval_steps": 3,
}  # fmt: skip


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def gru(**changes) -> Seq2SeqConfig:
    return Seq2SeqConfig(**{**TINY, "embedding_size": 12, **changes})


def attending(**changes) -> TransformerConfig:
    return TransformerConfig(**{**TINY, "num_heads": 2, "intermediate_size": 24, **changes})


def ran(config):
    session = Session(config.make_job())
    session.run()
    return session, session.model


@pytest.mark.parametrize("make", [gru, attending])
def test_a_run_stopped_and_resumed_ends_in_the_same_bits(make, tmp_path):
    more = {"dropout": 0.2, "max_steps": 6}
    _, whole = ran(make(**more, output=str(tmp_path / "whole")))
    config = make(**more, output=str(tmp_path / "half"))
    session = Session(config.make_job())
    session.step(3)
    session.wait_for("paused", timeout=60)
    session.stop()
    session.wait(60)
    again = Session.reopen(tmp_path / "half")
    again.run()
    other = again.model
    assert again.step_number == 6
    for (name, a), b in zip(whole.state_dict().items(), other.state_dict().values(), strict=True):
        assert torch.equal(a, b), name


def test_teacher_forcing_is_drawn_from_the_run_alone_and_may_be_changed_live():
    weights = []
    for _ in range(2):
        torch.manual_seed(len(weights))
        _, model = ran(gru(teacher_forcing=0.5, eval_steps=None))
        weights.append(model.readout.weight.clone())
    assert torch.equal(*weights)
    session = Session(gru(max_steps=4).make_job())
    session.step(2)
    session.wait_for("paused", timeout=60)
    session.set(teacher_forcing=0.0, label_smoothing=0.1)
    session.resume()
    session.wait(60)
    assert [e["name"] for e in session.history.events if e["event"] == "set"] == ["teacher_forcing", "label_smoothing"]


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.9])
def test_smoothed_loss_is_torchs_and_the_history_shows_the_plain_one(smoothing):
    logits = torch.randn(3, 5, 7, generator=torch.Generator().manual_seed(0), dtype=torch.float64).requires_grad_()
    target = torch.tensor([[3, 4, 2, 0, 0], [6, 6, 5, 4, 2], [2, 0, 0, 0, 0]])
    value, plain = smoothed(logits, target, smoothing)
    asked = F.cross_entropy(logits.flatten(0, 1), target.flatten(), ignore_index=0, label_smoothing=smoothing)
    torch.testing.assert_close(value, asked, atol=1e-12, rtol=0)
    gradients = [torch.autograd.grad(of, logits, retain_graph=True)[0] for of in (value, asked)]
    torch.testing.assert_close(*gradients, atol=1e-12, rtol=0)
    torch.testing.assert_close(plain, F.cross_entropy(logits.flatten(0, 1), target.flatten(), ignore_index=0))
    losses = [ran(gru(max_steps=1, label_smoothing=s))[0].history["loss"][0] for s in (0.0, smoothing)]
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)


def test_it_learns_by_heart_what_it_sees_often():
    config = gru(max_train_samples=24, batch_size=24, hidden_size=64, embedding_size=32, max_steps=150, eval_steps=None,
                 learning_rate=1e-2, dropout=0.0)  # fmt: skip
    job = config.make_job()
    session = Session(job)
    session.run()
    job.model.eval()
    side = job.pairs.train
    assert job.translate(job.model, side.sources) == side.targets
    assert all(job.right(job.model, side.sources)) and session.history["loss"][-1] < 0.1
    best = job.beam(job.model, side.sources[0], num_beams=4).hypotheses[0]
    assert job.pairs.target.decode(best.symbols) == side.targets[0]


def test_evaluation_tells_the_share_right_by_length():
    session, _ = ran(gru(max_steps=2, eval_steps=2))
    history = session.history
    lengths = [m for m in history.metrics if m.startswith("eval_exact_")]
    assert history["eval_exact"][-1] == 0 and len(lengths) > 3
    assert history["eval_loss"][-1] == pytest.approx(math.log(285), rel=0.15)


def test_the_same_batches_for_both_and_every_pair_once_an_epoch():
    jobs = [gru(seed=3).make_job(), attending(seed=3).make_job()]
    for job in jobs:
        job.prepare(Nobody())
    one, other = ([job.batch(step) for step in range(1, 26)] for job in jobs)
    assert all(torch.equal(a[0], b[0]) and torch.equal(a[1], b[1]) for a, b in zip(one, other, strict=True))
    seen = [tuple(row[row != PAD].tolist()) for source, _ in one for row in source]
    assert len(seen) == 400 and len(set(seen)) == len({tuple(jobs[0].pairs.source.encode(t)) for t in
                                                       jobs[0].pairs.train.sources})  # fmt: skip


class Nobody:
    def check(self) -> None: ...


@pytest.mark.parametrize("shape", ["constant", "linear", "cosine", "inverse_sqrt", "exponential"])
def test_schedules_climb_and_then_do_as_they_are_called(shape):
    job = gru(max_steps=100, warmup_ratio=0.1, lr_scheduler_type=shape).make_job()
    factors = np.array([job.schedule(step) for step in range(1, 101)])
    np.testing.assert_allclose(factors[:10], np.arange(1, 11) / 10)
    ahead = factors[10:]
    assert (np.diff(ahead) <= 0).all() and ahead[0] <= 1
    wanted = {"constant": 1, "linear": 1 / 91, "cosine": (1 + math.cos(math.pi * 90 / 91)) / 2,
              "inverse_sqrt": math.sqrt(10 / 100), "exponential": 0.01 ** (90 / 91)}  # fmt: skip
    assert ahead[-1] == pytest.approx(wanted[shape])


def test_padding_and_shifting():
    rows = torch.tensor([[5, END, PAD, PAD], [6, 7, END, PAD]])
    assert trimmed(rows).tolist() == [[5, END, PAD], [6, 7, END]]
    assert begun(rows[:, :3]).tolist() == [[1, 5, END], [1, 6, 7]]


def test_settings_that_do_not_fit():
    with pytest.raises(InputError, match="hidden_size: each direction of the encoder has half of it; 17 is odd"):
        gru(hidden_size=17)
    with pytest.raises(InputError, match="num_heads: 3 heads do not divide hidden_size 16"):
        attending(num_heads=3)
