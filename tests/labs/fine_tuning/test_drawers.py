"""What is drawn on demand: the facts of the data, the results of a run, a sentence, an export, the run as text."""

from __future__ import annotations

import json
import sys
from types import ModuleType, SimpleNamespace

import ipywidgets as widgets
import numpy as np
import pytest

from nblib import FineTuneConfig, FineTunePanel, InputError
from nblib.ui.background import Background
from nblib.ui.elements import picture, problem
from nblib.ui.pages import table
from nblib.ui.views.copying import Copying
from nblib.ui.views.download import Download
from nblib.ui.views.form import Form
from nblib.ui.views.status import Status
from tests.wire import drawn

PATIENCE = 20
NASTY = "<script>alert('x')</script>"
NAMES = [NASTY, "<b>fine</b>"]


@pytest.fixture
def panel():
    return FineTunePanel(FineTuneConfig(max_eval_samples=6))


@pytest.fixture
def run_folder(tmp_path, panel, monkeypatch):
    """A folder such as a finished run leaves, watched by the panel."""
    from nblib import sources

    (tmp_path / "config.yaml").write_text(FineTuneConfig(output=str(tmp_path)).to_yaml(), encoding="utf-8")
    (tmp_path / "metrics.json").write_text(
        json.dumps({"eval_accuracy": 0.75, "test_accuracy": 0.5, "baseline_majority_accuracy": 0.4}), encoding="utf-8"
    )
    part = {"label": [0, 1, 0, 1], "logits": [[2, 0], [3, 0], [0, 1], [0, 5]]}
    (tmp_path / "predictions.json").write_text(
        json.dumps({"labels": NAMES, "validation": part, "test": part}), encoding="utf-8"
    )
    (tmp_path / "model").mkdir()
    rows = [{"text": f"text {i} {NASTY}"} for i in range(4)]
    monkeypatch.setattr(sources, "load", lambda *a, **k: {"test": rows}, raising=False)
    panel.session = SimpleNamespace(folder=tmp_path, active=False)
    return tmp_path


def finish(drawer) -> str:
    """Wait for the work beside the kernel's thread; all HTML that the drawer holds now."""
    assert drawer.background.wait(PATIENCE)
    return markup(drawer.widget)


def markup(widget) -> str:
    found = widget.value if isinstance(widget, widgets.HTML) else ""
    return found + "".join(markup(child) for child in getattr(widget, "children", ()))


def pictures(widget) -> list[dict]:
    found = [o["data"] for o in widget.outputs] if isinstance(widget, widgets.Output) else []
    return found + [p for child in getattr(widget, "children", ()) for p in pictures(child)]


def module(monkeypatch, name: str, **members) -> None:
    made = ModuleType(name)
    made.__dict__.update(members)
    monkeypatch.setitem(sys.modules, name, made)
    parent, _, leaf = name.rpartition(".")
    monkeypatch.setattr(sys.modules[parent], leaf, made, raising=False)


def facts(**changes) -> dict:
    return {
        "num_rows": {"train": 640, "validation": 80, "test": 80},
        "class_counts": {"train": dict(zip(NAMES, (400, 240), strict=True)), "test": {NAMES[0]: 80}},
        "token_lengths": np.arange(4, 204, dtype=np.int32), "truncated_share": 0.125,
        "padding_share_grouped": 0.02, "padding_share_random": 0.31, "duplicates": 3,
        "dropped": {"empty text": [4, 9]}, "report_lines": [f"read {NASTY}"], "label_names": NAMES, **changes,
    }  # fmt: skip


def test_the_data_drawer_shows_the_facts_and_tells_the_schedule(panel, monkeypatch):
    import nblib.training  # noqa: F401

    asked = []
    module(monkeypatch, "nblib.training.finetune.data", describe=lambda config: asked.append(config) or facts())
    panel.drawer_buttons["data"].click()
    text = finish(panel.drawers["data"])
    assert "12.5%" in text and "31.0%" in text and "dropped: empty text" in text and "2 rows" in text
    assert NASTY not in text and "&lt;script&gt;" in text
    assert len(pictures(panel.drawers["data"].widget)) == 2
    assert drawn(panel.rates)["planned"][0][-1] == 2 * 640 / 32
    panel.drawer_buttons["data"].click()
    assert panel._drawer.children == ()
    panel.drawer_buttons["data"].click()
    assert len(asked) == 1


def test_data_that_cannot_be_read_is_one_line(panel, monkeypatch):
    import nblib.training  # noqa: F401

    def describe(config):
        raise InputError(f"{NASTY}.csv: no such file; give a path")

    module(monkeypatch, "nblib.training.finetune.data", describe=describe)
    panel.show_drawer("data")
    text = finish(panel.drawers["data"])
    assert NASTY not in text and "no such file; give a path" in text and "Traceback" not in text


def test_results_show_matrix_mistakes_and_baselines(panel, run_folder, monkeypatch):
    panel.show_drawer("results")
    text = finish(panel.drawers["results"])
    assert "75.0%" in text and "40.0%" in text and "always the majority class" in text
    assert "The worst 2 of 2 mistakes" in text
    # Surest first: row 1 (3 against 0), then row 2 (1 against 0).
    assert text.index("text 1") < text.index("text 2")
    assert "text 0" not in text
    assert NASTY not in text and "<b>fine</b>" not in text
    shown = pictures(panel.drawers["results"].widget)
    matrix = shown[0]["application/vnd.plotly.v1+json"]["data"][0]["customdata"]
    assert [[int(c.split(": ")[1].split(" of")[0]) for c in row] for row in matrix] == [[1, 1], [1, 1]]
    assert len(shown) == 2


