"""The pages' scripts: their unit tests in Node, their types, and the cases that Python is held to as well."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def tool():
    spec = importlib.util.spec_from_file_location("tsc", ROOT / ".ci" / "tsc.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def cases(name: str):
    return json.loads((HERE / "cases" / f"{name}.json").read_text(encoding="utf-8"))


def test_unit_tests_in_node_pass():
    files = sorted(map(str, HERE.glob("*.test.mjs")))
    done = subprocess.run(
        [*tool().node(), "--test", "--test-reporter=tap", *files], capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
    counted = re.search(r"^# pass (\d+)$", done.stdout, re.MULTILINE)
    assert counted and int(counted[1]) >= 150, done.stdout[-500:]


def test_types_hold():
    module = tool()
    done = subprocess.run(
        [*module.node(), str(module.compiler()), "-p", str(HERE)], capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]


def test_no_script_draws_a_view_in_more_than_120_lines():
    checked = 0
    for path in (ROOT / "nblib").rglob("*.js"):
        for body in re.findall(r"^(?:export )?function \w+\(.*?^}", path.read_text("utf-8"), re.MULTILINE | re.DOTALL):
            checked += 1
            assert body.count("\n") < 120, f"{path.name}: {body.splitlines()[0]}"
    assert checked > 100


@pytest.mark.parametrize("case", cases("by_hand"), ids=lambda case: case["settings"]["sentence"])
def test_attention_by_hand_gives_the_numbers_of_the_cases(case):
    from nblib.labs.attention.by_hand.panel import AttentionByHandPanel

    settings = case["settings"]
    panel = AttentionByHandPanel(settings["sentence"], settings["hidden_size"], settings["num_heads"])
    panel.causal.value, panel.padded.value = settings["causal"], settings["padded"]
    panel.positions.value = settings["positions"]
    panel.rescale(settings["scale"])
    view = panel.view
    assert [view.tokens, view.matrices, view.pads, view.heads] == [
        case[n] for n in ("tokens", "matrices", "pads", "heads")
    ]
    assert [view.scale, view.usual] == pytest.approx([case["scale"], case["usual"]])
    wanted = [-np.inf if v is None else v for v in case["numbers"]]
    np.testing.assert_allclose(np.frombuffer(view.data, np.float64), wanted, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(("text", "value"), cases("typed_numbers"))
def test_a_typed_number_that_the_page_takes_is_the_same_in_python(text, value):
    from nblib.engine.errors import InputError
    from nblib.labs.attention.by_hand.panel import read

    if value is None:
        with pytest.raises(InputError):
            read(text, "X, row 1, column 1")
    else:
        assert read(text, "X, row 1, column 1") == value


@pytest.mark.parametrize("case", cases("maps"), ids=lambda case: "causal" if case["causal"] else "whole")
def test_maps_are_packed_into_the_bytes_of_the_cases(case):
    from nblib.inspect.maps import packed

    data, scales = packed(np.asarray(case["weights"], np.float32), case["causal"])
    assert data.ravel().tolist() == case["bytes"]
    np.testing.assert_allclose(scales.ravel(), case["scales"], rtol=1e-6)


@pytest.mark.parametrize("case", cases("ink"), ids=lambda case: f"{len(case['points'])} points")
def test_ink_is_unpacked_to_the_points_of_the_cases(case):
    from nblib.labs.perceptron.digits.pad import ink_of

    assert np.flatnonzero(ink_of(case["bits"])).tolist() == case["points"]


def test_the_net_cuts_its_parameters_as_in_the_case():
    from nblib.models.mlp import MLP

    case = cases("net")
    net = MLP(case["sizes"])
    net.parameters[:] = case["parameters"]
    assert [w.tolist() for w in net.weights] == case["weights"]
    assert [b.tolist() for b in net.biases] == case["biases"]
