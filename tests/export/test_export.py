import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from nblib import export
from nblib.engine.errors import InputError
from nblib.engine.jobs import read_config
from nblib.engine.locks import FolderLock
from nblib.export import formats, fresh, rows, saving
from tests import tiny_classifier


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A run with both formats exported."""
    run_dir = tiny_classifier.write_run(tmp_path_factory.mktemp("export") / "run")
    stages = []
    report = export.save(run_dir, progress=lambda *stage: stages.append(stage))
    return SimpleNamespace(run=run_dir, report=report, stages=stages)


@pytest.fixture
def run_dir(tmp_path):
    return tiny_classifier.write_run(tmp_path / "run")


@pytest.fixture
def again(exported, tmp_path):
    """A copy of the run with its exports, to be spoiled."""
    return Path(shutil.copytree(exported.run, tmp_path / "run"))


@pytest.fixture
def no_process(monkeypatch):
    """The answer of a fresh process that finds everything right, without the process."""

    def ask(self, name, folder):
        sizes = np.cumsum([len(batch) for batch in self.rows.batches])[:-1]
        return {
            "labels": self.labels, "logits": [part.tolist() for part in np.split(self.logits, sizes)],
            "latency_ms": 1.0, "batch_latency_ms": 0.5, "versions": {},
        }  # fmt: skip

    monkeypatch.setattr(saving.Reference, "ask", ask)


def everything(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def refused(run_dir, match, **options):
    with pytest.raises(InputError, match=match) as caught:
        export.save(run_dir, **options)
    assert "\n" not in str(caught.value)
    assert not (Path(run_dir) / "export").exists()


# -- what comes out ----------------------------------------------------------------------------------------------


def test_both_formats_answer_as_the_original(exported):
    hf, onnx = exported.report.rows
    assert (hf["format"], onnx["format"]) == ("hf", "onnx")
    assert hf["largest_difference"] <= 1e-6
    assert onnx["largest_difference"] <= onnx["tolerance"]
    for row in (hf, onnx):
        assert row["same_labels"] == 1.0 and row["rows"] == 20
        assert row["accuracy"] == row["original_accuracy"]
        assert row["latency_ms"] > 0 and row["batch_latency_ms"] > 0 and row["latency_tokens"] in range(24, 33)
        assert row["size_bytes"] == formats.size_of(exported.run / "export" / row["format"])


def test_the_report_reads_well_and_comes_back(exported):
    table = exported.report.table()
    assert "reviews of mine.csv" in table and str(exported.run.parent) not in table
    assert len({line.index("MB") for line in table.splitlines()[2:4]}) == 1
    assert exported.report.markdown().startswith("| format | size |")
    assert (
        export.Report.read(exported.run).rows
        == exported.report.rows
        == json.loads(exported.report.to_json())["formats"]
    )
    assert exported.report.row("onnx")["format"] == "onnx"
    with pytest.raises(InputError, match="was not exported"):
        exported.report.row("int8")


def test_stages_are_told(exported):
    assert [done for _, done, _ in exported.stages] == [0, 1, 2, 3, 4, 5]


def test_nothing_half_written_and_no_path_of_the_machine(exported):
    folder = exported.run / "export"
    assert sorted(p.name for p in folder.iterdir()) == ["hf", "onnx", "report.json"]
    for name, content in everything(folder).items():
        for path in (str(exported.run.parent), sys.prefix, os.getcwd()):
            assert path.encode() not in content, name


def test_the_tokenizer_knows_where_to_cut(exported):
    for name in ("hf", "onnx"):
        settings = json.loads((exported.run / "export" / name / "tokenizer_config.json").read_text())
        assert settings["model_max_length"] == 24


def test_onnx_has_two_free_axes_and_named_inputs(exported):
    import onnx

    graph = onnx.load(exported.run / "export/onnx/model.onnx").graph
    assert {i.name for i in graph.input} == {"input_ids", "attention_mask", "token_type_ids"}
    for given in graph.input:
        assert [d.dim_param for d in given.type.tensor_type.shape.dim] == ["batch", "length"]
    assert [o.name for o in graph.output] == ["logits"]


@pytest.mark.parametrize("name", ["hf", "onnx"])
def test_the_code_in_the_card_runs(exported, name):
    folder = exported.run / "export" / name
    text = (folder / "README.md").read_text(encoding="utf-8")
    code = re.search(r"```python\n(.*?)```", text, re.DOTALL)[1]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=fresh.environment(), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "positive" in done.stdout or "negative" in done.stdout
    assert text.count("## How to use it") == 1 and "## Training" in text


# -- what must not come out --------------------------------------------------------------------------------------


def test_perturbed_weights_are_a_mismatch(run_dir, monkeypatch):
    from safetensors.torch import load_file, save_file

    def fill(model, out, max_length):
        formats.fill_hf(model, out, max_length)
        weights = load_file(out / "model.safetensors")
        weights["classifier.bias"] += 1e-4
        save_file(weights, out / "model.safetensors", {"format": "pt"})

    monkeypatch.setitem(saving.FORMATS, "hf", fill)
    with pytest.raises(export.Mismatch, match="hf: its logits differ"):
        export.save(run_dir, ["hf"])
    assert not (run_dir / "export").exists()


def spoiled_onnx(again, spoil):
    def fill(model, out, max_length):
        shutil.copytree(again / "export" / "onnx", out, dirs_exist_ok=True)
        spoil(out)

    return fill


def flip_a_sign(out):
    import onnx
    from onnx import numpy_helper

    model = onnx.load(out / "model.onnx")
    for weight in model.graph.initializer:
        if weight.name.endswith("classifier.bias"):
            weight.CopyFrom(numpy_helper.from_array(-numpy_helper.to_array(weight), weight.name))
    onnx.save(model, out / "model.onnx")


def swap_the_labels(out):
    config = json.loads((out / "config.json").read_text())
    config["id2label"] = {"0": config["id2label"]["1"], "1": config["id2label"]["0"]}
    (out / "config.json").write_text(json.dumps(config))


def cut_a_file(out):
    with open(out / "model.onnx", "r+b") as file:
        file.truncate(1000)


def forget_to_cut(out):
    settings = json.loads((out / "tokenizer.json").read_text())
    settings["truncation"]["max_length"] = 12
    (out / "tokenizer.json").write_text(json.dumps(settings))


@pytest.mark.parametrize(
    ("spoil", "error", "match"),
    [
        (flip_a_sign, export.Mismatch, "its logits differ"),
        (swap_the_labels, export.Mismatch, "its classes are"),
        (forget_to_cut, export.Mismatch, "its logits differ"),
        (cut_a_file, export.ExportFailed, "a fresh process could not use it"),
    ],
)
def test_an_older_export_is_replaced_only_by_a_good_one(again, monkeypatch, spoil, error, match):
    before = everything(again / "export")
    monkeypatch.setitem(saving.FORMATS, "onnx", spoiled_onnx(again, spoil))
    with pytest.raises(error, match=match) as caught:
        export.save(again, ["onnx"])
    assert "\n" not in str(caught.value)
    assert everything(again / "export") == before


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("where", ["fill", "ask", "replace_folder"])
def test_whatever_interrupts_nothing_half_written_stays(again, monkeypatch, no_process, error, where):
    def fail(*_):
        raise error

    if where == "fill":

        def fill(model, out, max_length):
            (out / "model.safetensors").write_bytes(b"half")
            raise error

        monkeypatch.setitem(saving.FORMATS, "hf", fill)
    elif where == "ask":
        monkeypatch.setattr(saving.Reference, "ask", fail)
    else:
        monkeypatch.setattr(saving, "replace_folder", fail)
    before = everything(again / "export")
    with pytest.raises(type(error)):
        export.save(again, ["hf"])
    assert everything(again / "export") == before
    shutil.rmtree(again / "export")
    with pytest.raises(type(error)):
        export.save(again, ["hf"])
    assert not (again / "export").exists()


def test_what_a_killed_export_left_is_cleared(again, no_process):
    folder = again / "export"
    (folder / ".onnx.123-ab.part").mkdir()
    (folder / "hf").rename(folder / ".hf.old")
    export.save(again, ["hf"])
    assert sorted(p.name for p in folder.iterdir()) == ["hf", "onnx", "report.json"]


def test_a_model_that_cannot_be_translated(run_dir, monkeypatch):
    def run(*_, **__):
        raise fresh.ChildFailed("torch._dynamo.exc.Unsupported: no")

    monkeypatch.setattr(fresh, "run", run)
    with pytest.raises(export.ExportFailed, match="onnx: the model could not be translated .*Unsupported"):
        export.save(run_dir, ["onnx"])
    assert not (run_dir / "export").exists()


# -- the report over several exports -----------------------------------------------------------------------------


def test_earlier_formats_stay_in_the_report_as_long_as_they_are_there(again, no_process):
    assert [r["format"] for r in export.save(again, "hf").rows] == ["hf", "onnx"]
    shutil.rmtree(again / "export" / "onnx")
    assert [r["format"] for r in export.Report.read(again).rows] == ["hf"]
    assert [r["format"] for r in export.save(again, ["hf", "hf"]).rows] == ["hf"]


def test_a_damaged_report_is_written_anew(again, no_process):
    (again / "export" / "report.json").write_text("{")
    with pytest.raises(InputError, match="is damaged"):
        export.Report.read(again)
    assert [r["format"] for r in export.save(again, ["hf"]).rows] == ["hf"]


def test_no_report_yet(run_dir):
    with pytest.raises(InputError, match="nothing was exported yet"):
        export.Report.read(run_dir)


# -- bad input ---------------------------------------------------------------------------------------------------


def test_unknown_formats(run_dir):
    refused(run_dir, "unknown 'onx'; did you mean onnx", formats=["hf", "onx"])
    refused(run_dir, "there are hf, onnx", formats=["safetensor"])
    refused(run_dir, "none was given", formats=[])


def test_folders_without_a_run_or_a_model(tmp_path, run_dir):
    refused(tmp_path / "none", "no such folder")
    refused(tmp_path, "holds no run")
    shutil.rmtree(run_dir / "model")
    refused(run_dir, "no model yet")


@pytest.mark.parametrize("name", ["pytorch_model.bin", "training_args.bin", "x.pt", "inner/head.pkl"])
def test_a_pickle_in_the_model_folder(run_dir, name):
    path = run_dir / "model" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"\x80\x04N.")
    refused(run_dir, "a pickle can run code")


def test_truncated_weights(run_dir):
    with open(run_dir / "model" / "model.safetensors", "r+b") as file:
        file.truncate(20_000)
    refused(run_dir, "cut short")


def test_weights_that_are_no_numbers(run_dir):
    from safetensors.torch import load_file, save_file

    path = run_dir / "model" / "model.safetensors"
    weights = load_file(path)
    weights["classifier.bias"] *= float("nan")
    save_file(weights, path, {"format": "pt"})
    refused(run_dir, "not finite")


def test_a_disk_without_room(run_dir, monkeypatch):
    monkeypatch.setattr(saving.shutil, "disk_usage", lambda _: SimpleNamespace(free=1_000_000))
    refused(run_dir, "the export needs .* MB and 1 MB are free")


def test_a_run_that_is_going_on(run_dir):
    lock = FolderLock(run_dir)
    try:
        refused(run_dir, "is working in this run folder")
    finally:
        lock.release()


def test_data_that_are_gone(run_dir):
    (run_dir.parent / "reviews of mine.csv").unlink()
    refused(run_dir, "reviews of mine.csv")


def test_onnx_without_a_fast_tokenizer(run_dir):
    (run_dir / "model" / "tokenizer.json").rename(run_dir / "model" / "other.json")
    with pytest.raises(InputError, match="tokenizer.json"):
        formats.fill_onnx(run_dir / "model", run_dir, 24)


# -- rows --------------------------------------------------------------------------------------------------------


def test_rows_of_another_data_set(run_dir):
    config = read_config(run_dir / "config.yaml")
    other = run_dir.parent / "other.csv"
    tiny_classifier.write_data(other, labels=["positive", "unknown"])
    found = rows.held_out(config, tiny_classifier.LABELS, other)
    assert found.data == "20 rows of the test split of other.csv"
    assert sorted(set(found.labels[: found.count])) == [-1, 1]
    assert sum(map(len, found.batches)) == len(found.labels) == found.count + 3


def test_rows_are_of_all_lengths_and_in_mixed_batches():
    lengths = list(range(1000))
    chosen = rows.spread(lengths, 256)
    assert len(set(chosen)) == 256 and {0, 999} <= set(chosen)
    assert chosen == rows.spread(lengths, 256)
    assert rows.spread([5], 256) == [0]
    batches = rows.in_batches([str(i) for i in chosen])
    assert [len(b) for b in batches[:6]] == [1, 1, 2, 7, 32, 32]
    assert [text for batch in batches for text in batch] == [str(i) for i in chosen]
    assert all(max(map(int, b)) - min(map(int, b)) > 500 for b in batches[4:])


@pytest.mark.parametrize("texts", [["a b c"], ["word " * 500], ["", ""], ["你好" * 40]])
def test_a_text_of_so_many_tokens(texts):
    def tokens(text):
        return 2 + (len(text) if "你" in text else len(text.split()))

    text, count = rows.of_tokens(texts, 32, tokens)
    assert count == tokens(text) == 32


def test_a_tie_is_excused_and_counted(monkeypatch):
    reference = saving.Reference.__new__(saving.Reference)
    reference.rows = rows.Rows([["a"], ["b"]], np.array([0, 1]), 2, "2 rows")
    reference.labels, reference.threads, reference.latency_tokens = ["x", "y"], 1, 32
    reference.logits = np.array([[0.5, 0.5 + 1e-5], [1.0, 0.0]])
    answer = {"labels": ["x", "y"], "latency_ms": 1.0, "batch_latency_ms": 1.0, "versions": {}}
    answer["logits"] = [[[0.5, 0.5 - 1e-5]], [[1.0, 0.0]]]
    monkeypatch.setattr(saving.Reference, "ask", lambda *_: answer)
    found = reference.compare("onnx", Path())
    assert (found["ties"], found["same_labels"], found["accuracy"], found["original_accuracy"]) == (1, 1.0, 0.5, 0.0)
    answer["logits"] = [[[0.5, float("nan")]], [[1.0, 0.0]]]
    with pytest.raises(export.Mismatch, match="by up to inf .* row 1 of 2"):
        reference.compare("onnx", Path())
    answer["logits"] = [[[0.5, 0.5]]]
    with pytest.raises(export.Mismatch, match="were expected"):
        reference.compare("onnx", Path())


# -- fresh processes ---------------------------------------------------------------------------------------------


def test_a_fresh_process_finds_nblib_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "relative" + os.pathsep)
    made = fresh.environment()
    assert all(os.path.isabs(p) for p in made["PYTHONPATH"].split(os.pathsep))
    assert made["HF_HUB_OFFLINE"] == "1"
    (tmp_path / "json.py").write_text("raise SystemExit('the wrong json')")
    with pytest.raises(fresh.ChildFailed, match="^TypeError: main"):
        fresh.run("nblib.export.check", cwd=tmp_path / "..")


def test_the_cause_is_named():
    chained = (
        "chatter\nTraceback (most recent call last):\n  File x\nValueError: the cause\n\nThe above exception "
        "was the direct cause\n\nTraceback (most recent call last):\n"
        "  File y\n\x1b[96mRuntimeError\x1b[0m: wrapper\nmore"
    )
    assert fresh._last_word(1, chained) == "ValueError: the cause"
    assert fresh._last_word(3, "") == "exit status 3"
    assert "memory" in fresh._last_word(-9, "")
