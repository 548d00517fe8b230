"""The controls of a config: what they show, what they write, what they refuse."""

from __future__ import annotations

import random

import pytest

from nblib import FineTuneConfig, InputError
from nblib.labs.fine_tuning.panel import APART, IN_SIGHT
from nblib.ui.controls import Controls, exact_text, stops
from tests.wire import from_browser

SETTINGS = {s.name: s for s in FineTuneConfig.settings()}


def controls(config: FineTuneConfig | None = None, **options) -> Controls:
    return Controls(config or FineTuneConfig(), in_sight=IN_SIGHT, apart=APART, **options)


def random_config(rng: random.Random) -> FineTuneConfig:
    """Any valid config: also far outside the sliders, and with many digits."""
    values = {}
    for s in SETTINGS.values():
        if s.optional and rng.random() < 0.3:
            values[s.name] = None
        elif s.kind == "choice":
            values[s.name] = rng.choice(s.choices)
        elif s.kind == "bool":
            values[s.name] = rng.random() < 0.5
        elif s.kind == "str":
            values[s.name] = rng.choice(["a.csv", "names with spaces", "数据.csv", "<b>", "=1", "1e-4"])
        elif s.kind == "int":
            high = s.high if s.high is not None else 10**7
            values[s.name] = rng.choice([rng.randint(int(s.low), int(high)), int(s.slider[0]), int(s.slider[1])])
        else:
            high = s.high if s.high is not None else 1e6
            low = s.low or 0.0
            value = rng.choice([rng.uniform(low, high), 10 ** rng.uniform(-9, 0) * min(high, 1), *s.slider])
            values[s.name] = max(value, 1e-12) if s.low_open else value
    train = rng.uniform(0.1, 0.8)
    validation = rng.uniform(0.01, 0.19)
    values |= {"train_fraction": train, "validation_fraction": validation, "test_fraction": 1 - train - validation}
    values["batch_size"] = values["gradient_accumulation_steps"] * rng.randint(1, 64)
    return FineTuneConfig(**values)


@pytest.mark.parametrize("seed", range(60))
def test_config_to_controls_to_config_is_the_identity(seed):
    config = random_config(random.Random(seed))
    made = controls(config)
    assert made.config is config
    # And what each control shows, typed in again, is the value that was there, to the last bit.
    for name, state in made.widget.state.items():
        made.edit(name, state["text"])
        assert made.error == ""
        assert made.config == config, name


@pytest.mark.parametrize("name", [s.name for s in SETTINGS.values() if s.slider])
def test_every_stop_of_a_slider_is_a_valid_value(name):
    s = SETTINGS[name]
    found = stops(s)
    assert found == sorted(set(found)) and len(found) >= 5
    assert found[0] == s.slider[0] and found[-1] == s.slider[1]
    for value in found:
        try:
            config = FineTuneConfig(**{name: exact_text(value)})
        except InputError as error:
            # Valid by itself: only the three shares must add up, and a batch must divide.
            assert "add up" in str(error) or "divide" in str(error)
        else:
            assert getattr(config, name) == value


@pytest.mark.parametrize("value", [1e-7, 3.3e-9, 0.5, 1.2345678e-4])
def test_a_value_outside_the_slider_widens_it(value):
    made = controls(FineTuneConfig(learning_rate=value))
    state = made.widget.state["learning_rate"]
    assert float(state["texts"][state["at"]]) == value
    assert float(state["text"]) == value
    assert made.config.learning_rate == value
    numbers = [float(t) for t in state["texts"]]
    assert numbers == sorted(numbers) and {1e-6, 1e-2} <= set(numbers)


def test_rates_read_as_powers_of_ten():
    state = controls().widget.state["learning_rate"]
    assert state["text"] == "1e-4"
    assert {"3e-5", "1.5e-4", "1e-6"} <= set(state["texts"])
    assert not [t for t in state["texts"] if t.startswith("0.000")]


def test_a_log_scale_offers_zero_apart():
    made = controls()
    field = {f["name"]: f for f in made.widget.fields}["frozen_cache_mb"]
    assert field["apart"] == [{"label": "0", "text": "0"}]
    made.edit("frozen_cache_mb", "0")
    assert made.config.frozen_cache_mb == 0
    state = made.widget.state["frozen_cache_mb"]
    assert state["apart"] == 0 and "0" not in state["texts"]


