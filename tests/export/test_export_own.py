"""Export of models of ours: the same answers from a fresh process, nothing half-written, no code but ours."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from nblib.engine.errors import InputError
from nblib.export import fresh
from nblib.export.own import saving as own
from nblib.export.own.report import OwnReport
from nblib.export.saving import ExportFailed, Mismatch
from nblib.models.mlp import MLP
from nblib.models.mlp_torch import TorchMLP, arguments, to_torch

BUILDER = "nblib.models.mlp_torch:TorchMLP"
FEATURES = ("x1", "x2", "sin_x1")
POINTS = np.random.default_rng(0).uniform(-6, 6, (20, 2)).astype(np.float32)


@pytest.fixture(scope="module")
def net():
    return MLP((3, 4, 1), "tanh", "tanh", seed=1)


def save(folder, net, **options):
    options = {"title": "A net", "formats": ["safetensors"], **options}
    return own.save(folder, BUILDER, arguments(net, FEATURES), to_torch(net, FEATURES), {"x": POINTS}, **options)


def names(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*"))


def test_both_formats_answer_as_the_original_without_nblib_or_with_three_lines(tmp_path, net):
    report = save(
        tmp_path / "out", net, formats=own.FORMATS, figures={"test loss": "0.01"}, about=["Two <b>classes</b>"]
    )
    assert [r["format"] for r in report.rows] == ["safetensors", "onnx"]
    assert all(r["largest_difference"] <= r["tolerance"] for r in report.rows)
    assert str(report).count("in a fresh process") == 2 and "safetensors" in report._repr_markdown_()
    assert [r["format"] for r in OwnReport.read(tmp_path / "out").rows] == ["safetensors", "onnx"]
    folder = tmp_path / "out" / "safetensors"
    card = (folder / "README.md").read_text()
    assert "| test loss | 0.01 |" in card and "21 parameters" in card and "\\<b\\>" in card
    # The three lines of the card, run where they say.
    code = card.partition("```python\n")[2].partition("```")[0]
    code += f"\nimport torch\nprint(model(torch.tensor({POINTS[:2].tolist()})).tolist())"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=fresh.environment(), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    wanted = to_torch(net, FEATURES)(__import__("torch").tensor(POINTS[:2])).tolist()
    np.testing.assert_allclose(json.loads(done.stdout), wanted, atol=1e-6)
    import onnxruntime

    session = onnxruntime.InferenceSession(tmp_path / "out" / "onnx" / "model.onnx", providers=["CPUExecutionProvider"])
    # Another batch size than the example's.
    np.testing.assert_allclose(session.run(None, {"x": POINTS[:2]})[0], wanted, atol=1e-5)
    assert b"/nblib/" not in (tmp_path / "out" / "onnx" / "model.onnx").read_bytes()
    assert not any(".part" in name for name in names(tmp_path))


def test_a_copy_that_answers_otherwise_is_not_kept_and_the_old_one_stays(tmp_path, net, monkeypatch):
    save(tmp_path / "out", net)
    before = {
        n: (tmp_path / "out" / n).read_bytes() for n in names(tmp_path / "out") if (tmp_path / "out" / n).is_file()
    }
    monkeypatch.setattr(own, "answer", lambda model, example: [np.ones((20, 1), np.float32)])
    with pytest.raises(Mismatch, match="differ from the original's by up to"):
        save(tmp_path / "out", net)
    after = {
        n: (tmp_path / "out" / n).read_bytes() for n in names(tmp_path / "out") if (tmp_path / "out" / n).is_file()
    }
    assert after == before


def test_a_process_that_dies_and_an_interrupt_leave_nothing(tmp_path, net, monkeypatch):
    def dies(*arguments, cwd):
        raise fresh.ChildFailed("the process was killed")

    monkeypatch.setattr(fresh, "run", dies)
    with pytest.raises(ExportFailed, match="the process was killed"):
        save(tmp_path / "out", net)
    assert not (tmp_path / "out").exists()

    def interrupted(*arguments, cwd):
        raise KeyboardInterrupt

    monkeypatch.setattr(fresh, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save(tmp_path / "out", net)
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"formats": ["onx"]}, "format: unknown 'onx'; did you mean onnx?"),
        ({"formats": []}, "format: none was given"),
    ],
)
def test_what_is_refused(tmp_path, net, change, reason):
    with pytest.raises(InputError) as caught:
        save(tmp_path / "out", net, **change)
    assert reason in str(caught.value) and "\n" not in str(caught.value)
    assert names(tmp_path) == []


def test_weights_that_are_no_numbers_a_foreign_class_and_one_example_are_refused(tmp_path, net):
    broken = to_torch(net, FEATURES)
    broken.layers[0].weight.data[0, 0] = float("inf")
    with pytest.raises(InputError, match=r"layers.0.weight: a weight is no finite number"):
        own.save(tmp_path, BUILDER, arguments(net, FEATURES), broken, {"x": POINTS}, title="")
    with pytest.raises(InputError, match="is not a class of nblib.models; no other code is run"):
        own.save(tmp_path, "os:system", {}, broken, {"x": POINTS}, title="")
    with pytest.raises(InputError, match="at least two"):
        own.save(tmp_path, BUILDER, arguments(net, FEATURES), to_torch(net, FEATURES), {"x": POINTS[:1]}, title="")


def test_a_damaged_folder_says_what_is_wrong(tmp_path, net):
    with pytest.raises(InputError, match="holds no exported model"):
        own.load(tmp_path)
    save(tmp_path, net)
    folder = tmp_path / "safetensors"
    assert isinstance(own.load(folder), TorchMLP)
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-8])
    with pytest.raises(InputError, match="does not hold this model's weights"):
        own.load(folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "builder": "subprocess:run"}))
    with pytest.raises(InputError, match="no other code is run"):
        own.load(folder)
    (folder / "config.json").write_text("{")
    with pytest.raises(InputError, match="is damaged"):
        own.load(folder)
