"""Pairs to translate: made sentences, phrases with their reading, and how an answer is judged."""

from __future__ import annotations

import datasets
import pytest

from nblib import InputError
from nblib.sources import grammar, pairs
from nblib.sources.pairs import BEGIN, END, PAD, UNKNOWN

PHRASES = {
    "train": {"银行": ["yín", "háng"], "行走": ["xíng", "zǒu"], "你好": ["nǐ", "hǎo"], "绿色": ["lǜ", "sè"],
              "妈妈": ["mā", "ma"], "事实": ["shì", "shí"]},
    "validation": {"音乐": ["yīn", "yuè"], "逝世": ["shì", "shì"]},
    "test": {"快乐": ["kuài", "lè"], "试试": ["shì", "shì"], "一二三四五六七": ["yī"] * 7},
}  # fmt: skip


@pytest.fixture
def phrases(monkeypatch):
    from nblib import sources

    made = {s: {"phrase": list(rows), "reading": list(rows.values())} for s, rows in PHRASES.items()}
    found = datasets.DatasetDict({s: datasets.Dataset.from_dict(columns) for s, columns in made.items()})
    monkeypatch.setattr(sources, "load", lambda name: {"pinyin": found}[name])
    pairs._readings.cache_clear()
    yield
    pairs._readings.cache_clear()


def test_the_grammar_makes_thousands_of_sentences_of_a_few_hundred_words():
    made = grammar.everything()
    assert len(made) > 20_000 and len({p.zh for p in made}) == len(made)
    chinese = {c for p in made for c in pairs.hanzi(p.zh)}
    english = {w.lower() for p in made for w in pairs.words(p.en)}
    assert 200 <= len(chinese) <= 600 and 200 <= len(english) <= 600
    by_zh = {p.zh: p.en for p in made}
    assert by_zh["你好。"] == "Hello." and by_zh["我喜欢吃披萨。"] == "I like to eat pizza."
    assert by_zh["他的姐姐昨天喝了咖啡。"] == "His sister drank coffee yesterday."
    assert by_zh["她喜欢看电影吗？"] == "Does she like to watch films?"
    for pair in made:
        assert pair.en[0].isupper() and pair.en[-1] in ".?" and pair.zh[-1] in "。？" and "  " not in pair.en


def test_splits_of_the_grammar_share_no_filling_and_no_sentence():
    made = grammar.sentences(4000, seed=3)
    assert sum(map(len, made.values())) == 4000
    assert made == grammar.sentences(4000, seed=3) and made != grammar.sentences(4000, seed=4)
    for what in (lambda p: (p.template, p.filling), lambda p: p.zh, lambda p: p.en):
        train, validation, test = ({what(p) for p in made[s]} for s in ("train", "validation", "test"))
        assert not train & validation and not train & test and not validation & test
    with pytest.raises(ValueError, match="makes between 10 and"):
        grammar.sentences(10**6)


def test_a_vocabulary_there_and_back():
    found = pairs.pairs("Chinese to English")
    numbers = found.target.encode("I like to eat pizza.")
    assert numbers[-1] == END and UNKNOWN not in numbers
    assert found.target.decode([BEGIN, *numbers, 7, 7]) == "I like to eat pizza."
    assert found.source.encode("你好🎉 !") == [*found.source.encode("你好")[:2], UNKNOWN, END]
    assert found.source.encode("") == [END] and found.source.decode([PAD, UNKNOWN]) == "�"
    assert found.right("你好。", "Hello.") and not found.right("你好。", "Goodbye.") and not found.right("无", "Hello.")
    assert len(found.train.sources) == len(found.train.targets) == len(found.train.lengths)


def test_fewer_pairs_to_train_on():
    few = pairs.pairs("Chinese to English", most=100)
    assert len(few.train.sources) == 100 and len(few.test.sources) > 500
    assert len(few.source) == len(pairs.pairs("Chinese to English").source)


def test_readings_with_and_without_tones(phrases):
    plain = pairs.pairs("hanzi to pinyin")
    assert plain.train.targets == ["yin hang", "xing zou", "ni hao", "lü se", "ma ma", "shi shi"]
    assert plain.test.sources == ["快乐", "试试"] and plain.test.lengths.tolist() == [2, 2]
    assert plain.right("行走", "xing zou") and not plain.right("行走", "hang zou")
    tones = pairs.pairs("hanzi to pinyin", tones=True)
    assert tones.train.targets == ["yin2 hang2", "xing2 zou3", "ni3 hao3", "lü4 se4", "ma1 ma", "shi4 shi2"]


def test_any_phrase_with_that_reading_is_right(phrases):
    back = pairs.pairs("pinyin to hanzi")
    assert back.test.sources == ["kuai le", "shi shi"] and back.test.targets == ["快乐", "试试"]
    assert all(back.right("shi shi", said) for said in ("试试", "事实", "逝世")) and not back.right("shi shi", "快乐")
    assert back.source.encode(" Nǐ  HǍO ") == back.source.encode("ni hao")


def test_an_unknown_task_is_named():
    with pytest.raises(InputError, match="task: unknown 'klingon'; there are hanzi to pinyin"):
        pairs.pairs("klingon")
