"""The panel of sequence to sequence over a wire that goes nowhere: pictures, typed sentences, drawers, bad input."""

from __future__ import annotations

import json
import math
import re

import numpy as np
import pytest
import torch

from nblib import Seq2SeqConfig, Session, TransformerConfig, TranslatePanel
from nblib.labs.seq2seq.alignment import END_MARK, align
from nblib.labs.seq2seq.drawers import chips, readings_table
from nblib.labs.seq2seq.scores import Reading
from tests.wire import edit, set_from_browser, wait_until

TINY = {
    "task": "Chinese to English", "max_train_samples": 300, "max_eval_samples": 30, "batch_size": 16, "hidden_size": 16,
    "max_steps": 8, "eval_steps": 2, "embedding_size": 12, "learning_rate": 1e-2,
}  # fmt: skip


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def gru(**changes) -> Seq2SeqConfig:
    return Seq2SeqConfig(**{**TINY, **changes})


def attending(**changes) -> TransformerConfig:
    settings = {k: v for k, v in TINY.items() if k != "embedding_size"}
    return TransformerConfig(**{**settings, "num_heads": 2, "num_layers": 2, "intermediate_size": 24, **changes})


def ran(panel):
    panel.start()
    panel.session.wait_for("finished", "failed", timeout=60)
    wait_until(lambda: panel.session.desk.end_shown)
    assert panel.session.view_errors == [] and panel.session.state == "finished"
    return panel


def sent(heat) -> np.ndarray:
    return np.frombuffer(heat.data, np.float32).reshape(heat.shape)


def words(widget) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", widget.value).split())


def opened(panel, name):
    panel.show_drawer(name)
    drawer = panel.drawers[name]
    assert drawer.background.wait(120)
    return drawer


# -- pictures ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("attention", ["additive", "multiplicative"])
def test_the_alignment_is_the_models_own(wire, attention):
    panel = ran(TranslatePanel(gru(attention=attention)))
    fit, model = panel.fit, panel.model.eval()
    weights = sent(panel.heat)[0]
    source = fit.source([panel.sentence.value])
    said = fit.translate(model, [panel.sentence.value])[0]
    target = torch.tensor([fit.pairs.target.encode(said)])[:, : len(weights)]
    with torch.no_grad():
        _, wanted = model(source, torch.nn.functional.pad(target[:, :-1], (1, 0), value=1))
    np.testing.assert_allclose(weights, wanted[0], atol=1e-6)
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-5)
    assert panel.heat.column_labels == [*"我喜欢吃披萨", END_MARK] and len(panel.heat.row_labels) == len(weights)
    assert panel.heat.caption.startswith("At step 8: 我喜欢吃披萨 →") and said in panel.heat.title


def test_without_attention_there_is_nothing_to_look_at_and_it_says_so(wire):
    panel = ran(TranslatePanel(gru(attention="none")))
    assert panel.heat.shape == [0, 0, 0] and "one fixed vector" in panel.heat.empty
    assert "我喜欢吃披萨 →" in panel.heat.title and "At step 8" in panel.heat.caption


def test_layers_and_heads_of_a_transformer(wire):
    panel = ran(TranslatePanel(attending()))
    assert panel.choice.layout.display == "flex" and "attention" not in panel.controls.names
    found = align(panel.fit, panel.model.eval(), panel.sentence.value)
    assert found.weights.shape[:2] == (2, 2)
    np.testing.assert_allclose(sent(panel.heat)[0], found.weights[-1].mean(axis=0), atol=1e-6)
    panel.layer.value, panel.head.value = 0, 1
    np.testing.assert_allclose(sent(panel.heat)[0], found.weights[0, 1], atol=1e-6)
    assert not any(m.keep for m in panel.model.modules() if hasattr(m, "keep"))
    assert TranslatePanel(gru()).choice.layout.display == "none"


@pytest.mark.parametrize("make", [gru, attending])
def test_a_model_that_is_watched_learns_the_same(wire, make):
    config = make(dropout=0.2, max_steps=30, eval_steps=10)
    alone = Session(config.make_job()).run()
    panel = TranslatePanel(config)
    panel.show_drawer("beam")
    panel.fastest, panel.rest = 0.0, 0.0
    panel.start()
    for text in ("你好", "", "他们喝茶", "🎉"):
        panel.sentence.value = text
    panel.session.wait_for("finished", timeout=60)
    assert panel.session.view_errors == []
    theirs = alone.job.model.state_dict()
    assert all(torch.equal(weight, theirs[name]) for name, weight in panel.model.state_dict().items())


