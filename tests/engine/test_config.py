"""The config: every bad value refused in one line, every good one back from YAML, code and command as it was."""

from __future__ import annotations

import ast
import math
import random
import shlex

import pytest
import yaml
from pydantic import ValidationError

from nblib import FineTuneConfig, InputError
from nblib.cli.parser import Parser, add_settings, read
from nblib.engine.config import number_text
from nblib.engine.jobs import read_config
from nblib.engine.text import nearest

FIELDS = {s.name: s for s in FineTuneConfig.settings()}


def refusal(**values) -> str:
    with pytest.raises(InputError) as caught:
        FineTuneConfig(**values)
    text = str(caught.value)
    assert "\n" not in text and text
    return text


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"learning_rate": 0}, "learning_rate: 0 is not a number above 0 and at most 1"),
        ({"learning_rate": -1e-4}, "learning_rate: -0.0001 is not a number above 0"),
        ({"learning_rate": math.nan}, "learning_rate: nan is not a number above 0"),
        ({"learning_rate": "nan"}, "learning_rate: "),
        ({"learning_rate": math.inf}, "learning_rate: inf is not"),
        ({"learning_rate": "abc"}, "learning_rate: 'abc' is not a number"),
        ({"learning_rate": True}, "learning_rate: True is not a number"),
        ({"learning_rate": None}, "learning_rate: None is not a number"),
        ({"learning_rate": [1e-4]}, "learning_rate: [0.0001] is not a number"),
        ({"max_grad_norm": math.inf}, "max_grad_norm: inf is not a number at least 0"),
        ({"max_grad_norm": math.nan}, "max_grad_norm: nan is not a number at least 0"),
        ({"batch_size": 0}, "batch_size: 0 is not a whole number at least 1"),
        ({"batch_size": -3}, "batch_size: -3 is not a whole number at least 1"),
        ({"batch_size": 2.5}, "batch_size: 2.5 is not a whole number at least 1"),
        ({"batch_size": "2.5"}, "batch_size: '2.5' is not a whole number"),
        ({"batch_size": ""}, "batch_size: '' is not a whole number"),
        ({"epochs": -1}, "epochs: -1 is not a whole number at least 1"),
        ({"epochs": 0}, "epochs: 0 is not a whole number at least 1"),
        ({"max_steps": 0}, "max_steps: 0 is not a whole number at least 1 or none"),
        ({"freeze_layers": -1}, "freeze_layers: -1 is not"),
        ({"dropout": 1}, "dropout: 1 is not a number at least 0 and at most 0.9 or none"),
        ({"seed": 2**31}, "seed: 2147483648 is not"),
        ({"precision": "fp16"}, "precision: 'fp16' is not one of auto, fp32, bf16; did you mean"),
        ({"lr_scheduler_type": "cosin"}, "did you mean cosine?"),
        ({"metric_for_best_model": "eval_los"}, "did you mean eval_loss"),
        ({"class_weights": "perhaps"}, "class_weights: 'perhaps' is not true or false"),
        ({"dataset": ""}, "dataset: is empty"),
        ({"model": "  "}, "model: is empty"),
        ({"dataset": None}, "dataset: None is not text"),
        ({"learnin_rate": 1}, "unknown option 'learnin_rate'; did you mean learning_rate"),
        ({"lr": 1}, "unknown option 'lr'"),
        ({"train_fraction": 0.5}, "add up to 0.7; make it 1"),
        ({"gradient_accumulation_steps": 3}, "batch_size: 32 examples do not divide into"),
    ],
)
def test_a_bad_value_is_refused_in_one_line(values, reason):
    assert reason in refusal(**values)


@pytest.mark.parametrize(
    ("values", "name", "value"),
    [
        ({"learning_rate": "3e-5"}, "learning_rate", 3e-5),
        ({"learning_rate": 1}, "learning_rate", 1.0),
        ({"batch_size": "16"}, "batch_size", 16),
        ({"batch_size": 16.0}, "batch_size", 16),
        ({"max_steps": "none"}, "max_steps", None),
        ({"dropout": "None"}, "dropout", None),
        ({"eval_steps": ""}, "eval_steps", None),
        ({"class_weights": "true"}, "class_weights", True),
        ({"dataset": "none"}, "dataset", "none"),
        ({"output": 2026}, "output", "2026"),
    ],
)
def test_a_good_value_gets_its_type(values, name, value):
    found = getattr(FineTuneConfig(**values), name)
    assert found == value and type(found) is type(value)


