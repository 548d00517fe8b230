"""What a model says without some of its heads: against a model whose output projection has been cut, and by hand."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from nblib import InputError, Session
from nblib.inspect import opening
from nblib.inspect.cause import Damage, HeldOut, compared, says, shape, token_effects
from nblib.inspect.opening import Opened, open_model, weights_bytes
from tests import tiny_classifier


def encoder(kind: str):
    """A small BERT of random weights: with no head, or one for masks, or one for classes."""
    import transformers as t

    config = t.BertConfig(
        vocab_size=64, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48,
        max_position_embeddings=64, initializer_range=0.5, id2label={0: "bad", 1: "good"},
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return getattr(t, kind)(config).eval()


@pytest.fixture(scope="module")
def tokenizer():
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijklmnopqrst"]
    made = Tokenizer(models.WordLevel({w: i for i, w in enumerate(words)}, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    names = {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"}
    return PreTrainedTokenizerFast(tokenizer_object=made, **{f"{n}_token": t for n, t in names.items()})


def opened(kind: str, says: str, tokenizer) -> Opened:
    return Opened(encoder(kind), tokenizer, kind, says)


KINDS = [("BertModel", "similarity"), ("BertForMaskedLM", "masked token"), ("BertForSequenceClassification", "classes")]
TEXT = {"similarity": "a b c d", "masked token": "a b ___ d", "classes": "a b c d e"}


def cut(model, layer: int, head: int):
    """The same model with this head's slice of the output projection zeroed."""
    made = copy.deepcopy(model)
    width = model.config.hidden_size // model.config.num_attention_heads
    with torch.no_grad():
        made.base_model.encoder.layer[layer].attention.output.dense.weight[:, head * width : (head + 1) * width] = 0
    return made


@pytest.mark.parametrize(("kind", "what"), KINDS)
def test_scale_one_changes_nothing_and_zero_is_the_cut_model(kind, what, tokenizer):
    it = opened(kind, what, tokenizer)
    plain = says(it, TEXT[what], "e f g", most=99)
    same = says(it, TEXT[what], "e f g", np.ones(shape(it.model)), most=99)
    assert same.labels == plain.labels and np.array_equal(same.values, plain.values)
    scales = np.ones(shape(it.model))
    scales[1, 2] = 0
    before, now = compared(it, TEXT[what], "e f g", scales, most=99)
    without = says(Opened(cut(it.model, 1, 2), tokenizer, kind, what), TEXT[what], "e f g", most=99)
    expected = dict(zip(without.labels, without.values, strict=True))
    assert [expected[label] for label in now.labels] == pytest.approx(now.values, abs=1e-6)
    assert before.labels == now.labels and not np.allclose(before.values, now.values, atol=1e-4)


def test_the_cosine_is_that_of_the_mean_vectors_of_each_sentence_alone(tokenizer):
    it = opened("BertModel", "similarity", tokenizer)
    vectors = []
    for text in ("a b c d e f", "g h"):
        ids = torch.tensor([tokenizer(text)["input_ids"]])
        with torch.no_grad():
            vectors.append(it.model(input_ids=ids).last_hidden_state[0].mean(dim=0))
    assert says(it, "a b c d e f", "g h").values == pytest.approx(float(F.cosine_similarity(*vectors, dim=0)), abs=1e-5)


def test_what_is_likeliest_now_is_among_what_is_compared(tokenizer):
    it = opened("BertForMaskedLM", "masked token", tokenizer)
    before, now = compared(it, "a b ___ d", "", np.zeros(shape(it.model)), most=2)
    everything = says(it, "a b ___ d", "", np.zeros(shape(it.model)), most=1)
    assert len(before.labels) == 2 and everything.labels[0] in now.labels
    assert now.values.max() == pytest.approx(everything.values[0])


TEXTS = ["a b c", "d e f g h i j k l m n", "o p q r s t a b c d e f", "g"] * 3


def test_the_loss_of_classes_is_cross_entropy_whatever_the_batches(tokenizer):
    it = opened("BertForSequenceClassification", "classes", tokenizer)
    labels = ["bad", "good", "good", "bad"] * 3
    total = 0.0
    for text, label in zip(TEXTS, labels, strict=True):
        with torch.no_grad():
            logits = it.model(input_ids=torch.tensor([tokenizer(text)["input_ids"]])).logits
        total += float(F.cross_entropy(logits, torch.tensor([it.labels.index(label)])))
    held = HeldOut(it, TEXTS, labels)
    assert held.loss() == pytest.approx(total / len(TEXTS), abs=1e-5)
    assert held.loss(np.full(shape(it.model), 0.5)) != pytest.approx(held.loss(), abs=1e-4)


def test_the_loss_of_masks_is_at_the_hidden_tokens_alone(tokenizer):
    it = opened("BertForMaskedLM", "masked token", tokenizer)
    ids = torch.tensor(tokenizer(TEXTS[1])["input_ids"])
    hidden = torch.arange(len(ids)) % 7 == 3
    with torch.no_grad():
        logits = it.model(input_ids=ids.masked_fill(hidden, tokenizer.mask_token_id)[None]).logits[0]
    assert HeldOut(it, [TEXTS[1]]).loss() == pytest.approx(
        float(F.cross_entropy(logits[hidden], ids[hidden])), abs=1e-5
    )


