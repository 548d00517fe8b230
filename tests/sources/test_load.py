import json
import random
from collections import Counter

import numpy
import pyarrow
import pyarrow.parquet
import pytest

from nblib import sources
from nblib.engine.errors import InputError
from nblib.sources.split import identity

SPLITS = ["train", "validation", "test"]


def refused(name, **options):
    with pytest.raises(InputError) as caught:
        sources.load(str(name), **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def texts_of(data):
    return {split: {identity(text) for text in data[split]["text"]} for split in SPLITS}


def check(data, names):
    """What holds of every data set for classification."""
    import datasets

    assert isinstance(data, datasets.DatasetDict) and list(data) == SPLITS
    texts = texts_of(data)
    for split in SPLITS:
        assert data[split].column_names == ["text", "label", "row"]
        assert data[split].features["text"] == datasets.Value("string")
        assert data[split].features["label"] == datasets.ClassLabel(names=names)
        assert data[split].cache_files == []
        assert set(data[split]["label"][:]) == set(range(len(names)))
        assert len(texts[split]) == len(data[split])
    assert not texts["train"] & texts["validation"]
    assert not texts["train"] & texts["test"]
    assert not texts["validation"] & texts["test"]


def csv_file(write, rows, header="text,label"):
    return write("a.csv", "\n".join([header, *rows]) + "\n")


def test_a_csv_file(write, rows):
    path = csv_file(write, rows)
    data, report = sources.load_with_report(str(path))
    check(data, ["neg", "pos"])
    assert {split: len(data[split]) for split in SPLITS} == {"train": 48, "validation": 6, "test": 6}
    found = {row["row"]: (row["text"], row["label"]) for split in SPLITS for row in data[split]}
    assert found == {n + 1: (f"this is text number {n}", n % 2) for n in range(60)}
    assert report.lines() == [
        f"{path}: 60 rows read, UTF-8",
        "columns: text 'text', label 'label'",
        "train: 48 rows (neg 24, pos 24)",
        "validation: 6 rows (neg 3, pos 3)",
        "test: 6 rows (neg 3, pos 3)",
        "licence: not stated",
    ]
    assert report.label_names == ["neg", "pos"]
    assert report.counts["test"] == {"neg": 3, "pos": 3}


def test_jsonl_and_parquet_give_the_same(write, rows, tmp_path):
    pairs = [row.rsplit(",", 1) for row in rows]
    from_csv = sources.load(csv_file(write, rows))
    lines = [json.dumps({"label": label, "text": text}) for text, label in pairs]
    from_json = sources.load(write("a.jsonl", "\n".join(lines)))
    table = pyarrow.table({"text": [text for text, _ in pairs], "label": [label for _, label in pairs]})
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet")
    from_parquet = sources.load(tmp_path / "a.parquet")
    for split in SPLITS:
        assert from_csv[split].to_list() == from_json[split].to_list() == from_parquet[split].to_list()


def test_fractions_and_seed(write, rows):
    path = csv_file(write, rows)
    data = sources.load(path, train_fraction=0.5, validation_fraction=0.3, test_fraction=0.2)
    assert [len(data[split]) for split in SPLITS] == [30, 18, 12]
    assert texts_of(sources.load(path)) == texts_of(sources.load(path))
    assert texts_of(sources.load(path)) != texts_of(sources.load(path, split_seed=1))
    assert "must add up to 1" in refused(path, train_fraction=0.9)


def test_nothing_random_is_touched_and_nothing_is_written(write, rows, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    path = csv_file(write, rows)
    sources.load(path)
    before = random.getstate(), numpy.random.get_state()[1].tolist()
    files = sorted(tmp_path.rglob("*"))
    sources.load(path)
    assert (random.getstate(), numpy.random.get_state()[1].tolist()) == before
    assert sorted(tmp_path.rglob("*")) == files


@pytest.mark.parametrize(
    ("codec", "said"), [("utf-8-sig", "UTF-8 with BOM"), ("utf-16", "UTF-16 with BOM"), ("gb18030", "GB18030")]
)
def test_the_encoding_is_said(write, codec, said):
    rows = [f"这本书的第{number}页很好看，我喜欢,{'好' if number % 2 else '坏'}" for number in range(40)]
    path = write("a.csv", "\n".join(["text,label", *rows]).encode(codec))
    data, report = sources.load_with_report(path)
    check(data, ["坏", "好"])
    assert report.encoding == said
    assert report.lines()[0] == f"{path}: 40 rows read, {said}"


def test_cp1252_is_said(write):
    rows = [f"C’était l’été numéro {number},{'oui' if number % 2 else 'non'}" for number in range(40)]
    data, report = sources.load_with_report(write("a.csv", "\n".join(["text,label", *rows]).encode("cp1252")))
    assert report.encoding == "cp1252"
    assert data["train"][0]["text"].startswith("C’était l’été numéro ")


def test_rows_are_dropped_with_their_numbers_and_lines(write, rows):
    bad = [
        "only one cell",
        "one,two,three",
        ",pos",
        "   ,pos",
        "no label,",
        "no label either,  ",
        "rare,seldom",
        "rarer,seldom",
    ]
    data, report = sources.load_with_report(csv_file(write, [*bad, *rows]))
    check(data, ["neg", "pos"])
    assert report.dropped == {
        "too few or too many cells": [1, 2],
        "empty text": [3, 4],
        "empty label": [5, 6],
        "class with fewer than 3 examples": [7, 8],
    }
    assert report.rows_read == 68
    assert "dropped 2 (empty text): rows 3, 4 (lines 4, 5)" in report.lines()
    assert "dropped 2 (too few or too many cells): rows 1, 2 (lines 2, 3)" in report.lines()
    assert sum(len(data[split]) for split in SPLITS) == 60


def test_the_first_ten_rows_are_named_and_the_rest_counted(write, rows):
    report = sources.load_with_report(csv_file(write, [*([",pos"] * 13), *rows]))[1]
    line = next(line for line in report.lines() if "empty text" in line)
    assert line == (
        "dropped 13 (empty text): rows 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 (lines 2, 3, 4, 5, 6, 7, 8, 9, 10, 11) and 3 more"
    )


def test_nulls_are_dropped_and_words_for_nothing_are_not(write, rows):
    pairs = [row.rsplit(",", 1) for row in rows]
    lines = [json.dumps({"text": text, "label": label}) for text, label in pairs]
    words = ["None", "NA", "null", "nan", "N/A"]
    lines += [json.dumps({"text": word, "label": "pos"}) for word in words]
    lines += ['{"text": null, "label": "pos"}', '{"text": NaN, "label": "pos"}']
    lines += ['{"text": "x"}', '{"text": ["x"], "label": "pos"}']
    data, report = sources.load_with_report(write("a.jsonl", "\n".join(lines)))
    kept = {text for split in SPLITS for text in data[split]["text"]}
    assert set(words) <= kept
    assert report.dropped == {
        "empty text": [66, 67],
        "empty label": [68],
        "neither text nor a number where text is needed": [69],
    }


def test_a_class_may_be_called_none(write):
    rows = [f"text {number},{'None' if number % 2 else 'null'}" for number in range(40)]
    check(sources.load(csv_file(write, rows)), ["None", "null"])


def test_number_classes_are_in_the_order_of_their_values(write):
    rows = [f"text {number},{[10, 9, -1][number % 3]}" for number in range(60)]
    check(sources.load(csv_file(write, rows)), ["-1", "9", "10"])


def test_whole_numbers_with_a_fraction_and_a_gap_are_one_class(write):
    rows = [f"text {number},{['1', '1.0', '0.0'][number % 3]}" for number in range(60)]
    data, report = sources.load_with_report(csv_file(write, [*rows, "a gap,nan"]))
    check(data, ["0", "1"])
    assert report.dropped == {"empty label": [61]}


def test_true_and_false_of_json_are_classes(write):
    lines = [json.dumps({"text": f"text {number}", "label": number % 2 == 0}) for number in range(40)]
    check(sources.load(write("a.jsonl", "\n".join(lines))), ["False", "True"])


def test_half_a_surrogate_pair_does_no_harm(write, rows):
    lines = [json.dumps({"text": f"{number} \ud83d", "label": number % 2}) for number in range(40)]
    data = sources.load(write("a.jsonl", "\n".join(lines)))
    assert all(text.endswith(" \ufffd") for text in data["train"]["text"])


def test_repeats_are_kept_once_and_contradictions_not_at_all(write, rows):
    more = ["THIS is  text number 1,pos", "this is text number 1,pos", "this is text number 2,pos"]
    data, report = sources.load_with_report(csv_file(write, [*rows, *more]))
    check(data, ["neg", "pos"])
    assert report.duplicates == 2
    assert report.dropped == {"same text with different labels": [3, 63]}
    assert sum(len(data[split]) for split in SPLITS) == 59
    assert "dropped 2 (repeats of an earlier row)" in report.lines()


def test_a_cell_of_ten_megabytes_is_cut_and_said(write, rows):
    data, report = sources.load_with_report(csv_file(write, ["x" * 10_000_000 + ",pos", *rows]))
    longest = max((text for split in SPLITS for text in data[split]["text"]), key=len)
    assert longest == "x" * 20_000
    assert report.cut == [1]
    assert "cut 1 very long text: row 1 (line 2)" in report.lines()


def test_html_and_script_stay_plain_text(write, rows):
    evil = "<script>alert(1)</script> &amp; <b>"
    labelled = [row.replace(",pos", ",<i>pos</i>") for row in rows]
    data = sources.load(csv_file(write, [*labelled, f"{evil},neg"]))
    check(data, ["<i>pos</i>", "neg"])
    assert evil in {text for split in SPLITS for text in data[split]["text"]}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([f"text {n},same" for n in range(30)], "column 'label': only the class 'same' is left"),
        ([f"text {n},{'a' if n else 'b'}" for n in range(30)], "1 rows dropped (class with fewer than 3 examples)"),
        (["same,a", "same,b"] * 20, "no row with both a text and a label; 40 rows dropped (same text with different"),
        ([",a", ",b"] * 20, "no row with both a text and a label; 40 rows dropped (empty text)"),
        ([f"text {n},{n}" for n in range(30)], "30 classes in 30 usable rows, more than a tenth"),
        ([f"text {n},{n % 9}" for n in range(80)], "9 classes in 80 usable rows, more than a tenth"),
        ([f"text {n},{n % 2}" for n in range(19)], "2 classes in 19 usable rows, more than a tenth"),
    ],
)
def test_what_no_classifier_can_be_made_of(write, rows, message):
    found = refused(csv_file(write, rows))
    assert message in found
    assert "a.csv" in found


