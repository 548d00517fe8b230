"""The tasks, three networks side by side, the character model, and the search for a neuron."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from nblib import CharactersConfig, InputError, RecurrentConfig, Session, characters, recurrence
from nblib.labs.recurrence.characters.job import neurons, write
from nblib.labs.recurrence.characters.neurons import MEANINGS, Found, neuron_table, search, telling
from nblib.labs.recurrence.memory import tasks
from nblib.labs.recurrence.memory.job import COLUMNS, Columns, equal_size, gates
from nblib.labs.recurrence.text import UNKNOWN, Text
from nblib.models.cells import run_steps
from nblib.models.recurrent import Recurrent

SMALL = {"length": 12, "hidden_size": 8, "batch_size": 16, "max_steps": 6, "eval_steps": 3, "record_steps": 2}


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


# -- tasks ---------------------------------------------------------------------------------------------------------


def test_adding_marks_one_number_in_each_half_and_wants_their_sum():
    x, y = tasks.adding(np.random.default_rng(0), 500, 30)
    assert x.shape == (500, 30, 2) and x.dtype == y.dtype == np.float32
    marks = x[:, :, 1]
    assert (marks[:, :15].sum(axis=1) == 1).all() and (marks[:, 15:].sum(axis=1) == 1).all()
    np.testing.assert_allclose((x[:, :, 0] * marks).sum(axis=1), y, rtol=1e-6)
    assert np.mean((y - 1) ** 2) == pytest.approx(tasks.ADDING_BY_CHANCE, rel=0.15)
    assert set(marks[:, :15].argmax(axis=1)) == set(range(15))


def test_copy_shows_four_symbols_a_pause_and_asks_for_them():
    x, y = tasks.copy(np.random.default_rng(0), 5, 7)
    assert x.shape == y.shape == (5, 15)
    assert (x[:, :4] == y[:, -4:]).all() and (x[:, :4] < tasks.SYMBOLS).all()
    assert (x[:, 4:11] == tasks.BLANK).all() and (x[:, 11] == tasks.GO).all() and (x[:, 12:] == tasks.BLANK).all()
    assert (y[:, :-4] == -1).all()


# -- side by side --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("task", ["adding", "copy"])
def test_each_network_learns_as_it_would_alone(task):
    together = Session(recurrence(RecurrentConfig(task=task, **SMALL))).run()
    seeds = torch.Generator()
    for cell in ("rnn", "lstm", "gru"):
        job = recurrence(RecurrentConfig(task=task, cells=cell, **SMALL))
        theirs = together.job

        def same_start(generator, job=job, cell=cell, theirs=theirs):
            first = theirs.make_model(generator)
            return torch.nn.ModuleDict({cell: first[cell]})

        job.make_model = same_start
        alone = Session(job).run()
        np.testing.assert_allclose(alone.history["loss"], together.history[f"loss_{cell}"], rtol=1e-5)
        np.testing.assert_allclose(alone.history["grad_norm"], together.history[f"grad_norm_{cell}"], rtol=1e-4)
        assert f"eval_loss_{cell}" in together.history
    assert (task == "copy") == ("eval_accuracy_lstm" in together.history)
    assert seeds is not None


def test_the_columns_are_the_gradients_that_single_steps_give():
    config = RecurrentConfig(task="adding", **{**SMALL, "max_steps": 1, "batch_size": 4})
    job = recurrence(config)
    Session(job).run()
    assert job.columns.steps == [1] and job.columns.array.shape == (1, 3, 12)
    first = recurrence(config)
    from nblib.training.fit import WEIGHTS
    from nblib.training.rng import seed_of

    model = first.make_model(torch.Generator().manual_seed(seed_of(0, WEIGHTS)))
    x, y = first.batch(1)
    for row, (cell, network) in enumerate(model.items()):
        steps = run_steps(cell, x, network.weights())
        answers = network.readout(torch.stack([s.hidden for s in steps], dim=1))
        first.loss_of(answers, y).backward()
        wanted = [float(s.hidden.grad.norm()) for s in steps]
        np.testing.assert_allclose(job.columns.array[0, row], wanted, rtol=2e-4, atol=1e-9)


def test_columns_are_thinned_evenly_when_there_are_too_many():
    columns = Columns(3, [], [])
    for step in range(1, 4000):
        if columns.wants(step):
            columns.add(step, np.full((1, 2), step, np.float32))
    assert COLUMNS / 2 <= len(columns.steps) <= COLUMNS and columns.steps[0] == 1
    assert len(set(np.diff(columns.steps[1:]))) == 1
    assert columns.array[:, 0, 0].tolist() == columns.steps


def test_stopped_and_resumed_the_columns_go_on(tmp_path):
    whole, cut = (RecurrentConfig(output=str(tmp_path / n), **SMALL) for n in ("whole", "cut"))
    a = Session(recurrence(whole)).run()
    session = Session(recurrence(cut))
    session.step(3)
    session.wait_for("paused", timeout=60)
    session.stop()
    session.wait(60)
    b = Session.reopen(cut.output).run()
    first, second = (load_file(f"{c.output}/model/model.safetensors") for c in (whole, cut))
    assert all(torch.equal(first[n], second[n]) for n in first)
    settings = json.loads((tmp_path / "cut" / "model" / "config.json").read_text())
    assert {cell: of["cell"] for cell, of in settings.items()} == {"rnn": "rnn", "lstm": "lstm", "gru": "gru"}
    assert a.job.columns.steps == b.job.columns.steps == [1, 2, 4, 6]
    assert np.array_equal(a.job.columns.array, b.job.columns.array)


def test_equal_weights_widens_the_smaller_cells():
    for cell in ("rnn", "gru", "lstm"):
        size = equal_size(cell, 2, 64, 1)
        count = sum(p.numel() for p in Recurrent(cell, 2, size, 1).parameters())
        wanted = sum(p.numel() for p in Recurrent("lstm", 2, 64, 1).parameters())
        assert abs(count - wanted) / wanted < 0.02, cell


def test_weights_that_overflow_stop_the_run():
    session = Session(recurrence(RecurrentConfig(weight_scale=100, learning_rate=10, max_grad_norm=0, length=60,
                                                 batch_size=8, hidden_size=16, max_steps=3000)))  # fmt: skip
    session.job.live["learning_rate"] = 1e38
    with pytest.raises(Exception, match="the loss is no longer a finite number since step"):
        session.run()


def test_gates_of_a_sequence():
    for cell, names in {"rnn": ["state"], "lstm": ["input", "forget", "output"], "gru": ["reset", "update"]}.items():
        found = gates(Recurrent(cell, 3, 5, 2, symbols=9), torch.arange(9)[None])
        assert list(found) == names and all(g.shape == (9, 5) for g in found.values())


# -- characters ----------------------------------------------------------------------------------------------------


def test_a_text_becomes_numbers_and_any_text_can_be_read():
    text = Text("ab\n" * 500, "ba\n" * 20)
    assert text.symbols == [UNKNOWN, "\n", "a", "b"] and text.decode(text.encode("abba")) == "abba"
    assert text.encode("a😀好שb\udc00").tolist() == [2, 0, 0, 0, 3, 0]
    assert len(text.encode("")) == 0
    x, y = text.windows(np.random.default_rng(0), 4, 10)
    assert (x[:, 1:] == y[:, :-1]).all() and x.dtype == np.int64
    with pytest.raises(InputError, match="length: 2000 characters are asked for"):
        text.windows(np.random.default_rng(0), 1, 2000)


def small(story, **changes):
    return CharactersConfig(**{
        "dataset": str(story), "hidden_size": 16, "embedding_size": 8, "length": 16, "batch_size": 8, "max_steps": 6,
        "eval_steps": 3, "sample_length": 20, "num_layers": 2, "dropout": 0.2, **changes,
    })  # fmt: skip


def test_the_character_model_writes_at_every_evaluation_and_resumes_to_the_bit(story, tmp_path):
    whole, cut = (small(story, output=str(tmp_path / n)) for n in ("whole", "cut"))
    a = Session(characters(whole)).run()
    session = Session(characters(cut))
    session.step(2)
    session.wait_for("paused", timeout=60)
    session.set(temperature=0.7)
    session.stop()
    session.wait(60)
    b = Session.reopen(cut.output).run()
    first, second = (load_file(f"{c.output}/model/model.safetensors") for c in (whole, cut))
    assert all(torch.equal(first[n], second[n]) for n in first)
    samples = [[e for e in s.history.events if e["event"] == "sample"] for s in (a, b)]
    assert samples[0] == samples[1] and [e["step"] for e in samples[0]] == [3, 6]
    assert all(len(e["text"]) == 20 for e in samples[0])


def test_writing_at_temperature_zero_takes_the_likeliest_and_never_the_unknown(story):
    text = Text(story.read_text(), "x" * 10)
    model = Recurrent("gru", 8, 16, len(text.symbols), symbols=len(text.symbols))
    model.readout.bias.data[0] = 50.0
    draws = [
        "".join(itertools.islice(write(model, text, "A: 😀", 0.0, np.random.default_rng(k)), 30)) for k in range(2)
    ]
    assert draws[0] == draws[1] and UNKNOWN not in draws[0]
    assert len(set(itertools.islice(write(model, text, "", 10.0, np.random.default_rng(0)), 200))) > 10
    assert torch.is_grad_enabled()


def test_a_model_that_overflowed_writes_nothing(story):
    text = Text(story.read_text(), "x" * 10)
    model = Recurrent("gru", 8, 16, len(text.symbols), symbols=len(text.symbols))
    model.readout.weight.data.fill_(float("nan"))
    assert list(write(model, text, "A", 1.0, np.random.default_rng(0))) == []


@pytest.mark.parametrize(
    ("content", "reason"), [(None, "no such file"), (b"\xff\xfe\x00", "cannot be read"), (b"ab", "holds 2")]
)
def test_a_text_file_that_will_not_do_is_refused(tmp_path, content, reason):
    path = tmp_path / "text.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=reason):
        Session(characters(CharactersConfig(dataset=str(path)))).run()


# -- neurons -------------------------------------------------------------------------------------------------------

PIECE = 'A: he said "no way" to (us) all\nB: what is it, then\n\n'


def test_meanings_stand_where_they_should():
    label = {name: rule(PIECE) for name, rule in MEANINGS.items()}
    marked = lambda name: "".join(c if v else "." for c, v in zip(PIECE, label[name], strict=True))  # noqa: E731
    assert marked("inside a quotation").strip(".") == "no way" and marked("inside brackets").strip(".") == "us"
    assert (
        marked("B is speaking").strip(".") == marked("the turn began as a question").strip(".") == "B: what is it, then"
    )
    assert label["place in the word"][PIECE.index("said") :][:5].tolist() == [1, 2, 3, 4, 0]
    assert label["place in the turn"][3] == 2.0 and label["place in the turn"][PIECE.index("B:")] == 0.0
    for rule in MEANINGS.values():
        assert rule("").shape == (0,) and rule("😀").shape == (1,)


def test_a_planted_neuron_is_found_and_noise_is_not():
    rng = np.random.default_rng(0)
    text = "".join(PIECE if rng.random() < 0.5 else "A: nothing here at all\nB: no\n\n" for _ in range(400))
    states = rng.normal(size=(len(text), 24)).astype(np.float32)
    states = (states + np.roll(states, 1, axis=0)) / 2
    states[:, 7] -= 3 * MEANINGS["inside a quotation"](text)
    found = {f.meaning: f for f in search(states, text)}
    quotation = found["inside a quotation"]
    assert quotation.holds and quotation.neuron == 7 and quotation.score < -0.5 and quotation.verdict == "neuron 7"
    others = [f for name, f in found.items() if name != "inside a quotation"]
    assert not any(f.holds for f in others) and all(f.verdict.startswith("none found") for f in others)


def test_a_neuron_that_only_knows_the_character_scores_nothing():
    text = PIECE * 200
    states = np.stack([[c == '"' for c in text], [c == "w" for c in text]], axis=1).astype(np.float32)
    assert all(abs(f.score) < 1e-3 for f in search(states, text))


def test_the_table_sets_an_untrained_network_beside_what_was_found():
    found = [Found("a", 3, -0.5, 0.02, 0.25), Found("b", -1, np.nan, np.nan, 0.0)]
    assert repr(neuron_table(found)).splitlines()[1].split() == ["a", "neuron", "3", "−0.50", "±0.02", "25.0%"]
    lines = repr(neuron_table(found, found)).splitlines()
    assert lines[0].endswith("untrained") and lines[1].endswith("+0.50") and lines[2].endswith("–")


def test_telling_text_is_half_lines_with_a_quotation_or_a_bracket():
    text = "A: nothing here\n" * 500 + PIECE * 40
    piece = telling(text, 2000)
    assert 1800 < len(piece) <= 2000 and piece.count('"') > 20 and piece.count("nothing") > 50
    assert telling("", 100) == "" and all(line in text for line in piece.splitlines())


def test_too_little_text_is_said():
    found = search(np.zeros((50, 3), np.float32), PIECE[:50])
    assert all(f.verdict.startswith("none found: the text has too few") for f in found)


def test_the_states_of_a_layered_model_are_those_of_its_last_layer():
    for cell in ("lstm", "gru"):
        model = Recurrent(cell, 4, 6, 3, symbols=9, num_layers=2)
        model.eval()
        numbers = np.arange(9)
        hidden, states = model.hidden(torch.from_numpy(numbers)[None])
        found = neurons(model, numbers)
        wanted = torch.tanh(states[-1][1])[0, 0] if cell == "lstm" else hidden[0, -1]
        np.testing.assert_allclose(found[-1], wanted.detach().numpy(), atol=1e-6)
