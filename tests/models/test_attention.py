"""Attention, the Transformer and sequence to sequence against torch, outputs and gradients."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from nblib.models.attention import MultiHeadAttention, attention, causal_mask, padding_mask
from nblib.models.positions import sinusoidal
from nblib.models.seq2seq import ATTENTIONS, Seq2Seq
from nblib.models.transformer import Transformer
from nblib.sources.pairs import BEGIN

CLOSE = {torch.float32: 1e-5, torch.float64: 1e-10}


def draws(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


MASKS = {
    "none": lambda b, h, q, k: None,
    "causal": lambda b, h, q, k: torch.ones(q, k, dtype=torch.bool).tril(k - q),
    "padding": lambda b, h, q, k: padding_mask((torch.arange(k) < torch.arange(1, b + 1)[:, None]).long()),
    "any": lambda b, h, q, k: (torch.rand(b, h, q, k, generator=draws(9)) < 0.5) | torch.eye(q, k, dtype=torch.bool),
}


@pytest.mark.parametrize("dtype", CLOSE)
@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("shape", [(1, 1, 1, 1, 4), (2, 3, 5, 5, 8), (3, 2, 4, 7, 16), (2, 1, 40, 64, 32)])
def test_attention_is_torchs_with_its_gradients(shape, mask, dtype):
    b, h, q, k, d = shape
    allowed = MASKS[mask](b, h, q, k)
    made = [torch.randn(b, h, n, d, generator=draws(n + i), dtype=dtype) for i, n in enumerate((q, k, k))]
    ours, theirs = ([t.clone().requires_grad_() for t in made] for _ in range(2))
    found = attention(*ours, mask=allowed)
    wanted = F.scaled_dot_product_attention(*theirs, attn_mask=allowed)
    close = {"atol": CLOSE[dtype], "rtol": CLOSE[dtype]}
    torch.testing.assert_close(found.values, wanted, **close)
    found.values.square().sum().backward()
    wanted.square().sum().backward()
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine.grad, other.grad, **close)
    torch.testing.assert_close(found.weights.sum(-1), torch.ones(b, h, q, dtype=dtype), **close)
    if allowed is not None:
        assert (found.weights.masked_select(~allowed.expand(b, h, q, k)) == 0).all()


def test_a_query_that_may_look_nowhere_gets_nothing_and_no_nan():
    x = torch.randn(1, 3, 4, generator=draws())
    mask = torch.tensor([[True, False, False], [False, False, False], [True, True, True]])
    found = attention(x, x, x, mask)
    assert (found.weights[0, 1] == 0).all() and (found.values[0, 1] == 0).all() and found.values.isfinite().all()


def test_a_causal_map_is_lower_triangular_and_padding_gets_nothing():
    assert torch.equal(causal_mask(5), torch.ones(5, 5).tril().bool())
    x = torch.randn(2, 5, 8, generator=draws())
    layer = MultiHeadAttention(8, 2, generator=draws())
    layer.keep = True
    layer(x, mask=causal_mask(5) & padding_mask(torch.tensor([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]])))
    assert (layer.weights.triu(1) == 0).all() and (layer.weights[0, :, :, 3:] == 0).all()
    torch.testing.assert_close(layer.weights.sum(-1), torch.ones(2, 2, 5))


def theirs_of(layer: MultiHeadAttention, width: int) -> nn.MultiheadAttention:
    other = nn.MultiheadAttention(width, layer.num_heads, batch_first=True)
    copy_attention(layer, other)
    return other


def copy_attention(ours: MultiHeadAttention, theirs: nn.MultiheadAttention) -> None:
    with torch.no_grad():
        parts = (ours.query, ours.key, ours.value)
        theirs.in_proj_weight.copy_(torch.cat([p.weight for p in parts]))
        theirs.in_proj_bias.copy_(torch.cat([p.bias for p in parts]))
        theirs.out_proj.weight.copy_(ours.output.weight)
        theirs.out_proj.bias.copy_(ours.output.bias)


@pytest.mark.parametrize("heads", [1, 2, 4])
@pytest.mark.parametrize("keep", [False, True])
def test_multi_head_is_torchs_with_its_gradients(heads, keep):
    ours = MultiHeadAttention(16, heads, generator=draws(1))
    ours.keep = keep
    theirs = theirs_of(ours, 16)
    x, source = torch.randn(3, 5, 16, generator=draws(2)), torch.randn(3, 7, 16, generator=draws(3))
    real = torch.arange(7) < torch.tensor([[7], [4], [1]])
    found = ours(x, source, padding_mask(real.long()))
    wanted, weights = theirs(x, source, source, key_padding_mask=~real, average_attn_weights=False)
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-5)
    if keep:
        torch.testing.assert_close(ours.weights, weights, atol=1e-5, rtol=1e-5)
    found.square().sum().backward()
    wanted.square().sum().backward()
    gradient = torch.cat([p.weight.grad for p in (ours.query, ours.key, ours.value)])
    torch.testing.assert_close(gradient, theirs.in_proj_weight.grad, atol=1e-4, rtol=1e-4)


def test_heads_that_do_not_divide_the_width_are_refused():
    with pytest.raises(ValueError, match="3 heads do not divide hidden_size 16"):
        MultiHeadAttention(16, 3)


def test_positions_by_the_formula():
    found = sinusoidal(30, 8)
    assert found[3, 2].item() == pytest.approx(torch.sin(torch.tensor(3 / 10_000 ** (2 / 8))).item())
    assert found[3, 3].item() == pytest.approx(torch.cos(torch.tensor(3 / 10_000 ** (2 / 8))).item())
    apart = found @ found.T
    torch.testing.assert_close(apart.diagonal(4), apart.diagonal(4)[:1].expand(26), atol=1e-5, rtol=1e-5)
    with pytest.raises(ValueError, match="7 is odd"):
        sinusoidal(3, 7)


def copied(ours: Transformer) -> nn.Transformer:
    """torch's of the same shape, with the same weights."""
    c = ours.config
    theirs = nn.Transformer(
        c["hidden_size"], c["num_heads"], c["num_layers"], c["num_layers"], c["intermediate_size"], c["dropout"],
        batch_first=True, norm_first=c["norm_first"],
    )  # fmt: skip
    if not c["norm_first"]:
        # torch has a norm at the end of either stack also where there is one after each sum.
        theirs.encoder.norm = theirs.decoder.norm = None
    pairs = [(a, b.self_attn) for a, b in zip((m.attention for m in ours.encoder), theirs.encoder.layers, strict=True)]
    pairs += [(a.attention, b.self_attn) for a, b in zip(ours.decoder, theirs.decoder.layers, strict=True)]
    pairs += [(a.cross, b.multihead_attn) for a, b in zip(ours.decoder, theirs.decoder.layers, strict=True)]
    for a, b in pairs:
        copy_attention(a, b)
    for mine, other in zip(
        [*ours.encoder, *ours.decoder], [*theirs.encoder.layers, *theirs.decoder.layers], strict=True
    ):
        other.linear1.load_state_dict(mine.feed_forward.up.state_dict())
        other.linear2.load_state_dict(mine.feed_forward.down.state_dict())
        for k, residual in enumerate(mine.residuals, 1):
            getattr(other, f"norm{k}").load_state_dict(residual.norm.state_dict())
    return theirs


