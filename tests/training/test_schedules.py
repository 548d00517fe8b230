"""Learning-rate schedules: what is shown is what both engines train with, also after a change by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from nblib import FineTuneConfig, Session, TransformerConfig
from nblib.figures import rate_lines
from nblib.labs.transformer.schedule_figure import schedule_lines
from nblib.training import learning_rates, schedule_text
from nblib.training.finetune.card import write_card
from nblib.training.schedules import SHAPES, Schedule, schedule_of, warmup_steps

FINE_TUNING = ("linear", "cosine", "constant", "inverse_sqrt")
# Steps of the run and share of warm-up: none, one step, some, all.
CASES = [(1, 0.0), (6, 0.1), (9, 0.0), (12, 0.4), (5, 1.0)]
SMALL = {
    "task": "Chinese to English", "max_train_samples": 60, "max_eval_samples": 10, "batch_size": 4, "hidden_size": 8,
    "num_heads": 2, "num_layers": 1, "intermediate_size": 8, "eval_steps": None,
}  # fmt: skip


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def rates_of_a_run(config, change_after: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """The rates that a real run logs, and those that the preview shows; the peak is halved after some steps."""
    session, total = Session(config.make_job()), config.max_steps
    steps, previewed = learning_rates(config, total)
    assert steps.tolist() == list(range(1, total + 1))
    if change_after:
        session.step(change_after)
        session.wait_for("paused", timeout=60)
        halved = config.learning_rate / 2
        session.set(learning_rate=halved)
        previewed[change_after:] = learning_rates(config.replace(learning_rate=halved), total)[1][change_after:]
        session.resume()
        session.wait(60)
    else:
        session.run()
    assert session.state == "finished" and session.total == total
    return session.history["learning_rate"], previewed


@pytest.mark.parametrize("shape", FINE_TUNING)
@pytest.mark.parametrize(("total", "warmup"), CASES)
def test_fine_tuning_learns_at_the_rates_that_are_previewed(config, shape, total, warmup):
    made = config(
        max_steps=total, warmup_ratio=warmup, lr_scheduler_type=shape, max_train_samples=40, max_eval_samples=8,
        batch_size=4, eval_steps=100, save_steps=100, freeze_layers=3,
    )  # fmt: skip
    taken, previewed = rates_of_a_run(made, change_after=total // 2)
    np.testing.assert_allclose(taken, previewed, rtol=0, atol=1e-9)
    assert (taken > 0).all()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("total", "warmup"), [*CASES, (37, 0.25)])
def test_models_of_ours_learn_at_the_rates_that_are_previewed(shape, total, warmup):
    made = TransformerConfig(**SMALL, max_steps=total, warmup_ratio=warmup, lr_scheduler_type=shape, learning_rate=1e-3)
    taken, previewed = rates_of_a_run(made, change_after=total // 2)
    np.testing.assert_allclose(taken, previewed, rtol=0, atol=1e-9)
    assert (taken > 0).all()


@pytest.mark.parametrize("shape", FINE_TUNING)
@pytest.mark.parametrize(("total", "warmup"), [(6, 1), (100, 1), (100, 37), (40, 40)])
def test_a_schedule_is_that_of_transformers_for_one_step_more_without_its_first(shape, total, warmup):
    from transformers import get_scheduler

    theirs = {"constant": "constant_with_warmup"}.get(shape, shape)
    optimiser = torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = get_scheduler(theirs, optimiser, warmup, total + 1)
    assert scheduler.get_last_lr() == [0.0]
    wanted = []
    for _ in range(total):
        optimiser.step()
        scheduler.step()
        wanted.append(scheduler.get_last_lr()[0])
    ours = Schedule(shape, total, warmup)
    np.testing.assert_allclose([ours(step) for step in range(1, total + 1)], wanted, rtol=1e-12)


@pytest.mark.parametrize("shape", SHAPES)
def test_no_warm_up_begins_at_the_peak_as_one_step_of_it_does(shape):
    for total in (1, 2, 50):
        none, one = (Schedule(shape, total, warmup).curve()[1] for warmup in (0, 1))
        assert none[0] == 1 and (none > 0).all() and (np.diff(none) <= 0).all()
        assert none.tolist() == one.tolist()


@pytest.mark.parametrize("shape", SHAPES)
def test_warm_up_climbs_by_the_same_share_in_each_step(shape):
    schedule = Schedule(shape, 30, 6)
    assert [schedule(step) for step in range(1, 7)] == [k / 6 for k in range(1, 7)]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_long_schedule_is_thinned_and_keeps_its_corner(shape):
    config = TransformerConfig(lr_scheduler_type=shape, warmup_ratio=0.123, learning_rate=1e-4)
    steps, rates = learning_rates(config, 70_000, 200)
    assert len(steps) <= 202 and steps[0] == 1 and steps[-1] == 70_000
    assert rates.dtype == np.float32 and steps.dtype == np.int32 and rates.max() == np.float32(1e-4)
    assert warmup_steps(config, 70_000) in steps and (np.diff(steps) > 0).all()
    whole = learning_rates(config, 70_000)[1]
    np.testing.assert_array_equal(rates, whole[steps - 1])


@pytest.mark.parametrize("shape", FINE_TUNING)
@pytest.mark.parametrize("warmup", [0.0, 0.2])
def test_preview_figure_and_card_say_the_same_as_the_schedule_does(tmp_path, shape, warmup):
    config = FineTuneConfig(lr_scheduler_type=shape, warmup_ratio=warmup, learning_rate=1e-3)
    text, factors = schedule_text(config, 50), schedule_of(config, 50).curve()[1]
    assert ("from the first step to the last" in text) == bool((factors == 1).all())
    assert ("climbs to 1e-3 over 10 of 50 steps" in text) == bool(factors[0] < 1)
    assert ("falls" in text) == bool(factors[-1] < 1)
    card = write_card(tmp_path, config=config, metrics={}, label_names=["a", "b"]).read_text()
    assert schedule_text(config) in card and ("the first 20 % of the run" in card) == bool(warmup)


def test_every_picture_of_a_schedule_draws_the_previewed_rates():
    config = TransformerConfig(lr_scheduler_type="constant", warmup_ratio=0.3, learning_rate=2e-3, max_steps=20)
    planned = learning_rates(config, 20)
    assert planned[1][0] == np.float32(2e-3 / 6) and (planned[1][5:] == np.float32(2e-3)).all()
    session = Session(config.replace(**SMALL).make_job()).run()
    drawn = {name: y for name, _, _, y, _ in rate_lines(session.history, planned)}
    np.testing.assert_array_equal(drawn["so far"], drawn["planned"])
    lines = {name: y for name, _, _, y, _ in schedule_lines(config, 20, session.history)}
    np.testing.assert_array_equal(lines["constant, chosen"], lines["so far"])
    assert len(lines) == len(SHAPES) + 1


def test_beyond_the_last_step_a_schedule_stays_where_it_ends():
    assert Schedule("linear", 10, 2)(11) == Schedule("linear", 10, 2)(99) == 0
    assert Schedule("cosine", 10)(12) == pytest.approx(0, abs=1e-15)
    assert Schedule("exponential", 10)(12) == pytest.approx(0.01)
    assert math.isclose(Schedule("inverse_sqrt", 10, 4)(16), 0.5)