def test_a_config_does_not_change_and_a_copy_is_checked():
    config = FineTuneConfig()
    with pytest.raises(ValidationError, match="frozen"):
        config.epochs = 3
    assert config.replace(epochs=3).epochs == 3 and config.epochs == 2
    with pytest.raises(InputError, match="epochs: 0"):
        config.replace(epochs=0)
    assert config.replace(epochs=3, seed=1).changed() == {"epochs": 3, "seed": 1}


# -- what the widgets, the options and the tables need -------------------------------------------------------------


@pytest.mark.parametrize("s", FineTuneConfig.settings(), ids=lambda s: s.name)
def test_every_field_says_what_it_is(s):
    assert s.description[0].isupper() and len(s.description) > 8 and not s.description.endswith(".")
    assert s.range_text and s.group in ("Data", "Model", "Optimiser", "Running")
    assert s.scale in {"bool": ("switch",), "choice": ("choice",), "str": ("text",)}.get(s.kind, ("linear", "log"))
    assert isinstance(s.live, bool) and isinstance(s.more, bool)
    assert s.option == "--" + s.name.replace("_", "-")
    if s.kind in ("int", "float"):
        assert s.low is not None, "a number has a lower bound"
        left, right = s.slider
        assert left < right, "a slider has two ends"
        assert left > s.low if s.low_open else left >= s.low, "a slider shows valid values"
        assert s.high is None or right <= s.high
        assert s.default is None or left <= s.default <= right
        assert s.scale != "log" or left > 0
    if s.kind == "choice":
        assert s.default in s.choices


def test_what_may_change_live_is_what_the_engine_can_change():
    assert [s.name for s in FIELDS.values() if s.live] == ["learning_rate", "weight_decay", "max_grad_norm"]


def test_the_range_is_said_in_words():
    assert FIELDS["learning_rate"].range_text == "a number above 0 and at most 1"
    assert FIELDS["batch_size"].range_text == "a whole number at least 1"
    assert FIELDS["precision"].range_text == "one of auto, fp32, bf16"
    assert FIELDS["cache_frozen"].range_text == "true or false"


@pytest.mark.parametrize(
    ("value", "text"),
    [(1e-4, "1e-4"), (3e-5, "3e-5"), (0.05, "0.05"), (1.0, "1"), (32, "32"), (1e6, "1e6"), (2.5, "2.5"), (0, "0"),
     (1.25e-7, "1.25e-7"), (0.001, "1e-3"), (True, "True"), ("sdpa", "sdpa"), (math.nan, "nan"), (None, "None")],
)  # fmt: skip
def test_numbers_are_written_as_a_person_writes_them(value, text):
    assert number_text(value) == text


def test_the_nearest_names_are_offered():
    assert nearest("learning-rat", FIELDS).startswith("; did you mean learning_rate")
    assert nearest("zzz", FIELDS) == ""
    with pytest.raises(InputError, match="unknown option 'epoch'; did you mean epochs"):
        FineTuneConfig.setting("epoch")


# -- there and back ------------------------------------------------------------------------------------------------

TEXTS = ["reviews", "my data.csv", "C:\\data\\a.csv", "it's", '"quoted"', "你好.csv", "1e-4", "007", "-dash.csv", "yes",
         "a: b", "#x", "$HOME", "none.csv", "a\tb", "~", "null!", "%d", "--output"]  # fmt: skip


def random_value(s, rng: random.Random):
    if s.optional and rng.random() < 0.4:
        return None
    if s.kind == "bool":
        return rng.random() < 0.5
    if s.kind == "choice":
        return rng.choice(s.choices)
    if s.kind == "str":
        return rng.choice(TEXTS)
    low, high = s.slider
    if s.kind == "int":
        return rng.randint(int(low), int(high))
    if s.scale == "log":
        return rng.choice([10 ** rng.uniform(math.log10(low), math.log10(high)), 1e-4, 5e-324, 1e-7])
    return rng.choice([rng.uniform(low, high), round(rng.uniform(low, high), 2), float(low if low > 0 else high)])


