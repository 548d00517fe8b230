"""predict, pull, export, lab and doctor, with everything heavy behind them made light."""

from __future__ import annotations

import csv
import json
import os
import re
import sys
import types
from pathlib import Path

import pytest

import nblib.doctor
from nblib import export, index, sources
from nblib.cli import lab, main
from nblib.sources.pack import catalogue
from nblib.training.finetune import predict as predicting

# -- predict -------------------------------------------------------------------------------------------------------


class FakePredictor:
    labels = ["negative", "positive"]
    calls: list[int] = []

    def __init__(self, path):
        self.path = path

    def __call__(self, texts):
        self.calls.append(len(texts))
        shares = [0.25 if "good" in text else 0.75 for text in texts]
        return [
            {"label": self.labels[share < 0.5], "probabilities": {"negative": share, "positive": 1 - share}}
            for share in shares
        ]


@pytest.fixture
def run_folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(predicting, "Predictor", FakePredictor)
    monkeypatch.setattr(FakePredictor, "calls", [])
    (tmp_path / "run" / "model").mkdir(parents=True)
    (tmp_path / "run" / "model" / "config.json").write_text("{}")
    return tmp_path / "run"


def table(path) -> list[list[str]]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def one_line(capsys) -> str:
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("nblib: ") and err.count("\n") == 1
    return err


def test_a_sentence_gives_json(run_folder, capsys):
    assert main(["predict", str(run_folder), "a good film, 好"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out) == {"label": "positive", "probabilities": {"negative": 0.25, "positive": 0.75}}
    assert err == ""


def test_several_sentences_give_a_line_each_and_a_model_folder_will_do(run_folder, capsys):
    assert main(["predict", str(run_folder / "model"), "good", "bad"]) == 0
    assert [json.loads(line)["label"] for line in capsys.readouterr().out.splitlines()] == ["positive", "negative"]


def test_a_file_keeps_its_columns_and_gains_label_and_classes(run_folder, tmp_path, capsys):
    source = tmp_path / "in.csv"
    source.write_text('id,text\n1,"good, film"\n2,\n3,"bad\nfilm"\n4,too,many\n5,"say ""good"""\n', encoding="utf-8")
    assert main(["predict", "run", "--file", "in.csv", "--output", "out.csv"]) == 0
    assert table(tmp_path / "out.csv") == [
        ["id", "text", "label", "negative", "positive"],
        ["1", "good, film", "positive", "0.250000", "0.750000"],
        ["2", "", "", "", ""],
        ["3", "bad\nfilm", "negative", "0.750000", "0.250000"],
        ["5", 'say "good"', "positive", "0.250000", "0.750000"],
    ]
    assert capsys.readouterr().out.splitlines() == [
        "rows with no text, left without a label: 1 (row 2)",
        "rows with too few or too many cells, left out: 1 (row 4)",
        "rows classified into out.csv: 3",
    ]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.csv", "out.csv", "run"], "no temporary file stays"


def test_columns_that_are_there_are_not_written_over(run_folder, tmp_path):
    (tmp_path / "in.jsonl").write_text('{"review": "good", "label": 1, "positive": "x"}\n', encoding="utf-8")
    assert main("predict run --file in.jsonl --output out.csv --text-column review".split()) == 0
    assert table(tmp_path / "out.csv") == [
        ["review", "label", "positive", "predicted_label", "negative", "probability_positive"],
        ["good", "1", "x", "positive", "0.250000", "0.750000"],
    ]


def test_many_rows_go_in_parts(run_folder, tmp_path):
    (tmp_path / "in.csv").write_text("text\n" + "good\n" * 1300)
    assert main("predict run --file in.csv --output out.csv".split()) == 0
    assert len(table(tmp_path / "out.csv")) == 1301
    assert max(FakePredictor.calls) <= 512 and sum(FakePredictor.calls) == 1300


def test_an_output_that_is_there_stays_without_force(run_folder, tmp_path, capsys):
    (tmp_path / "in.csv").write_text("text\ngood\n")
    (tmp_path / "out.csv").write_text("precious")
    line = "predict run --file in.csv --output out.csv".split()
    assert main(line) == 2
    assert "out.csv: is there already; --force writes over it" in one_line(capsys)
    assert (tmp_path / "out.csv").read_text() == "precious"
    assert main([*line, "--force"]) == 0
    assert table(tmp_path / "out.csv")[1][0] == "good"
    assert main("predict run --file in.csv --output in.csv --force".split()) == 0
    assert table(tmp_path / "in.csv")[0] == ["text", "label", "negative", "positive"]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ("--file none.csv --output o.csv", "none.csv"),
        ("--file in.csv --output o.csv --text-column words", "has no column 'words'"),
        ("--file odd.csv --output o.csv", "which column holds the text? Give --text-column; there are a, b"),
        ("--file in.csv --output nowhere/o.csv", "in no folder that exists"),
        ("--file in.csv --output run", "run: is a folder"),
        ("--file empty.csv --output o.csv", "empty.csv is empty"),
        ("--file header.csv --output o.csv", "header"),
    ],
)
def test_bad_files_are_refused_and_nothing_is_written(options, reason, run_folder, tmp_path, capsys):
    (tmp_path / "in.csv").write_text("id,text\n1,good\n")
    (tmp_path / "odd.csv").write_text("a,b\n1,2\n")
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "header.csv").write_text("text,label\n")
    before = sorted(tmp_path.iterdir())
    assert main(["predict", "run", *options.split()]) == 2
    assert reason in one_line(capsys)
    assert sorted(tmp_path.iterdir()) == before


