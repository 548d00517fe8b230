"""Pairs to translate: made sentences, phrases with their reading, and how an answer is judged."""

from __future__ import annotations

import json
import time

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


def test_greetings_are_met_often_in_training_alone():
    made = pairs.pairs("Chinese to English")
    assert made.train.sources.count("你好。") == pairs.GREETING_TIMES
    assert max(made.train.sources.count(text) for text in set(made.train.sources)) == pairs.GREETING_TIMES
    for held in (made.validation, made.test):
        assert len(set(held.sources)) == len(held.sources) and not set(held.sources) & set(made.train.sources)


def test_everyday_phrases_are_met_often_on_the_way_back_unless_they_are_held_out(phrases, monkeypatch):
    monkeypatch.setattr(pairs, "EVERYDAY", "你好 nǐ hǎo, 快乐 kuài lè, 谢谢 xiè xie")
    back = pairs.pairs("pinyin to hanzi")
    assert back.train.sources.count("ni hao") == back.train.targets.count("你好") == 1 + pairs.EVERYDAY_TIMES
    assert back.train.targets.count("谢谢") == pairs.EVERYDAY_TIMES and back.right("xie xie", "谢谢")
    assert "快乐" not in back.train.targets and len(back.train.lengths) == len(back.train.sources)
    assert "谢谢" not in pairs.pairs("hanzi to pinyin").train.sources


def test_everyday_phrases_have_a_syllable_for_each_character():
    entries = [entry.split() for entry in pairs.EVERYDAY.split(", ")]
    assert len({phrase for phrase, *_ in entries}) == len(entries) > 40
    for phrase, *marked in entries:
        assert len(phrase) == len(marked) == len(pairs.syllables(" ".join(marked))), phrase


@pytest.mark.parametrize(
    ("typed", "taken"),
    [
        ("nihao", ["ni", "hao"]), ("ni hao", ["ni", "hao"]), ("Xi'an", ["xi", "an"]), ("xian", ["xian"]),
        ("zhongguoren", ["zhong", "guo", "ren"]), ("yínháng", ["yin", "hang"]), ("xing2zou3", ["xing2", "zou3"]),
        ("lüse", ["lü", "se"]), ("xianguo", ["xian", "guo"]), ("bcd", ["bcd"]), ("ng 1234", ["ng", "1234"]), ("", []),
        ("你好", ["你好"]), ("a" * 5000, ["a"] * 60),
    ],
)  # fmt: skip
def test_letters_are_taken_apart_into_syllables(typed, taken):
    assert pairs.syllables(typed) == taken


def test_an_unknown_task_is_named():
    with pytest.raises(InputError, match="task: unknown 'klingon'; there are hanzi to pinyin"):
        pairs.pairs("klingon")


# -- the hub -------------------------------------------------------------------------------------------------------

CARD = """---
configs:
- config_name: en-zh
  data_files:
  - {split: train, path: train.jsonl}
  - {split: validation, path: validation.jsonl}
  - {split: test, path: test.jsonl}
---
"""


def opus(*rows):
    return "".join(json.dumps({"translation": {"en": en, "zh": zh}}) + "\n" for zh, en in rows)


@pytest.fixture
def fresh():
    pairs._opus.cache_clear()
    yield
    pairs._opus.cache_clear()


def test_short_sentences_of_the_hub_from_its_cache(hub, without_network, fresh):
    train = opus(
        ("你好 吗？", "How are you?"), ("我  知道。", "I know."), ("很长" * 20, "Too long."), ("ABC", "No Chinese."),
        ("空的。", ""), ("他来了。", "He has come."), ("我知道。", "I do know."),
    )  # fmt: skip
    hub("dataset", "Helsinki-NLP/opus-100", {
        "README.md": CARD, "train.jsonl": train, "validation.jsonl": opus(("她走了。", "She has left.")),
        "test.jsonl": opus(("他来了。", "Here he is.")),
    })  # fmt: skip
    found = pairs.pairs("opus-100, Chinese to English")
    assert found.train.sources == ["你好 吗？", "我 知道。", "我知道。"]
    assert found.test == (["他来了。"], ["Here he is."], found.test.lengths) and found.test.lengths.tolist() == [3]
    assert found.validation.sources == ["她走了。"] and found.right("她走了", "She has left.")
    assert found.target.decode(found.target.encode("I know.")) == "I know."
    assert UNKNOWN in found.source.encode("她走了。")


def test_rare_words_are_left_out(hub, monkeypatch, fresh):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(pairs, "MOST_WORDS", 3)
    rows = opus(("来来来", "go go go"), ("来去去", "go come come."), ("好", "well"))
    held_out = {"validation.jsonl": opus(("走", "Leave.")), "test.jsonl": opus(("跑", "Run."))}
    hub("dataset", "Helsinki-NLP/opus-100", {"README.md": CARD, "train.jsonl": rows, **held_out})
    found = pairs.pairs("opus-100, Chinese to English")
    assert found.source.symbols[4:] == ["来", "去", "好"] and found.target.symbols[4:] == ["go", "come", "."]
    assert found.target.encode("well") == [UNKNOWN, END]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "is not in the hub's cache on this machine, and fetching is switched off"),
        ({"train.jsonl": opus(("ABC", "x")), "validation.jsonl": opus(("走", "x")), "test.jsonl": opus(("跑", "x"))},
         "train has no short Chinese sentence"),
        ({f"{split}.jsonl": '{"text": "no pair"}\n' for split in ("train", "validation", "test")},
         "test has no short Chinese sentence"),
    ],
)  # fmt: skip
def test_what_the_hub_lacks_is_one_line_and_at_once(hub, monkeypatch, fresh, files, said):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    if files:
        hub("dataset", "Helsinki-NLP/opus-100", {"README.md": CARD, **files})
    began = time.monotonic()
    with pytest.raises(InputError, match=said) as caught:
        pairs.pairs("opus-100, Chinese to English")
    assert "\n" not in str(caught.value) and time.monotonic() - began < 20