def test_accuracy_by_length_of_this_run_and_of_those_before(wire):
    panel = ran(TranslatePanel(gru(attention="none")))
    first = panel.lengths.names
    assert first[0].startswith("no attention, step 8:") and first[1].startswith("step ")
    lengths, history = np.unique(panel.fit._held.lengths), panel.session.history
    numbers = np.frombuffer(panel.lengths.data, np.float32)
    np.testing.assert_array_equal(numbers[: len(lengths)], lengths)
    np.testing.assert_array_equal(
        numbers[len(lengths) : 2 * len(lengths)], [history.last(f"eval_exact_{n}") for n in lengths]
    )
    edit(panel, "attention", "additive")
    ran(panel)
    assert [n.split(":")[0] for n in panel.lengths.names] == [
        "additive, step 8",
        "step 4",
        "no attention, before, step 8",
    ]
    assert panel.lengths.dashes == [[], [1, 4], [7, 4]] and panel.lengths.kinds == ["gru", "gru", "rnn"]
    other = Session(attending().make_job()).run()
    panel.keep(other)
    assert panel.lengths.names[-1].startswith("Transformer, before")
    panel.reset()
    assert panel.lengths.names == [] and panel.session is None


def test_runs_of_another_task_stay_out_of_the_chart(wire):
    panel = TranslatePanel(gru())
    other = Session(gru(max_steps=2).make_job()).run()
    other.job.config.__dict__["task"] = "hanzi to pinyin"
    panel.keep(other)
    assert panel.lengths.names == []


def test_the_sentence_follows_the_task_until_a_person_types(wire):
    panel = TranslatePanel()
    assert panel.sentence.value == "银行行长" and "Press Start" in panel.heat.empty
    edit(panel, "task", "pinyin to hanzi")
    assert panel.sentence.value == "ni hao"
    panel.sentence.value = "xie xie"
    edit(panel, "task", "Chinese to English")
    assert panel.sentence.value == "xie xie"


@pytest.mark.parametrize(
    ("text", "columns", "said"),
    [
        ("", 0, "The sentence is empty"),
        (" 。 ", 0, "The sentence is empty"),
        ("你好", 3, "你好 →"),
        ("🎉你 <b>", 6, "Never seen in training, and read as unknown: 🎉 < b >"),
        ("你好" * 500, 41, "Shown are the first 40 of 1,000 characters"),
        ("half \ud83d", 6, "unknown: h a l f"),
    ],
)
def test_any_sentence_is_answered(wire, text, columns, said):
    panel = ran(TranslatePanel(gru()))
    panel.sentence.value = text
    assert panel.heat.shape[2] == columns and said in panel.heat.caption + panel.heat.empty
    panel.heat.caption.encode("utf-8")


def test_a_letter_typed_sends_one_small_message(wire):
    panel = ran(TranslatePanel(gru()))
    wire.clear()
    panel.sentence.value = "你好，李明"
    assert [len(wire.of(w)) for w in (panel.heat, panel.lengths)] == [1, 0]
    assert wire.of(panel.heat)[0].size < 10_000


def test_teacher_forcing_is_live_and_verbs_work_while_the_alignment_moves(wire):
    panel = TranslatePanel(gru(max_steps=100_000, eval_steps=50))
    panel.fastest = panel.rest = 0.0
    panel.start()
    panel.session.wait_for("running", timeout=60)
    edit(panel, "teacher_forcing", "0.5")
    wait_until(lambda: panel.fit is not None and panel.fit.live["teacher_forcing"] == 0.5)
    wait_until(lambda: panel.heat.shape[1] > 0)
    before, caption = panel.heat.data, panel.heat.caption
    wait_until(lambda: panel.heat.data != before and panel.heat.caption != caption)
    panel.pause()
    panel.session.wait_for("paused", timeout=60)
    panel.sentence.value = "谢谢你"
    wait_until(lambda: "谢谢你" in panel.heat.caption)
    panel.close()
    panel.resume()
    panel.stop()
    panel.session.wait_for("stopped", timeout=60)
    assert panel.session.view_errors == []