def test_as_many_classes_as_a_tenth_of_the_rows_are_read(write):
    check(sources.load(csv_file(write, [f"text {n},{n % 8}" for n in range(80)])), [str(n) for n in range(8)])


def test_one_repeated_sentence_is_not_enough(write):
    assert "2 classes in 2 usable rows" in refused(csv_file(write, ["good,a", "bad,b"] * 20))


def test_unknown_names_offer_the_nearest():
    message = refused("revews")
    assert message.startswith("unknown data set 'revews'; did you mean 'reviews'")
    assert "A path to a CSV, JSONL or Parquet file and owner/name on the hub work too" in message
    assert "the pack has reviews, tweets, products" in refused("qqqqqqqq")
    assert refused("data/none.csv") == "no such file: data/none.csv"
    assert refused("a/b/c") == "no such file: a/b/c"
    assert "'minilm' is a model, not a data set" in refused("minilm")


def test_a_folder_is_refused(tmp_path):
    assert "is a folder" in refused(tmp_path)


@pytest.mark.parametrize(
    ("name", "counts", "duplicates", "neutral"),
    [
        ("reviews", {"negative": 5075, "positive": 4995}, 2, 533),
        ("tweets", {"negative": 1057, "positive": 2315}, 60, 768),
        ("products", {"negative": 1233, "positive": 1744}, 8, 723),
        ("editorials", {"negative": 1756, "positive": 1175}, 39, 2220),
    ],
)
def test_the_rated_sets(name, counts, duplicates, neutral):
    data, report = sources.load_with_report(name)
    check(data, ["negative", "positive"])
    found = Counter()
    for split in SPLITS:
        found.update(report.counts[split])
        part = Counter(data[split].features["label"].int2str(data[split]["label"][:]))
        assert part == report.counts[split]
    assert found == counts
    assert report.duplicates == duplicates
    assert len(report.dropped["rating between -0.5 and 0.5"]) == neutral
    assert report.licence == "MIT"
    assert report.title in report.lines()[0]


