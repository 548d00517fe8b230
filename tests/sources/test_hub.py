"""The hub's cache as it looks on the disk, the real libraries, and no network."""

import json
import time

import pytest

from nblib import sources
from nblib.engine.errors import InputError
from nblib.sources.split import identity

SPLITS = ["train", "validation", "test"]


def lines(prefix, count, text="sentence", label="sentiment", classes=("bad", "good")):
    rows = ({text: f"{prefix} sentence {n}", label: classes[n % len(classes)]} for n in range(count))
    return "".join(json.dumps(row) + "\n" for row in rows)


def refused(action, *arguments):
    with pytest.raises(InputError) as caught:
        action(*arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def sizes(data):
    return [len(data[split]) for split in SPLITS]


def test_a_cached_data_set_with_train_and_test(hub, without_network, capfd):
    card = "---\nlicense: cc-by-4.0\n---\n# moods\n"
    hub("dataset", "some/moods", {"README.md": card, "train.jsonl": lines("a", 60), "test.jsonl": lines("b", 20)})
    data, report = sources.load_with_report("some/moods")
    assert sizes(data) == [54, 6, 20]
    assert data["train"].column_names == ["text", "label", "row"]
    assert data["train"].features["label"].names == ["bad", "good"]
    assert {text[0] for text in data["test"]["text"]} == {"b"}
    assert {text[0] for text in data["validation"]["text"]} == {"a"}
    assert report.lines() == [
        "some/moods on the hub: 80 rows read",
        "columns: text 'sentence', label 'sentiment'",
        "train: 54 rows (bad 27, good 27)",
        "validation: 6 rows (bad 3, good 3)",
        "test: 20 rows (bad 10, good 10)",
        "licence: cc-by-4.0",
    ]
    assert all(data[split].cache_files == [] for split in SPLITS)
    assert capfd.readouterr().err == ""


def test_a_data_set_with_all_splits_and_one_with_train_only(hub, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    files = {"train.jsonl": lines("a", 40), "validation.jsonl": lines("v", 10), "test.jsonl": lines("b", 20)}
    hub("dataset", "some/whole", files)
    assert sizes(sources.load("some/whole")) == [40, 10, 20]
    hub("dataset", "some/part", {"train.jsonl": lines("a", 100)})
    assert sizes(sources.load("some/part")) == [80, 10, 10]
    assert sources.load("some/part", split_seed=1)["test"]["text"][:] != sources.load("some/part")["test"]["text"][:]


def test_a_text_in_two_splits_stays_in_the_later_one(hub, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    both = lines("a", 40) + lines("B", 6)
    hub("dataset", "some/leak", {"train.jsonl": both, "validation.jsonl": lines("v", 10), "test.jsonl": lines("b", 20)})
    data, report = sources.load_with_report("some/leak")
    assert sizes(data) == [40, 10, 20]
    texts = [{identity(text) for text in data[split]["text"]} for split in SPLITS]
    assert not texts[0] & texts[2]
    assert "train: dropped 6 rows (text that is also in a later split)" in report.lines()


def test_class_names_of_the_hub_keep_their_order_and_hidden_labels_are_none(hub, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    card = """---
configs:
- config_name: default
  data_files:
  - {split: train, path: train.jsonl}
  - {split: test, path: test.jsonl}
dataset_info:
  config_name: default
  features:
  - {name: sentence, dtype: string}
  - name: label
    dtype:
      class_label:
        names: {'0': worse, '1': better}
---
"""
    train = lines("a", 100, label="label", classes=(0, 1))
    test = lines("b", 9, label="label", classes=(-1,))
    hub("dataset", "some/hidden", {"README.md": card, "train.jsonl": train, "test.jsonl": test})
    data, report = sources.load_with_report("some/hidden")
    assert data["train"].features["label"].names == ["worse", "better"]
    assert sizes(data) == [80, 10, 10]
    assert "test: no row has a label, so it is made from train instead" in report.lines()
    assert all(row["label"] == (int(row["text"].split()[-1]) % 2) for row in data["train"])


def test_columns_are_named_when_they_cannot_be_told(hub, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    rows = "".join(json.dumps({"premise": f"p {n}", "hypothesis": f"h {n}", "label": n % 2}) + "\n" for n in range(40))
    hub("dataset", "some/pairs", {"train.jsonl": rows})
    assert "which column is it? Set text_column to one of 'premise', 'hypothesis', 'label'" in refused(
        sources.load, "some/pairs"
    )
    assert sizes(sources.load("some/pairs", text_column="premise")) == [32, 4, 4]


def test_one_class_and_no_train_split_are_refused(hub, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    hub("dataset", "some/single", {"train.jsonl": lines("a", 40, classes=("same",))})
    assert "single, train, column 'sentiment': only the class 'same' is left" in refused(sources.load, "some/single")
    hub("dataset", "some/odd", {"test.jsonl": lines("a", 40), "validation.jsonl": lines("b", 40)})
    assert "data set 'some/odd' has no train split; it has 'validation', 'test'" in refused(sources.load, "some/odd")


def test_a_broken_data_set_is_one_line(hub, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    hub("dataset", "some/broken", {"train.parquet": "no parquet"})
    assert "data set 'some/broken' cannot be loaded: " in refused(sources.load, "some/broken")


def test_what_is_not_cached_is_refused_at_once(hub, without_network):
    for kind, action in (("model", sources.model_path), ("data set", sources.load)):
        started = time.monotonic()
        message = refused(action, "no/such")
        assert time.monotonic() - started < 5
        if without_network == "unreachable":
            assert f"the hub cannot be reached, and {kind} 'no/such' is not in its cache" in message
        else:
            assert f"{kind} 'no/such' is not in the hub's cache on this machine, and fetching is" in message


def test_a_cached_model(hub, without_network):
    import torch
    from transformers import AutoModel, BertConfig, BertModel

    config = BertConfig(vocab_size=30, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8)
    with torch.random.fork_rng(devices=[]):
        made = BertModel(config)
    snapshot = hub("model", "some/tiny", {})
    made.save_pretrained(snapshot)
    path = sources.model_path("some/tiny")
    assert path == snapshot
    loaded = AutoModel.from_pretrained(path).state_dict()
    assert all(torch.equal(loaded[name], value) for name, value in made.state_dict().items())


def test_a_model_with_pickled_weights_only_is_refused(hub, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    hub("model", "some/pickled", {"config.json": "{}", "pytorch_model.bin": "x"})
    assert "some/pickled has its weights in pytorch_model.bin, a pickle" in refused(sources.model_path, "some/pickled")
    hub("model", "some/empty", {"config.json": "{}"})
    assert "some/empty holds no model: it has config.json but no model.safetensors" in refused(
        sources.model_path, "some/empty"
    )
