"""Looking at attention: against transformers' own eager weights, and what a head's scale does against a cut matrix."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from nblib import InputError
from nblib.inspect.maps import Maps, attention, readable, rollout, watched
from nblib.inspect.roles import ROLES, roles

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "i", "like", "to", "eat", "pizza", "##s", "and", "the", "cat"]


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    from transformers import BertTokenizerFast

    folder = tmp_path_factory.mktemp("words")
    (folder / "vocab.txt").write_text("\n".join(WORDS))
    return BertTokenizerFast(vocab=str(folder / "vocab.txt"))


def made(kind: str):
    import transformers as t

    small = {"vocab_size": 40, "hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4}
    more = {"intermediate_size": 48, "max_position_embeddings": 32}
    makers = {
        "bert": lambda: t.BertModel(t.BertConfig(**small, **more, initializer_range=0.5)),
        "gpt2": lambda: t.GPT2LMHeadModel(
            t.GPT2Config(vocab_size=40, n_positions=32, n_embd=32, n_layer=3, n_head=4, initializer_range=0.5)
        ),
        "llama": lambda: t.LlamaForCausalLM(
            t.LlamaConfig(**small, **more, num_key_value_heads=2, initializer_range=0.5)
        ),
    }
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return makers[kind]().eval()


KINDS = ["bert", "gpt2", "llama"]
IDS = torch.tensor([[2, 5, 6, 7, 8, 9, 3], [2, 5, 12, 13, 3, 0, 0]])
REAL = (IDS != 0).long()


def said(model, **more) -> torch.Tensor:
    with torch.no_grad():
        found = model(input_ids=IDS, attention_mask=REAL, **more)
    return found.logits if hasattr(found, "logits") else found.last_hidden_state


@pytest.mark.parametrize("kind", KINDS)
def test_weights_are_those_of_the_eager_model_and_looking_changes_nothing(kind):
    model = made(kind)
    assert model.config._attn_implementation == "sdpa"
    before = said(model)
    with watched(model) as watch:
        during = said(model)
    torch.testing.assert_close(during, before, atol=1e-5, rtol=1e-5)
    assert model.config._attn_implementation == "sdpa" and torch.equal(said(model), before)
    model.set_attn_implementation("eager")
    wanted = model(input_ids=IDS, attention_mask=REAL, output_attentions=True).attentions
    assert len(watch.weights) == 3
    for mine, other in zip(watch.weights, wanted, strict=True):
        torch.testing.assert_close(mine[0], other[0], atol=1e-6, rtol=1e-5)
        # Padding never receives weight.
        assert (mine[1, :, :5, 5:] == 0).all()
    assert watch.key_heads == [2 if kind == "llama" else 4] * 3


def output_weights(model, kind: str, layer: int) -> torch.Tensor:
    """The matrix behind the heads as rows (out) and columns (in), a view."""
    if kind == "bert":
        return model.encoder.layer[layer].attention.output.dense.weight
    if kind == "gpt2":
        return model.transformer.h[layer].attn.c_proj.weight.T
    return model.model.layers[layer].self_attn.o_proj.weight


@pytest.mark.parametrize("kind", KINDS)
def test_a_silenced_head_is_a_zeroed_slice_of_the_output_projection(kind):
    model = made(kind)
    scales = np.ones((3, 4))
    with watched(model, scales):
        same = said(model)
    torch.testing.assert_close(same, said(model), atol=1e-5, rtol=1e-5)
    scales[1, 2], scales[2, 0] = 0, 0.5
    with watched(model, scales, keep=False) as watch:
        without = said(model)
    assert watch.weights == [] and not torch.allclose(without, same, atol=1e-3)
    with torch.no_grad():
        output_weights(model, kind, 1)[:, 16:24] = 0
        output_weights(model, kind, 2)[:, 0:8] *= 0.5
    torch.testing.assert_close(without, said(model), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_maps_of_a_text(kind, tokenizer):
    maps = attention(made(kind), tokenizer, "I like to eat pizzas")
    assert maps.tokens == ["[CLS]", "i", "like", "to", "eat", "pizza", "##s", "[SEP]"]
    assert maps.weights.shape == (3, 4, 8, 8) and maps.causal == (kind != "bert") and maps.note == ""
    np.testing.assert_allclose(maps.weights.sum(-1), 1, atol=1e-5)
    if maps.causal:
        assert (np.triu(maps.weights, 1) == 0).all()
    packed, scale = maps.packed()
    assert packed.dtype == np.uint8 and packed.shape[-1] == (36 if maps.causal else 64)
    full = np.zeros_like(maps.weights)
    rows, columns = np.tril_indices(8) if maps.causal else np.indices((8, 8)).reshape(2, -1)
    full[:, :, rows, columns] = packed * scale[:, :, rows]
    assert abs(full - maps.weights).max() <= 0.002


def test_a_row_of_512_equal_weights_is_not_zero():
    weights = np.full((1, 1, 512, 512), 1 / 512, np.float32)
    packed, scale = Maps(weights, [""] * 512, [0] * 512, False, 0, 1).packed()
    np.testing.assert_allclose(packed.reshape(512, 512) * scale[0, 0][:, None], 1 / 512, rtol=1e-6)


def test_what_is_to_be_said_of_a_text(tokenizer):
    model = made("bert")
    long = attention(model, tokenizer, "pizza " * 60)
    assert long.cut == 30 and len(long.tokens) == 32 and "has 62 tokens; the first 32 are shown" in long.note
    assert "knows none of this script: every word is [UNK]" in attention(model, tokenizer, "汉字 漢字").note
    assert len(attention(model, tokenizer, "pizza").tokens) == 3
    for nothing in ("", "   "):
        with pytest.raises(InputError, match="text: there is nothing to attend to"):
            attention(model, tokenizer, nothing)


def test_weights_that_are_no_numbers_are_named(tokenizer):
    model = made("bert")
    with torch.no_grad():
        model.encoder.layer[1].attention.self.query.weight.fill_(float("nan"))
    with pytest.raises(InputError, match="weights of layer 2, head 1 are no numbers"):
        attention(model, tokenizer, "i like pizza")
    assert model.config._attn_implementation == "sdpa"


def test_models_that_cannot_be_shown_are_named(tokenizer):
    import transformers as t

    t5 = t.T5ForConditionalGeneration(t.T5Config(vocab_size=20, d_model=8, d_kv=4, d_ff=8, num_layers=1, num_heads=2))
    with pytest.raises(InputError, match="model: t5 has an encoder and a decoder"):
        attention(t5, tokenizer, "i like pizza")
    model = made("bert")
    with pytest.raises(InputError, match=r"scales: \(2, 4\) does not fit layer 3 with 4 heads"):
        with watched(model, np.ones((2, 4))):
            said(model)
    assert model.config._attn_implementation == "sdpa"


def test_half_precision_with_a_mask(tokenizer):
    model = made("llama").half()
    with watched(model) as watch:
        said(model)
    assert all(torch.isfinite(w[0]).all() for w in watch.weights)


def test_rollout_by_hand():
    one = np.array([[[1.0, 0.0], [0.5, 0.5]]])
    two = np.array([[[0.2, 0.8], [0.6, 0.4]]])
    a, b = 0.5 * one[0] + 0.5 * np.eye(2), 0.5 * two[0] + 0.5 * np.eye(2)
    np.testing.assert_allclose(rollout(np.stack([one, two])), b @ a)
    np.testing.assert_allclose(rollout(np.stack([one, two])).sum(axis=1), 1)


def test_roles_are_told_of_heads_that_play_them():
    n, ids = 6, [2, 5, 6, 5, 9, 3]
    heads = np.zeros((1, 5, n, n), np.float32)
    for query in range(n):
        heads[0, 0, query, max(0, query - 1)] = 1
        heads[0, 1, query, min(n - 1, query + 1)] = 1
        heads[0, 2, query, 0] = 1
        heads[0, 3, query, n - 1] = 1
        heads[0, 4, query, {1: 3, 3: 1}.get(query, query)] = 1
    found = roles([Maps(heads, [""] * n, ids, False, 0, 5)] * 2, separators=[3])
    assert list(found) == list(ROLES)
    for head, role in enumerate(ROLES[:5]):
        assert found[role][0, head] == pytest.approx(1), role
        assert found[role][0].argmax() == head
    assert found["positional band"][0, 0] == pytest.approx(5 / 6)


def test_tokens_are_read_as_text(tokenizer):
    assert readable(tokenizer, [2, 9, 10]) == ["[CLS]", "pizza", "##s"]