def test_results_before_there_are_any(panel, tmp_path):
    panel.show_drawer("results")
    assert "no results yet" in markup(panel.drawers["results"].widget)
    (tmp_path / "metrics.json").write_text("{}", encoding="utf-8")
    panel.session = SimpleNamespace(folder=tmp_path, active=False)
    panel.drawers["results"].opened()
    assert "stopped before its last evaluation" in markup(panel.drawers["results"].widget)


def test_a_sentence_gets_its_class(panel, run_folder, monkeypatch):
    import nblib.training  # noqa: F401

    made = []

    class Predictor:
        def __init__(self, folder):
            made.append(folder)

        def __call__(self, texts):
            assert texts == [NASTY]
            return [{"label": NAMES[1], "probabilities": {NAMES[0]: 0.2, NAMES[1]: 0.8}}]

    module(monkeypatch, "nblib.training.finetune.predict", Predictor=Predictor)
    panel.show_drawer("try")
    drawer = panel.drawers["try"]
    drawer.sentence.value = NASTY
    text = finish(drawer)
    assert "80.0%" in text and "&lt;b&gt;fine&lt;/b&gt;" in text
    assert NASTY not in text and "<b>fine</b>" not in text
    drawer.go.click()
    finish(drawer)
    assert made == [run_folder]


def test_without_a_model_nothing_can_be_tried_or_exported(panel):
    panel.show_drawer("try")
    panel.drawers["try"].sentence.value = "hello"
    assert "no trained model yet" in markup(panel.drawers["try"].widget)
    panel.show_drawer("export")
    panel.drawers["export"].go.click()
    assert "no trained model yet" in markup(panel.drawers["export"].widget)


def test_export_runs_beside_and_shows_its_table(panel, run_folder, monkeypatch):
    calls = []

    def save(folder, formats, verify):
        calls.append((folder, formats, verify))
        return SimpleNamespace(table=lambda: f"format  size\nhf  {NASTY}")

    module(monkeypatch, "nblib.export", save=save)
    panel.show_drawer("export")
    drawer = panel.drawers["export"]
    drawer.formats["onnx"].value = False
    drawer.go.click()
    text = finish(drawer)
    assert calls == [(run_folder, ["hf"], None)]
    assert "format  size" in text and NASTY not in text
    drawer.formats["hf"].value = False
    drawer.go.click()
    assert "at least one format" in markup(drawer.widget)


def test_export_waits_for_the_end_of_a_run(panel, run_folder):
    panel.session = SimpleNamespace(folder=run_folder, active=True)
    panel.drawers["export"].export()
    assert "waits for the end" in markup(panel.drawers["export"].widget)


def test_an_export_that_fails_is_one_escaped_line(panel, run_folder, monkeypatch):
    def save(*arguments, **options):
        raise OSError(f"disk full {NASTY}\nmore")

    module(monkeypatch, "nblib.export", save=save)
    panel.drawers["export"].export()
    text = finish(panel.drawers["export"])
    assert "OSError: disk full" in text and NASTY not in text and "more" not in text


def test_the_run_as_text_follows_the_settings(panel):
    panel.show_drawer("copy")
    panel.controls.edit("learning_rate", "3e-5")
    texts = dict(panel.drawers["copy"].copying.texts)
    assert "learning_rate=3e-5" in texts["as code"]
    assert "learning_rate: 3.0e-05" in texts["as YAML"]
    assert "--learning-rate 3e-5" in texts["as a command"]


def test_one_drawer_is_open_at_a_time(panel):
    panel.show_drawer("copy")
    panel.show_drawer("export")
    assert panel._drawer.children == (panel.drawers["export"].widget,)
    opened = [n for n, b in panel.drawer_buttons.items() if "nblib-open" in b._dom_classes]
    assert opened == ["export"]


@pytest.mark.parametrize("front", ["lab", "classic", "colab"])
def test_a_picture_is_drawn_where_the_panel_is_shown(front):
    import plotly.graph_objects as go

    from nblib import figures

    made = picture(figures.confusion([[1, 0], [0, 1]], NAMES), front)
    drawn = made.children[0]
    if front == "lab":
        (data,) = pictures(made)
        config = data["application/vnd.plotly.v1+json"]["config"]
    else:
        assert isinstance(drawn, go.FigureWidget)
        config = drawn._config
    assert "sendChartToCloud" in config["modeBarButtonsToRemove"]
    assert "right (100.0%)" in markup(made) and NASTY not in markup(made)


def test_work_beside_is_one_piece_at_a_time():
    import threading

    gate, shown, failed = threading.Event(), [], []
    background = Background()
    assert background.start(lambda: gate.wait(PATIENCE), shown.append, failed.append)
    assert not background.start(lambda: 1, shown.append, failed.append)
    gate.set()
    assert background.wait(PATIENCE) and shown == [True] and not failed
    assert background.start(lambda: 1 / 0, shown.append, failed.append) and background.wait(PATIENCE)
    assert shown == [True] and isinstance(failed[0], ZeroDivisionError)


def test_tables_and_problems_escape_everything():
    made = table([NASTY], [[NASTY], [1.5]]).html
    assert NASTY not in made and made.count("&lt;script&gt;") == 2
    assert NASTY not in problem(ValueError(NASTY)).value


@pytest.mark.parametrize("kind", [Form, Status, Copying, Download])
def test_scripts_put_texts_in_as_text_and_stand_alone(kind):
    script = str(kind._esm)
    for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert way not in script
    # The one address is the name of SVG's namespace, which nobody fetches.
    assert "import " not in script and "http" not in script.replace("http://www.w3.org/2000/svg", "")
    assert "export default" in script
