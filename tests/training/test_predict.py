import shutil
import threading

import numpy as np
import pytest

from nblib.engine.errors import InputError
from nblib.training.finetune.predict import Predictor
from tests import tiny_classifier


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory):
    return tiny_classifier.write_run(tmp_path_factory.mktemp("predict") / "run")


@pytest.fixture(scope="module")
def predictor(run_dir):
    return Predictor(run_dir)


def plain(run_dir, text, max_length=24):
    """The oracle: transformers as everybody uses it, one text at a time."""
    import torch
    from transformers import AutoTokenizer

    inputs = AutoTokenizer.from_pretrained(run_dir / "model")(
        text, truncation=True, max_length=max_length, return_tensors="pt"
    )
    with torch.inference_mode():
        return tiny_classifier.classifier()(**inputs).logits[0].numpy()


def test_logits_are_those_of_plain_transformers_in_the_order_given(run_dir, predictor):
    texts = [*tiny_classifier.texts(50, seed=1), "", "film " * 500]
    found = predictor.logits(texts, batch_size=7)
    assert found.dtype == np.float32 and found.shape == (52, 2)
    np.testing.assert_allclose(found, [plain(run_dir, text) for text in texts], atol=2e-6)


def test_labels_and_probabilities(predictor):
    texts = tiny_classifier.texts(9)
    logits = predictor.logits(texts).astype(float)
    for answer, row in zip(predictor(texts), logits, strict=True):
        assert list(answer["probabilities"]) == predictor.labels == tiny_classifier.LABELS
        assert answer["label"] == predictor.labels[row.argmax()]
        assert sum(answer["probabilities"].values()) == pytest.approx(1)
        share = 1 / (1 + np.exp(row[0] - row[1]))
        assert answer["probabilities"]["positive"] == pytest.approx(share)


def test_texts_that_nobody_expects(predictor):
    texts = ["", " ", "\x00", "\ud800", "\ud83d\ude00", "👩‍👩‍👧", "你好", "a" * 300_000, "\n" * 10, "ی‌ک", "<script>"]
    assert np.isfinite(predictor.logits(texts)).all()


def test_no_text_no_answer(predictor):
    assert predictor([]) == []
    assert predictor.logits([]).shape == (0, 2)


@pytest.mark.parametrize("texts", ["one text", ["a", None], [1.5]])
def test_what_is_no_list_of_texts(predictor, texts):
    with pytest.raises(InputError, match="list of texts"):
        predictor(texts)


def test_more_texts_than_a_chunk(predictor, monkeypatch):
    texts = tiny_classifier.texts(40)
    whole = predictor.logits(texts)
    monkeypatch.setattr("nblib.training.finetune.predict._CHUNK", 16)
    np.testing.assert_allclose(predictor.logits(texts), whole, atol=2e-6)


def test_several_threads(predictor):
    texts = tiny_classifier.texts(30)
    expected = predictor.logits(texts)
    found, errors = [], []

    def work():
        try:
            found.append(predictor.logits(texts))
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    for answer in found:
        np.testing.assert_allclose(answer, expected, atol=2e-6)


def test_where_the_length_comes_from(run_dir, predictor, tmp_path):
    assert predictor.max_length == 24
    assert Predictor(run_dir / "model").max_length == 24
    shutil.copytree(run_dir / "model", tmp_path / "elsewhere")
    assert Predictor(tmp_path / "elsewhere").max_length == 64


def test_nothing_is_printed(run_dir, capfd):
    Predictor(run_dir).count_tokens("film " * 3000)
    assert capfd.readouterr() == ("", "")


def test_folders_that_hold_no_classifier(run_dir, tmp_path):
    import torch
    from safetensors.torch import load_file, save_file

    def refused(path, match):
        with pytest.raises(InputError, match=match) as caught:
            Predictor(path)
        assert "\n" not in str(caught.value)

    refused(tmp_path / "none", "no such folder")
    refused(tmp_path, "holds no model")
    started = tmp_path / "started"
    started.mkdir()
    (started / "config.yaml").write_text("job: finetune\n")
    refused(started, "nblib resume")

    cut = tmp_path / "cut"
    shutil.copytree(run_dir / "model", cut)
    with open(cut / "model.safetensors", "r+b") as file:
        file.truncate(5000)
    refused(cut, "cut short")

    headless = tmp_path / "headless"
    shutil.copytree(run_dir / "model", headless)
    weights = load_file(headless / "model.safetensors")
    save_file(
        {k: v for k, v in weights.items() if "classifier" not in k}, headless / "model.safetensors", {"format": "pt"}
    )
    refused(headless, "no trained classifier")

    pickled = tmp_path / "pickled"
    shutil.copytree(run_dir / "model", pickled)
    (pickled / "model.safetensors").unlink()
    torch.save(weights, pickled / "pytorch_model.bin")
    refused(pickled, "pickle")

    wordless = tmp_path / "wordless"
    shutil.copytree(run_dir / "model", wordless)
    for path in wordless.glob("tokenizer*"):
        path.unlink()
    refused(wordless, "tokenizer")
