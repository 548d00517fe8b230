"""Every exercise: one right answer, three typical wrong ones with the hint that fits, and no answer in any notebook."""

import json
import math
import os
import re
from pathlib import Path

import numpy as np
import pytest

from nblib.engine.errors import InputError
from nblib.ui import exercises
from nblib.ui.exercises import check, grade, names, progress, reveal
from nblib.ui.exercises.kinds import digest, function

LABS = sorted((Path(__file__).parents[2] / "labs").glob("*.ipynb"))
TRAIN, VALIDATION, TEST = 803, 100, 101


@pytest.fixture(autouse=True)
def a_cache_of_our_own(tmp_path, monkeypatch):
    monkeypatch.setenv("NBLIB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(progress, "_memory", {})


@pytest.fixture
def small_reviews(monkeypatch):
    """Sizes for which every slip gives another number."""
    from nblib import sources

    sizes = {"train": range(TRAIN), "validation": range(VALIDATION), "test": range(TEST)}
    monkeypatch.setattr(sources, "load", lambda name: sizes)


def padding_right(lengths, batch_size):
    padded = 0
    for start in range(0, len(lengths), batch_size):
        part = lengths[start : start + batch_size]
        padded += max(part) * len(part)
    return (padded - sum(lengths)) / padded


def padding_to_longest_of_all(lengths, batch_size):
    return 1 - np.mean(lengths) / max(lengths)


def padding_share_of_text(lengths, batch_size):
    return 1 - padding_right(lengths, batch_size)


def padding_mean_of_batches(lengths, batch_size):
    parts = [lengths[i : i + batch_size] for i in range(0, len(lengths), batch_size)]
    return sum(1 - sum(p) / (max(p) * len(p)) for p in parts) / len(parts)


def padding_without_the_last(lengths, batch_size):
    return padding_right(lengths[: len(lengths) - len(lengths) % batch_size], batch_size)


def recall_right(matrix):
    return sum(row[i] / sum(row) for i, row in enumerate(matrix)) / len(matrix)


def recall_of_columns(matrix):
    return recall_right(np.transpose(matrix))


def recall_is_accuracy(matrix):
    return np.trace(matrix) / np.sum(matrix)


def recall_not_averaged(matrix):
    return recall_right(matrix) * len(matrix)


def rnn_right(x, w, u, b):
    h = 0
    for number in x:
        h = np.tanh(number * w + h * u + b)
    return h


def rnn_last_input_only(x, w, u, b):
    return np.tanh(x[-1] * w + b)


def rnn_tanh_once(x, w, u, b):
    h = 0
    for number in x:
        h = number * w + h * u + b
    return np.tanh(h)


def rnn_linear(x, w, u, b):
    h = 0
    for number in x:
        h = number * w + h * u + b
    return h


def rnn_returns_in_the_loop(x, w, u, b):
    h = 0
    for number in x:
        h = np.tanh(number * w + h * u + b)
        return h


def reach_right(states, u):
    return np.prod(u * (1 - np.square(states)))


def reach_without_slope(states, u):
    return np.prod([u for _ in states])


def reach_without_weight(states, u):
    return np.prod(1 - np.square(states))


def reach_added(states, u):
    return np.sum(u * (1 - np.square(states)))


def attended_right(scores, length, place):
    powers = np.exp(np.array(scores[:length]) - max(scores[:length]))
    return (powers / powers.sum())[place]


def attended_with_padding(scores, length, place):
    return attended_right(scores, len(scores), place)


def attended_with_padding_at_zero(scores, length, place):
    return attended_right([*scores[:length], *[0] * (len(scores) - length)], len(scores), place)


def attended_without_exp(scores, length, place):
    return (np.array(scores) / sum(scores[:length]))[place]


def attended_power(scores, length, place):
    return np.exp(scores)[place]


def penalty_right(log_probabilities, length_penalty):
    return np.sum(log_probabilities) * len(log_probabilities) ** -length_penalty


def penalty_none(log_probabilities, length_penalty):
    return np.sum(log_probabilities)


def penalty_mean(log_probabilities, length_penalty):
    return np.mean(log_probabilities)


def penalty_times(log_probabilities, length_penalty):
    return np.sum(log_probabilities) * len(log_probabilities) ** length_penalty


def penalty_as_factor(log_probabilities, length_penalty):
    return np.mean(log_probabilities) / length_penalty


def shares(scores):
    powers = np.exp(np.array(scores))
    return powers / powers.sum()


def attend_right(query, keys, values):
    return shares(np.array(keys) @ query / len(query) ** 0.5) @ values


def attend_unscaled(query, keys, values):
    return shares(np.array(keys) @ query) @ values


def attend_over_d(query, keys, values):
    return shares(np.array(keys) @ query / len(query)) @ values


def attend_by_keys(query, keys, values):
    return shares(np.array(keys) @ query / len(keys) ** 0.5) @ values


def attend_without_exp(query, keys, values):
    scores = np.array(keys) @ query
    return scores @ values / scores.sum()


def attend_not_divided(query, keys, values):
    return np.exp(np.array(keys) @ query / len(query) ** 0.5) @ values


def attend_best(query, keys, values):
    return values[np.argmax(np.array(keys) @ query)]


def weight_right(count, texts, texts_with_word):
    return count + count * (math.log1p(texts) - math.log1p(texts_with_word))


def weight_of_the_textbook(count, texts, texts_with_word):
    return count * math.log(texts / texts_with_word)


def weight_without_a_one(count, texts, texts_with_word):
    return weight_right(count, texts, texts_with_word) - count


def weight_upside_down(count, texts, texts_with_word):
    return weight_right(count, texts_with_word, texts)


def weight_of_one_occurrence(count, texts, texts_with_word):
    return weight_right(1, texts, texts_with_word)


def loss_right(h, target, drawn):
    return np.logaddexp(0, -h @ target) + np.logaddexp(0, drawn @ h).sum()


def loss_with_drawn_words_near(h, target, drawn):
    return np.logaddexp(0, -h @ target) + np.logaddexp(0, -drawn @ h).sum()


def loss_of_the_target_alone(h, target, drawn):
    return np.logaddexp(0, -h @ target)


def loss_averaged(h, target, drawn):
    return np.logaddexp(0, -h @ target) + np.logaddexp(0, drawn @ h).mean()


def loss_turned(h, target, drawn):
    return -loss_right(h, target, drawn)


def perplexity_right(probabilities):
    return np.prod(probabilities) ** (-1 / len(probabilities))


def perplexity_without_root(probabilities):
    return 1 / np.prod(probabilities)


def perplexity_of_the_mean(probabilities):
    return 1 / np.mean(probabilities)


def perplexity_as_entropy(probabilities):
    return -np.log(probabilities).mean()


def delta_right(answer, weights, deltas):
    return sum(w * d for w, d in zip(weights, deltas, strict=True)) * (1 - answer * answer)


def delta_without_slope(answer, weights, deltas):
    return weights @ deltas


def delta_of_a_sigmoid(answer, weights, deltas):
    return answer * (1 - answer) * (weights @ deltas)


def delta_with_tanh_twice(answer, weights, deltas):
    return (weights @ deltas) / np.cosh(answer) ** 2


def delta_of_sums(answer, weights, deltas):
    return (1 - answer**2) * sum(weights) * sum(deltas)


def rate_right(step, d, warmup):
    return min(1 / math.sqrt(step), step / (warmup * math.sqrt(warmup))) / math.sqrt(d)


def rate_the_larger(step, d, warmup):
    return max(1 / math.sqrt(step), step / (warmup * math.sqrt(warmup))) / math.sqrt(d)


def rate_without_warmup(step, d, warmup):
    return 1 / math.sqrt(step * d)


def rate_without_width(step, d, warmup):
    return min(1 / math.sqrt(step), step / (warmup * math.sqrt(warmup)))


def rate_that_does_not_meet(step, d, warmup):
    return min(1 / math.sqrt(step), step / warmup) / math.sqrt(d)


# name → right answers, and wrong ones with a word of the hint that fits
ANSWERS = {
    "00-years": ([74, 74.0], {-74: "backwards", 60: "perceptron", 80: "GPT-4", 2017: "the year itself"}),
    "01-nand": ([(-2, -2, -3), (-1, -0.8, -1.5)], {
        (1, 1, 1.5): "AND", (-1, -1, 1.5): "threshold θ = −b", (1, 1, 0.5): "OR", (-1, -1, -0.5): "one input alone",
        (1, -1, 0.5): "of 4 rows",
    }),
    "01-update": ([-1.2], {0.8: "wrong direction", -0.7: "input x2", -2.2: "learning rate", -0.2: "right already"}),
    "01-xor": ([0.75], {0.5: "at chance", 1: "No line", 0.25: "stays wrong", 3: "their share"}),
    "01-parameters": ([79510], {
        79400: "bias as well", 80294: "inputs compute nothing", 79500: "output neurons", 7850: "no hidden layer",
        894: "counts neurons",
    }),
    "01-delta": ([delta_right], {
        delta_without_slope: "slope of tanh", delta_of_a_sigmoid: "of the sigmoid", delta_with_tanh_twice: "already",
        delta_of_sums: "pair by pair",
    }),
    "01-linear": (["b", "(B)"], {"a": "More training", "c": "bent border", "d": "one matrix"}),
    "02-weight": ([weight_right], {
        weight_of_the_textbook: "without the three ones", weight_without_a_one: "after the logarithm",
        weight_upside_down: "turn the fraction", weight_of_one_occurrence: "one occurrence",
    }),
    "02-pairs": ([42, 42.0], {54: "At the ends", 21: "in turn", 18: "near the ends", 51: "own neighbour", 72: "all"}),
    "02-loss": ([loss_right], {
        loss_with_drawn_words_near: "pulled near", loss_of_the_target_alone: "missing", loss_averaged: "averaged",
        loss_turned: "sign is turned",
    }),
    "02-sentence": ([1 / 3, 0.333], {
        72 / 65536: "one by one", 4 / 9: "begin with i", 0.25: "multiply the factors", 0: "stands somewhere",
        1: "Four factors",
    }),
    "02-perplexity": ([perplexity_right], {
        perplexity_without_root: "take the root", perplexity_of_the_mean: "of their logarithms",
        perplexity_as_entropy: "exponential",
    }),
    "02-lost": (["c", "(C)"], {"a": "how often", "b": "one-hot keeps", "d": "lowest weight"}),
    "03-weights": ([4 * 128 * (32 + 128 + 2)], {
        20736: "plain RNN", 62208: "GRU", 82432: "one bias", 81920: "biases are missing", 17408: "recurrent weights",
    }),
    "03-forget": ([0.5 ** 0.01, 0.9931], {0.5: "one half", 0.995: "share of", 0.005: "wipe out", 0.00691: "is lost"}),
    "03-state": ([rnn_right], {
        rnn_last_input_only: "Only the last input", rnn_tanh_once: "every step", rnn_linear: "one linear map",
        rnn_returns_in_the_loop: "return inside the loop",
    }),
    "03-reach": ([reach_right], {
        reach_without_slope: "slope of tanh is missing", reach_without_weight: "recurrent weight",
        reach_added: "multiplies",
    }),
    "03-chance": ([1 / 6, 0.1667], {
        1 / 12: "one uniform", 1 / 3: "not a variance", 1: "best constant", 0.408: "deviation",
    }),
    "03-clip": (["b", "(B)"], {"a": "short already", "c": "not on the state", "d": "one letter"}),
    "04-additive": ([33024], {
        16384: "one matrix", 32896: "one is missing", 32768: "bias are missing", 33152: "only U has a bias",
        49280: "not a matrix",
    }),
    "04-weight": ([attended_right], {
        attended_with_padding: "padding takes its share", attended_with_padding_at_zero: "e⁰ is 1",
        attended_without_exp: "exponential is missing", attended_power: "sum of all",
    }),
    "04-beam": ([0.36], {0.2: "greedy search finds", 0.9: "second step alone", 0.56: "adds two", 1.3: "multiplied"}),
    "04-penalty": ([penalty_right], {
        penalty_none: "no part in it", penalty_mean: "power of the length", penalty_times: "It is a division",
        penalty_as_factor: "not a factor",
    }),
    "04-forcing": (["c", "(C)"], {"a": "ratio of 0", "b": "every step", "d": "copy"}),
    "05-spread": ([17, 17.0], {
        289: "variance", 1: "divided by √d", 1 / 17: "there to undo", 0: "the mean", 578: "not 2", 22: "one product",
    }),
    "05-attend": ([attend_right], {
        attend_unscaled: "√d is missing", attend_over_d: "has its root", attend_by_keys: "length of a query",
        attend_without_exp: "power of each", attend_not_divided: "do not sum to one", attend_best: "Only the best",
    }),
    "05-weights": ([1_050_624], {
        787_968: "joins the heads", 1_048_576: "a bias as well", 8_404_992: "share the width",
        133_120: "heads together", 262_656: "one linear layer",
    }),
    "05-mask": ([49], {
        55: "padding may", 70: "look ahead", 28: "rows of the padding", 42: "at itself", 100: "every cell",
        51: "hidden", 7: "row by row",
    }),
    "05-order": (["b", "(B)"], {"a": "where they were", "c": "two words alone", "d": "one letter"}),
    "06-parameters": ([198_272], {
        197_120: "biases are missing", 196_608: "layer norms are missing", 197_760: "factor and a shift",
        198_016: "one for each part", 181_760: "joins the heads", 396_416: "share the width", 264_576: "of the decoder",
    }),
    "06-smoothing": ([0.92, 92 / 100], {
        0.9: "one of them", 0.02: "a wrong symbol", 0.025: "got nothing", 1: "without smoothing", 0.98: "comes back",
    }),
    "06-rate": ([rate_right], {
        rate_the_larger: "take the smaller", rate_without_warmup: "no warm-up", rate_without_width: "1/√d",
        rate_that_does_not_meet: "meet at the last step",
    }),
    "06-writing": (["b", "(B)"], {"a": "in training", "c": "number of layers", "d": "one letter"}),
    "09-steps": ([52], {50: "smaller", 51: "Epochs do not", 26: "one epoch", 1606: "counts texts", 64: "three splits"}),
    "09-padding": ([padding_right], {
        padding_to_longest_of_all: "longest of all", padding_share_of_text: "share of text",
        padding_mean_of_batches: "mean of the batches", padding_without_the_last: "last batch",
    }),
    "09-rate": ([1e-5, 0.00001], {2e-5: "new peak", 5e-5: "without the change", 1e-4: "before the change"}),
    "09-recall": ([recall_right], {
        recall_of_columns: "precision", recall_is_accuracy: "accuracy", recall_not_averaged: "divide",
    }),
    "09-memory": (["gradient_accumulation_steps", " Gradient accumulation steps"], {
        "batch_size": "fewer texts", "max_length": "cut", "freeze_layers": "fewer layers learn",
        "learning_rate": "does not lower", "batchsize": "did you mean batch_size",
    }),
    "09-sure": (["b", "(B)", "b."], {"a": "training loss", "c": "smoothly", "d": "accuracy"}),
    "09-floor": ([0.3133, 0.31, math.log(1 + math.exp(-1))], {
        0: "between 0 and 1", 0.693: "equal probabilities", 0.731: "probability", 0.452: "bits", 1.313: "wrong class",
    }),
}  # fmt: skip
RIGHT = [(name, given) for name, (right, _) in ANSWERS.items() for given in right]
WRONG = [(name, given, hint) for name, (_, wrong) in ANSWERS.items() for given, hint in wrong.items()]


def test_every_exercise_is_tested_with_a_right_and_three_wrong_answers():
    assert ANSWERS.keys() == exercises.exercises().keys()
    assert all(len(wrong) >= 3 for _, wrong in ANSWERS.values())
    assert len(names("09")) >= 4 and names("00") == ["00-years"]


def name_of(value):
    return getattr(value, "__name__", None) or str(value)


@pytest.mark.parametrize(("name", "given"), RIGHT, ids=name_of)
def test_a_right_answer_is_right(name, given, small_reviews):
    assert grade(name, given).verdict == "right"


@pytest.mark.parametrize(("name", "given", "hint"), WRONG, ids=name_of)
def test_a_wrong_answer_gets_the_hint_that_fits(name, given, hint, small_reviews):
    result = grade(name, given)
    assert not result.right and hint in result.text


@pytest.mark.parametrize(("name", "given", "hint"), WRONG, ids=name_of)
def test_no_hint_gives_the_answer_away(name, given, hint, small_reviews):
    shown = exercises.exercises()[name].answer()
    said = grade(name, given).text
    if not callable(given) and len(shown) > 1:
        assert shown not in re.findall(r"[\w.+-]*\w", said)


@pytest.mark.parametrize("name", exercises.exercises())
def test_nothing_and_nonsense_are_answered_kindly(name, small_reviews):
    assert grade(name).verdict == "no answer yet" and grade(name, ...).verdict == "no answer yet"
    for nonsense in ([1, 2], "?", float("nan"), True, object(), print):
        assert not grade(name, nonsense).right


@pytest.mark.parametrize("name", exercises.exercises())
def test_the_answer_is_not_in_the_notebook_that_asks(name):
    texts = {p.stem: "\n".join("".join(c["source"]) for c in json.loads(p.read_text("utf-8"))["cells"]) for p in LABS
             if p.stem[:2] == name[:2]}  # fmt: skip
    assert texts
    answers = {"01-nand": ["(-2", "-1.5"], "01-update": ["-1.2", "−1.2"], "01-xor": ["0.75"], "01-linear": [],
               "01-parameters": ["79,510", "79510"], "01-delta": ["1 - answer"],
               "02-weight": ["log((1", "log1p"], "02-pairs": ["42"], "02-loss": ["logaddexp"], "02-lost": [],
               "02-sentence": ["1/3", "1 / 3", "0.333", "0.3333"], "02-perplexity": ["log(p)", "** (-1"],
               "03-clip": [], "03-state": ["math.tanh(w"], "03-reach": ["state**2"],
               "03-chance": ["1/6", "1 / 6", "0.1667", "0.167"], "03-forget": ["0.993", "0.9931"],
               "03-weights": ["82,944", "82944"],
               "04-additive": ["33,024", "33024"], "04-weight": ["softmax(scores"], "04-beam": ["0.36"],
               "04-penalty": ["** length_penalty"], "04-forcing": [],
               "05-attend": ["math.exp(", "/ sum("], "05-order": [], "05-spread": ["17"],
               "05-weights": ["1,050,624", "1050624"],
               "06-parameters": ["198,272", "198272"], "06-rate": ["-0.5", "-1.5", "min("], "06-writing": [],
               "09-sure": [], "09-padding": ["max(batch)"], "09-recall": ["sum(axis=1)", "sum(1)"],
               "09-rate": ["1e-5", "1e-05", "0.00001"], "09-floor": ["0.313", "0.31"]}  # fmt: skip
    for answer in answers.get(name, [exercises.exercises()[name].answer()]):
        found = [lab for lab, text in texts.items() if re.search(rf"(?<![\w.]){re.escape(answer)}(?![\w.])", text)]
        assert found == [], answer


def test_every_exercise_stands_in_its_notebook_and_waits_for_an_answer():
    for path in LABS:
        text = "\n".join("".join(c["source"]) for c in json.loads(path.read_text("utf-8"))["cells"])
        assert sorted(re.findall(r'check\("([\w-]+)"', text)) == sorted(names(path.stem[:2]))


def test_a_percentage_and_a_number_in_quotation_marks_are_told():
    assert "percentage" in grade("09-floor", 31.3).text
    assert "quotation marks" in grade("09-floor", "0.3").text


def test_a_function_that_raises_is_explained_with_its_line_and_input():
    def padding_share(lengths, batch_size):
        return lengths.mode() / batch_size

    said = grade("09-padding", padding_share).text
    assert "AttributeError" in said and "line" in said and "padding_share([4, 10, 6, 6], 2)" in said


def test_a_function_that_returns_nothing_or_no_number_is_told():
    assert "return" in grade("09-recall", lambda matrix: None).text
    assert grade("09-recall", lambda matrix: ...).verdict == "no answer yet"
    assert "type list" in grade("09-recall", lambda matrix: [1]).text
    assert "without brackets" in grade("09-recall", 0.5).text
    assert "takes 0 positional" in grade("09-recall", lambda: 1).text


def test_a_function_that_is_wrong_in_its_own_way_is_told_on_which_input():
    def padding_share(lengths, batch_size):
        return padding_right(lengths, batch_size) + (0.1 if len(lengths) == 3 else 0)

    said = grade("09-padding", padding_share).text
    assert "Right on 3 of 4 inputs" in said and "[7, 7, 7]" in said and "too large" in said


def test_a_function_cannot_change_the_inputs_of_the_next_one():
    given = [np.array([3.0, 4.0])]

    def spoil(values):
        values[:] = 0
        return 7.0

    exercise = function("x-y", lambda v: 7.0, [tuple(given)], [], signature="f(v)", praise="", because="")
    assert exercise.grade(spoil).right and given[0].tolist() == [3, 4]


def test_an_unknown_exercise_offers_the_nearest():
    with pytest.raises(InputError, match="09-steps"):
        grade("09-step", 1)


def test_check_shows_a_verdict_and_remembers_only_what_was_right(capsys):
    check("00-years", 60)
    assert "✗ 00-years, not yet" in capsys.readouterr().out and progress.passed() == {}
    check("00-years", 74)
    assert "✓ 00-years, right" in capsys.readouterr().out
    assert list(progress.passed()) == ["00-years"]
    progress._memory.clear()
    assert list(progress.passed()) == ["00-years"]
    assert json.loads(progress.path().read_text())["passed"].keys() == {"00-years"}


def test_reveal_shows_the_answer_and_passes_nothing(capsys, small_reviews):
    for name, answer in (("00-years", "74"), ("09-memory", "gradient_accumulation_steps"), ("09-sure", "b")):
        reveal(name)
        assert answer in capsys.readouterr().out
    assert progress.passed() == {}


def test_two_kernels_keep_each_others_progress():
    progress.record("00-years")
    progress._memory.clear()
    progress.record("09-rate")
    progress._memory.clear()
    assert progress.passed().keys() == {"00-years", "09-rate"}
    progress.forget()
    assert progress.passed() == {}


@pytest.mark.parametrize("content", ["", "{", "[]", '{"passed": 3}', "\udcff"])
def test_a_damaged_file_of_progress_counts_as_none_and_is_mended(content):
    progress.path().parent.mkdir(parents=True)
    progress.path().write_bytes(content.encode("utf-8", "surrogateescape"))
    assert progress.passed() == {}
    assert progress.record("00-years") == "" and list(progress.passed()) == ["00-years"]


def test_a_cache_that_cannot_be_written_keeps_progress_in_memory_and_says_so(monkeypatch, capsys):
    def refuse(path, content):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(progress, "write_atomic", refuse)
    check("00-years", 74)
    assert progress.NOTE in capsys.readouterr().out
    assert list(progress.passed()) == ["00-years"] and not progress.path().exists()


def test_writable_looks_at_the_folder(monkeypatch):
    assert progress.writable()
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert not progress.writable()


def test_a_result_is_html_in_a_notebook_and_the_persons_text_is_escaped():
    bundle = grade("09-memory", "<b>x</b>").page("<i>note</i>")._repr_mimebundle_()
    assert "&lt;i&gt;" in bundle["text/html"] and "<i>note" not in bundle["text/html"]
    assert bundle["text/plain"].startswith("✗ 09-memory")


def test_held_answers_are_salted_with_the_exercise():
    assert digest("09-sure", "b") != digest("09-other", "b")
    from nblib.labs.fine_tuning import exercises as held

    assert "gradient_accumulation_steps" not in Path(held.__file__).read_text("utf-8")