def test_the_sign_of_a_rating_is_its_class():
    data = sources.load("reviews")
    labels = {row["row"]: (row["text"], row["label"]) for split in SPLITS for row in data[split].to_list()}
    text, label = labels[1]
    assert text.startswith("The Rock is destined to be the 21st Century's new ''Conan''") and label == 1
    rated = (sources.cache_folder() / "reviews" / "rated.txt").read_bytes().decode("utf-8").split("\r\n")
    for number, (text, label) in labels.items():
        _, mean, source = rated[number - 1].split("\t")
        assert label == (float(mean) > 0) and abs(float(mean)) >= 0.5 and text == source.strip()


def test_entities_in_tweets_are_characters():
    data = sources.load("tweets")
    texts = [text for split in SPLITS for text in data[split]["text"]]
    assert not any("&amp;" in text or "&lt;" in text or "&quot;" in text for text in texts)
    assert any("&" in text for text in texts)


def test_chinese_reviews():
    data, report = sources.load_with_report("reviews-zh")
    check(data, ["negative", "positive"])
    assert report.rows_read == 35_123  # one of the file's lines is empty
    assert report.duplicates > 17_000
    rows = [row for split in SPLITS for row in data[split].to_list()]
    praise = [row["label"] for row in rows if "非常满意" in row["text"]]
    assert sum(praise) / len(praise) > 0.7


