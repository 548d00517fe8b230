"""The curves of live charts, and such a chart as a still figure."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nblib import History, figures
from nblib.ui import Lines


def history(steps: int = 200, nan_at: int | None = None) -> History:
    made = History()
    for i in range(1, steps + 1):
        made.append(i, {"loss": math.nan if nan_at is not None and i >= nan_at else 1 / i})
        if i % 50 == 0:
            made.append(i, {"eval_loss": 2 / i, "eval_accuracy": 0.5 + i / 1000, "eval_f1_macro": 0.4})
    return made


def test_train_is_solid_and_validation_dashed():
    lines = figures.loss_lines(history())
    assert [(name, bool(dash)) for name, _, _, _, dash in lines] == [
        ("each step", False), ("train", False), ("validation", True),
    ]  # fmt: skip
    assert [kind for _, kind, *_ in figures.loss_lines(history(), smoothing=False)] == ["train", "validation"]
    assert figures.loss_lines(History()) == [] and figures.accuracy_lines(History(), 10) == []


def test_a_cross_stands_where_the_loss_stopped_being_a_number():
    (*_, (name, kind, x, y, _)) = figures.loss_lines(history(90, nan_at=80))
    assert (name, kind) == ("no longer a number", "cross")
    assert x.tolist() == [80] and y[0] == np.float32(1 / 79)


def test_levels_reach_from_the_first_step_to_the_end():
    lines = figures.accuracy_lines(history(), 400, {"majority": 0.5, "tfidf": 0.76})
    assert [name for name, *_ in lines] == ["accuracy", "F1", "majority class 50.0%", "TF-IDF 76.0%"]
    assert lines[3][1] == "level" and lines[3][2].tolist() == [0, 400]
    assert lines[3][3].tolist() == pytest.approx([0.76, 0.76])


def test_any_live_chart_becomes_a_plotly_figure():
    chart = Lines(title="<b>Loss", x_title="symbols", log_scale=True, level=0.3)
    chart.show(figures.loss_lines(history(90, nan_at=80)), text="It falls.")
    figure = chart.figure()
    assert [t.name for t in figure.data] == ["each step", "train", "validation", "no longer a number"]
    np.testing.assert_array_equal(figure.data[0].y[:79], (1 / np.arange(1, 80)).astype(np.float32))
    assert figure.data[2].line.dash == "6px 4px" and figure.data[2].mode == "lines+markers"
    assert figure.data[3].mode == "markers"
    assert figure.layout.yaxis.type == "log" and figure.layout.xaxis.title.text == "symbols"
    assert figure.layout.title.text == "&lt;b&gt;Loss" and figures.describe(figure) == "It falls."
    assert figure.layout.shapes[0].y0 == 0.3


def test_shares_are_written_as_per_cent():
    chart = Lines(unit="%")
    chart.show([("right", "gru", np.arange(3), np.array([0.1, 0.5, 0.9]), ())])
    assert chart.figure().layout.yaxis.tickformat == ".0%"
    assert Lines().figure().layout.yaxis.tickformat is None
