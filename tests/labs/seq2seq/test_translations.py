"""Scores of translations, readings, the tree of a beam as rows, a translator that is taken away."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import torch

from nblib import InputError, Seq2SeqConfig, Session, TransformerConfig
from nblib.decoding import beam_search
from nblib.decoding.beam import path
from nblib.decoding.tree import NEVER, rows
from nblib.labs.seq2seq import export as translator
from nblib.labs.seq2seq.alignment import END_MARK, align, seen
from nblib.labs.seq2seq.comparison import by_length, compare_trainings
from nblib.labs.seq2seq.export import SYMBOLS, Translator
from nblib.labs.seq2seq.scores import readings, scores, translated
from nblib.sources.pairs import SPECIAL, TASKS, Pairs, Side, Vocabulary, pairs, vocabularies, words
from nblib.training import Series

TINY = {
    "task": "Chinese to English", "max_train_samples": 200, "max_eval_samples": 20, "batch_size": 16, "hidden_size": 16,
    "max_steps": 4, "eval_steps": 2,
}  # fmt: skip


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def task(name: str, known: dict[str, tuple[str, ...]]) -> Pairs:
    side = Side([], [], np.zeros(0, np.int32))
    empty = Vocabulary([], list)
    return Pairs(name, empty, empty, side, side, side, lambda text: known.get(text, ()))


# -- scores --------------------------------------------------------------------------------------------------------


def counted_bleu(answers: list[list[str]], wanted: list[list[str]]) -> float:
    """BLEU of one reference each, from the paper: clipped precisions of 1 to 4 words, a penalty for brevity."""
    logs = 0.0
    for n in range(1, 5):
        good = total = 0
        for said, right in zip(answers, wanted, strict=True):
            grams = [tuple(said[i : i + n]) for i in range(len(said) - n + 1)]
            theirs = [tuple(right[i : i + n]) for i in range(len(right) - n + 1)]
            total += len(grams)
            good += sum(min(grams.count(g), theirs.count(g)) for g in set(grams))
        logs += math.log(good / total) / 4
    said, right = sum(map(len, answers)), sum(map(len, wanted))
    return 100 * math.exp(logs) * min(1.0, math.exp(1 - right / said))


def test_bleu_is_the_papers_and_exact_is_counted():
    known = {"一": ("I like to eat pizza.",), "二": ("She reads old books at the library.",), "三": ("Hello.",)}
    answers = ["I like to eat rice.", "She reads old books at the park.", "Hello."]
    found = scores(task(TASKS[2], known), list(known), answers)
    wanted = counted_bleu([words(a) for a in answers], [words(r[0]) for r in known.values()])
    assert found.bleu == pytest.approx(wanted) and found.exact == pytest.approx(1 / 3) and found.answers == 3
    perfect = scores(task(TASKS[2], known), list(known), [r[0] for r in known.values()])
    assert (perfect.exact, perfect.bleu, perfect.chrf) == (1, pytest.approx(100), pytest.approx(100))
    assert 0 < found.chrf < 100


def test_a_syllable_is_a_word_and_each_of_several_phrases_is_right():
    reading = task(TASKS[0], {"银行行长": ("yin hang hang zhang",)})
    known, said = [["yin", "hang", "hang", "zhang", "x", "y"]], [["yin", "hang", "hang", "zhang", "x", "z"]]
    six = task(TASKS[0], {"银": (" ".join(known[0]),)})
    assert scores(six, ["银"], [" ".join(said[0])]).bleu == pytest.approx(counted_bleu(said, known))
    assert scores(reading, ["银行行长"], ["yin hang hang zhang"]).bleu == pytest.approx(100)
    back = task(TASKS[1], {"shi shi": ("事实", "试试", "逝世"), "ni hao": ("你好",)})
    found = scores(back, ["shi shi", "ni hao"], ["试试", "你好"])
    assert (found.exact, found.bleu, found.chrf) == (1, pytest.approx(100), pytest.approx(100))
    assert scores(back, ["shi shi", "ni hao"], ["试实", "拟好"]).exact == 0


def test_scores_of_nothing_and_of_empty_answers():
    one = task(TASKS[2], {"一": ("Hello.",)})
    for sources, answers in (([], []), (["一"], [])):
        with pytest.raises(ValueError, match="give one each"):
            scores(one, sources, answers)
    assert scores(one, ["一"], [""])[1:] == (0, 0, 0)


def test_readings_are_told_apart_by_their_place():
    found = readings(
        ["银行", "行走", "行长", "行李", "你好"],
        ["yin hang", "xing zou", "hang zhang", "xing li", "ni hao"],
        ["yin hang", "hang zou", "hang chang", "xing", "ni hao"],
    )
    assert [(r.character, r.reading, r.occurs, r.right, r.instead) for r in found] == [
        ("行", "hang", 2, 2, ""), ("行", "xing", 2, 0, "hang"),
    ]  # fmt: skip
    assert found[0].example == ("银行", "yin hang") and found[1].example == ("行走", "hang zou")
    assert readings([], [], []) == []


# -- the tree ------------------------------------------------------------------------------------------------------


class Free:
    def select(self, rows):
        return self


def test_the_rows_of_a_tree_are_the_beams_nodes():
    table = torch.log_softmax(torch.randn(6, 6, generator=torch.Generator().manual_seed(1)), dim=1)
    table[:, 5] = -math.inf
    beam = beam_search(lambda s, state: (table[s], state), Free(), begin=1, end=2, num_beams=3, max_length=4)
    found = rows(beam, lambda n: "abcdef"[n])
    assert len(found) == len(beam.nodes) and found[0] == [-1, "", 0.0, "kept", 0, 0.0]
    for k, (parent, symbol, total, fate, rank, score) in enumerate(found[1:], 1):
        node = beam.nodes[k]
        assert parent == node.parent < k and symbol == "abcdef"[node.symbol] and fate == node.fate
        assert total == max(node.log_probability, NEVER)
        if rank:
            hypothesis = beam.hypotheses[rank - 1]
            assert hypothesis.node == k and path(beam.nodes, k) == hypothesis.symbols and score == hypothesis.score
    assert sorted(row[4] for row in found if row[4]) == [1, 2, 3]
    json.dumps(found, allow_nan=False)


# -- alignment and comparison --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def jobs():
    torch.set_num_threads(1)
    made = {}
    for name, config in {
        "none": Seq2SeqConfig(**TINY, attention="none", embedding_size=8),
        "additive": Seq2SeqConfig(**TINY, attention="additive", embedding_size=8),
        "transformer": TransformerConfig(**TINY, num_heads=2, num_layers=2, intermediate_size=24),
    }.items():
        job = config.make_job()
        Session(job).run()
        job.model.eval()
        made[name] = job
    return made


@pytest.mark.parametrize("name", ["none", "additive", "transformer"])
def test_an_alignment_says_what_translate_says(jobs, name):
    job = jobs[name]
    for text in ("你好", "我🎉喜欢 吃", "好"):
        found = align(job, job.model, text)
        assert found.answer == job.translate(job.model, [text])[0]
        assert found.source[-1] == END_MARK and len(found.target) <= job.max_length
        assert found.unknown == (["🎉"] if "🎉" in text else [])
        if name == "none":
            assert found.weights is None
        else:
            layers, heads, target, source = found.weights.shape
            assert (target, source) == (len(found.target), len(found.source))
            assert (layers, heads) == ((2, 2) if name == "transformer" else (1, 1))
            np.testing.assert_allclose(found.weights.sum(axis=-1), 1, atol=1e-5)
    assert seen(" ") == "␣" and seen("a") == "a"


def test_many_texts_some_at_a_time_say_what_all_at_once_say(jobs, monkeypatch):
    from nblib.labs.seq2seq import scores as module

    job = jobs["additive"]
    texts = job.pairs.validation.sources[:7]
    whole = job.translate(job.model, texts)
    monkeypatch.setattr(module, "EVAL_BATCH", 3)
    assert translated(job, job.model, texts) == whole and translated(job, job.model, []) == []


def test_trainings_compared_by_length():
    said = []
    config = Seq2SeqConfig(**TINY, embedding_size=8)
    found = compare_trainings({"one": config, "two": config.replace(attention="none")}, Series(said.append))
    assert said == ["one: 1 of 2 …", "two: 2 of 2 …"] and list(found) == ["one", "two"]
    history = found["one"][0]
    lengths = sorted(int(m.rpartition("_")[2]) for m in history.metrics if m.startswith("eval_exact_"))
    head, first, _ = repr(by_length(found)).splitlines()
    assert all(f"{n} symbols" in head for n in lengths) and first.split()[-1] == "s"
    alone = repr(by_length({"one": history}, "a note"))
    assert "training" not in alone and alone.endswith("a note")


# -- taken away ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def exported(jobs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("export")
    translator.save(folder, jobs["transformer"], jobs["transformer"].model)
    return folder / "safetensors"


def test_a_translator_loaded_again_says_the_same(jobs, exported):
    job, loaded = jobs["transformer"], Translator.load(exported)
    texts = [*job.pairs.validation.sources[:5], "", "🎉"]
    assert [loaded(t) for t in texts] == job.translate(job.model, texts)
    assert loaded.answers(texts[0], 2)[0] == job.pairs.target.decode(
        job.beam(job.model, texts[0], 2).hypotheses[0].symbols
    )
    assert "Translator.load" in (exported / "README.md").read_text()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda f: f.unlink(), f"has no {SYMBOLS}"),
        (lambda f: f.write_text("{"), "is damaged"),
        (lambda f: f.write_text("[]"), "is damaged"),
        (lambda f: f.write_text(json.dumps({"task": "x", "source": [], "target": [], "max_length": 3})), "is damaged"),
        (lambda f: f.write_text(json.dumps({"task": TASKS[2], "source": [*SPECIAL, 5], "target": [], "max_length": 3})),
         "is damaged"),
        (lambda f: f.write_text(json.dumps(
            {"task": TASKS[2], "source": list(SPECIAL), "target": list(SPECIAL), "max_length": 3})),
         "are not this model's"),
    ],
)  # fmt: skip
def test_a_damaged_folder_is_named(exported, tmp_path, change, said):
    import shutil

    folder = tmp_path / "safetensors"
    shutil.copytree(exported, folder)
    change(folder / SYMBOLS)
    with pytest.raises(InputError, match=said) as caught:
        Translator.load(folder)
    assert "\n" not in str(caught.value)


def test_onnx_of_a_gru_is_refused_before_anything_is_written(jobs, tmp_path):
    with pytest.raises(InputError, match="onnx: the encoder packs"):
        translator.save(tmp_path / "out", jobs["additive"], jobs["additive"].model, formats=["onnx"])
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", TASKS[2:3])
def test_vocabularies_made_again_from_their_symbols(name):
    made = pairs(name)
    source, target = vocabularies(name, made.source.symbols, made.target.symbols)
    text = made.validation.sources[0]
    assert source.encode(text) == made.source.encode(text) and len(target) == len(made.target)
    answer = made.validation.targets[0]
    assert target.decode(target.encode(answer)) == answer
    for symbols in ([], ["a", *SPECIAL], [*SPECIAL, "a", "a"]):
        with pytest.raises(ValueError, match="none of a vocabulary"):
            vocabularies(name, symbols, made.target.symbols)
    with pytest.raises(ValueError, match="task: unknown"):
        vocabularies("klingon", [], [])