# -- pull ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def pulled(monkeypatch):
    names: list[str] = []

    def pull(wanted, progress=None):
        assert wanted[0] in {item.name for item in catalogue()}
        if wanted[0] not in there:
            for done in (0, 40_000_000, 83_506_384):
                progress(wanted[0], done, 83_506_384)
        names.extend(wanted)

    there = {"reviews"}
    monkeypatch.setattr(sources, "pull", pull)
    monkeypatch.setattr(sources, "installed", there.__contains__)
    return names


def test_pull_says_what_it_fetches_and_what_is_there(pulled, capsys):
    assert main(["pull", "minilm", "reviews", "minilm"]) == 0
    out, err = capsys.readouterr()
    assert pulled == ["minilm", "reviews"] and err == ""
    assert out.splitlines() == [
        "minilm: fetching 84 MB",
        "minilm: ready",
        "reviews: was there already",
        f"in {sources.cache_folder()}",
    ]


def test_pull_all(pulled, capsys):
    assert main(["pull", "--all"]) == 0
    assert pulled == [item.name for item in catalogue()]


def test_pull_labs_fetches_what_the_index_of_labs_names(pulled, capsys):
    assert main(["pull", "--labs"]) == 0
    assert pulled == index.pack() and {"minilm", "pinyin"} < set(pulled) < {item.name for item in catalogue()}


