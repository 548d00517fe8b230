"""Figures against slow and simple ways to compute the same, and against transformers' schedulers."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from nblib import FineTuneConfig, History, figures
from nblib.labs.word_vectors.figures import frequencies, perplexities
from nblib.training import learning_rates

PADDING = {"padding_grouped": 0.02, "padding_random": 0.31}
RNG = np.random.default_rng(0)


def history(steps: int = 200, nan_at: int | None = None) -> History:
    made = History()
    for i in range(1, steps + 1):
        loss = math.nan if nan_at is not None and i >= nan_at else 1 / i
        made.append(i, {"loss": loss, "learning_rate": 1e-4})
        if i % 50 == 0:
            made.append(i, {"eval_loss": 2 / i, "eval_accuracy": 0.5 + i / 1000, "eval_f1_macro": 0.4})
    return made


@pytest.mark.parametrize("not_numbers", [[], [3, 60, 61]])
@pytest.mark.parametrize("count", [4, 10, 137])
def test_smoothing_is_the_mean_of_the_last_values(count, not_numbers):
    values = RNG.normal(size=count).astype(np.float32)
    values[[k for k in not_numbers if k < count]] = np.nan
    wanted = [np.nanmean(values[max(0, i - 9) : i + 1]) for i in range(len(values))]
    np.testing.assert_allclose(figures.smooth(values, 10), wanted, rtol=1e-4, atol=1e-6)
    assert figures.smooth(values, 1) is values
    assert np.isnan(figures.smooth(np.full(5, np.nan, np.float32), 3)).all()


def trace(figure, name):
    return figure.data[figures.TRACES.index(name)]


def test_curves_tell_train_from_validation_by_more_than_colour():
    figure = figures.curves(history())
    assert trace(figure, "loss_smooth").line.dash is None and trace(figure, "loss_smooth").mode == "lines"
    assert trace(figure, "eval_loss").line.dash == "dash" and "markers" in trace(figure, "eval_loss").mode
    for one in figure.data:
        assert one.x is None or one.x.dtype in (np.int32, np.float32)
        assert one.y is None or one.y.dtype == np.float32


def test_a_log_scale_has_few_numbers_of_a_decade():
    axis = figures.curves(history(120), smoothing=False, log_scale=True).layout.yaxis
    assert axis.type == "log" and axis.dtick == "D2"
    assert figures.curves(History(), log_scale=True).layout.yaxis.type != "log"


def test_smoothing_can_be_turned_off_and_on():
    figure = figures.curves(history())
    assert len(trace(figure, "loss_smooth").y) == 200 and trace(figure, "loss").opacity < 1
    figure = figures.curves(history(), smoothing=False)
    assert len(trace(figure, "loss_smooth").y) == 0 and trace(figure, "loss").opacity == 1


def test_the_curve_shows_where_the_loss_stopped_being_a_number():
    figure = figures.curves(history(90, nan_at=80))
    assert trace(figure, "not_finite").x.tolist() == [80]
    assert trace(figure, "not_finite").y[0] == np.float32(1 / 79)
    assert "no number since step 80" in figures.curves_text(history(90, nan_at=80))


def test_changes_by_hand_are_marked():
    run = history(50)
    run.event("set", step=20, name="learning_rate", old=1e-4, new=3e-5)
    lines = {key: (name, x, y) for name, key, x, y, _ in figures.rate_lines(run, figures.NOTHING)}
    assert lines["rate"][1].tolist() == run.steps("learning_rate").tolist() and "planned" not in lines
    name, x, y = lines["mark"]
    assert name == "changed by hand: peak 1e-4 → 3e-5" and x.tolist() == [20]
    assert y[0] == run["learning_rate"][19]


def test_the_axis_reaches_to_the_end_of_the_run_once_there_is_a_curve():
    assert figures.curves(History(), until=400).layout.xaxis.range is None
    figure = figures.curves(history(50), until=400)
    assert figure.layout.xaxis.range == figure.layout.xaxis2.range == (0, 400)


def test_the_sentence_under_the_curves_has_the_numbers():
    text = figures.curves_text(history(), total=400)
    assert "Over 200 of 400 steps" in text and "from 1 to" in text and "accuracy 70.0%" in text
    assert "lowest 0.01, at step 200" in text
    assert figures.curves_text(History()) == "No step has been taken yet."


def test_baselines_are_levels_with_their_names():
    figure = figures.curves(history(), baselines={"majority": 0.5, "tfidf": 0.76})
    assert trace(figure, "tfidf").y.tolist() == pytest.approx([0.76, 0.76])
    assert trace(figure, "tfidf").text[1] == "TF-IDF 76.0%"
    assert len(trace(figures.curves(history()), "tfidf").y) == 0


def test_lengths_count_every_text_once():
    counts = RNG.integers(4, 300, 1000)
    figure = figures.lengths(counts, 128, 32, **PADDING)
    assert figure.data[0].y.sum() == 1000
    share = (counts > 128).mean()
    assert f"{share:.1%} are cut at 128" in figures.describe(figure)
    assert "2% of the places are padding with length groups, 31% without" in figures.describe(figure)
    long = figures.lengths(np.array([5, 6, 100_000]), 128, 32, **PADDING)
    assert long.data[0].y.sum() == 3 and len(long.data[0].y) < 80


def test_calibration_error_by_hand():
    # 10 rows 90 % sure, 6 right; 10 rows 60 % sure, 6 right: half of 0.3 and half of 0.
    probabilities = np.array([[0.9, 0.1]] * 10 + [[0.6, 0.4]] * 10)
    labels = np.array([0] * 6 + [1] * 4 + [0] * 6 + [1] * 4)
    assert figures.expected_calibration_error(probabilities, labels) == pytest.approx(0.15)
    text = figures.describe(figures.calibration(probabilities, labels))
    assert "surer than it is right" in text and "0.150" in text
    sure = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert figures.expected_calibration_error(sure, np.array([0, 1])) == 0


@pytest.mark.parametrize("n", [2, 8, 9, 20])
def test_confusion_is_readable_from_two_to_twenty_classes(n):
    matrix = RNG.integers(0, 50, (n, n))
    matrix[0] = 0
    figure = figures.confusion(matrix, [f"class number {i}" for i in range(n)])
    heat = figure.data[0]
    np.testing.assert_allclose(heat.z[1:].sum(axis=1), 1, rtol=1e-6)
    assert not heat.z[0].any()
    assert heat.textfont.size >= 12 and figure.layout.font.size >= 12
    cell = (figure.layout.height - 100) / n
    assert cell >= 24
    assert f"{np.trace(matrix)} of {matrix.sum()} right" in figures.describe(figure)


def test_confusion_names_the_commonest_mistake():
    text = figures.describe(figures.confusion([[5, 1, 0], [0, 4, 3], [0, 0, 9]], ["a", "b", "c"]))
    assert "b taken for c, 3 times" in text
    with pytest.raises(ValueError, match="does not fit 2 labels"):
        figures.confusion([[1]], ["a", "b"])


@pytest.mark.parametrize(
    "figure",
    [
        figures.confusion([[3, 1], [2, 4]], ["<script>alert(1)</script>", "a<br>b & c"]),
        figures.class_balance({"train": {"<script>alert(1)</script>": 3, "<b>x</b>": 2}}),
        figures.compare({"<script>alert(1)</script>": history()}),
        figures.seeds({"<script>alert(1)</script>": [0.5, 0.7]}),
    ],
    ids=["confusion", "class_balance", "compare", "seeds"],
)
def test_names_from_data_are_no_markup(figure):
    # The sentence is plain text and is escaped by whoever shows it.
    figure.layout.meta = None
    assert "<script" not in figure.to_json().replace("\\u003c", "<")
    assert "&lt;script" in figure.to_json().replace("\\u0026", "&")


def test_names_that_look_the_same_when_cut_stay_apart():
    names = ["a very long name of a class, one", "a very long name of a class, two"]
    figure = figures.confusion([[1, 0], [0, 1]], names)
    assert len(figure.data[0].z) == 2 and len(figure.layout.xaxis.ticktext[0]) <= 24


def test_class_balance_and_seeds_say_their_numbers():
    text = figures.describe(figures.class_balance({"neg": 30, "pos": 70}))
    assert "pos with 70 of 100 examples (70.0%)" in text and "neg with 30" in text
    text = figures.describe(figures.seeds({"full": [0.8, 0.9], "frozen": [0.7]}))
    assert "full 85.0% ± 7.1% over 2 seeds" in text and "frozen 70.0% ± 0.0% over 1 seed." in text


def test_compare_names_best_and_worst():
    a, b = history(50), history(100)
    text = figures.describe(figures.compare({"a": a, "b": b}))
    assert "from 0.02 (b) to 0.04 (a)" in text
    assert "No run has logged" in figures.describe(figures.compare({"a": History()}))


EVERY = {
    "curves": figures.curves(history()),
    "empty curves": figures.curves(History()),
    "schedule": figures.schedule(learning_rates(FineTuneConfig(), 100), 1e-4, "It falls."),
    "lengths": figures.lengths(np.arange(1, 100), 64, 8, **PADDING),
    "class_balance": figures.class_balance({"a": 1, "b": 2}),
    "confusion": figures.confusion([[1, 2], [3, 4]], ["a", "b"]),
    "calibration": figures.calibration(np.array([[0.4, 0.6]]), np.array([1])),
    "compare": figures.compare({"a": history()}),
    "seeds": figures.seeds({"a": [0.1, 0.2]}),
}


@pytest.mark.parametrize("figure", EVERY.values(), ids=EVERY)
def test_every_figure_is_legible_in_both_themes(figure):
    layout = figure.layout
    assert layout.paper_bgcolor == layout.plot_bgcolor == "rgba(0,0,0,0)"
    sizes = [float(n) for n in _sizes(json.loads(figure.to_json()))]
    assert min(sizes) >= 12
    for background in ("#ffffff", "#111111"):
        assert contrast(layout.font.color, background) > 4.2
        for colour in figures.OKABE_ITO.values():
            assert contrast(colour, background) > 2.1


@pytest.mark.parametrize("figure", [f for n, f in EVERY.items() if "curves" not in n])
def test_every_figure_has_its_sentence(figure):
    assert figures.describe(figure).endswith(".")


def _sizes(node, inside_font=False):
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "size" and inside_font:
                yield value
            else:
                yield from _sizes(value, "font" in key)
    elif isinstance(node, list):
        for value in node:
            yield from _sizes(value)


def contrast(a: str, b: str) -> float:
    """WCAG 2.1 contrast ratio of two #rrggbb colours."""

    def luminance(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


# -- words ---------------------------------------------------------------------------------------------------------


def test_frequencies_show_what_subsampling_leaves():
    counts = np.array([500, 300, 100, 50, 25, 15, 5, 3, 1, 1])
    figure = frequencies(list("abcdefghij"), counts, {"half": np.full(10, 0.5)})
    assert [t.name for t in figure.data] == ["all", "half"]
    assert figure.data[0].y.tolist() == counts.tolist() and figure.data[1].y.tolist() == (counts / 2).tolist()
    assert figures.describe(figure).endswith("make up 100% of the text. Of it 50% is used with half.")
    assert len(frequencies(["w"] * 5000, np.arange(5000, 0, -1), {}).data[0].x) < 200


def test_perplexities_name_the_best_and_leave_out_the_infinite():
    figure = perplexities({"none": {1: 300.0, 2: math.inf}, "good": {1: 290.0, 2: 95.25}})
    assert figure.data[0].x.tolist() == [1] and figure.data[1].y.tolist() == [290.0, 95.25]
    assert figures.describe(figure) == (
        "Lowest: 95.2, good with n = 2. Infinite for some n, because some word has P = 0: none."
    )
    assert figures.describe(perplexities({})) == "Nothing to show."


def test_heads_by_sharpness_and_damage_against_scipy():
    from scipy.stats import spearmanr

    from nblib.labs.attention.figures import sharpness_and_damage

    sharpness, damage = RNG.random((3, 4)), RNG.normal(size=(3, 4))
    damage[1, 2] = math.nan
    figure = sharpness_and_damage(sharpness, damage)
    points, kept = figure.data[0], np.isfinite(damage)
    np.testing.assert_allclose(points.x, sharpness[kept], rtol=1e-6)
    np.testing.assert_allclose(points.y, damage[kept], rtol=1e-6)
    assert "layer 2, head 3" not in points.text and points.text[-1] == "layer 3, head 4"
    rho = spearmanr(sharpness[kept], damage[kept]).statistic
    assert f"over 11 heads: {rho:.2f}." in figures.describe(figure)
    assert "Too few" in figures.describe(sharpness_and_damage(sharpness, np.full((3, 4), math.nan)))
