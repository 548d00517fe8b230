"""The configs of lab 03: bad values in one line, good ones back from YAML and widgets, every slider's ends valid."""

from __future__ import annotations

import math

import pytest

from nblib import CharactersConfig, InputError, RecurrentConfig
from nblib.engine.jobs import read_config
from nblib.ui.controls import Controls, exact_text

BOTH = [RecurrentConfig, CharactersConfig]


@pytest.mark.parametrize(
    ("kind", "values", "reason"),
    [
        (
            RecurrentConfig,
            {"task": "addin"},
            "task: 'addin' is not one of adding, copy, characters; did you mean adding",
        ),
        (RecurrentConfig, {"length": 1}, "length: 1 is not a whole number at least 2 and at most 2000"),
        (RecurrentConfig, {"weight_scale": -1}, "weight_scale: -1 is not a number at least 0"),
        (RecurrentConfig, {"weight_scale": math.inf}, "weight_scale: inf is not"),
        (RecurrentConfig, {"cells": "transformer"}, "cells: 'transformer' is not one of all, rnn, lstm, gru"),
        (RecurrentConfig, {"hiden_size": 3}, "unknown option 'hiden_size'; did you mean hidden_size"),
        (CharactersConfig, {"temperature": -0.1}, "temperature: -0.1 is not a number at least 0"),
        (CharactersConfig, {"learning_rate": 0}, "learning_rate: 0 is not a number above 0"),
        (CharactersConfig, {"max_steps": 0}, "max_steps: 0 is not a whole number at least 1"),
        (CharactersConfig, {"dropout": 1}, "dropout: 1 is not a number at least 0 and at most 0.9"),
        (CharactersConfig, {"dataset": " "}, "dataset: is empty"),
    ],
)
def test_bad_values_are_refused_in_one_line(kind, values, reason):
    with pytest.raises(InputError) as caught:
        kind(**values)
    assert reason in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", BOTH)
def test_yaml_code_and_sliders(kind, tmp_path):
    config = kind(learning_rate=2e-5, max_steps=7, output=str(tmp_path / "run"))
    path = tmp_path / "config.yaml"
    path.write_text(config.to_yaml())
    assert read_config(path) == config
    names = {}
    exec(config.as_code().partition("\n\n")[0], names)
    assert callable(names[config.job.rpartition(":")[2]])
    for setting in kind.settings():
        for end in setting.slider or ():
            assert getattr(config.replace(**{setting.name: end}), setting.name) == end


@pytest.mark.parametrize("kind", BOTH)
def test_what_may_be_changed_live(kind):
    live = {s.name for s in kind.settings() if s.live}
    assert live == {"learning_rate", "max_grad_norm"} | ({"temperature"} if kind is CharactersConfig else set())


@pytest.mark.parametrize("kind", BOTH)
def test_widgets_give_the_config_back(kind):
    controls = Controls(kind(), in_sight=[])
    for setting in kind.settings():
        for end in setting.slider or ():
            controls.edit(setting.name, exact_text(end))
            assert controls.error == "" and getattr(controls.config, setting.name) == end
