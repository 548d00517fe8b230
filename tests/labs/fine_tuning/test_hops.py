"""The way of a learning rate from the form's message to the optimiser, in the real panel with a real run."""

from __future__ import annotations

import sys
import threading
from types import FrameType
from typing import Any

import pytest

from nblib import FineTuneConfig, FineTunePanel
from nblib.engine.desk import Desk
from tests.wire import edit, wait_until

RATE, TEXT = 2.5e-4, "2.5e-4"
MOST = 7


def carries(frame: FrameType) -> bool:
    """Whether a function has the new rate, as number or text, among what it was given or has at hand."""
    places = [*frame.f_locals.values()]
    for place in [*places]:
        if isinstance(place, (dict, tuple, list)):
            places += place.values() if isinstance(place, dict) else place
    return any(isinstance(place, (float, str)) and place in (RATE, TEXT) for place in places)


def passing(frame: FrameType | None) -> list[str]:
    """The functions of nblib on the stack that pass the rate on, the outermost first."""
    names = []
    while frame is not None:
        if str(frame.f_globals.get("__name__")).startswith("nblib.") and carries(frame):
            names.insert(0, f"{frame.f_globals['__name__']}.{frame.f_code.co_name}")
        frame = frame.f_back
    return names


class Validations:
    """In place of the class's validator: notes in which threads it is asked."""

    def __init__(self, validator: Any):
        self.validator = validator
        self.threads: list[threading.Thread] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("validate_"):
            self.threads.append(threading.current_thread())
        return getattr(self.validator, name)


class Group(dict):
    """A group of the optimiser that notes by which functions it gets the new rate."""

    hops: list[str] = []

    def __setitem__(self, name: str, value: Any) -> None:
        if name == "lr" and not Group.hops:
            Group.hops = passing(sys._getframe(1))
        super().__setitem__(name, value)


@pytest.fixture
def panel(config, wire):
    """Paused after three steps; the schedule is constant, so that the rate in force is the slider's."""
    panel = FineTunePanel(config(lr_scheduler_type="constant", warmup_ratio=0))
    panel.start()
    panel.session.step(3)
    panel.session.wait_for("paused", timeout=60)
    yield panel
    panel.session.stop()
    panel.session.wait(60)


def test_a_rate_goes_from_the_form_to_the_optimiser_in_seven_functions_and_is_validated_once(panel, monkeypatch):
    hops: list[str] = []
    validations = Validations(FineTuneConfig.__pydantic_validator__)
    nudge = Desk.nudge

    def noted(desk: Desk) -> None:
        # Here the handler of the message hands over to the worker.
        hops.extend(passing(sys._getframe(1)))
        nudge(desk)

    trainer = panel.session.desk.run._handler.__self__
    groups = trainer.optimizer.param_groups
    groups[:] = [Group(group) for group in groups]
    monkeypatch.setattr(Group, "hops", [])
    with monkeypatch.context() as patched:
        patched.setattr(Desk, "nudge", noted)
        patched.setattr(FineTuneConfig, "__pydantic_validator__", validations)
        edit(panel, "learning_rate", TEXT)
        wait_until(lambda: panel.controls.widget.notes.get("learning_rate", {}).get("tone") == "done")
    assert [group["lr"] for group in groups] == [RATE] * len(groups)
    assert panel.controls.config.learning_rate == RATE and len(validations.threads) == 1
    hops += Group.hops
    # Both ends were seen, or nothing would be counted.
    assert hops[0].endswith(".receive") and hops[-1].endswith("scheduler.set_peak")
    assert len(hops) <= MOST, hops
    row = [event for event in panel.session.history.events if event["event"] == "set"]
    assert [(e["name"], e["old"], e["new"], e["step"]) for e in row] == [("learning_rate", 3e-3, RATE, 3)]


def test_a_value_that_a_person_sets_in_code_is_validated_once_too(panel, monkeypatch):
    validations = Validations(FineTuneConfig.__pydantic_validator__)
    with monkeypatch.context() as patched:
        patched.setattr(FineTuneConfig, "__pydantic_validator__", validations)
        panel.session.set(learning_rate=TEXT)
    # The panel, when it hears of it from the worker, takes it over into a config of its own.
    assert validations.threads.count(threading.current_thread()) == 1
    wait_until(lambda: panel.controls.config.learning_rate == RATE)