def test_pull_without_a_name_lists_the_pack(pulled, capsys):
    assert main(["pull"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert pulled == []
    for item, line in zip(catalogue(), out, strict=False):
        assert line.startswith(item.name) and item.title in line and item.licence in line
    assert re.match(r"minilm +84 MB ", out[0])
    assert any(re.match(r"reviews +installed ", line) for line in out)


# -- export --------------------------------------------------------------------------------------------------------


def test_export_says_its_stages_and_prints_the_report(monkeypatch, capsys):
    asked = []

    def save(run, formats, verify, progress):
        asked.append((run, formats, verify))
        for done, what in enumerate(["onnx: writing", "onnx: comparing in a fresh process", "done"]):
            progress(what, done, 2)
        return types.SimpleNamespace(table=lambda: "format  size\nonnx    91 MB")

    monkeypatch.setattr(export, "save", save)
    assert main("export runs/demo --format onnx --format hf --format onnx".split()) == 0
    assert main("export runs/demo --verify tweets".split()) == 0
    assert asked == [("runs/demo", ["onnx", "hf"], None), ("runs/demo", ["hf", "onnx"], "tweets")]
    out, err = capsys.readouterr()
    expected = [
        "onnx: writing (1 of 2)",
        "onnx: comparing in a fresh process (2 of 2)",
        "format  size",
        "onnx    91 MB",
    ]
    assert out.splitlines() == 2 * expected and err == ""


def test_an_export_that_differs_is_a_failure_in_one_line(monkeypatch, capsys):
    def save(*args, **options):
        raise export.Mismatch("onnx: logits differ by 0.2, and 1e-4 is allowed; nothing was kept")

    monkeypatch.setattr(export, "save", save)
    assert main(["export", "runs/demo"]) == 1
    assert one_line(capsys).startswith(
        "nblib: onnx: logits differ by 0.2, and 1e-4 is allowed; nothing was kept; --trace"
    )


# -- lab -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def clone(tmp_path, monkeypatch):
    (tmp_path / "labs").mkdir()
    (tmp_path / "labs" / "00_start.ipynb").write_text("{}")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(lab, "__file__", str(tmp_path / "nblib" / "cli" / "lab.py"))
    started: list[tuple] = []
    monkeypatch.setattr(lab, "_become", lambda words, env: started.append((words, env)) or 0)
    return tmp_path, started


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="there is always a display")
@pytest.mark.parametrize("display", [None, ":0"])
def test_lab_starts_jupyterlab_on_the_first_lab(clone, display, monkeypatch):
    folder, started = clone
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    if display:
        monkeypatch.setenv("DISPLAY", display)
    assert main(["lab", "--port", "9999"]) == 0
    words, env = started[0]
    assert words[:3] == [sys.executable, "-m", "jupyterlab"] and words[-2:] == ["--port", "9999"]
    assert f"--ServerApp.root_dir={folder}" in words
    assert "--LabApp.default_url=/lab/tree/labs/00_start.ipynb" in words
    assert ("--no-browser" in words) == (display is None)
    assert "--LabApp.news_url=None" in words


def test_lab_has_messages_sent_at_once_unless_a_gateway_carries_them(clone, monkeypatch):
    monkeypatch.delenv("JUPYTER_GATEWAY_URL", raising=False)
    main(["lab"])
    main(["lab", "--gateway-url=http://elsewhere"])
    monkeypatch.setenv("JUPYTER_GATEWAY_URL", "http://elsewhere")
    main(["lab"])
    assert [lab.PROMPT in words for words, _ in clone[1]] == [True, False, False]


def test_the_channel_that_the_server_is_told_of_sets_no_delay(monkeypatch):
    from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
    from jupyter_server.services.kernels.websocket import KernelWebsocketHandler
    from traitlets.utils.importstring import import_item

    done = []
    monkeypatch.setattr(ZMQChannelsWebsocketConnection, "connect", lambda self: done.append("connect"))
    monkeypatch.setattr(KernelWebsocketHandler, "set_nodelay", lambda self, on: done.append(("no delay", on)))
    kind = import_item(lab.PROMPT.partition("=")[2])
    channel = kind.__new__(kind)
    channel.websocket_handler = KernelWebsocketHandler.__new__(KernelWebsocketHandler)
    channel.connect()
    assert done == [("no delay", True), "connect"]


def test_lab_answers_the_question_about_news(clone, monkeypatch):
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "/mine")
    main(["lab"])
    ours, mine = clone[1][0][1]["JUPYTER_CONFIG_PATH"].split(os.pathsep)
    assert mine == "/mine"
    real = Path(nblib.doctor.__file__).parent / "cli" / "jupyter" / "labconfig" / "default_setting_overrides.json"
    assert json.loads(real.read_text())["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"
    assert ours == str(clone[0] / "nblib" / "cli" / "jupyter")


def test_lab_without_labs_or_without_jupyterlab_says_so(clone, monkeypatch, capsys):
    monkeypatch.setattr(lab.importlib.util, "find_spec", lambda name: None)
    assert main(["lab"]) == 2
    assert "JupyterLab is not installed here; `pip install jupyterlab`" in one_line(capsys)
    (clone[0] / "labs" / "00_start.ipynb").unlink()
    assert main(["lab"]) == 2
    assert "no labs/00_start.ipynb beside the package" in one_line(capsys)
    assert clone[1] == []


# -- doctor --------------------------------------------------------------------------------------------------------


def levels(found) -> dict[str, list[str]]:
    topics: dict[str, list[str]] = {}
    for finding in found:
        topics.setdefault(finding.topic, []).append(finding.level)
        assert "\n" not in str(finding) and finding.text
    return topics


def test_doctor_prints_a_line_a_finding(capsys, monkeypatch):
    problem = nblib.doctor.Finding("problem", "torch", "is not installed")
    fine = nblib.doctor.Finding("ok", "Python", "3.11")
    monkeypatch.setattr(nblib.doctor, "findings", lambda: [fine])
    assert main(["doctor"]) == 0
    monkeypatch.setattr(nblib.doctor, "findings", lambda: [fine, problem])
    assert main(["doctor"]) == 1
    out, err = capsys.readouterr()
    assert err == "" and out.splitlines()[-1].split() == ["problem", "torch", "is", "not", "installed"]


def test_doctor_looks_at_this_machine():
    found = levels(nblib.doctor.findings())
    for topic in ("Python", "torch", "transformers", "plotly", "anywidget", "ipywidgets", "CPU", "memory", "cache"):
        assert topic in found, topic
    assert found["torch"] == ["ok"]


def test_doctor_finds_what_is_missing_or_too_old(monkeypatch):
    real = nblib.doctor._version
    versions = {"torch": None, "plotly": "5.24.1", "jupyterlab": None}
    monkeypatch.setattr(nblib.doctor, "_version", lambda name: versions.get(name, real(name)))
    found = levels(nblib.doctor.findings())
    assert (found["torch"], found["plotly"], found["jupyterlab"]) == (["problem"], ["problem"], ["note"])


@pytest.mark.parametrize(
    ("answer", "torch", "expected"),
    [
        ("NVIDIA H100, 81559 MiB, 9.0\n", "2.13.0", ["ok"]),
        ("Tesla T4, 15360 MiB, 7.5\nTesla T4, 15360 MiB, 7.5\n", "2.13.0+cu128", ["ok", "ok"]),
        ("NVIDIA H100, 81559 MiB, 9.0\n", "2.13.0+cpu", ["ok", "note"]),
        ("No devices were found\n", "2.13.0", ["note"]),
    ],
)
def test_doctor_on_a_machine_with_a_gpu(answer, torch, expected, monkeypatch):
    real = nblib.doctor._version
    monkeypatch.setattr(nblib.doctor, "_version", lambda name: torch if name == "torch" else real(name))
    monkeypatch.setattr(nblib.doctor.shutil, "which", lambda name: "/usr/bin/nvidia-smi")
    done = types.SimpleNamespace(stdout=answer)
    monkeypatch.setattr(nblib.doctor.subprocess, "run", lambda *a, **k: done)
    monkeypatch.setattr(nblib.doctor.sys, "platform", "linux")
    found = levels(nblib.doctor.findings())
    assert found["GPU"] == expected
    assert ("slow here" in found) == (expected[-1] == "note")


def test_doctor_without_the_pack_and_without_a_network_says_that_the_labs_cannot_run(monkeypatch, tmp_path):
    monkeypatch.setenv("NBLIB_CACHE", str(tmp_path / "not" / "yet"))
    for name in ("NBLIB_OFFLINE", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    assert "problem" not in levels(nblib.doctor.findings())["offline pack"]
    monkeypatch.setenv("NBLIB_OFFLINE", "1")
    found = levels(nblib.doctor.findings())
    assert "problem" in found["offline pack"] and found["network"] == ["note"]
    assert list(tmp_path.iterdir()) == []
