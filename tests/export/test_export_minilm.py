"""One export of the real model: what the tiny ones cannot show is that its size, vocabulary and length go through."""

from nblib import export, sources
from nblib.training.finetune.config import FineTuneConfig
from tests import tiny_classifier


def test_minilm_goes_through_onnx(tmp_path):
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    from nblib.training.finetune.pretrained import quiet

    path = sources.model_path("minilm")
    data, run_dir = tmp_path / "data.csv", tmp_path / "run"
    tiny_classifier.write_data(data, labels=["negative", "positive"])
    run_dir.mkdir()
    (run_dir / "config.yaml").write_text(FineTuneConfig(dataset=str(data)).to_yaml())
    names = {"id2label": {0: "negative", 1: "positive"}, "label2id": {"negative": 0, "positive": 1}}
    with quiet(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = AutoModelForSequenceClassification.from_pretrained(path, **names)
        model.save_pretrained(run_dir / "model")
        AutoTokenizer.from_pretrained(path).save_pretrained(run_dir / "model")
    row = export.save(run_dir, ["onnx"]).row("onnx")
    assert row["largest_difference"] < 5e-6
    assert 90e6 < row["size_bytes"] < 93e6
