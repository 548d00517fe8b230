"""The panels of recurrence over a wire that goes nowhere: what they show, what they send, bad input."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pytest
import torch

from nblib import CharactersConfig, CharactersPanel, RecurrencePanel, RecurrentConfig, Session, UnrolledPanel
from nblib.labs.recurrence.memory.distances import compare_distances, distance_table
from nblib.labs.recurrence.unrolled.panel import verdict
from tests.wire import edit, from_browser, set_from_browser, wait_until

SMALL = {"length": 12, "hidden_size": 8, "batch_size": 8, "max_steps": 12, "eval_steps": 6, "record_steps": 2}


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def small_characters(story, **changes):
    return CharactersConfig(**{
        "dataset": str(story), "hidden_size": 12, "embedding_size": 8, "length": 16, "batch_size": 8, "max_steps": 8,
        "eval_steps": 4, "sample_length": 20, **changes,
    })  # fmt: skip


def ran(panel):
    panel.start()
    panel.session.wait_for("finished", "failed", timeout=60)
    wait_until(lambda: panel.session.desk.end_shown)
    assert panel.session.view_errors == []
    return panel


# -- unrolled ------------------------------------------------------------------------------------------------------


def test_unrolled_shows_the_states_and_the_gradients_of_single_steps(wire):
    from nblib.labs.recurrence.unrolled.panel import _vector
    from nblib.models.cells import run_steps
    from nblib.models.recurrent import Recurrent

    panel = UnrolledPanel("one two three two", cell="lstm", weight_scale=2)
    model = Recurrent("lstm", 8, 12, 1, weight_scale=2)
    x = torch.from_numpy(np.stack([_vector(w) for w in "one two three two".split()]))[None]
    steps = run_steps("lstm", x, model.weights())
    (0.5 * (model.readout(steps[-1].hidden) - 1) ** 2).sum().backward()
    states = np.frombuffer(panel.view.states, np.float32).reshape(4, 12)
    np.testing.assert_allclose(states, [s.hidden[0].detach().numpy() for s in steps], atol=1e-6)
    gradients = np.frombuffer(panel.view.gradients, np.float32)
    np.testing.assert_allclose(gradients, [s.hidden.grad.norm() for s in steps], rtol=1e-4)


def test_a_letter_typed_sends_one_small_message(wire):
    panel = UnrolledPanel()
    wire.clear()
    set_from_browser(panel.sentence, value="another sentence")
    messages = wire.of(panel.view)
    assert len(messages) == 1 and messages[0].size < 2000 and panel.view.tokens == ["another", "sentence"]


@pytest.mark.parametrize(
    ("text", "tokens", "said"),
    [
        ("", 0, "The sentence is empty"),
        ("  \n ", 0, "The sentence is empty"),
        ("😀 你好 שלום", 3, ""),
        ("今天天气很好", 6, ""),
        ("x " * 5000, 80, "the first 80 of 5,000 steps"),
        ("x" * 10_000, 1, ""),
        ("half \ud83d <script>", 3, ""),
    ],
)
def test_any_sentence_is_answered(wire, text, tokens, said):
    panel = UnrolledPanel()
    panel.sentence.value = text
    assert len(panel.view.tokens) == tokens and said in panel.view.verdict + panel.view.empty
    "".join(panel.view.tokens).encode("utf-8")


def test_the_verdict_names_what_happens_to_the_gradient():
    steps = np.arange(20)
    assert "vanishes" in verdict(0.5 ** steps[::-1]) and "explodes" in verdict(2.0 ** steps[::-1])
    assert "keeps" in verdict(np.ones(20)) and verdict([1.0]) == "" and "Nothing" in verdict([0, 0, 1.0])


def test_sliders_at_both_ends(wire):
    panel = UnrolledPanel()
    for cell in ("rnn", "lstm", "gru"):
        panel.cell.value = cell
        for scale in (0, 4, 1e30):
            set_from_browser(panel.view, weight_scale=scale)
            assert np.isfinite(np.frombuffer(panel.view.states, np.float32)).all()


# -- side by side --------------------------------------------------------------------------------------------------


def test_the_panel_shows_losses_and_gradients_of_all_three(wire):
    panel = ran(RecurrencePanel(RecurrentConfig(**SMALL)))
    assert panel.lines.names == [n + more for n in ("RNN", "LSTM", "GRU") for more in ("", ", new examples")]
    assert panel.heat.shape == [3, 12, 7] and panel.heat.column_labels == [1, 2, 4, 6, 8, 10, 12]
    sent = np.frombuffer(panel.heat.data, np.float32).reshape(3, 12, 7)
    np.testing.assert_array_equal(sent, np.transpose(panel.fit.columns.array, (1, 2, 0)))
    assert "LSTM" in panel.heat.caption and panel.status.message.startswith("finished at step 12")
    wire.clear()
    panel.redraw()
    assert wire.of(panel.heat) == [] and wire.of(panel.lines) == []
    panel.reset()
    assert panel.heat.shape == [0, 0, 0] and panel.lines.counts == [] and "Press Start" in panel.heat.empty


@pytest.mark.parametrize(("task", "networks"), [("copy", "all"), ("adding", "gru")])
def test_the_gates_of_an_example(wire, task, networks):
    panel = RecurrencePanel(RecurrentConfig(**SMALL, task=task, cells=networks))
    panel.show_drawer("gates")
    heat = panel.drawers["gates"].heat
    assert "press Start" in heat.empty
    ran(panel)
    panel.drawers["gates"].network.value = "gru"
    steps = 12 if task == "adding" else 20
    assert heat.names == ["reset", "update"] and heat.shape == [2, 8, steps] and len(heat.column_labels) == steps
    panel.drawers["gates"].network.value = "rnn"
    if networks == "all":
        assert heat.names == ["state"] and heat.range == [-1, 1]
    else:
        assert heat.shape == [0, 0, 0] and "trains no RNN" in heat.empty


@pytest.mark.parametrize(
    ("sentence", "shown", "said"),
    [("did he?", 7, ""), ("", 0, "empty"), ("x" * 10_000, 160, "first 160 of 10,000"), ("😀 你好 שלום \ud83d", 11, "")],
)
def test_the_gates_of_a_typed_sentence(wire, monkeypatch, sentence, shown, said):
    from nblib.labs.recurrence import text as texts

    monkeypatch.setattr(texts, "dialogue_text", lambda: texts.Text("A: he said no\nB: did he?\n" * 200, "A: no\n" * 50))
    panel = RecurrencePanel(RecurrentConfig(**SMALL, task="characters"))
    panel.show_drawer("gates")
    panel.drawers["gates"].sentence.value = sentence
    ran(panel)
    heat = panel.drawers["gates"].heat
    assert heat.shape[2] == shown and said in heat.caption + heat.empty
    assert heat.column_labels == list(sentence.replace("\ud83d", "\ufffd")[:160])


def test_weights_that_overflow_stop_the_run_and_reset_is_offered(wire):
    panel = RecurrencePanel(
        RecurrentConfig(**{**SMALL, "max_steps": 2000, "task": "copy"}, learning_rate=10, max_grad_norm=0)
    )

    def spoil(config):
        from nblib.labs.recurrence.memory.job import recurrence

        job = recurrence(config)
        job.schedule = lambda step: 1e37 if step == 3 else 1.0
        return job

    panel._make_job = lambda config: setattr(panel, "_made", spoil(config)) or panel._made
    ran(panel)
    assert panel.session.state == "failed" and "no longer a finite number since step" in panel.status.notice
    assert "press Reset" in panel.status.notice and not panel.reset_button.disabled
    panel.reset()
    assert panel.status.notice == "" and panel.session is None


def test_live_sliders_moved_fifty_times_while_training(wire):
    panel = RecurrencePanel(RecurrentConfig(**{**SMALL, "max_steps": 100_000}))
    panel.start()
    panel.session.wait_for("running", timeout=60)
    for k in range(50):
        edit(panel, "learning_rate", ["1e-5", "1e-1"][k % 2], final=k % 5 == 0)
        edit(panel, "max_grad_norm", ["0", "10"][k % 2], final=k % 5 == 0)
    edit(panel, "learning_rate", "0.003")
    wait_until(lambda: panel.fit is not None and panel.fit.live["learning_rate"] == 0.003)
    panel.stop()
    panel.session.wait_for("stopped", timeout=60)
    assert panel.session.view_errors == [] and panel.session.state == "stopped"


@pytest.mark.parametrize(
    "ends",
    [
        {"weight_scale": 0},
        {"weight_scale": 4, "length": 200},
        {"batch_size": 1, "length": 2},
        {"learning_rate": 1e-1, "max_grad_norm": 0, "weight_scale": 4},
    ],
)
def test_sliders_at_their_ends_in_a_run(wire, ends):
    panel = ran(RecurrencePanel(RecurrentConfig(**{**SMALL, "max_steps": 3, "eval_steps": None, **ends})))
    assert panel.session.state == "finished" and panel.heat.shape[2] == 2


def test_a_run_folder_is_shown_again(wire, tmp_path):
    config = RecurrentConfig(**SMALL, output=str(tmp_path / "run"))
    Session(config.make_job()).run()
    panel = RecurrencePanel(folder=tmp_path / "run")
    assert panel.config.length == 12 and panel.lines.counts[0] == 12 and panel.status.message.startswith("finished")


# -- characters ----------------------------------------------------------------------------------------------------


def test_the_character_panel_writes_as_it_learns_and_as_the_temperature_moves(wire, story):
    panel = ran(CharactersPanel(small_characters(story)))
    texts = [s["text"] for s in panel.writing.samples]
    assert len(texts) >= 2 and panel.writing.samples[-1]["step"] == 8
    edit(panel, "temperature", "0", final=False)
    assert panel.writing.samples[-1]["temperature"] == 0 and len(panel.writing.samples) == len(texts) + 1
    edit(panel, "temperature", "10")
    panel.prompt.value = "A: \ud83d😀"
    assert panel.writing.samples[-1]["text"].startswith("A: \ufffd😀")
    numbers = [s["number"] for s in panel.writing.samples]
    assert numbers == sorted(set(numbers))


def test_a_model_that_is_watched_learns_the_same(wire, story):
    config = small_characters(story, dropout=0.3, num_layers=2, max_steps=30)
    alone = Session(config.make_job()).run()
    panel = CharactersPanel(config)
    panel.show_drawer("inside")
    panel._next_writing = panel.fastest = 0
    panel.start()
    for text in ("one", "two", "three"):
        panel.drawers["inside"].sentence.value = text
    panel.session.wait_for("finished", timeout=60)
    assert panel.session.view_errors == []
    theirs = alone.job.model.state_dict()
    assert all(torch.equal(weight, theirs[name]) for name, weight in panel.model.state_dict().items())


def test_samples_are_thinned_and_the_first_stays(wire, story):
    panel = ran(CharactersPanel(small_characters(story)))
    for k in range(200):
        panel._add(k, 0.5, "x")
    assert len(panel._samples) <= 60 and panel._samples[0]["number"] == 0 and panel._samples[-1]["step"] == 199


def test_temperature_is_live_in_a_run(wire, story):
    panel = CharactersPanel(small_characters(story, max_steps=100_000, eval_steps=None))
    panel.start()
    panel.session.wait_for("running", timeout=60)
    edit(panel, "temperature", "0.1")
    wait_until(lambda: any(s["temperature"] == 0.1 for s in panel.writing.samples))
    panel.pause()
    panel.session.wait_for("paused", timeout=60)
    edit(panel, "temperature", "1.9")
    wait_until(lambda: panel.writing.samples[-1]["temperature"] == 1.9)
    panel.stop()
    panel.session.wait_for("stopped", timeout=60)
    assert panel.session.view_errors == []


def test_neurons_and_gates_of_any_text(wire, story):
    panel = CharactersPanel(small_characters(story))
    panel.show_drawer("neurons")
    neurons = panel.drawers["neurons"]
    assert "no model yet" in neurons.note.value
    ran(panel)
    neurons.show()
    assert len(neurons.view.values) == 12 * len(neurons.view.letters) > 0
    neurons.look_for()
    neurons.background.wait(60)
    assert [row["meaning"] for row in neurons.view.found][0] == "inside a quotation"
    for text, letters in (("😀 你好 שלום", 9), ("x" * 10_000, 900), ("\ud83d", 1), ("<b>", 3)):
        neurons.sentence.value = text
        assert len(neurons.view.letters) == letters
    assert "first 900" not in neurons.view.caption
    panel.show_drawer("inside")
    gates = panel.drawers["inside"]
    assert gates.heat.names == ["input", "forget", "output"] and gates.heat.shape[1] == 12
    gates.sentence.value = "x" * 10_000
    assert gates.heat.shape[2] == 160 and "first 160 of 10,000" in gates.heat.caption
    gates.sentence.value = ""
    assert gates.heat.shape == [0, 0, 0] and "empty" in gates.heat.empty


def test_a_text_that_is_not_there_is_named_in_the_panel(wire, tmp_path):
    panel = CharactersPanel(CharactersConfig(dataset=str(tmp_path / "nothing.txt")))
    ran(panel)
    assert "no such file" in panel.status.notice and panel.session.state == "failed"


# -- views ---------------------------------------------------------------------------------------------------------


def test_a_view_tells_python_which_neuron_was_chosen(wire):
    from nblib.labs.recurrence.characters.neurons_view import Neurons

    view = Neurons()
    view.show("ab", np.array([[0.5, -1], [2, np.nan]]))
    assert np.frombuffer(view.values, np.int8).tolist() == [64, -127, 127, 0]
    set_from_browser(view, neuron=1)
    assert view.neuron == 1
    from_browser(view, {"type": "nonsense"})


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("nblib.ui.views.heat", "Heat"),
        ("nblib.ui.views.lines", "Lines"),
        ("nblib.labs.recurrence.characters.neurons_view", "Neurons"),
        ("nblib.labs.recurrence.unrolled.view", "Unrolled"),
        ("nblib.labs.recurrence.characters.writing", "Writing"),
    ],
)
def test_no_trait_of_a_view_hides_one_that_every_widget_has(wire, module, name):
    import anywidget

    kind = getattr(import_module(module), name)
    assert not set(kind.class_own_traits()) & set(anywidget.AnyWidget.class_traits())
    assert {"_model_module", "_view_name"} <= kind().get_state().keys()


def test_the_table_of_distances():
    rows = compare_distances("copy", (2, 3), max_steps=4, hidden_size=8, batch_size=8)
    assert [r["length"] for r in rows] == [2, 3] and all(0 <= r["lstm"] <= 1 for r in rows)
    text = repr(distance_table([{"length": 5, "seconds": 1.2, "rnn": 0.3, "lstm": 1.0, "gru": 0.99}]))
    assert "30.0% ✗" in text and "100.0% ✓" in text and "99.0% ✓" in text
    assert "0.0050 ✓" in repr(
        distance_table([{"length": 5, "seconds": 1, "rnn": 0.2, "lstm": 0.005, "gru": 0.1}], "adding")
    )
