"""What leaves for the browser while a job takes 10,000 steps a second."""

from __future__ import annotations

import time

import pytest

from nblib import FineTuneConfig, FineTunePanel
from tests.wire import drawn, edit, wait_until

SECONDS = 4.0
STEPS_A_SECOND = 10_000


def fast_job(run):
    """As near to 10,000 steps a second as the machine goes, with an evaluation every second."""
    run.begin()
    began = time.monotonic()
    while (now := time.monotonic() - began) < SECONDS:
        for _ in range(STEPS_A_SECOND // 100):
            if not run.step(loss=1 / (1 + run.number), learning_rate=1e-4, items=1):
                return
        if run.number % STEPS_A_SECOND == 0:
            run.log(eval_loss=0.5, eval_accuracy=0.5, eval_f1_macro=0.5)
        ahead = run.number / STEPS_A_SECOND - now
        if ahead > 0:
            time.sleep(min(ahead, 0.01))


@pytest.fixture
def after(wire):
    panel = FineTunePanel(FineTuneConfig(), make_job=lambda _config: fast_job)
    wire.clear()
    panel.start()
    panel.session.wait(60)
    wait_until(lambda: panel.status.message.startswith("finished") and panel._asked[:1] == ("finished",))
    assert panel.session.step_number > STEPS_A_SECOND
    return panel


def test_few_messages_small_and_binary(wire, after):
    redraws = wire.of(after.losses)
    # Ten a second, and one each for: begun, over.
    assert 3 <= len(redraws) <= 10 * SECONDS + 4
    gaps = [b.at - a.at for a, b in zip(redraws, redraws[1:], strict=False)]
    # Changes of state are drawn at once; what lies between them, at most ten times a second.
    assert all(gap > 0.08 for gap in gaps[2:-1])
    for message in redraws:
        # Two curves of at most 1,000 points, 8 bytes each, and one of few; then the JSON around them.
        assert sum(memoryview(b).nbytes for b in message.buffers) <= 2 * 8000 + 100
        assert message.size < 20_000
        assert longest_list(message.data) <= 11
    everything = sum(m.size for m in wire.messages)
    assert everything < 1_500_000
    assert len(wire.messages) < 60 * SECONDS + 60


def test_one_message_a_chart_for_all_changes_of_a_redraw(wire, after):
    for chart in (after.losses, after.rates):
        redraws = wire.of(chart)
        # All that changed travels with the numbers.
        assert all(len(m.buffers) == 1 for m in redraws)
        assert {m.thread for m in redraws[1:]} == {"nblib-session"}
    # An evaluation a second: where no number is new, none is sent.
    assert len([m for m in wire.of(after.accuracies) if m.buffers]) <= SECONDS + 5


def test_drawing_takes_little_of_the_time(wire, after):
    # 0.5 % on an idle machine (tests/bench); a busy one stretches each draw, and drawing without rest takes half.
    assert after.session.spent["drawing"] < 0.2 * SECONDS


def test_the_whole_history_is_there_at_the_end(wire, after):
    x, y = drawn(after.losses)["raw"]
    assert 900 <= len(y) <= 1000
    assert x[:200].tolist() == list(range(1, 201)) and x[-1] == after.session.step_number


def test_a_slider_before_the_start_sends_one_small_redraw(wire):
    panel = FineTunePanel(FineTuneConfig(max_train_samples=4096))
    wire.clear()
    edit(panel, "warmup_ratio", "0.2", final=False)
    redraws = wire.of(panel.rates)
    assert len(redraws) == 1 and redraws[0].size < 4000
    wire.clear()
    edit(panel, "output", "runs/elsewhere")
    assert wire.of(panel.rates) == wire.of(panel.losses) == wire.of(panel.accuracies) == []


def test_a_page_weighs_little_before_the_first_curve(wire):
    panel = FineTunePanel(FineTuneConfig(max_train_samples=4096))
    assert wire.of(panel.losses)
    assert sum(m.size for m in wire.messages) <= 300_000


def longest_list(node) -> int:
    if isinstance(node, dict):
        return max((longest_list(v) for v in node.values()), default=0)
    if isinstance(node, (list, tuple)):
        return max([len(node), *(longest_list(v) for v in node)])
    return 0
