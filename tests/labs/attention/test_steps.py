"""Every matrix of attention by hand against torch's own attention, and what the scale does against autograd."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from nblib.labs.attention.by_hand.steps import attention_steps, join, saturation, split
from nblib.models.attention import causal_mask

CLOSE = {"atol": 1e-12, "rtol": 1e-12}


def drawn(words: int, width: int, seed: int = 0) -> list[torch.Tensor]:
    random = torch.Generator().manual_seed(seed)
    shapes = [(words, width), *3 * [(width, width)]]
    return [torch.randn(shape, generator=random, dtype=torch.float64) for shape in shapes]


MASKS = {
    "none": lambda n: None,
    "causal": causal_mask,
    "padding": lambda n: (torch.arange(n) < max(1, n - 2)).expand(n, n),
    "both": lambda n: causal_mask(n) & (torch.arange(n) < max(1, n - 2)),
}


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize(("words", "width", "heads"), [(1, 2, 1), (5, 4, 1), (5, 4, 2), (7, 6, 3), (3, 5, 1)])
@pytest.mark.parametrize("scale", [None, 0.0, 3.0])
def test_every_step_is_what_torch_computes(words, width, heads, scale, mask):
    x, wq, wk, wv = drawn(words, width)
    allowed = MASKS[mask](words)
    found = attention_steps(x, wq, wk, wv, heads, allowed, scale)
    q, k, v = (F.linear(x, w.T).view(words, heads, -1).transpose(0, 1) for w in (wq, wk, wv))
    wanted = F.scaled_dot_product_attention(q[None], k[None], v[None], attn_mask=allowed, scale=scale)[0]
    torch.testing.assert_close(found.values, wanted, **CLOSE)
    torch.testing.assert_close(found.joined, wanted.transpose(0, 1).reshape(words, width), **CLOSE)
    for mine, other in ((found.query, q), (found.key, k), (found.value, v)):
        torch.testing.assert_close(mine, other, **CLOSE)
    torch.testing.assert_close(found.scores, torch.einsum("hqd,hkd->hqk", q, k), **CLOSE)
    factor = 1 / math.sqrt(width // heads) if scale is None else scale
    torch.testing.assert_close(found.scaled, found.scores * factor, **CLOSE)
    torch.testing.assert_close(torch.softmax(found.masked, -1), found.weights, **CLOSE)
    if allowed is not None:
        assert (found.masked[:, ~allowed] == -math.inf).all() and (found.weights[:, ~allowed] == 0).all()


def test_heads_are_split_and_joined():
    x = torch.arange(12).view(2, 6)
    assert split(x, 3)[1].tolist() == [[2, 3], [8, 9]] and torch.equal(join(split(x, 3)), x)
    with pytest.raises(ValueError, match="4 heads do not divide a width of 6"):
        attention_steps(*drawn(2, 6), num_heads=4)


@pytest.mark.parametrize("mask", MASKS)
def test_the_gradient_through_softmax_is_autograds(mask):
    scores = 3 * torch.randn(2, 5, 5, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    allowed = MASKS[mask](5)
    entropy, gradient = saturation(scores, torch.tensor([0.3, 1.0, 9.0]), allowed)
    assert entropy.shape == gradient.shape == (3, 2, 5)
    for s, scale in enumerate((0.3, 1.0, 9.0)):
        for h in range(2):
            for row in range(5):
                seen = scores[h, row] * torch.tensor(scale).item()
                keep = torch.ones(5, dtype=torch.bool) if allowed is None else allowed[row]
                slopes = torch.autograd.functional.jacobian(lambda t: torch.softmax(t, -1), seen[keep])
                # float32 scales are what the caller gave; the rest is float64.
                assert gradient[s, h, row].item() == pytest.approx(slopes.norm().item(), rel=1e-5, abs=1e-12)
                p = torch.softmax(seen[keep], -1)
                wanted = torch.distributions.Categorical(probs=p).entropy().item() / math.log(2)
                assert entropy[s, h, row].item() == pytest.approx(wanted, rel=1e-4, abs=1e-6)


def test_a_large_scale_leaves_no_gradient_and_no_nan():
    scores = torch.tensor([[[1e120, -1e120, 3.0], [0.1, 0.2, 0.3], [0.0, 0.0, 0.0]]], dtype=torch.float64)
    entropy, gradient = saturation(scores, torch.tensor([100.0, 1e4]))
    assert entropy.isfinite().all() and gradient.isfinite().all()
    assert gradient[1, 0, :2].max() < 1e-12 and gradient[1, 0, 2] == pytest.approx(math.sqrt(2) / 3)