def test_a_run_folder_is_shown_again(wire, tmp_path):
    Session(attending(output=str(tmp_path / "run")).make_job()).run()
    panel = TranslatePanel(folder=tmp_path / "run")
    assert panel.config.num_heads == 2 and panel.lengths.names[0].startswith("Transformer, step 8")
    assert "not in memory" in panel.heat.empty
    for name in panel.drawers:
        assert "no model yet" in words(opened(panel, name).note)


# -- drawers -------------------------------------------------------------------------------------------------------


def test_the_beam_and_its_tree(wire):
    panel = TranslatePanel(gru())
    beam = opened(panel, "beam")
    assert "no model yet" in words(beam.note)
    ran(panel)
    wait_until(lambda: "At step 8." in beam.note.value)
    wanted = panel.fit.beam(panel.model, panel.sentence.value, 5)
    assert [n[2] for n in beam.tree.nodes] == pytest.approx([n.log_probability for n in wanted.nodes])
    assert sorted(n[4] for n in beam.tree.nodes if n[4]) == list(range(1, len(wanted.hypotheses) + 1))
    best = next(n for n in beam.tree.nodes if n[4] == 1)
    assert best[3] == "ended" and best[5] == pytest.approx(wanted.hypotheses[0].score)
    said = panel.fit.pairs.target.decode(wanted.hypotheses[0].symbols)
    assert f"1 {said}" in words(beam.answers) and "Greedy search says" in words(beam.answers)
    json.dumps(beam.tree.nodes, allow_nan=False)
    set_from_browser(beam.tree, num_beams=1)
    greedy = panel.fit.translate(panel.model, [panel.sentence.value])[0]
    ranked = words(beam.answers)
    assert ranked.startswith("1 ") and "2 " not in ranked[:4] and greedy in ranked
    set_from_browser(beam.tree, length_penalty=0.0)
    assert "no model" not in words(beam.note)
    set_from_browser(beam.tree, num_beams=-7, length_penalty=1e9)
    assert beam.tree.nodes and words(beam.answers).startswith("1 ")
    panel.sentence.value = ""
    assert beam.tree.nodes == [] and "empty" in beam.tree.empty and beam.answers.value == ""
    panel.sentence.value = "你好" * 300
    assert "first 40" in words(beam.note) and beam.tree.nodes


def test_the_beam_asks_between_two_steps_of_a_run(wire):
    panel = TranslatePanel(gru(max_steps=100_000, eval_steps=None))
    panel.start()
    panel.session.wait_for("running", timeout=60)
    wait_until(lambda: panel.fit is not None and panel.fit.done)
    beam = opened(panel, "beam")
    for text in ("你好", "再见", "早上好"):
        panel.sentence.value = text
    wait_until(lambda: beam.tree.title.startswith("早上好"))
    panel.stop()
    panel.session.wait_for("stopped", timeout=60)
    assert panel.session.view_errors == []


def test_held_out_pairs_with_scores(wire):
    panel = ran(TranslatePanel(gru()))
    drawer = opened(panel, "answers")
    assert re.search(r"greedy 30 [\d.]+% [\d.]+ [\d.]+ beam of 5 30 ", words(drawer.figures))
    right = panel.fit.right(panel.model, panel.fit._held.sources)
    assert f"{30 - sum(right)} of {30 - sum(right)} wrong answers, of 30 pairs" in words(drawer.place)
    drawer.which.value = "all"
    assert "30 of 30 all" in words(drawer.place) and panel.fit._held.targets[0] in words(drawer.place)
    drawer.which.value = "right answers"
    assert sum(right) or "There are none among 30 pairs" in words(drawer.place)


def test_readings_are_a_matter_of_one_task(wire):
    panel = ran(TranslatePanel(gru()))
    assert "a matter of the task" in words(opened(panel, "readings").note)


