import dataclasses
import importlib.util
import json

import pytest

from nblib import sources
from nblib.engine.errors import InputError
from nblib.sources import cache, models, pack


@pytest.fixture
def folder(tmp_path):
    """A model folder with a tiny random BERT."""
    import torch
    from transformers import BertConfig, BertModel

    config = BertConfig(vocab_size=30, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8)
    with torch.random.fork_rng(devices=[]):
        BertModel(config).save_pretrained(tmp_path / "model")
    return tmp_path / "model"


def refused(name):
    with pytest.raises(InputError) as caught:
        sources.model_path(str(name))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_minilm_is_a_model_that_transformers_loads():
    from transformers import AutoModel, AutoTokenizer

    path = sources.model_path("minilm")
    assert path == sources.cache_folder() / "minilm"
    model = AutoModel.from_pretrained(path)
    assert sum(parameter.numel() for parameter in model.parameters()) == 22_713_216
    tokens = AutoTokenizer.from_pretrained(path)("I like to eat pizza")
    assert len(tokens["input_ids"]) == 7


def test_a_folder_of_ones_own(folder):
    assert sources.model_path(str(folder)) == folder


def test_weights_in_several_files(folder):
    whole = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").rename(folder / "model-00001-of-00001.safetensors")
    index = {"weight_map": {"a": "model-00001-of-00001.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert sources.model_path(folder) == folder
    (folder / "model-00001-of-00001.safetensors").unlink()
    assert "lacks the weights 'model-00001-of-00001.safetensors'" in refused(folder)
    (folder.parent / "out.safetensors").write_bytes(whole)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": "../out.safetensors"}}))
    assert "lacks the weights '../out.safetensors'" in refused(folder)
    (folder / "model.safetensors.index.json").write_text("[]")
    assert "model.safetensors.index.json cannot be read" in refused(folder)


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        ("no config", "holds no model: it has no config.json"),
        ("config broken", "config.json cannot be read"),
        ("config list", "config.json is no JSON object"),
        ("no weights", "holds no model: it has config.json but no model.safetensors"),
        ("pickle", "has its weights in pytorch_model.bin, a pickle, which can run any code when it is loaded"),
        ("cut", "model.safetensors is cut short or damaged"),
        ("longer", "model.safetensors is cut short or damaged"),
        ("stump", "model.safetensors is no safetensors file or is cut short (4 bytes)"),
        ("text", "model.safetensors is no safetensors file"),
        ("header", "model.safetensors is no safetensors file: its header cannot be read"),
    ],
)
def test_a_folder_without_a_model_is_refused(folder, harm, message):
    weights = folder / "model.safetensors"
    if harm == "no config":
        (folder / "config.json").unlink()
    elif harm.startswith("config"):
        (folder / "config.json").write_text("[]" if harm == "config list" else "{")
    elif harm == "no weights":
        weights.unlink()
    elif harm == "pickle":
        weights.rename(folder / "pytorch_model.bin")
    else:
        whole = weights.read_bytes()
        changed = {"cut": whole[:-1], "longer": whole + b"x", "stump": whole[:4], "text": b"hello world, no weights"}
        weights.write_bytes(changed.get(harm, whole[:8] + b"x" * (len(whole) - 8)))
    assert message in refused(folder)
    assert str(folder) in refused(folder)


def test_names_that_are_no_model(tmp_path):
    (tmp_path / "file").write_text("")
    assert "is a file: name the folder that holds config.json" in refused(tmp_path / "file")
    assert "'reviews' is a data set, not a model; the pack has minilm, smollm2." in refused("reviews")
    assert "unknown model 'minilmm'; did you mean 'minilm'?" in refused("minilmm")
    assert refused("no/such/folder") == "no such model folder: no/such/folder"


def test_without_gguf_the_conversion_is_refused_before_anything_is_fetched(empty_cache, monkeypatch):
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "gguf" else real(name))
    assert "'smollm2' is converted on first use, which needs a package: run `pip install gguf`" in refused("smollm2")
    assert not empty_cache.exists()


def test_a_converted_model_is_used_and_cleared(toy, folder, empty_cache, monkeypatch):
    item = dataclasses.replace(toy, kind="model", files=(("toy/data.txt", "toy.gguf"),))
    monkeypatch.setattr(pack, "CATALOGUE", (item,))
    monkeypatch.setattr(models.importlib.util, "find_spec", lambda name: None)
    (empty_cache / "work").mkdir(parents=True)
    folder.rename(empty_cache / "work" / "made")
    cache.put(empty_cache / "work" / "made", empty_cache / "toy-safetensors", item.sha256, {})
    assert sources.model_path("toy") == empty_cache / "toy-safetensors"
    sources.clear("toy")
    assert not (empty_cache / "toy-safetensors").exists()
