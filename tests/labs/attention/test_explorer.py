"""The explorer and the dials of heads, with a wire in place of a browser: what is sent, how much, and what is said."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from nblib import AttentionExplorer, HeadsPanel, InputError
from nblib.inspect.maps import packed, rollout
from nblib.labs.attention.heads import panel as heads_panel
from tests import tiny_classifier
from tests.fakes import PATIENCE
from tests.wire import from_browser

TEXT = "the film was good and the book was not"
SENTENCES = ("the film was good", "a book was not a film")


def bert(kind: str = "BertModel", seed: int = 0):
    import transformers as t

    config = t.BertConfig(
        vocab_size=64, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48,
        max_position_embeddings=64, initializer_range=0.5, id2label={0: "bad", 1: "good"},
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return getattr(t, kind)(config).eval()


def gpt2():
    import transformers as t

    with torch.random.fork_rng():
        torch.manual_seed(0)
        more = {"bos_token_id": 2, "eos_token_id": 3, "initializer_range": 0.5}
        return t.GPT2LMHeadModel(
            t.GPT2Config(vocab_size=64, n_positions=48, n_embd=32, n_layer=3, n_head=4, **more)
        ).eval()


@pytest.fixture
def tokenizer():
    return tiny_classifier.tokenizer()


def explorer(model, tokenizer, text=TEXT, **more):
    return AttentionExplorer(model, text, tokenizer, sentences=SENTENCES, **more)


def custom(wire, kind: str) -> list:
    found = [m for m in wire.messages if m.data.get("method") == "custom"]
    return [m for m in found if m.data["content"].get("type") == kind]


def unpacked(content: dict, buffers: list, layer: int, head: int) -> np.ndarray:
    """A head's weights as the page reads them: bytes by the scale of their row, a causal map row by row."""
    tokens = len(content["tokens"])
    scales = np.frombuffer(buffers[1], np.float32).reshape(content["layers"], content["heads"], tokens)[layer, head]
    found = np.zeros((tokens, tokens), np.float32)
    places = np.tril_indices(tokens) if content["causal"] else np.indices((tokens, tokens)).reshape(2, -1)
    values = np.frombuffer(buffers[0], np.uint8).reshape(content["layers"], content["heads"], -1)[layer, head]
    found[tuple(places)] = values
    return found * scales[:, None]


@pytest.mark.parametrize("make", [bert, gpt2], ids=["encoder", "decoder"])
def test_what_is_sent_reads_back_to_two_thousandths(wire, tokenizer, make):
    panel = explorer(make(), tokenizer)
    [message] = custom(wire, "maps")
    content, buffers = message.data["content"], message.buffers
    assert content["causal"] == (make is gpt2) and content["tokens"] == panel.maps.tokens
    for layer, head in [(0, 0), (1, 3)]:
        error = abs(unpacked(content, buffers, layer, head) - panel.maps.weights[layer, head]).max()
        assert error <= 0.002
    assert message.size <= sum(len(b) for b in buffers) + 1500 and panel.view.bytes_sent == sum(map(len, buffers))


def test_nothing_of_the_maps_is_state_and_a_page_that_comes_later_asks_for_them(wire, tokenizer):
    panel = explorer(bert(), tokenizer)
    state = json.dumps(panel.view.get_state(drop_defaults=True), default=lambda b: bytes(b).hex())
    assert "film" not in state.replace(panel.view._esm, "") and len(state) - len(panel.view._esm) < 20_000
    from_browser(panel.view, {"type": "ready"})
    first, second = custom(wire, "maps")
    assert first.data["content"] == second.data["content"] and first.buffers == second.buffers


def test_the_mean_and_the_rollout_come_with_the_maps(wire, tokenizer):
    panel = explorer(bert(), tokenizer)
    [message] = custom(wire, "maps")
    weights = panel.maps.weights
    more = np.stack([weights.mean(axis=(0, 1)), rollout(weights)]).astype(np.float32)[:, None]
    expected = packed(more, False)
    assert [bytes(b) for b in message.buffers[2:]] == [a.tobytes() for a in expected]


def test_packing_by_hand():
    row = np.full((1, 1, 4, 4), 0.25, np.float32)
    found, scale = packed(row, causal=True)
    assert found.shape == (1, 1, 10) and (found == 255).all() and scale == pytest.approx(0.25 / 255)
    nothing, one = packed(np.zeros((1, 1, 2, 2), np.float32), causal=False)
    assert not nothing.any() and (one == 1).all()


def test_a_click_fetches_the_exact_weight(wire, tokenizer):
    panel = explorer(bert(), tokenizer)
    place = {"type": "exact", "set": 0, "layer": 1, "head": 2, "row": 3, "column": 4, "key": "here"}
    weights = panel.maps.weights
    for mode, expected in {
        "head": weights[1, 2, 3, 4], "layer": weights[1, :, 3, 4].mean(), "all": weights[:, :, 3, 4].mean(),
        "rollout": rollout(weights)[3, 4],
    }.items():  # fmt: skip
        from_browser(panel.view, {**place, "mode": mode})
        answer = custom(wire, "exact")[-1].data["content"]
        assert answer["key"] == "here" and float(answer["value"]) == pytest.approx(expected, rel=1e-5)


