"""The panel of the race over a wire that goes nowhere: what it shows, what it sends, bad input."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from nblib import RaceConfig, RacePanel, Session
from nblib.labs.transformer.attention_drawer import EACH, MEAN
from nblib.labs.transformer.panel import SECONDS
from tests.wire import drawn, edit, wait_until

SMALL = {
    "task": "Chinese to English", "max_train_samples": 300, "max_eval_samples": 30, "batch_size": 8, "hidden_size": 16,
    "num_heads": 2, "num_layers": 2, "intermediate_size": 16, "max_steps": 12, "eval_steps": 4,
}  # fmt: skip


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def small(**changes) -> RaceConfig:
    return RaceConfig(**{**SMALL, **changes})


def ran(panel):
    panel.start()
    panel.session.wait_for("finished", "failed", timeout=60)
    wait_until(lambda: panel.session.desk.end_shown)
    assert panel.session.view_errors == []
    return panel


def test_both_are_shown_by_steps_and_by_seconds(wire):
    panel = ran(RacePanel(small()))
    history = panel.session.history
    assert panel.losses.names == ["GRU", "GRU, held out", "Transformer", "Transformer, held out"]
    x, y = drawn(panel.exact)["other"]
    np.testing.assert_array_equal(x, [4, 8, 12])
    np.testing.assert_array_equal(y, history["eval_exact_transformer"])
    x, y = drawn(panel.lengths)["gru"]
    assert x.tolist() == sorted(x.tolist()) and y[0] == history.last(f"eval_exact_{x[0]:.0f}_gru")
    panel.axis.value = SECONDS
    x, _ = drawn(panel.exact)["other"]
    np.testing.assert_array_equal(x, history["eval_seconds_transformer"])
    assert panel.losses.x_title == panel.exact.x_title == "seconds of own training"
    counts = {name: sum(p.numel() for p in panel.model[name].parameters()) for name in ("gru", "transformer")}
    assert all(f"{count:,}" in panel.numbers.value for count in counts.values())
    assert abs(counts["gru"] / counts["transformer"] - 1) < 0.1
    wire.clear()
    panel.redraw()
    assert wire.of(panel.losses) == [] and wire.of(panel.rates) == []
    panel.reset()
    assert panel.losses.counts == [] and panel.numbers.value == ""


def test_with_equal_time_the_curves_are_over_own_steps(wire):
    panel = ran(RacePanel(small(equal="time", max_steps=20)))
    steps = panel.fit.steps
    assert sum(steps.values()) == 20 and drawn(panel.exact)["gru"][0][-1] == steps["gru"]


def test_the_schedules_are_there_before_the_run_and_follow_it(wire):
    panel = RacePanel(small())
    assert panel.rates.names[-1] == "linear, chosen" and panel.rates.counts[0] == 12
    edit(panel, "lr_scheduler_type", "cosine")
    edit(panel, "warmup_ratio", "0.5")
    edit(panel, "learning_rate", "0.004")
    assert panel.rates.names[-1] == "cosine, chosen" and panel.rates.names.count("linear") == 1
    assert drawn(panel.rates)["rate"][1].max() == pytest.approx(0.004)
    ran(panel)
    assert panel.rates.names[-2:] == ["cosine, chosen", "so far"]
    x, y = drawn(panel.rates)["rate"]
    np.testing.assert_allclose(y, panel.session.history["learning_rate"])


def test_the_rate_is_moved_by_hand_and_marked(wire):
    panel = RacePanel(small(max_steps=100_000, eval_steps=None))
    panel.start()
    panel.session.wait_for("running", timeout=60)
    edit(panel, "learning_rate", "0.009", final=False)
    wait_until(lambda: drawn(panel.rates)["planned"][1].max() == pytest.approx(0.009))
    edit(panel, "learning_rate", "0.002")
    wait_until(lambda: panel.fit is not None and panel.fit.live["learning_rate"] == 0.002)
    panel.stop()
    panel.session.wait_for("stopped", timeout=60)
    wait_until(lambda: panel.session.desk.end_shown)
    assert "changed by hand" in panel.rates.names and panel.session.view_errors == []


def test_what_they_look_at_in_every_layer_and_head(wire):
    panel = RacePanel(small())
    panel.show_drawer("looks")
    looks = panel.drawers["looks"]
    heat, other = looks.heats["transformer"], looks.heats["gru"]
    assert "Press Start" in heat.empty and heat.shape == [0, 0, 0]
    ran(panel)
    assert heat.column_labels == other.column_labels == [*"我喜欢吃披萨", "∎"] and heat.shape[0] == 2
    assert other.shape[0] == 1 and heat.title.startswith("Transformer: ")
    each = np.frombuffer(heat.data, np.float32).reshape(heat.shape)
    np.testing.assert_allclose(each.sum(axis=2), 1, atol=1e-5)
    looks.head.value = MEAN
    np.testing.assert_allclose(np.frombuffer(heat.data, np.float32).reshape(heat.shape)[0], each.mean(0), atol=1e-6)
    looks.head.value = 1
    np.testing.assert_array_equal(np.frombuffer(heat.data, np.float32).reshape(heat.shape)[0], each[1])
    looks.layer.value = 0
    assert heat.names == ["layer 1, head 2"]
    assert not np.array_equal(np.frombuffer(heat.data, np.float32).reshape(heat.shape)[0], each[1])
    looks.head.value = EACH
    looks.sentence.value = ""
    assert heat.shape == [0, 0, 0] and "empty" in heat.empty
    for text in ("Zürich 😀 שלום", "我" * 500, "\ud83d", "<b>x</b>"):
        looks.sentence.value = text
        assert heat.shape[2] == len(heat.column_labels) <= 41
    assert panel.status.notice == ""


def test_being_watched_changes_no_bit(wire):
    config = small(dropout=0.3, max_steps=20, eval_steps=None)
    alone = Session(config.make_job()).run()
    panel = RacePanel(config)
    panel.fastest = 0
    panel.show_drawer("looks")
    panel.start()
    for text in ("我", "我喜欢", "你好"):
        panel.drawers["looks"].sentence.value = text
    panel.session.wait_for("finished", timeout=60)
    wait_until(lambda: panel.session.desk.end_shown)
    assert panel.session.view_errors == []
    theirs = alone.job.model.state_dict()
    assert all(torch.equal(weight, theirs[name]) for name, weight in panel.model.state_dict().items())


def test_a_run_folder_is_shown_again(wire, tmp_path):
    Session(small(output=str(tmp_path / "run")).make_job()).run()
    panel = RacePanel(folder=tmp_path / "run")
    assert panel.losses.counts[0] == 12 and "–" in panel.numbers.value and "12" in panel.numbers.value
    panel.show_drawer("looks")
    assert "not in memory" in panel.drawers["looks"].heats["gru"].empty


def test_settings_that_do_not_fit_are_named(wire):
    panel = RacePanel(small())
    edit(panel, "hidden_size", "18")
    edit(panel, "num_heads", "4")
    assert panel.session is None
    panel.start()
    assert "do not divide" in panel.status.notice + panel.controls.error


@pytest.mark.parametrize(
    "ends",
    [
        {"hidden_size": 2, "num_heads": 1, "intermediate_size": 1},
        {"label_smoothing": 0.9, "dropout": 0.9, "tied": True, "norm": "after"},
        {"learning_rate": 10, "gru_learning_rate": 10, "max_grad_norm": 0, "warmup_ratio": 1},
        {"attention": "additive", "gru_hidden_size": 6, "warmup_ratio": 0, "max_steps": 1},
    ],
)
def test_settings_at_their_ends(wire, ends):
    panel = RacePanel(small(**{"max_steps": 3, **ends}))
    panel.start()
    panel.session.wait_for("finished", "failed", timeout=60)
    wait_until(lambda: panel.session.desk.end_shown)
    assert panel.session.view_errors == []
    if panel.session.state == "failed":
        assert "no longer a finite number" in panel.status.notice