def test_the_loss_of_a_decoder_is_transformers_own():
    import transformers as t

    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = t.GPT2LMHeadModel(t.GPT2Config(vocab_size=64, n_positions=64, n_embd=32, n_layer=2, n_head=4)).eval()
    it = Opened(model, tiny_classifier.tokenizer(), "gpt2", "next token")
    ids = torch.tensor([it.tokenizer("the film was good")["input_ids"]])
    with torch.no_grad():
        expected = float(model(input_ids=ids, labels=ids).loss)
    assert HeldOut(it, ["the film was good"]).loss() == pytest.approx(expected, abs=1e-5)
    assert len(says(it, "the film").labels) == 8


def test_without_a_head_the_loss_is_how_far_the_vectors_move(tokenizer):
    it = opened("BertModel", "similarity", tokenizer)
    held = HeldOut(it, TEXTS)
    assert held.loss() == pytest.approx(0, abs=1e-6)
    assert held.loss(np.zeros(shape(it.model))) > 0.01


def test_the_map_of_damage_is_one_loss_a_head(tokenizer):
    it = opened("BertForSequenceClassification", "classes", tokenizer)
    held = HeldOut(it, TEXTS, ["bad", "good", "good", "bad"] * 3)
    job = Damage(held, seconds=1000)
    session = Session(job)
    session.run()
    assert job.texts_taken == len(TEXTS) and session.history["damage"].shape == (8,)
    scales = np.ones((2, 4))
    scales[1, 3] = 0
    assert job.found[1, 3] == pytest.approx(held.loss(scales) - held.loss(), abs=1e-5)
    assert np.isfinite(job.found).all()


def test_so_many_texts_are_taken_as_finish_in_time(tokenizer, monkeypatch):
    it = opened("BertModel", "similarity", tokenizer)
    ticks = iter([10.0, 10.8])
    monkeypatch.setattr("nblib.inspect.cause.time.perf_counter", lambda: next(ticks))
    # 0.1 s a text, 2 × 4 heads and the untouched model: 5.4 s are enough for 6 texts.
    assert len(Damage(HeldOut(it, TEXTS), seconds=5.45).affordable()) == 6
    ticks = iter([10.0, 18.0])
    assert len(Damage(HeldOut(it, TEXTS), seconds=0.01).affordable()) == 1


def test_a_stopped_map_keeps_what_it_has(tokenizer):
    job = Damage(HeldOut(opened("BertModel", "similarity", tokenizer), TEXTS), seconds=1000)
    session = Session(job)
    session.step(3)
    session.wait_for("paused")
    session.stop()
    session.wait()
    assert np.isfinite(job.found).sum() == 3


def test_a_hidden_token_gets_no_weight_and_its_effect_is_the_difference_made(tokenizer):
    it = opened("BertForSequenceClassification", "classes", tokenizer)
    tokens, looked, change = token_effects(it, "a b c")
    assert tokens == ["[CLS]", "a", "b", "c", "[SEP]"] and looked.sum() == pytest.approx(1, abs=1e-5)
    ids = torch.tensor([tokenizer("a b c")["input_ids"]])
    mask = torch.tensor([[1, 1, 0, 1, 1]])
    with torch.no_grad():
        whole, without = (torch.softmax(it.model(ids, m).logits[0], -1) for m in (torch.ones_like(mask), mask))
    assert change[2] == pytest.approx(float((whole - without).abs().sum()) / 2, abs=1e-6)


def test_what_cannot_be_asked_is_said(tokenizer):
    masked, alike = opened("BertForMaskedLM", "masked token", tokenizer), opened("BertModel", "similarity", tokenizer)
    classes = opened("BertForSequenceClassification", "classes", tokenizer)
    for ask, words in [
        (lambda: says(masked, "a b c"), "put ___ or \\[MASK\\]"),
        (lambda: says(alike, "a b"), "two sentences; type the second"),
        (lambda: says(classes, "  "), "it is empty; type a sentence"),
        (lambda: HeldOut(classes, ["a"]), "needs the right class of each text"),
        (lambda: HeldOut(alike, []), "there are none to measure"),
        (lambda: HeldOut(classes, ["a"], ["fair"]), "'fair' is none of what"),
        (lambda: says(alike, "a", "b", np.zeros((1, 4))), "does not fit layer"),
    ]:
        with pytest.raises(InputError, match=words):
            ask()


def test_a_model_is_opened_with_the_head_that_it_was_saved_with(tmp_path):
    run = tiny_classifier.write_run(tmp_path / "demo")
    it = open_model(run)
    assert (it.name, it.says, it.labels) == ("demo", "classes", ["<b>negative</b>", "positive"])
    assert it.model.dtype == torch.float32 and not it.model.training
    numbers = sum(p.numel() for p in it.model.parameters())
    assert weights_bytes(run / "model") == 4 * numbers
    (run / "config.json").unlink(missing_ok=True)
    text = (run / "model" / "config.json").read_text()
    (run / "model" / "config.json").write_text(json.dumps({**json.loads(text), "architectures": ["BertModel"]}))
    assert open_model(run).says == "similarity"


def test_a_model_too_large_is_refused_with_its_size_before_it_is_loaded(tmp_path, monkeypatch):
    run = tiny_classifier.write_run(tmp_path / "demo")
    monkeypatch.setattr(opening, "_load", lambda *_: pytest.fail("it was loaded"))
    monkeypatch.setattr(opening, "weights_bytes", lambda _folder: 10**15)
    with pytest.raises(InputError, match="1000000.0 GB of weights in float32, and .* GB of memory are free"):
        open_model(run)


def test_a_model_in_memory_needs_its_tokenizer():
    with pytest.raises(InputError, match="comes with its tokenizer"):
        open_model(encoder("BertModel"))