def random_config(seed: int) -> FineTuneConfig:
    rng = random.Random(seed)
    values = {s.name: random_value(s, rng) for s in FIELDS.values() if rng.random() < 0.6}
    for name in ("train_fraction", "validation_fraction", "test_fraction"):
        values.pop(name, None)
    if rng.random() < 0.5:
        validation, test = round(rng.uniform(0.05, 0.3), 3), round(rng.uniform(0.05, 0.3), 3)
        values |= {"validation_fraction": validation, "test_fraction": test, "train_fraction": 1 - validation - test}
    parts = values.get("gradient_accumulation_steps", 1)
    values["batch_size"] = parts * rng.randint(1, 32)
    return FineTuneConfig(**values)


def from_command(line: str) -> FineTuneConfig:
    words = shlex.split(line)
    assert words[:2] == ["nblib", "finetune"]
    parser = Parser(prog="nblib finetune")
    parser.add_argument("config", nargs="?")
    add_settings(parser, FineTuneConfig)
    given = vars(parser.parse(words[2:]))
    del given["traceback"]
    return read(FineTuneConfig, given.pop("config"), given)


@pytest.mark.parametrize("seed", range(60))
def test_random_configs_come_back_from_yaml_code_and_command(seed, tmp_path):
    config = random_config(seed)
    path = tmp_path / "run.yaml"
    path.write_text(config.to_yaml(), encoding="utf-8")
    assert FineTuneConfig.from_yaml(path) == config
    assert read_config(path) == config
    assert FineTuneConfig.parse(config.model_dump()) == config
    assert from_command(config.as_command()) == config
    call = next(
        node
        for node in ast.walk(ast.parse(config.as_code()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "FineTuneConfig"
    )
    assert eval(ast.unparse(call), {"FineTuneConfig": FineTuneConfig}) == config


def test_the_code_is_complete_and_short():
    code = FineTuneConfig(learning_rate=3e-5, output="runs/demo").as_code()
    assert "from nblib import Session, FineTuneConfig, finetune" in code
    assert "finetune(FineTuneConfig(learning_rate=3e-5, output='runs/demo'))" in code
    assert FineTuneConfig().as_command() == "nblib finetune"


def test_the_yaml_names_its_job_and_every_field():
    values = yaml.safe_load(FineTuneConfig(learning_rate=1e-5).to_yaml())
    assert list(values) == ["job", *FIELDS]
    assert values["job"] == "finetune" and values["learning_rate"] == 1e-5


@pytest.mark.parametrize("text", ["1e-4", "1.0e-4", "0.0001", "'1e-4'", "1.e-4", "+1e-4"])
def test_a_number_in_yaml_is_a_number(tmp_path, text):
    path = tmp_path / "run.yaml"
    path.write_text(f"learning_rate: {text}\n")
    assert FineTuneConfig.from_yaml(path).learning_rate == 1e-4


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("learning_rate: abc", "learning_rate: 'abc' is not a number"),
        ("learning_rate: .nan", "learning_rate: nan is not"),
        ("learning_rates: 1", "unknown option 'learning_rates'; did you mean learning_rate"),
        ("3: 1", "unknown option 3"),
        ("[1, 2]", "holds no options"),
        ("reviews", "holds no options"),
        ("a: [1", "line 1: not valid YAML"),
        ("epochs: 2\n\tseed: 1", "line 2: not valid YAML"),
        ("job: pretrain", "describes a 'pretrain' run, not a 'finetune' run"),
        ("batch_size: 2.5", "batch_size: 2.5 is not a whole number"),
        ("dataset: !!python/object/apply:os.system ['true']", "not valid YAML"),
    ],
)
def test_a_bad_yaml_file_is_named_with_what_is_wrong(tmp_path, text, reason):
    path = tmp_path / "run.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        FineTuneConfig.from_yaml(path)
    message = str(caught.value)
    assert message.startswith(str(path)) and reason in message and "\n" not in message


def test_files_that_cannot_be_read_are_refused(tmp_path):
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00\x01\x80")
    for path, reason in (
        (tmp_path / "none.yaml", "no such file"),
        (tmp_path, "cannot be read as text"),
        (tmp_path / "bytes.yaml", "cannot be read as text"),
    ):
        with pytest.raises(InputError, match=reason):
            FineTuneConfig.from_yaml(path)
    (tmp_path / "empty.yaml").write_text("")
    assert FineTuneConfig.from_yaml(tmp_path / "empty.yaml") == FineTuneConfig()