def test_another_sentence_and_what_cannot_be_read(wire, tokenizer):
    panel = explorer(bert(), tokenizer)
    ask = lambda text, model="BertModel": from_browser(panel.view, {"type": "ask", "text": text, "model": model})  # noqa: E731
    name = panel.opened.name
    ask("dull plot", name)
    assert panel.maps.tokens == ["[CLS]", "dull", "plot", "[SEP]"]
    ask("   ", name)
    assert custom(wire, "said")[-1].data["content"]["text"] == "text: there is nothing to attend to; type a sentence"
    assert panel.maps.tokens == ["[CLS]", "dull", "plot", "[SEP]"]
    ask("good", name)
    assert len(panel.maps.tokens) == 3
    ask("好 🙂 سلام", name)
    assert "knows none of this script" in custom(wire, "maps")[-1].data["content"]["note"]
    ask("good " * 600, name)
    assert "602 tokens; the first 64 are shown" in custom(wire, "maps")[-1].data["content"]["note"]
    ask("good", "no such model")
    assert "unknown model 'no such model'" in custom(wire, "said")[-1].data["content"]["text"]
    ask("the end", name)
    assert panel.maps.tokens[1] == "the"


def test_a_model_that_fails_leaves_the_one_before_and_its_exact_weights(wire, tokenizer, tmp_path):
    panel = explorer(bert(), tokenizer)
    kept = panel.opened, panel.maps, panel.roles["first token"].tolist()
    broken = bert()
    with torch.no_grad():
        broken.encoder.layer[1].attention.self.query.weight[:8] = float("nan")
    broken.save_pretrained(tmp_path / "broken")
    tokenizer.save_pretrained(tmp_path / "broken")
    from_browser(panel.view, {"type": "ask", "text": "good", "model": str(tmp_path / "broken")})
    assert "layer 2, head 1 are no numbers" in custom(wire, "said")[-1].data["content"]["text"]
    assert (panel.opened, panel.maps, panel.roles["first token"].tolist()) == kept
    place = {"type": "exact", "mode": "head", "set": 0, "layer": 1, "head": 2, "row": 3, "column": 4, "key": ""}
    from_browser(panel.view, place)
    exact = float(custom(wire, "exact")[-1].data["content"]["value"])
    assert exact == pytest.approx(panel.maps.weights[1, 2, 3, 4], rel=1e-5)


def test_a_model_that_cannot_be_shown_is_said_in_the_panel(wire, tokenizer):
    import transformers as t

    t5 = t.T5ForConditionalGeneration(t.T5Config(vocab_size=64, d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2))
    panel = explorer(t5, tokenizer)
    assert "t5 has an encoder and a decoder" in custom(wire, "said")[-1].data["content"]["text"]
    assert panel.maps is None
    broken = bert()
    with torch.no_grad():
        broken.encoder.layer[1].attention.self.query.weight[:8] = float("nan")
    explorer(broken, tokenizer)
    words = custom(wire, "said")[-1].data["content"]["text"]
    assert words == "model: the weights of layer 2, head 1 are no numbers; load it in float32"
    with pytest.raises(InputError, match="there are no maps to save yet"):
        panel.save("nothing.html")


def test_heads_of_keys_that_are_shared_are_told(wire, tokenizer):
    import transformers as t

    small = {"vocab_size": 64, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        llama = t.LlamaForCausalLM(t.LlamaConfig(**small, intermediate_size=48, num_key_value_heads=2)).eval()
    explorer(llama, tokenizer)
    about = custom(wire, "maps")[-1].data["content"]["about"]
    assert "2 layers of 4 heads that share 2 heads of keys" in about and "nobody looks ahead" in about


def test_half_precision_with_its_masks_is_shown(wire, tokenizer):
    panel = explorer(gpt2().to(torch.bfloat16), tokenizer)
    assert panel.maps is not None and np.isfinite(panel.maps.weights).all()
    assert (panel.maps.weights[:, :, 0, 1:] == 0).all()


def test_two_models_side_by_side(wire, tokenizer):
    second = bert(seed=1)
    from nblib.inspect.opening import Opened

    panel = explorer(bert(), tokenizer, beside=Opened(second, tokenizer, "tuned", "similarity"))
    [message] = custom(wire, "maps")
    assert message.data["content"]["names"] == [panel.opened.name, "tuned"] and len(message.buffers) == 8
    place = {"type": "exact", "mode": "head", "set": -1, "layer": 0, "head": 1, "row": 2, "column": 3, "key": ""}
    from_browser(panel.view, place)
    expected = panel.beside_maps.weights[0, 1, 2, 3] - panel.maps.weights[0, 1, 2, 3]
    assert float(custom(wire, "exact")[-1].data["content"]["value"]) == pytest.approx(expected, rel=1e-4)
    from_browser(panel.view, {"type": "ask", "text": "good", "model": "another"})
    assert "two models are compared here" in custom(wire, "said")[-1].data["content"]["text"]


def test_two_models_of_other_shapes_are_refused(wire, tokenizer):
    from nblib.inspect.opening import Opened

    explorer(bert(), tokenizer, beside=Opened(gpt2(), tokenizer, "other", "next token"))
    assert "other has other tokens or heads" in custom(wire, "said")[-1].data["content"]["text"]


def test_the_page_that_is_saved_needs_nothing_else(wire, tokenizer, tmp_path):
    panel = explorer(bert(), tokenizer, "a good </script><b>film")
    path = panel.save(tmp_path / "maps.html")
    page = path.read_text(encoding="utf-8")
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "") and "https://" not in page
    assert "</script><b>" not in page and "default-src 'none'" in page
    with pytest.raises(InputError, match="is to end in .html"):
        panel.save(tmp_path / "maps.svg")
    from_browser(panel.view, {"type": "html"})
    assert bytes(custom(wire, "html")[-1].buffers[0]).decode() == page


