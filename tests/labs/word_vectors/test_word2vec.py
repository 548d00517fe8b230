"""word2vec: examples, loss and gradients against plain numpy, automatic differentiation and counted frequencies."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from nblib import InputError, Session, Word2VecConfig, word2vec
from nblib.engine.errors import Diverged
from nblib.labs.word_vectors.word2vec.job import _stretches, rate_at
from nblib.models.word2vec import Examples, Word2Vec, keep_probabilities, noise_table, sample_examples
from nblib.sources.corpora import from_sentences

WORDS = np.array(list("abcdefghij"), dtype=object)
COUNTS = np.array([512, 256, 128, 64, 32, 16, 8, 4, 2, 1])
SKIP = Examples(np.array([0, 3]), np.array([0, 1, 2]), np.array([[1, 2, 5], [4, 6, 0]], np.int32))
BAG = Examples(np.array([0, 3, 7, 2]), np.array([0, 3, 4]), np.array([[1, 2, 5], [4, 6, -1]], np.int32))


def model(size=6, seed=0) -> Word2Vec:
    made = Word2Vec(WORDS, COUNTS, size)
    draw = np.random.default_rng(seed)
    made.vectors[:] = draw.normal(size=made.vectors.shape)
    made.outputs[:] = draw.normal(size=made.outputs.shape)
    return made


def descend(vectors, outputs, examples, rate):
    """The same in plain numpy, in double precision, from the formulas of the paper."""
    vectors, outputs, losses = vectors.astype(float), outputs.astype(float), []
    for e, targets in enumerate(examples.targets):
        inputs = examples.inputs[examples.offsets[e] : examples.offsets[e + 1]]
        h = vectors[inputs].mean(axis=0)
        wanted = np.arange(len(targets)) == 0
        used = targets >= 0
        u = outputs[targets[used]]
        p = 1 / (1 + np.exp(-u @ h))
        losses.append(-np.log(np.where(wanted[used], p, 1 - p)).sum())
        error = p - wanted[used]
        to_h = error @ u
        np.subtract.at(outputs, targets[used], rate * np.outer(error, h))
        np.subtract.at(vectors, inputs, rate * to_h / len(inputs))
    return vectors, outputs, np.mean(losses)


@pytest.mark.parametrize("examples", [SKIP, BAG], ids=["skip-gram", "cbow"])
def test_an_update_is_that_of_plain_numpy(examples):
    made = model()
    vectors, outputs, loss = descend(made.vectors, made.outputs, examples, 0.1)
    assert made.update(examples, 0.1) == pytest.approx(loss, rel=1e-3)
    assert made.vectors == pytest.approx(vectors, abs=3e-4)
    assert made.outputs == pytest.approx(outputs, abs=3e-4)


@pytest.mark.parametrize("first", [0, 1], ids=["one input", "several inputs"])
def test_the_step_is_the_gradient_of_the_loss(first):
    one = Examples(BAG.inputs[3:], np.array([0, 1]), BAG.targets[1:])
    if first:
        one = Examples(BAG.inputs[:3], np.array([0, 3]), BAG.targets[:1])
    made = model()
    vectors, outputs = (torch.tensor(a, dtype=torch.float64, requires_grad=True) for a in (made.vectors, made.outputs))
    used = one.targets[0][one.targets[0] >= 0]
    scores = outputs[used.astype(int)] @ vectors[one.inputs].mean(dim=0)
    sign = torch.ones(len(used), dtype=torch.float64)
    sign[1:] = -1
    loss = -torch.nn.functional.logsigmoid(sign * scores).sum()
    loss.backward()
    before = made.vectors.copy(), made.outputs.copy()
    assert made.update(one, 0.01) == pytest.approx(loss.item(), rel=1e-3)
    assert (before[0] - made.vectors) / 0.01 == pytest.approx(vectors.grad.numpy(), abs=2e-3)
    assert (before[1] - made.outputs) / 0.01 == pytest.approx(outputs.grad.numpy(), abs=2e-3)


def test_a_word_drawn_twice_counts_twice():
    twice = Examples(np.array([0]), np.array([0, 1]), np.array([[1, 2, 2]], np.int32))
    made = model()
    vectors, outputs, _ = descend(made.vectors, made.outputs, twice, 0.1)
    made.update(twice, 0.1)
    assert made.vectors == pytest.approx(vectors, abs=3e-4) and made.outputs == pytest.approx(outputs, abs=3e-4)


@pytest.mark.parametrize("score", [-40.0, -16.0, -3.0, 0.0, 3.0, 16.0, 40.0])
def test_the_table_of_the_logistic_function_holds_at_its_ends(score):
    made = Word2Vec(WORDS, COUNTS, 1)
    made.vectors[0], made.outputs[1] = 1, score
    loss = made.update(Examples(np.array([0]), np.array([0, 1]), np.array([[1]], np.int32)), 1.0)
    assert loss == pytest.approx(np.logaddexp(0, -score), rel=1e-3, abs=2e-7)
    assert made.outputs[1, 0] - score == pytest.approx(1 / (1 + np.exp(score)), abs=1e-3)


def sampled(sentences, *, window=2, negative=3, cbow=False, seed=1, keep=None):
    text = from_sentences("toy", sentences)
    keep = np.ones(len(text.words)) if keep is None else keep
    noise = noise_table(text.counts)
    return text, sample_examples(
        text.tokens, text.starts, keep, noise, window=window, negative=negative, cbow=cbow, seed=seed
    )


def pairs(text, examples):
    """(inputs, target) of each example, in words."""
    spans = zip(examples.offsets[:-1], examples.offsets[1:], strict=True)
    return [
        ("".join(text.words[examples.inputs[a:b]]), text.words[t])
        for (a, b), t in zip(spans, examples.targets[:, 0], strict=True)
    ]


def test_with_a_window_of_one_every_neighbour_makes_an_example_and_sentences_do_not_touch():
    text, examples = sampled([list("abc"), list("d"), list("ef")], window=1)
    assert pairs(text, examples) == [("b", "a"), ("a", "b"), ("c", "b"), ("b", "c"), ("f", "e"), ("e", "f")]
    text, examples = sampled([list("abc"), list("d"), list("ef")], window=1, cbow=True)
    assert pairs(text, examples) == [("b", "a"), ("ac", "b"), ("b", "c"), ("f", "e"), ("e", "f")]


def test_each_reach_up_to_the_window_is_as_likely():
    sentences = [list("abcdefghi")] * 4000
    text, examples = sampled(sentences, window=4)
    found = pairs(text, examples)
    middle = [w for w, t in found if t == "e"]
    share = {w: middle.count(w) / len(sentences) for w in "abcdfghi"}
    for far, wanted in ((1, 1.0), (2, 0.75), (3, 0.5), (4, 0.25)):
        assert share["abcdefghi"[4 + far]] == pytest.approx(wanted, abs=0.03)
        assert share["abcdefghi"[4 - far]] == pytest.approx(wanted, abs=0.03)
    _, bags = sampled(sentences, window=4, cbow=True)
    assert np.diff(bags.offsets).sum() == len(bags.inputs) and len(bags.targets) == 9 * len(sentences)


def test_frequent_words_are_passed_over_as_often_as_the_formula_says():
    counts = np.array([900, 90, 10])
    keep = keep_probabilities(counts, 0.01)
    ratio = 0.01 / 0.9
    assert keep[0] == pytest.approx(np.sqrt(ratio) + ratio) and keep[2] == 1
    assert (keep_probabilities(counts, 0) == 1).all()
    _, examples = sampled([["a", "b"]] * 20_000, window=1, keep=np.array([0.3, 1.0]))
    assert len(examples.targets) / 2 / 20_000 == pytest.approx(0.3, abs=0.015)


def test_words_are_drawn_in_proportion_to_a_power_of_their_count_and_never_the_target():
    table = noise_table(COUNTS, 0.75)
    shares = np.bincount(table, minlength=10) / len(table)
    assert shares == pytest.approx(COUNTS**0.75 / (COUNTS**0.75).sum(), abs=1e-5)
    assert np.bincount(noise_table(COUNTS, 0.0)) / len(table) == pytest.approx(0.1, abs=1e-5)
    text, examples = sampled([list("aaaabbc")] * 3000, negative=5)
    drawn, target = examples.targets[:, 1:], examples.targets[:, :1]
    assert not (drawn == target).any() and (drawn == -1).any()
    other = drawn[(target != 0).ravel()]
    wanted = text.counts**0.75 / (text.counts**0.75).sum()
    assert (other == 0).mean() == pytest.approx(wanted[0], abs=0.02)


def test_the_same_seed_draws_the_same_examples():
    sentences = [list("abcdefg")] * 50
    first, again, other = (sampled(sentences, seed=s)[1] for s in (7, 7, 8))
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first.inputs, other.inputs)


def test_the_kernel_is_there_where_nothing_can_be_kept_on_disk():
    code = "import numba.core.caching as c; c.CacheImpl._locator_classes = []\n"
    code += "from nblib.models import word2vec_kernel as k; print(type(k.update._cache).__name__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout == "NullCache\n", done.stderr


# -- the job -------------------------------------------------------------------------------------------------------


@pytest.fixture
def text_file(tmp_path):
    """Two kinds of sentences: words of one kind never stand beside words of the other."""
    draw = np.random.default_rng(0)
    kinds = (["cat", "dog", "cow", "pig", "hen"], ["red", "blue", "green", "pink", "grey"])
    lines = [" ".join(draw.choice(kinds[i % 2], 6)) for i in range(3000)]
    path = tmp_path / "toy.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)


def config(text_file, **changes):
    settings = {"corpus": text_file, "vector_size": 8, "window": 3, "sample": 0, "epochs": 4, "batch_words": 2000}
    return Word2VecConfig(**settings | changes)


@pytest.mark.parametrize("architecture", ["skip-gram", "cbow"])
def test_words_of_a_kind_find_each_other(text_file, architecture):
    session = Session(word2vec(config(text_file, architecture=architecture, learning_rate=0.1))).run()
    found = session.result
    assert {w for w, _ in found.nearest("cat", 4)} == {"dog", "cow", "pig", "hen"}
    loss = session.history["loss"]
    assert loss[-5:].mean() < loss[:5].mean() and session.total == session.step_number == len(loss)
    assert session.history["learning_rate"][[0, -1]] == pytest.approx([0.1, rate_at(0.1, len(loss) - 1, len(loss))])
    assert session.items == 4 * 18_000


def test_a_run_is_a_function_of_its_seed_however_it_is_stepped(text_file):
    straight = Session(word2vec(config(text_file))).run().result
    session = Session(word2vec(config(text_file)))
    session.step(3)
    session.wait_for("paused", timeout=60)
    assert session.step_number == 3 and len(session.history["loss"]) == 3
    np.random.seed(5)
    session.resume()
    stepped = session.wait(60).result
    assert (straight.vectors == stepped.vectors).all() and (straight.outputs == stepped.outputs).all()
    other = Session(word2vec(config(text_file, seed=2))).run().result
    assert not (straight.vectors == other.vectors).all()


def test_live_settings_are_taken_over_between_two_steps(text_file):
    session = Session(word2vec(config(text_file)))
    session.step(2)
    session.wait_for("paused", timeout=60)
    session.set(learning_rate=0.2, window=1, negative=2, sample=0.5)
    session.step()
    session.wait_for("paused", timeout=60)
    rates = session.history["learning_rate"]
    assert rates[2] == pytest.approx(rate_at(0.2, 2, session.total))
    assert [e["name"] for e in session.history.events if e["event"] == "set"] == [
        "learning_rate", "window", "negative", "sample",
    ]  # fmt: skip
    with pytest.raises(InputError, match="vector_size cannot be changed while a run is going"):
        session.set(vector_size=3)
    session.stop()
    assert session.wait(60).state == "stopped"
    assert len(session.result) == 10


def test_a_rate_at_which_vectors_overflow_ends_the_run_with_a_way_out(text_file):
    session = Session(word2vec(config(text_file, learning_rate=100)))
    with pytest.raises(Diverged, match="overflowed in step .* press Reset or lower the learning rate"):
        session.run()
    assert session.state == "failed"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"min_count": 100_000}, "fewer than two words of .* occur 100000 times; lower min_count"),
        ({"corpus": "dialoges"}, "no corpus 'dialoges'; there are dialogues"),
    ],
)
def test_a_text_that_cannot_be_used_is_named(text_file, changes, says):
    with pytest.raises(InputError, match=says):
        Session(word2vec(config(text_file, **changes))).run()


@pytest.mark.parametrize("end", [0, 1])
def test_every_slider_at_its_end_trains(text_file, end):
    extreme = {"corpus": text_file, "epochs": 1, "min_count": 1, "learning_rate": 0.01}
    for s in Word2VecConfig.settings():
        if s.slider and s.name not in extreme and s.name != "seed":
            extreme[s.name] = s.slider[end] if s.kind == "float" else int(s.slider[end])
    session = Session(word2vec(Word2VecConfig(**extreme))).run()
    assert np.isfinite(session.result.vectors).all()


def test_a_long_step_is_made_in_parts_that_fit_into_memory(text_file, monkeypatch):
    sizes = []
    inner = sample_examples

    def watched(tokens, starts, *rest, **options):
        sizes.append(int(starts[-1] - starts[0]) * 2 * options["window"] * (1 + options["negative"]))
        return inner(tokens, starts, *rest, **options)

    monkeypatch.setattr("nblib.models.word2vec.sample_examples", watched)
    monkeypatch.setattr("nblib.labs.word_vectors.word2vec.job.MOST_NUMBERS", 100_000)
    session = Session(word2vec(config(text_file, epochs=1, batch_words=10_000_000, window=50, negative=50))).run()
    assert session.step_number == 1 and len(sizes) > 100
    # A sentence is not divided: six words more than there is room for.
    assert max(sizes[1:]) <= 100_000 + 6 * 2 * 50 * 51
    assert np.isfinite(session.history["loss"]).all()


def test_steps_hold_whole_sentences():
    starts = np.array([0, 5, 10, 100, 101, 102])
    assert _stretches(starts, 10) == [(0, 2), (2, 3), (3, 5)]
    assert _stretches(starts, 1) == [(i, i + 1) for i in range(5)]
    assert _stretches(starts, 1000) == [(0, 5)]


# -- settings ------------------------------------------------------------------------------------------------------


def test_settings_come_back_from_yaml_and_run_as_code(tmp_path):
    changed = Word2VecConfig(corpus="reviews-zh", sample=0, architecture="cbow", learning_rate=3e-2, max_sentences=100)
    (tmp_path / "run.yaml").write_text(changed.to_yaml(), encoding="utf-8")
    assert Word2VecConfig.from_yaml(tmp_path / "run.yaml") == changed
    assert "session = Session(word2vec(Word2VecConfig(" in changed.as_code()
    assert changed.make_job().config == changed
    live = {s.name for s in Word2VecConfig.settings() if s.live}
    assert live == {"learning_rate", "window", "negative", "sample"}


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"window": 0}, "window: 0 is not a whole number at least 1 and at most 50"),
        ({"learning_rate": 0}, "learning_rate: 0 is not a number above 0 and at most 100"),
        ({"sample": -1}, "sample: -1 is not a number at least 0 and at most 1"),
        (
            {"architecture": "skipgram"},
            "architecture: 'skipgram' is not one of skip-gram, cbow; did you mean skip-gram",
        ),
        ({"negatives": 5}, "unknown option 'negatives'; did you mean negative"),
        ({"corpus": " "}, "corpus: is empty"),
    ],
)
def test_a_setting_that_cannot_be_is_named(values, says):
    with pytest.raises(InputError, match=says):
        Word2VecConfig(**values)


def test_a_view_that_the_worker_calls_sees_the_model(text_file):
    session = Session(word2vec(config(text_file, epochs=1)))
    seen = []
    session.subscribe(lambda s: seen.append(s.model))
    assert session.model is None
    session.run()
    assert seen[0] is None and seen[-1] is session.result is session.model