def test_named_entities():
    data, report = sources.load_with_report("ner-zh")
    assert [len(data[split]) for split in SPLITS] == [15_199, 1_900, 1_900]
    names = data["train"].features["tags"].feature.names
    assert names == ["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG"] == report.label_names
    tags = {}
    for columns in (data[split].to_dict() for split in SPLITS):
        for words, found in zip(columns["tokens"], columns["tags"], strict=True):
            assert len(words) == len(found)
            tags[" ".join(words)] = [names[tag] for tag in found]
    assert tags["中共中央 总书记 、 国家 主席 江 泽民"] == ["B-ORG", "O", "O", "O", "O", "B-PER", "I-PER"]
    assert sum(len(data[split]) for split in SPLITS) == len(tags)


def test_dialogues():
    data, report = sources.load_with_report("dialogues")
    assert report.rows_read == 7_168 == report.duplicates + sum(len(data[split]) for split in SPLITS)
    for split in SPLITS:
        rated = 0
        columns = data[split].to_dict()
        for messages, given in zip(columns["messages"], columns["ratings"], strict=True):
            roles = [message["role"] for message in messages]
            assert roles[0] == "user"
            assert all(a != b for a, b in zip(roles, roles[1:], strict=False))
            assert all(message["content"].strip() for message in messages)
            ratings = [value for value in (given or {}).values() if value is not None]
            assert len(ratings) in (0, 3) and all(1 <= value <= 10 for value in ratings)
            rated += bool(ratings)
        assert 0.8 < rated / len(data[split]) < 1


def test_pinyin():
    data, report = sources.load_with_report("pinyin")
    parts = [data[split].to_dict() for split in SPLITS]
    rows = {phrase: reading for part in parts for phrase, reading in zip(part["phrase"], part["reading"], strict=True)}
    assert len(rows) == 47_111 == report.rows_read
    assert rows["一丁不识"] == ["yī", "dīng", "bù", "shí"]
    assert all(len(phrase) == len(reading) for phrase, reading in rows.items())


def test_digits():
    data, report = sources.load_with_report("digits")
    assert [len(data[split]) for split in SPLITS] == [1_439, 179, 179]
    assert report.licence == "BSD-3-Clause"
    images = [tuple(row["pixels"]) for split in SPLITS for row in data[split]]
    assert len(set(images)) == 1_797 and {len(image) for image in images} == {64}


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("pinyin", {"text_column": "phrase"}, "'pinyin' has no text and label columns (it is for transliteration)"),
        ("reviews", {"label_column": "mood"}, "'reviews' has no column 'mood' (label_column); it has 'text'"),
    ],
)
def test_columns_asked_of_the_pack(name, options, message):
    assert message in refused(name, **options)