@pytest.mark.filterwarnings("ignore:enable_nested_tensor is True")
@pytest.mark.parametrize("norm_first", [True, False])
@pytest.mark.parametrize("training", [False, True])
def test_the_whole_is_torchs_with_its_gradients(norm_first, training):
    ours = Transformer(
        11, 9, hidden_size=16, num_heads=4, intermediate_size=32, num_layers=2, dropout=0.0, norm_first=norm_first,
        generator=draws(4),
    ).train(training)  # fmt: skip
    theirs = copied(ours).train(training)
    source = torch.tensor([[3, 4, 5, 2, 0, 0], [6, 7, 8, 9, 10, 2]])
    target = torch.tensor([[1, 3, 4, 5], [1, 8, 7, 2]])
    found, _ = ours(source, target)
    x, y = ours.embed(source, ours.source), ours.embed(target, ours.target)
    hidden = theirs(
        x, y, tgt_mask=~causal_mask(4), src_key_padding_mask=source == 0, memory_key_padding_mask=source == 0
    )
    wanted = ours.readout(hidden)
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-5)
    found.square().sum().backward()
    mine = ours.decoder[0].cross.value.weight.grad.clone(), ours.encoder[0].feed_forward.up.weight.grad.clone()
    ours.zero_grad()
    wanted.square().sum().backward()
    other = (
        theirs.decoder.layers[0].multihead_attn.in_proj_weight.grad[32:],
        theirs.encoder.layers[0].linear1.weight.grad,
    )
    for a, b in zip(mine, other, strict=True):
        torch.testing.assert_close(a, b, atol=1e-4, rtol=1e-4)