def test_readings_of_held_out_phrases(wire, monkeypatch):
    import datasets

    from nblib import sources
    from nblib.sources import pairs
    from tests.sources.test_pairs import PHRASES

    made = {s: {"phrase": list(rows), "reading": list(rows.values())} for s, rows in PHRASES.items()}
    made["validation"] = {
        "phrase": ["行走", "银行", "快乐"],
        "reading": [["xíng", "zǒu"], ["yín", "háng"], ["kuài", "lè"]],
    }
    found = datasets.DatasetDict({s: datasets.Dataset.from_dict(columns) for s, columns in made.items()})
    monkeypatch.setattr(sources, "load", lambda name: {"pinyin": found}[name])
    pairs._readings.cache_clear()
    try:
        panel = ran(TranslatePanel(gru(task="hanzi to pinyin", batch_size=6)))
        drawer = opened(panel, "readings")
        assert "3 held-out phrases, read at step 8; characters with several readings: 1" in words(drawer.note)
        assert "行 hang 1" in words(drawer.place) and "xing 1" in words(drawer.place)
    finally:
        pairs._readings.cache_clear()


def test_the_table_of_readings_puts_first_what_was_asked_for():
    rows = [Reading(c, r, 4, 2, "x", ("例", "li")) for c in "甲乙行" for r in ("one", "two")]
    shown = repr(readings_table(rows, "行", most=2))
    assert shown.index("行") < shown.index("甲") and "乙" not in shown and "2 (50%)" in shown
    assert "2 of 3 characters" in shown


def test_chips_escape_what_a_model_says():
    made = str(chips([("<b>", 0.5, -0.1, True), ("", 1e-9, -9.0, False)], "<i>", False))
    assert "<b>&lt;b&gt;" not in made and "&lt;b&gt; ✓" in made and "&lt;i&gt;" in made and "(nothing)" in made


def test_export_and_what_stops_it(wire, tmp_path):
    panel = TranslatePanel(gru())
    export = panel.drawers["export"]
    export.export()
    assert "no model yet" in words(export.note)
    ran(panel)
    export.path.value = " "
    export.export()
    assert "folder: is empty" in words(export.note)
    export.path.value = str(tmp_path / "out")
    for box in export.formats.values():
        box.value = False
    export.export()
    assert "Tick at least one" in words(export.note)
    export.formats["onnx"].value = True
    export.export()
    export.background.wait(120)
    assert "ONNX cannot" in words(export.note) and not (tmp_path / "out").exists()
    export.formats["onnx"].value, export.formats["safetensors"].value = False, True
    export.export()
    export.background.wait(120)
    assert "Written to" in words(export.note) and "Translator.load" in words(export.place)
    from nblib.labs.seq2seq.export import Translator

    loaded = Translator.load(tmp_path / "out" / "safetensors")
    for text in ("你好", "我喜欢吃披萨", "🎉", ""):
        assert loaded(text) == panel.fit.translate(panel.model, [text])[0]
    ranked = panel.fit.beam(panel.model, "你好", 3).hypotheses
    assert loaded.answers("你好", 3) == [panel.fit.pairs.target.decode(h.symbols) for h in ranked]


def test_weights_that_are_no_numbers_are_named(wire):
    panel = ran(TranslatePanel(gru()))
    with torch.no_grad():
        panel.model.readout.weight.fill_(math.nan)
    panel.drawers["export"].export()
    panel.drawers["export"].background.wait(60)
    assert "a weight is no finite number" in words(panel.drawers["export"].note)


# -- the view ------------------------------------------------------------------------------------------------------


def test_no_trait_of_the_tree_hides_one_that_every_widget_has(wire):
    import anywidget

    from nblib.ui.views.tree import Tree

    assert not set(Tree.class_own_traits()) & set(anywidget.AnyWidget.class_traits())
    assert {"_model_module", "_view_name"} <= Tree().get_state().keys()


def test_a_tree_is_shown_in_one_message(wire):
    from nblib.ui.views.tree import Tree

    tree = Tree()
    wire.clear()
    tree.show([(-1, "", 0.0, "kept", 0, 0.0), (0, "a", -0.1, "ended", 1, -0.1)], title="x", space=" ")
    (message,) = wire.of(tree)
    assert message.state["nodes"][1] == [0, "a", -0.1, "ended", 1, -0.1] and message.state["title"] == "x"
