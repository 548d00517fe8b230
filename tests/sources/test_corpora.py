"""Running text as words, in any script, numbered by how often they occur."""

import json

import numpy as np
import pytest

from nblib import InputError, sources
from nblib.sources import corpora, pack
from nblib.sources.corpora import from_sentences, split_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("I don't, and won’t; it's OK!", ["i", "don't", "and", "won't", "it's", "ok"]),
        ("'quoted' 3rd snake_case", ["quoted", "3rd", "snake", "case"]),
        ("今天天气很好，适合户外运动。", ["今天天气", "很", "好", "适合", "户外运动"]),
        ("我喜欢 pizza！", ["我", "喜欢", "pizza"]),
        ("שלום עולם", ["שלום", "עולם"]),
        ("Café naïve ÉCOLE", ["café", "naïve", "école"]),
        ("🙂 … —", []),
        ("", []),
    ],
)
def test_a_text_in_any_script_is_cut_into_words(text, words):
    assert split_words(text) == words


def test_words_are_numbered_by_frequency_and_sentences_come_back():
    sentences = [["b", "a", "b"], ["c"], ["a", "b", "d"]]
    text = from_sentences("toy", sentences)
    assert text.words.tolist() == ["b", "a", "c", "d"] and text.counts.tolist() == [3, 2, 1, 1]
    assert list(text.sentences()) == sentences and len(text) == 3
    assert text.starts.tolist() == [0, 3, 4, 7] and text.tokens.dtype == np.int32


def test_rare_words_leave_and_the_rest_closes_up():
    text = from_sentences("toy", [["b", "x", "a", "b"], ["y"], ["a", "b"]]).frequent(2)
    assert list(text.sentences()) == [["b", "a", "b"], [], ["a", "b"]]
    assert text.words.tolist() == ["b", "a"] and text.counts.tolist() == [3, 2]
    assert len(from_sentences("toy", [["a"]]).frequent(2).words) == 0


def test_parts_share_no_sentence_and_leave_none_out():
    sentences = [[f"w{i}", "all"] for i in range(95)]
    text = from_sentences("toy", sentences)
    train, held_out = text.part(False), text.part(True)
    assert len(held_out) == 9 and len(train) == 86
    assert sorted([*train.sentences(), *held_out.sentences()]) == sorted(sentences)
    assert list(text.head(2).sentences()) == sentences[:2] and text.head(1000) is text


def test_a_file_of_ones_own_is_a_corpus(tmp_path):
    path = tmp_path / "mine.txt"
    path.write_text("\ufeffOne fish,\n\ntwo fish. 你好\n", encoding="utf-8")
    assert list(sources.corpus(str(path)).sentences()) == [["one", "fish"], ["two", "fish", "你好"]]


def test_a_text_without_line_ends_is_cut(tmp_path):
    path = tmp_path / "long.txt"
    path.write_text("word " * 25_000, encoding="utf-8")
    assert np.diff(sources.corpus(str(path)).starts).tolist() == [10_000, 10_000, 5_000]


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"\xff\xfe\x00bad", "cannot be read as UTF-8 text"), (b"... !!", "holds no words"), (None, "no corpus")],
)
def test_a_file_that_is_no_text_is_named(tmp_path, content, says):
    path = tmp_path / "bad.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=says):
        sources.corpus(str(path))


def test_items_of_the_pack_are_read_from_their_files(tmp_path, monkeypatch):
    messages = [[[{"text": "Hi there!", "sender": 1}, {"text": "…", "sender": 1}], [{"text": "Hi", "sender": 2}]]]
    content = {
        "dataset.json": json.dumps({"x": {"messages": messages[0]}}),
        "pos.txt": "很好\n不错\n",
        "neg.txt": "很差\n",
        "rated.txt": "1\t2.0\tGood film\r\n2\t-1\tbad &amp; long\r\n",
    }
    for name, text in content.items():
        (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    monkeypatch.setattr(pack, "ensure", lambda name: tmp_path)
    corpora._loaded.cache_clear()
    try:
        assert list(sources.corpus("dialogues").sentences()) == [["hi", "there"], ["hi"]]
        assert list(sources.corpus("reviews-zh").sentences()) == [["很", "好"], ["很差"], ["不错"]]
        assert list(sources.corpus("reviews").sentences()) == [["good", "film"], ["bad", "amp", "long"]]
        assert list(sources.corpus("tweets").sentences()) == [["good", "film"], ["bad", "long"]]
    finally:
        corpora._loaded.cache_clear()