def test_roles_are_measured_over_the_sentences(wire, tokenizer):
    panel = explorer(bert(), tokenizer)
    assert panel.view.role_texts == 2 and panel.roles["previous token"].shape == (2, 4)
    assert panel.roles["first token"].max() <= 1


# -- dials -------------------------------------------------------------------------------------------------------------

LABELS = ["bad", "good"] * 6
TEXTS = tiny_classifier.texts(12)


def dials(kind="BertForSequenceClassification", **more):
    model = gpt2() if kind == "gpt2" else bert(kind)
    return HeadsPanel(model, tokenizer=tiny_classifier.tokenizer(), texts=TEXTS, labels=LABELS, **more)


def test_a_moved_dial_changes_the_bars_and_all_as_they_were_brings_them_back(wire):
    panel = dials(text="the film was good")
    assert panel.view.answer["labels"] == ["bad", "good"]
    before = panel.view.answer["before"]
    assert panel.view.answer["now"] == before
    scales = np.ones((2, 4))
    scales[0, 1] = 0
    from_browser(panel.view, {"type": "set", "scales": scales.ravel().tolist(), "number": 7})
    assert panel.scales[0, 1] == 0 and panel.view.heard == 7
    assert panel.view.answer["before"] == before and panel.view.answer["now"] != pytest.approx(before, abs=1e-4)
    from_browser(panel.view, {"type": "settled", "scales": [1.0] * 8, "number": 8})
    assert panel.view.answer["now"] == before
    assert panel.view.loss.startswith("Over 12 held-out texts (loss, nats a text)")


def test_a_dial_in_python(wire):
    panel = dials()
    panel.scale(1, 2, 0.25)
    assert np.frombuffer(panel.view.scales, np.float32).reshape(2, 4)[1, 2] == 0.25
    with pytest.raises(InputError, match="share: 2 is not between 0 and 1"):
        panel.scale(0, 0, 2)


def test_the_map_of_all_heads_comes_with_its_progress(wire):
    panel = dials(seconds=1000)
    from_browser(panel.view, {"type": "measure"})
    panel.session.wait(timeout=PATIENCE)
    assert np.isfinite(panel.damage).all() and panel.view.busy is None
    assert "Over 12 texts (loss, nats a text" in panel.view.damage_about
    assert any("of 8 heads over 12 texts" in str(m.state.get("busy_about", "")) for m in wire.messages)


def test_what_dials_cannot_show_is_said(wire):
    panel = dials("gpt2", text="the film")
    assert len(panel.view.answer["labels"]) == 8
    from_browser(panel.view, {"type": "ask", "scales": [], "texts": {"text": " "}, "number": 1})
    assert panel.view.said == "text: it is empty; type a sentence" and panel.view.heard == 1
    from_browser(panel.view, {"type": "ask", "scales": [], "texts": {"text": "the plot"}, "number": 2})
    assert panel.view.said == ""
    from_browser(panel.view, {"type": "ask", "scales": [], "texts": {"text": "the ___ was"}, "number": 3})
    assert "(gpt2) is a decoder and fills no gaps" in panel.view.said
    import transformers as t

    config = t.BertConfig(vocab_size=64, hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
                          is_decoder=False, intermediate_size=48)  # fmt: skip
    masked = HeadsPanel(
        t.BertForMaskedLM(config).eval(), "no mask here", tokenizer=tiny_classifier.tokenizer(), texts=TEXTS
    )
    assert "has no mask, and this model is asked at one" in masked.view.said


def test_labels_are_asked_for_where_the_reviews_do_not_fit(wire, monkeypatch):
    panel = HeadsPanel(bert("BertForSequenceClassification"), tokenizer=tiny_classifier.tokenizer())

    class Reviews:
        features = {"label": type("Names", (), {"names": ["negative", "positive"]})}

    monkeypatch.setattr(heads_panel.sources, "load", lambda name: {"test": Reviews()})
    from_browser(panel.view, {"type": "settled", "scales": [0.5] * 8, "number": 1})
    assert "the reviews are negative or positive, this model says others" in panel.view.said
