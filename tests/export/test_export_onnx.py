"""The translation itself, in this process and with warnings as errors."""

import numpy as np
import onnxruntime
import pytest

from nblib.export import to_onnx
from nblib.training.finetune.predict import Predictor
from tests import tiny_classifier


def answers(folder, predictor, texts):
    session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
    inputs = predictor.inputs(texts)
    return session.run(["logits"], {i.name: inputs[i.name].numpy() for i in session.get_inputs()})[0]


def agrees(folder, predictor):
    for texts in (["film"], [""], ["a", "film " * 60], tiny_classifier.texts(9)):
        np.testing.assert_allclose(answers(folder, predictor, texts), predictor.batch_logits(texts), atol=1e-5)


def test_a_model_without_token_types_and_weights_beside_the_graph(tmp_path):
    import torch
    from transformers import DistilBertConfig, DistilBertForSequenceClassification

    torch.manual_seed(0)
    config = DistilBertConfig(vocab_size=64, dim=32, n_layers=1, n_heads=2, hidden_dim=64, max_position_embeddings=64)
    tokenizer = tiny_classifier.tokenizer()
    tokenizer.model_input_names = ["input_ids", "attention_mask"]
    DistilBertForSequenceClassification(config).save_pretrained(tmp_path / "model")
    tokenizer.save_pretrained(tmp_path / "model")
    (tmp_path / "out").mkdir()
    to_onnx.build(tmp_path / "model", tmp_path / "out", external_above=0)
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"model.onnx", "model.onnx.data"}
    agrees(tmp_path / "out", Predictor(tmp_path / "model"))


def test_eager_attention_is_taken_where_sdpa_cannot_be_translated(tmp_path, monkeypatch):
    translate, tried = to_onnx._translate, []

    def picky(predictor):
        tried.append(predictor.model.config._attn_implementation)
        if tried[-1] == "sdpa":
            raise RuntimeError("no such operator")
        return translate(predictor)

    tiny_classifier.classifier().save_pretrained(tmp_path / "model")
    tiny_classifier.tokenizer().save_pretrained(tmp_path / "model")
    monkeypatch.setattr(to_onnx, "_translate", picky)
    to_onnx.build(tmp_path / "model", tmp_path)
    assert tried == ["sdpa", "eager"]
    agrees(tmp_path, Predictor(tmp_path / "model"))


def test_what_cannot_be_translated_at_all_is_raised(tmp_path, monkeypatch):
    def never(predictor):
        raise RuntimeError("no such operator")

    tiny_classifier.classifier().save_pretrained(tmp_path / "model")
    tiny_classifier.tokenizer().save_pretrained(tmp_path / "model")
    monkeypatch.setattr(to_onnx, "_translate", never)
    with pytest.raises(RuntimeError, match="no such operator"):
        to_onnx.build(tmp_path / "model", tmp_path)
    assert not (tmp_path / "model.onnx").exists()
