"""The button for what takes longer: in a thread, with its lines, its error, and its Stop."""

from __future__ import annotations

import plotly.graph_objects as go

from nblib.engine.errors import InputError
from nblib.ui import BackgroundButton
from tests.wire import wait_until


def press(made: BackgroundButton) -> None:
    made.button.click()
    made.background.thread.join(30)


def test_the_button_works_in_a_thread_and_shows_what_came():
    seen = []

    def work(series):
        series.say("half <b>way</b>")
        seen.append(made.place.children[0].value)
        return "<i>text</i>", go.Figure()

    made = BackgroundButton("Do it", work)
    press(made)
    assert seen == ["half &lt;b&gt;way&lt;/b&gt;"] and not made.button.disabled
    assert "&lt;i&gt;" in made.place.children[0].value and len(made.place.children) == 2


def test_an_error_is_one_line_and_the_button_may_be_pressed_again():
    def work(series):
        raise InputError("no <such> run")

    made = BackgroundButton("Do it", work)
    for _ in range(2):
        press(made)
        assert "no &lt;such&gt; run" in made.place.children[0].value


def test_stop_is_there_only_where_it_does_something_and_while_it_works():
    plain = BackgroundButton("Do it", lambda series: "")
    assert plain.stop not in plain.children[0].children

    def until_stopped(series):
        wait_until(lambda: series.stopped)
        return "over"

    made = BackgroundButton("Do it", until_stopped, stoppable=True)
    # Each press has a series of its own: the last one's Stop does not end the next.
    for _ in range(2):
        assert made.stop.disabled
        made.button.click()
        assert not made.stop.disabled and made.button.disabled
        made.stop.click()
        made.background.thread.join(30)
        assert made.stop.disabled and "over" in made.place.children[0].value