def both(kind: str):
    if kind == "transformer":
        return Transformer(11, 9, hidden_size=16, num_heads=2, intermediate_size=32, dropout=0.0, generator=draws(5))
    return Seq2Seq(11, 9, hidden_size=16, embedding_size=8, attention=kind, generator=draws(5))


@pytest.mark.parametrize("kind", [*ATTENTIONS, "transformer"])
def test_step_by_step_is_the_same_as_all_at_once(kind):
    model = both(kind).eval()
    source, target = torch.tensor([[3, 4, 5, 2, 0], [6, 7, 8, 9, 2]]), torch.tensor([[1, 3, 4, 5], [1, 8, 7, 6]])
    if kind == "transformer":
        model.keep_weights(True)
    whole, weights = model(source, target)
    state = model.start(model.encode(source))
    for t in range(4):
        logits, state, looked = model.step(target[:, t], state)
        torch.testing.assert_close(logits, whole[:, t], atol=1e-5, rtol=1e-5)
        if weights is not None:
            torch.testing.assert_close(looked, weights[:, t], atol=1e-5, rtol=1e-5)
            assert (looked[0, 4] == 0).all()
    assert (weights is None) == (kind == "none")


@pytest.mark.parametrize("kind", [*ATTENTIONS, "transformer"])
def test_padding_changes_nothing_and_rows_can_be_chosen(kind):
    model = both(kind).eval()
    short, long = torch.tensor([[3, 4, 2]]), torch.tensor([[3, 4, 2, 0, 0, 0], [5, 6, 7, 8, 9, 2]])
    target = torch.tensor([[1, 5, 6]])
    torch.testing.assert_close(model(short, target)[0], model(long, target.expand(2, 3))[0][:1], atol=1e-5, rtol=1e-5)
    state = model.start(model.encode(long))
    _, state, _ = model.step(torch.tensor([1, 1]), state)
    both_ways = model.step(torch.tensor([5, 6]), state)[0]
    swapped = model.step(torch.tensor([6, 5, 6]), state.select(torch.tensor([1, 0, 1])))[0]
    torch.testing.assert_close(swapped, both_ways[[1, 0, 1]], atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("kind", ATTENTIONS)
def test_without_a_teacher_the_decoder_is_given_its_own_words(kind):
    model = both(kind).eval()
    source, target = torch.tensor([[3, 4, 5, 2], [6, 7, 2, 0]]), torch.tensor([[1, 3, 4, 5], [1, 8, 7, 6]])
    logits, _ = model(source, target, teacher_forcing=0.0, generator=draws())
    said = torch.cat([torch.full((2, 1), BEGIN), logits.argmax(-1)[:, :-1]], dim=1)
    torch.testing.assert_close(logits, model(source, said)[0], atol=1e-5, rtol=1e-5)
    half = [model(source, target, teacher_forcing=0.5, generator=draws(7))[0] for _ in range(2)]
    assert torch.equal(*half)


@pytest.mark.parametrize("make", [both, lambda kind: MultiHeadAttention(8, 2)], ids=["whole", "heads"])
def test_weights_come_from_the_generator_alone(make):
    for kind in (*ATTENTIONS, "transformer"):
        torch.manual_seed(0)
        first = make(kind).state_dict()
        torch.manual_seed(1)
        before = torch.get_rng_state()
        second = make(kind).state_dict()
        assert torch.equal(before, torch.get_rng_state())
        assert all(torch.equal(first[name], second[name]) for name in first)


def test_what_does_not_fit_is_named():
    with pytest.raises(ValueError, match="'dot' is none of none, additive, multiplicative"):
        Seq2Seq(5, 5, attention="dot")
    with pytest.raises(ValueError, match="9 symbols, and this model has places for 8"):
        Transformer(5, 5, hidden_size=8, num_heads=2, max_length=8).encode(torch.ones(1, 9, dtype=torch.int64))


def test_tied_weights_are_one():
    model = Transformer(5, 7, hidden_size=8, num_heads=2, tied=True)
    assert model.readout.weight is model.target.weight
    free = Transformer(5, 7, hidden_size=8, num_heads=2)
    count = lambda m: sum(p.numel() for p in m.parameters())  # noqa: E731
    assert count(free) - count(model) == 7 * 8
