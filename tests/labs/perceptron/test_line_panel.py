"""The perceptron's panel with a wire that goes nowhere: what a hand moves, what comes back, what is refused."""

from __future__ import annotations

import time

import numpy as np
import pytest

from nblib import PerceptronConfig, PerceptronPanel
from nblib.engine.errors import InputError
from tests.wire import edit, from_browser


@pytest.fixture
def panel(wire):
    made = PerceptronPanel()
    wire.clear()
    return made


def send(panel, **content):
    from_browser(panel.plane, {"number": panel.plane.seen + 1, **content})


def field(panel):
    return np.frombuffer(panel.plane.field, np.uint8).reshape(60, 60)


def at(panel, x, y):
    column, row = int((x + 1) / 3 * 60), int((2 - y) / 3 * 60)
    return int(field(panel)[row, column])


def press(panel, name):
    panel.buttons[name].click()
    return panel.said.value


def test_a_slider_moves_the_line_and_the_field_in_one_message(wire, panel):
    assert at(panel, 1.5, -0.5) > 128 and at(panel, -0.5, 0.5) < 128
    edit(panel, "w1", "-2", final=False)
    messages = wire.of(panel.plane)
    assert len(messages) == 1 and messages[0].size < 6000
    assert panel.plane.line == [-2.0, 1.0, -0.5]
    assert at(panel, 1.5, -0.5) < 128 and at(panel, -0.5, 0.5) > 128
    # The picture goes before the form's own answer.
    assert wire.messages.index(messages[0]) < wire.messages.index(wire.of(panel.controls.widget)[0])


def test_theta_and_bias_are_one_thing(panel):
    edit(panel, "theta", "1.5")
    assert panel.config.bias == -1.5 and panel.plane.line[2] == -1.5
    edit(panel, "bias", "0")
    assert panel.config.theta == 0 and str(panel.config.theta) == "0.0"


def test_points_are_added_moved_and_removed(panel):
    send(panel, type="add", x=0.25, y=1.5, label=0)
    assert panel.points[-1].tolist() == [0.25, 1.5, 0] and panel.plane.seen == 1
    send(panel, type="move", index=4, x=-0.5, y=0.5)
    assert panel.points[4].tolist() == [-0.5, 0.5, 0]
    send(panel, type="remove", index=0)
    assert len(panel.points) == 4
    for wrong in ({"type": "move", "index": 9, "x": 0, "y": 0}, {"type": "remove", "index": -1}, {"type": "?"}):
        send(panel, **wrong)
    assert len(panel.points) == 4 and panel.plane.seen == 6
    assert len(panel.plane.points) == 4 * 12


def test_every_press_says_its_numbers(panel):
    assert "Point 1 of 4: a = 1·0 + 1·0 + −0.5 = −0.5, so y = 0" in press(panel, "Next example")
    assert panel.plane.marked == 0
    said = press(panel, "Learn to the end")
    assert "4 of 4 points right" in said and "press Zero the weights first" in said
    press(panel, "Zero the weights")
    assert "so far" in press(panel, "Learn to the end")
    press(panel, "XOR")
    assert "never comes to rest" in press(panel, "Learn to the end")
    assert "gets 1 of 4 points wrong: 25%, and no line does better" in press(panel, "Best of all lines")
    press(panel, "Two clouds")
    assert "so a line does it" in press(panel, "Best of all lines")
    assert "40 of 40" in panel.said.value
    press(panel, "Updates against margin")
    assert panel.lines.counts == [11, 11]


def test_no_points_one_class_and_many_points_are_answered_in_one_line(panel):
    press(panel, "No points")
    for name in ("Next example", "Learn to the end", "Best of all lines"):
        assert "points: there are none; add some first" in press(panel, name)
    assert "every point gets class 0" in press(panel, "Zero the weights")
    panel.set_points([[0.5, 0.5], [1, 1]], [1, 1])
    assert "No mistake is left" in press(panel, "Learn to the end")
    many = np.random.default_rng(0).uniform(-1, 2, (10_000, 2))
    panel.set_points(many, many.sum(1) > 1)
    assert "at most 200 points, and these are 10,000" in press(panel, "Best of all lines")
    began = time.monotonic()
    press(panel, "Next example")
    press(panel, "Learn to the end")
    assert time.monotonic() - began < 60
    press(panel, "AND")
    assert "4 points right" in panel.said.value


def test_weights_that_run_away_are_said(panel):
    edit(panel, "learning_rate", "100")
    press(panel, "XOR")
    assert "a weight has passed 100" in press(panel, "Learn to the end")
    assert "every point gets class 0" in press(panel, "Zero the weights")


def test_sliders_at_both_ends_and_a_wrong_word(panel):
    for name in ("w1", "w2", "theta", "bias"):
        for value in ("-100", "100", "0"):
            edit(panel, name, value)
    edit(panel, "w1", "abc")
    assert "w1: &#39;abc&#39; is not a number" in panel.said.value
    edit(panel, "w1", "1")
    assert panel.config.w1 == 1


def test_the_gap_draws_clouds(panel):
    edit(panel, "gap", "0.5")
    assert len(panel.points) == 40
    with pytest.raises(InputError):
        PerceptronConfig(gap=3)