def test_nothing_is_a_box_to_tick_with_a_word_of_its_own():
    made = controls()
    fields = {f["name"]: f for f in made.widget.fields}
    assert fields["max_train_samples"]["apart"] == [{"label": "all", "text": "none"}]
    assert made.widget.state["max_train_samples"]["apart"] == 0
    made.edit("max_train_samples", fields["max_train_samples"]["start"])
    assert made.config.max_train_samples == 64
    made.edit("max_train_samples", "none")
    assert made.config.max_train_samples is None
    made.edit("text_column", "review")
    made.edit("text_column", "")
    assert made.config.text_column is None


def test_every_setting_has_a_control_with_a_name_and_a_description():
    fields = controls().widget.fields
    assert sorted(f["name"] for f in fields) == sorted(SETTINGS)
    for field in fields:
        assert field["label"] and SETTINGS[field["name"]].description in field["title"]
    assert sum(f["sight"] for f in fields) <= 8
    rest = [f["group"] for f in fields if not f["sight"]]
    assert rest == sorted(rest, key=["Data", "Model", "Optimiser", "Running"].index)


def test_only_a_persons_event_writes_the_config():
    heard = []
    made = controls(on_edit=lambda *edit: heard.append(edit))
    made.show(FineTuneConfig(learning_rate=1e-7, epochs=40))
    made.accept("weight_decay", 0.2)
    made.remark("epochs", "done", "x")
    made.lock(["epochs"])
    assert heard == []
    assert (made.config.learning_rate, made.config.epochs, made.config.weight_decay) == (1e-7, 40, 0.2)
    made.edit("learning_rate", "3e-5")
    assert heard == [("learning_rate", 3e-5, True)]


def test_a_wrong_value_is_marked_and_stays_in_its_control():
    said = []
    made = controls(on_error=said.append)
    made.edit("learning_rate", "abc")
    assert made.config.learning_rate == 1e-4
    assert made.widget.state["learning_rate"]["text"] == "abc"
    note = made.widget.notes["learning_rate"]
    assert note == {"tone": "error", "text": "'abc' is not a number above 0 and at most 1"}
    assert said[-1] == "learning_rate: 'abc' is not a number above 0 and at most 1"
    made.edit("learning_rate", "2e-5")
    assert made.config.learning_rate == 2e-5 and not made.widget.notes and said[-1] == ""


@pytest.mark.parametrize(
    ("name", "text"),
    [("learning_rate", "0"), ("learning_rate", "-1"), ("learning_rate", "nan"), ("batch_size", "0"),
     ("batch_size", "2.5"), ("epochs", "-1"), ("dataset", " "), ("max_length", "none"), ("dropout", "inf")],
)  # fmt: skip
def test_bad_values_are_refused_in_one_line(name, text):
    made = controls()
    before = made.config
    made.edit(name, text)
    assert made.config == before and made.error.startswith(f"{name}:") and "\n" not in made.error


def test_values_that_clash_wait_for_each_other():
    heard = []
    made = controls(on_edit=lambda name, value, final: heard.append((name, value)))
    made.edit("train_fraction", "0.7")
    assert "add up to 0.9" in made.error and made.config.train_fraction == 0.8
    assert made.widget.state["train_fraction"]["text"] == "0.7"
    made.edit("epochs", "3")
    assert "add up" in made.error and heard == []
    made.edit("test_fraction", "0.2")
    assert made.error == "" and not made.widget.notes
    assert heard == [("train_fraction", 0.7), ("epochs", 3), ("test_fraction", 0.2)]
    assert (made.config.train_fraction, made.config.epochs, made.config.test_fraction) == (0.7, 3, 0.2)


def test_a_locked_setting_takes_no_edits():
    made = controls()
    made.lock(["epochs", "model"])
    made.edit("epochs", "9")
    assert made.config.epochs == 2 and made.widget.state["epochs"]["text"] == "2"


def test_an_edit_is_answered_by_its_number_even_when_it_is_wrong():
    made = controls()
    from_browser(made.widget, {"type": "edit", "number": 7, "name": "epochs", "text": "many", "final": True})
    assert made.widget.seen == 7
    from_browser(made.widget, {"type": "edit", "number": 8, "name": "no such setting", "text": "1"})
    from_browser(made.widget, {"type": "something else", "number": 9})
    assert made.widget.seen == 8
