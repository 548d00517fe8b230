"""The fine-tuning panel with a job that waits at a gate: every state, without a browser."""

from __future__ import annotations

import json
import subprocess
import sys

import ipywidgets
import numpy as np
import plotly.graph_objects as go
import pytest

from nblib import FineTuneConfig, FineTunePanel, Session, SessionError, figures
from nblib.engine.states import ACTIVE, OVER, READY
from nblib.engine.text import duration
from nblib.ui.run_bar import BUTTONS, enabled, primary
from nblib.ui.views.lines import charts_in
from tests.fakes import PATIENCE, GatedJob, running
from tests.wire import drawn, edit, from_browser, set_from_browser, wait_until


def greyed(panel) -> set[str]:
    return {name for name, button in panel.bar.buttons.items() if button.disabled}


def cell(panel, name: str) -> str:
    return dict(panel.status.cells)[name]


def losses(panel) -> list[float]:
    """The loss of each step as the chart shows it."""
    curves = drawn(panel.losses)
    return list(curves["raw" if panel.smoothing.value else "train"][1]) if curves else []


def all_widgets(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from all_widgets(child)


def begin(panel, job, steps: int = 0) -> None:
    panel.start()
    assert job.begun.wait(PATIENCE)
    if steps:
        job.give(steps)
        job.wait_at_gate(steps)


def pause(panel, job) -> None:
    panel.pause()
    job.give(1)
    shows(panel, "paused")


def shows(panel, words: str) -> None:
    """Wait until the panel says so: the session is in a state a moment before its views have heard of it."""
    wait_until(lambda: panel.status.message.startswith(words), f"{words!r} was not shown")
    # The curves are drawn after the status line, by the same thread.
    with panel.lock:
        pass
    wait_until(lambda: panel._asked[:1] == (panel.session.state,) or panel._detached)


def test_the_zones_stack_in_order(gated):
    panel, _ = gated()
    bar, middle, status, drawers, drawer = panel.children
    assert [b.description for b in bar.children[0].children] == ["Start", "Pause", "Resume", "Step", "Stop"]
    left, right = middle.children
    assert middle.layout.flex_flow == "row wrap"
    basis = [int(zone.layout.flex.split()[2].removesuffix("px")) for zone in (left, right)]
    assert basis[0] == 284 and sum(basis) == 700
    assert left.children == (panel.controls.widget,)
    assert panel.losses in right.children[0].children and status is panel.status
    assert [b.description for b in drawers.children] == [
        "Look at the data", "Results", "Try a sentence", "Export", "Copy as …",
    ]  # fmt: skip
    assert drawer.children == ()


def test_three_charts_over_one_axis_no_plotly_and_no_tabs(gated):
    panel, _ = gated()
    found = list(all_widgets(panel))
    assert not [w for w in found if isinstance(w, go.FigureWidget)]
    charts = list(charts_in(panel))
    assert charts == [panel.losses, panel.accuracies, panel.rates]
    assert len({chart.group for chart in charts}) == 1 and charts[0].group == panel.download.group != ""
    assert [chart.axis for chart in charts] == [False, False, True]
    other, _ = gated()
    assert other.losses.group != panel.losses.group
    assert not [w for w in found if isinstance(w, (ipywidgets.Tab, ipywidgets.Accordion))]


def test_the_status_line_always_says_the_same_things(gated):
    panel, job = gated()
    names = ["step", "loss", "speed", "left", "memory"]
    assert [name for name, _ in panel.status.cells] == names
    begin(panel, job, steps=3)
    pause(panel, job)
    assert [name for name, _ in panel.status.cells] == names
    assert panel.status.message == "paused at step 4 of 1000"
    assert cell(panel, "step") == "4 of 1000" and cell(panel, "loss") == "0.2500"
    assert cell(panel, "speed").endswith(" texts/s") and cell(panel, "memory").endswith(" GB")
    assert panel.status.progress == pytest.approx(0.004)


@pytest.mark.parametrize("state", [READY, *sorted(ACTIVE), *sorted(OVER)])
def test_at_most_one_primary_button_and_it_can_be_pressed(state):
    assert primary(state) in BUTTONS
    can = enabled(state)
    if state != "stopping":
        assert primary(state) in can


def test_buttons_are_greyed_and_keep_their_places(gated):
    panel, job = gated()
    places = panel.bar.widget.children
    assert greyed(panel) == {"pause", "resume", "stop"}
    begin(panel, job, steps=2)
    pause(panel, job)
    assert greyed(panel) == {"start", "pause"}
    assert panel.reset_button.disabled
    panel.resume()
    shows(panel, "running")
    assert greyed(panel) == {"start", "resume"}
    panel.stop()
    job.release()
    # It has stopped, and a moment later it has kept what it learnt too.
    shows(panel, "stopped")
    wait_until(lambda: greyed(panel) == {"pause", "resume", "step", "stop"})
    assert panel.bar.widget.children == places
    assert all(b.layout.visibility is None and b.layout.display is None for b in places)


def test_start_pressed_twice_starts_once(gated):
    panel, job = gated()
    panel.bar.buttons["start"].click()
    session = panel.session
    panel.bar.buttons["start"].click()
    assert panel.session is session and panel.status.notice == ""


def test_a_second_panel_says_that_another_trains(gated):
    first, job = gated()
    begin(first, job)
    second, _ = gated()
    second.start()
    assert "already training here" in second.status.notice and second.status.notice_tone == "bad"
    assert second.session is None and greyed(second) == {"pause", "resume", "stop"}
    assert first.training


def test_the_curve_grows_and_the_worker_writes_it(wire, gated):
    panel, job = gated()
    wire.clear()
    begin(panel, job, steps=5)
    edit(panel, "learning_rate", "3e-5")
    set_from_browser(panel.smoothing, value=False)
    set_from_browser(panel.log_scale, value=True)
    pause(panel, job)
    assert len(losses(panel)) == 6
    assert set(drawn(panel.losses)) == {"train"} and panel.losses.log_scale
    # A handler shows the schedule that a person is moving, and turns the axis, and no more.
    handlers = [m for m in wire.of(panel.losses) if m.thread != "nblib-session"]
    assert [set(m.state) for m in handlers] == [{"log_scale"}]
    assert {m.thread for m in wire.of(panel.rates)} == {"nblib-session", "MainThread"}


def test_drawing_rests_a_hundred_times_as_long_as_it_took(gated, monkeypatch):
    from nblib.ui import run_view

    panel, job = gated()
    begin(panel, job, steps=1)
    wait_until(lambda: panel.session.history.version)
    for seconds, rest in ((0.001, 0.1), (0.002, 0.2), (3.0, 1.0)):
        clock = iter([1e9, 1e9 + seconds])
        monkeypatch.setattr(panel, "draw", lambda _session: None)
        monkeypatch.setattr(run_view.time, "monotonic", lambda clock=clock: next(clock))
        with panel.lock:
            panel._drawn = ()
            panel._draw(panel.session)
            monkeypatch.undo()
            assert panel._next_draw == pytest.approx(1e9 + seconds + rest)


def test_the_schedule_moves_with_a_slider_during_a_run_before_it_is_let_go(wire, gated):
    panel, job = gated(FineTuneConfig(max_train_samples=3200))
    begin(panel, job, steps=3)
    wire.clear()
    edit(panel, "learning_rate", "3e-4", final=False)
    assert drawn(panel.rates)["planned"][1].max() == pytest.approx(3e-4, rel=0.02)
    assert wire.of(panel.losses) == [] and len(wire.of(panel.rates)) == 1
    assert job.applied.empty() and panel.controls.widget.notes == {}


def test_a_page_that_comes_later_is_given_the_charts_as_they_are(gated):
    panel, job = gated(FineTuneConfig(max_train_samples=1024))
    begin(panel, job, steps=3)
    pause(panel, job)
    state = panel.losses.get_state()
    assert state["counts"] == [4, 4] and len(state["data"]) == 4 * 2 * 2 * 4
    assert state["text"] and state["text"] in panel.caption.value


def test_a_curve_opens_as_a_plotly_figure_and_closes(gated):
    panel, job = gated(FineTuneConfig(max_train_samples=1024))
    begin(panel, job, steps=3)
    pause(panel, job)
    assert panel.download.opens and not [w for w in all_widgets(panel) if isinstance(w, ipywidgets.Output)]
    from_browser(panel.download, {"type": "open"})
    (output,) = [w for w in all_widgets(panel) if isinstance(w, ipywidgets.Output)]
    shown = output.outputs[0]["data"]["application/vnd.plotly.v1+json"]
    assert [t["name"] for t in shown["data"] if t["visible"]] == ["each step", "train"]
    assert output.outputs[0]["data"]["text/plain"] in panel.caption.value
    (close,) = [w for w in all_widgets(panel) if getattr(w, "description", "") == "Close the figure"]
    close.click()
    assert not [w for w in all_widgets(panel) if isinstance(w, ipywidgets.Output)]


def test_evaluations_and_what_they_are_compared_with(gated):
    def job(run):
        run.begin(total=40)
        run.session.history.event(
            "baselines", step=0, figures={"validation": {"majority_accuracy": 0.5, "tfidf_accuracy": 0.75}}
        )
        for number in range(1, 21):
            run.step(loss=1 / number)
            if number % 10 == 0:
                run.log(eval_loss=0.5, eval_accuracy=0.8, eval_f1_macro=0.7)

    panel = FineTunePanel(make_job=lambda _config: job)
    panel.run()
    np.testing.assert_allclose(drawn(panel.losses)["validation"], [[10, 20], [0.5, 0.5]])
    names = ["accuracy", "F1", "majority class 50.0%", "TF-IDF 75.0%"]
    assert panel.accuracies.names == names and panel.accuracies.unit == "%"
    # All charts of the stack reach as far as the run will.
    assert panel.losses.until == panel.accuracies.until == 40
    assert drawn(panel.accuracies)["level"][0].tolist() == [0, 40]


def test_plotly_is_loaded_when_a_figure_is_opened_and_not_before():
    code = """
import sys
import nblib.labs.fine_tuning.panel as module
panel = module.FineTunePanel()
from IPython.core.interactiveshell import InteractiveShell
from IPython.display import display
InteractiveShell.instance()
display(panel)
before = "plotly" in sys.modules
panel.open_figure(panel.losses)
print(before, "plotly" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout.endswith("False True\n"), done.stderr


def test_a_live_setting_is_pending_until_the_worker_says_otherwise(gated):
    panel, job = gated()
    begin(panel, job, steps=2)
    edit(panel, "learning_rate", "3e-5")
    assert panel.controls.widget.notes["learning_rate"] == {"tone": "pending", "text": "pending: 3e-5 …"}
    assert job.applied.empty()
    job.give(1)
    assert job.applied.get(timeout=PATIENCE) == ("learning_rate", 3e-5)
    pause(panel, job)
    assert panel.controls.widget.notes["learning_rate"] == {"tone": "done", "text": "applied at step 3: 3e-5"}


def test_a_slider_being_dragged_asks_for_nothing_until_it_is_let_go(gated):
    panel, job = gated()
    begin(panel, job, steps=1)
    for text in ("9e-5", "8e-5", "7e-5"):
        edit(panel, "learning_rate", text, final=False)
    assert not panel.controls.widget.notes
    edit(panel, "learning_rate", "6e-5")
    pause(panel, job)
    assert [job.applied.get(timeout=PATIENCE)] == [("learning_rate", 6e-5)] and job.applied.empty()


def test_a_control_does_not_jump_back_to_what_was_asked_for_before(gated):
    panel, job = gated()
    begin(panel, job, steps=1)
    edit(panel, "learning_rate", "3e-5")
    edit(panel, "learning_rate", "2e-5", final=False)
    job.give(1)
    assert job.applied.get(timeout=PATIENCE) == ("learning_rate", 3e-5)
    pause(panel, job)
    assert panel.config.learning_rate == 2e-5
    edit(panel, "learning_rate", "1e-5")
    assert job.applied.get(timeout=PATIENCE) == ("learning_rate", 1e-5)
    said = {"tone": "done", "text": "applied at step 3: 1e-5"}
    wait_until(lambda: panel.controls.widget.notes.get("learning_rate") == said)
    assert panel.config.learning_rate == 1e-5


def test_settings_changed_while_paused_are_applied_while_paused(gated):
    panel, job = gated()
    begin(panel, job, steps=1)
    pause(panel, job)
    edit(panel, "weight_decay", "0.2")
    assert job.applied.get(timeout=PATIENCE) == ("weight_decay", 0.2)
    said = {"tone": "done", "text": "applied at step 2: 0.2"}
    wait_until(lambda: panel.controls.widget.notes.get("weight_decay") == said)
    assert panel.session.state == "paused"


def test_what_is_not_live_is_locked_while_a_run_is_active(gated):
    panel, job = gated()
    begin(panel, job, steps=1)
    pause(panel, job)
    locked = set(panel.controls.widget.locked)
    assert {"batch_size", "model", "epochs"} <= locked
    assert not {"learning_rate", "weight_decay", "max_grad_norm"} & locked
    edit(panel, "epochs", "9")
    assert panel.config.epochs == 2
    panel.stop()
    job.release()
    shows(panel, "stopped")
    assert panel.controls.widget.locked == []


def test_a_change_that_came_too_late_is_said_not_to_be_applied(gated):
    panel, job = gated()
    begin(panel, job, steps=1)
    panel.session.stop()
    panel.controls.remark("learning_rate", "pending", "pending: 3e-5 …")
    job.release()
    shows(panel, "stopped")
    assert panel.controls.widget.notes["learning_rate"]["text"] == "not applied: the run was over"


def test_a_failure_is_one_line_with_the_traceback_behind_a_disclosure(gated):
    panel, job = gated(job=GatedJob(total=10, error=RuntimeError("<script>alert(1)</script>\nsecond line")))
    begin(panel, job)
    job.give(1)
    shows(panel, "failed")
    line = "The run failed at step 0: RuntimeError: <script>alert(1)</script>"
    assert panel.status.notice == line and panel.status.tone == "bad"
    assert panel.status.details_label == "Traceback" and "second line" in panel.status.details
    assert "start" not in greyed(panel)


def test_the_end_is_drawn(gated):
    panel, job = gated(job=GatedJob(total=7))
    begin(panel, job)
    job.give(7)
    shows(panel, "finished")
    assert panel.status.message == "finished at step 7" and panel.status.tone == "good"
    assert len(losses(panel)) == 7
    assert "Over 7 of 7 steps" in panel.caption.value


def test_a_failing_picture_does_not_hurt_the_run_and_can_be_attached_again(gated, monkeypatch):
    panel, job = gated()
    lines = figures.loss_lines
    monkeypatch.setattr(figures, "loss_lines", lambda *a, **k: 1 / 0)
    begin(panel, job, steps=3)
    pause(panel, job)
    assert "curves were detached (ZeroDivisionError" in panel.status.notice
    assert panel.status.action == "Reattach" and panel.status.message.startswith("paused at step 4")
    monkeypatch.setattr(figures, "loss_lines", lines)
    from_browser(panel.status, {"type": "action"})
    wait_until(lambda: len(losses(panel)) == 4)
    panel.resume()
    shows(panel, "running")
    pause(panel, job)
    assert len(losses(panel)) == 5
    assert panel.status.action == "" and "were detached" not in panel.status.notice


def test_a_picture_that_fails_at_the_very_end_says_so_too(gated, monkeypatch):
    panel, job = gated(job=GatedJob(total=3))
    begin(panel, job, steps=2)
    monkeypatch.setattr(figures, "loss_lines", lambda *a, **k: 1 / 0)
    job.give(1)
    shows(panel, "finished")
    wait_until(lambda: panel.status.action == "Reattach")
    monkeypatch.undo()
    from_browser(panel.status, {"type": "action"})
    assert len(losses(panel)) == 3


def test_the_schedule_moves_with_the_sliders_before_the_start(gated):
    panel, _ = gated(FineTuneConfig(max_train_samples=1024))
    steps, rates = drawn(panel.rates)["planned"]
    assert steps[-1] == 64 and rates.max() == pytest.approx(1e-4)
    edit(panel, "learning_rate", "3e-4", final=False)
    edit(panel, "epochs", "3")
    steps, rates = drawn(panel.rates)["planned"]
    assert steps[-1] == 96 and rates.max() == pytest.approx(3e-4)
    assert "10 of 96 steps" in panel.caption.value


def test_nobody_knows_the_steps_so_the_schedule_goes_over_epochs(gated):
    panel, _ = gated()
    assert drawn(panel.rates)["planned"][0][-1] == 2 and panel.rates.x_title == "epoch"
    panel.known_rows(panel.config, 640)
    assert drawn(panel.rates)["planned"][0][-1] == 40 and panel.rates.x_title == "step"


def test_a_wrong_combination_is_said_and_start_waits_for_it(gated):
    panel, job = gated()
    edit(panel, "batch_size", "33")
    edit(panel, "gradient_accumulation_steps", "2")
    assert "33 examples do not divide" in panel.status.notice
    panel.start()
    assert panel.session is None and "33 examples do not divide" in panel.status.notice
    edit(panel, "batch_size", "34")
    assert panel.status.notice == ""
    begin(panel, job)
    assert panel.session.config.batch_size == 34


def test_reset_brings_the_settings_back_and_clears_the_curves(gated):
    panel, job = gated(FineTuneConfig(epochs=3), GatedJob(total=4))
    edit(panel, "learning_rate", "abc")
    panel.reset_button.click()
    assert panel.config == FineTuneConfig(epochs=3) and panel.status.notice == ""
    begin(panel, job)
    job.give(4)
    shows(panel, "finished")
    panel.reset_button.click()
    assert panel.session is None and len(losses(panel)) == 0
    assert panel.status.message.startswith("ready")


def test_step_takes_one_step_and_pauses(gated):
    panel, job = gated()
    job.give(1)
    panel.bar.buttons["step"].click()
    shows(panel, "paused")
    assert panel.status.message == "paused at step 1 of 1000"
    panel.bar.buttons["step"].click()
    job.give(1)
    job.wait_at_gate(1)
    panel.stop()
    job.release()
    shows(panel, "stopped")


def test_a_panel_can_watch_a_session_that_runs_already():
    session, job = running(GatedJob(total=50))
    job.give(3)
    job.wait_at_gate(3)
    panel = FineTunePanel(session=session)
    pause(panel, job)
    assert len(losses(panel)) == 4 and panel.status.message == "paused at step 4 of 50"
    panel.stop()
    job.release()
    shows(panel, "stopped")
    assert panel.status.message.startswith("stopped at step")


def test_a_run_folder_is_opened_again_with_its_curves(tmp_path):
    config = FineTuneConfig(epochs=5, output=str(tmp_path))
    (tmp_path / "config.yaml").write_text(config.to_yaml(), encoding="utf-8")
    rows = [{"step": i, "seconds": i, "loss": 1 / i, "learning_rate": 1e-4} for i in range(1, 9)]
    text = "\n".join(json.dumps(row) for row in [*rows, {"event": "stopped", "step": 8}])
    (tmp_path / "history.jsonl").write_text(text, encoding="utf-8")
    panel = FineTunePanel(folder=tmp_path)
    assert panel.config == config and len(losses(panel)) == 8
    assert panel.status.message == "ready to go on after step 8"
    assert "epochs" in panel.controls.widget.locked and "learning_rate" not in panel.controls.widget.locked
    panel.reset()
    assert panel.controls.widget.locked == [] and panel.run_folder is None


def test_run_in_the_foreground_draws_too():
    def job(run):
        run.begin(total=3)
        for _ in range(3):
            run.step(loss=0.5)

    panel = FineTunePanel(make_job=lambda _config: job)
    panel.run()
    assert panel.session.state == "finished" and len(losses(panel)) == 3


def test_two_runs_one_after_the_other_do_not_mix():
    jobs = [GatedJob(total=3), GatedJob(total=2)]
    panel = FineTunePanel(make_job=lambda _config: jobs.pop(0))
    for job in list(jobs):
        job.give(3)
        before = panel.session
        panel.start()
        shows(panel, "finished")
        assert panel.session is not before and (before is None or before.desk.views == [])
    assert len(losses(panel)) == 2 and panel.status.message == "finished at step 2"


def test_a_session_that_is_over_refuses_in_one_line(gated):
    panel, job = gated(job=GatedJob(total=1))
    begin(panel, job)
    job.give(1)
    shows(panel, "finished")
    with pytest.raises(SessionError):
        panel.session.start()
    panel.pause()
    panel.stop()
    assert panel.status.message == "finished at step 1"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(float("nan"), "–"), (0.4, "0 s"), (59.6, "1 min 00 s"), (125, "2 min 05 s"), (3725, "1 h 02 min")],
)
def test_time_left_reads_as_time(seconds, text):
    assert duration(seconds, unknown="–") == text


def test_the_session_is_a_session(gated):
    panel, job = gated()
    begin(panel, job)
    assert isinstance(panel.session, Session) and panel.session.config == panel.config


def test_the_longer_a_draw_takes_the_longer_none_follows():
    panel = FineTunePanel()
    shares = [seconds / (seconds + panel.rest_after(seconds)) for seconds in (0.0005, 0.001, 0.004, 0.012)]
    assert all(share < 0.01 for share in shares) and shares[2] < 0.007
    assert panel.rest_after(0.001) <= 0.1
