"""The playground's job: settings, live changes, hands on a weight, its state as a line, divergence."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest

from nblib.engine.errors import Diverged, InputError
from nblib.engine.session import Session
from nblib.labs.perceptron.digits.config import DigitsConfig
from nblib.labs.perceptron.digits.job import digits
from nblib.labs.perceptron.playground import toys
from nblib.labs.perceptron.playground.config import FEATURE_NAMES, PlaygroundConfig
from nblib.labs.perceptron.playground.job import playground
from nblib.labs.perceptron.playground.play import FIELD, THUMBNAIL, Play
from nblib.labs.perceptron.playground.state import read_state, write_state
from tests.fakes import PATIENCE

ALL = ", ".join(FEATURE_NAMES)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"hidden_sizes": "9"}, "hidden_sizes: '9' is not a number of neurons from 1 to 8"),
        ({"hidden_sizes": "4, x"}, "hidden_sizes: 'x' is not a number of neurons"),
        ({"hidden_sizes": "1 1 1 1 1 1 1"}, "hidden_sizes: 7 layers; give 1 to 6"),
        ({"hidden_sizes": "0"}, "hidden_sizes: '0' is not"),
        ({"features": "sin_x3"}, "features: no 'sin_x3'; did you mean"),
        ({"features": " "}, "features: is empty"),
        ({"features": ","}, "features: is empty; give at least one"),
        ({"dataset": "spirals"}, "did you mean spiral"),
        ({"num_points": 20_000}, "num_points: 20000 is not a whole number at least 2 and at most 10000 or none"),
        ({"train_fraction": 1}, "train_fraction: 1"),
    ],
)
def test_bad_settings_are_refused_in_one_line(values, reason):
    with pytest.raises(InputError) as caught:
        PlaygroundConfig(**values)
    assert reason in str(caught.value) and "\n" not in str(caught.value)


def test_sizes_and_features_are_put_in_order():
    config = PlaygroundConfig(hidden_sizes=" 8;8 ", features="sin_x1 x1")
    assert (config.hidden, config.hidden_sizes) == ((8, 8), "8, 8")
    assert config.feature_names == ("x1", "sin_x1")
    assert PlaygroundConfig(hidden_sizes="None").hidden == ()
    assert set(FEATURE_NAMES) == set(toys.FEATURES)


def test_it_learns_the_circle_and_logs_some_of_its_steps():
    session = Session(playground(PlaygroundConfig(max_steps=4000)))
    session.run()
    assert session.step_number == 4000 and session.result["accuracy"] == 1 and session.result["eval_loss"] < 1e-2
    assert session.history.steps("loss").tolist() == [*range(100, 4001, 100), 4000]


def test_a_step_without_metrics_leaves_no_row_and_counts():
    def job(run):
        for number in range(10):
            run.step(**({"loss": 1.0} if number == 4 else {}))

    session = Session(job).run()
    assert session.step_number == 10 and session.history.steps("loss").tolist() == [5]


@pytest.mark.parametrize("kind", ["sgd", "momentum", "adam"])
def test_the_same_settings_end_in_the_same_bits_whatever_the_batch_order_of_calls(kind):
    config = PlaygroundConfig(dataset="xor", optimiser=kind, batch_size=7, max_steps=333)
    ends = []
    for _ in range(2):
        session = Session(playground(config)).run()
        ends.append(session.call(lambda play: play.net.parameters.copy()).result())
    play = Play(config)
    for _ in range(333):
        play.update()
    assert (ends[0] == ends[1]).all() and (play.net.parameters == ends[0]).all()


def test_live_changes_go_on_or_begin_anew():
    play = Play(PlaygroundConfig())
    for _ in range(50):
        play.update()
    before = play.net.parameters.copy()
    kept = {"learning_rate": 0.1, "batch_size": 3, "activation": "relu", "regularisation": "l1", "discretise": True,
            "show_test": True, "max_steps": 9, "regularisation_rate": 0.0}  # fmt: skip
    for name, value in kept.items():
        play.change(name, value)
        assert getattr(play.config, name) == value and play.step == 50
    assert (play.net.parameters == before).all() and play.net.activation == "relu"
    anew = {"dataset": "plane", "noise": 0.3, "seed": 5, "features": ALL, "hidden_sizes": "8, 8", "optimiser": "sgd",
            "train_fraction": 0.9, "num_points": 50, "init_scale": 1.0}  # fmt: skip
    for name, value in anew.items():
        play.update()
        assert play.change(name, value) != value
        assert play.step == 0 and len(play.curve) == 1
    assert play.net.sizes == (7, 8, 8, 1) and play.net.output == "linear" and play.toy.train == 45


def test_every_setting_at_both_ends_plays_on():
    """Also with numbers that overflow: what the net then says is no number, and nothing else breaks."""
    for s in PlaygroundConfig.settings():
        ends = list(s.choices or s.slider or ())
        ends += [v for v in (s.low, s.high) if v is not None and not (v == s.low and s.low_open)] if s.slider else []
        for value in ends:
            value = int(value) if s.kind == "int" else value
            with np.errstate(all="ignore"):
                play = Play(
                    PlaygroundConfig(**({s.name: value} if s.name != "train_fraction" or 0 < value < 1 else {}))
                )
                for _ in range(5):
                    play.update()
                play.measure()
                play.pictures()


def test_a_weight_is_held_while_it_trains_and_then_let_go():
    play = Play(PlaygroundConfig())
    play.hold(0, 1, 2, 0.77)
    for _ in range(20):
        play.update()
        assert play.net.weights[0][1, 2] == np.float32(0.77)
    play.hold(1, None, 0, -1.5, final=True)
    assert play.net.biases[1][0] == -1.5 and play.held == {}
    play.update()
    assert play.net.biases[1][0] != -1.5
    before = play.net.parameters.copy()
    for wrong in ((9, 0, 0), (0, 9, 0), (0, 0, 9), (-1, 0, 0), (0, -1, 0)):
        play.hold(*wrong, 1.0)
    assert (play.net.parameters == before).all()


def test_pictures_are_bytes_of_every_neuron():
    play = Play(PlaygroundConfig(hidden_sizes="4, 2"))
    field, small = play.pictures()
    assert len(field) == FIELD**2 and len(small) == (2 + 4 + 2) * THUMBNAIL**2
    x1 = np.frombuffer(small, np.uint8).reshape(-1, THUMBNAIL, THUMBNAIL)[0]
    assert x1[0, 0] < 10 and x1[0, -1] > 240 and 120 < x1[0, 15] < 136
    x2 = np.frombuffer(small, np.uint8).reshape(-1, THUMBNAIL, THUMBNAIL)[1]
    assert x2[0, 0] > 240 and x2[-1, 0] < 10
    play.change("discretise", True)
    assert set(play.pictures()[0]) <= {1, 255}


def test_points_shown_are_the_training_ones_and_on_request_the_test():
    play = Play(PlaygroundConfig(num_points=10_000))
    rows = np.frombuffer(play.shown_points(), np.float32).reshape(-1, 4)
    assert len(rows) == 1000 and (rows[:, 3] == 0).all()
    play.change("show_test", True)
    rows = np.frombuffer(play.shown_points(), np.float32).reshape(-1, 4)
    assert len(rows) == 2000 and rows[:, 3].sum() == 1000


def test_the_curve_stays_short_and_keeps_its_ends():
    play = Play(PlaygroundConfig())
    for step in range(5000):
        play.step = step
        play.measure()
    assert len(play.curve) <= 401 and play.curve[0][0] == 0 and play.curve[-1][0] == 4999


@pytest.mark.parametrize("kind", ["sgd", "momentum", "adam"])
def test_the_state_as_a_line_goes_on_to_the_bit(kind):
    config = PlaygroundConfig(dataset="spiral", hidden_sizes="8, 8", features=ALL, optimiser=kind, noise=0.15, seed=7)
    play = Play(config)
    for _ in range(137):
        play.update()
    line = write_state(play)
    assert line.startswith("playground:?") and "\n" not in line and len(line) < 4000
    again = read_state(f"  {line[:80]}\n{line[80:]} ")
    assert again.config == play.config and again.step == 137
    for _ in range(100):
        play.update()
        again.update()
    assert (play.net.parameters == again.net.parameters).all()


def test_random_settings_come_back_from_their_line():
    rng = random.Random(0)
    for _ in range(20):
        values = {}
        for s in PlaygroundConfig.settings():
            if rng.random() < 0.5 and s.slider:
                value = rng.uniform(*s.slider)
                values[s.name] = round(value) if s.kind == "int" else value
            elif s.choices:
                values[s.name] = rng.choice(s.choices)
        config = PlaygroundConfig(**values)
        assert read_state(write_state(Play(config))).config == config


def test_a_line_that_was_cut_or_edited_is_refused():
    line = write_state(Play(PlaygroundConfig(seed=3)))
    for wrong in (line[:-1], line[:40], line[: len(line) // 2], line.replace("seed=3", "seed=4"), line + "x",
                  line.replace("weights=", "weights=A"), line.replace("&check=", "&chock=")):  # fmt: skip
        with pytest.raises(InputError, match="was cut or edited"):
            read_state(wrong)
    for wrong, reason in (
        ("", "nothing was given"),
        ("https://example.org", "is no playground's state"),
        ("😀" * 9, "is no"),
    ):
        with pytest.raises(InputError, match=reason):
            read_state(wrong)


def forged(body: str) -> str:
    from nblib.labs.perceptron.playground.state import PREFIX, _check

    return f"{PREFIX}{body}&check={_check(body)}"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("seed=-1&step=0&weights=", "state: seed: '-1' is not"),
        ("learnin_rate=1&step=0&weights=", "unknown option 'learnin_rate'"),
        ("step=0&weights=AAAA", "weights do not fit"),
        ("step=x&weights=AAAA", "weights do not fit"),
        ("seed=1", "weights do not fit"),
    ],
)
def test_a_line_made_by_hand_says_what_is_wrong_with_it(body, reason):
    with pytest.raises(InputError) as caught:
        read_state(forged(body))
    assert reason in str(caught.value) and "\n" not in str(caught.value)


def test_a_rate_that_overflows_stops_and_says_so():
    config = PlaygroundConfig(dataset="plane", optimiser="sgd", learning_rate=100, activation="linear")
    session = Session(playground(config))
    with pytest.raises(Diverged, match="no longer finite numbers at step 100; press Reset, or lower the learning rate"):
        session.run()


def test_live_changes_reach_a_session_and_its_end_moves():
    session = Session(playground(PlaygroundConfig()))
    session.start()
    session.set(dataset="spiral", max_steps=10_000_000)
    session.pause()
    session.wait_for("paused", timeout=PATIENCE)
    assert session.call(lambda play: play.config.dataset).result(PATIENCE) == "spiral"
    session.set(learning_rate=0.5)
    assert session.call(lambda play: play.config.learning_rate).result(PATIENCE) == 0.5
    assert session.total == 10_000_000
    session.stop()
    session.wait(PATIENCE)
    assert session.state == "stopped"


def test_a_session_goes_on_with_a_restored_play():
    play = Play(PlaygroundConfig(seed=2))
    for _ in range(30):
        play.update()
    line = write_state(play)
    session = Session(playground(play.config.replace(max_steps=70), start=read_state(line))).run()
    assert session.call(lambda p: p.step).result() == 100


def test_digits_are_read():
    session = Session(digits(DigitsConfig(epochs=20, learning_rate=5e-3)))
    session.run()
    assert session.result["eval_accuracy"] > 0.95
    reader = session.call(lambda r: r).result()
    matrix = reader.confusion()
    assert matrix.sum() == 359 and matrix.trace() / 359 == pytest.approx(session.result["eval_accuracy"])
    image = reader.digits.test_images[0]
    assert reader.probabilities(image).shape == (10,) and reader.probabilities(image).sum() == pytest.approx(
        1, abs=1e-5
    )


def test_digits_in_the_same_bits_and_a_batch_larger_than_all():
    config = DigitsConfig(epochs=2, max_train_samples=40, batch_size=60_000)
    ends = [Session(digits(config)).run().result for _ in range(2)]
    assert ends[0] == ends[1] and math.isfinite(ends[0]["eval_loss"])


def test_digits_that_overflow_stop_and_say_so():
    config = DigitsConfig(learning_rate=100, optimiser="sgd", weight_decay=0.0, activation="linear", epochs=200)
    session = Session(digits(config))
    try:
        session.run()
    except Diverged as error:
        assert "no longer a finite number" in str(error)
    assert session.state in ("failed", "finished")
