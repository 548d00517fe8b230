"""The attention of a model of transformers: every weight of every head, and what happens without a head.

Nothing is reloaded: while a model is watched, its layers call a function of ours in place of their own (transformers'
``AttentionInterface``), which computes the same and keeps the weights. Afterwards the model is as it was.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from nblib.engine.errors import InputError
from nblib.training.finetune.pretrained import longest_text

NAME = "nblib_watched"
# What a layer's attention may be told beside the mask that changes its weights, and that is not computed here.
OWN_KINDS = ("softcap", "s_aux", "position_bias")
MOST_TOKENS = 512
# What a browser is asked to hold of one text; a model of many heads is shown fewer tokens.
MOST_BYTES = 80_000_000
_watch: ContextVar[Watch] = ContextVar("watch")
# Which function a model attends by is written into the model: one look at a time.
_looking = threading.RLock()


@dataclass
class Watch:
    """What one look at a model found. ``weights``: a tensor (B, H, Q, K) a layer, in their order, where they are kept.

    ``key_heads``: heads of keys in each layer, fewer than H where queries share them.
    """

    scales: Tensor | None = None
    keep: bool = True
    weights: list[Tensor] = field(default_factory=list)
    key_heads: list[int] = field(default_factory=list)
    _layers: dict[int, int] = field(default_factory=dict)

    def layer(self, module: torch.nn.Module) -> int:
        """The number of this layer: they are called in order."""
        return self._layers.setdefault(id(module), len(self._layers))


@contextmanager
def watched(model: Any, scales: Any = None, keep: bool = True) -> Iterator[Watch]:
    """In this block the model's forward passes tell their attention, and heads count as much as ``scales`` says.

    Args:
        model: any model of transformers that attends through its ``AttentionInterface``; an encoder or a decoder.
        scales: [layers, heads], the factor on what each head says: 1 leaves it, 0 silences it.
        keep: whether the weights are kept. Each pass replaces those of the pass before.

    Raises InputError, which names the model type, where a model has no such attention or one of its own kind.
    """
    kind = model.config.model_type
    if model.config.is_encoder_decoder:
        raise InputError(f"model: {kind} has an encoder and a decoder; give a model that is one of them")
    if not model._can_set_attn_implementation():
        raise InputError(f"model: {kind} has no attention weights that transformers lets us see; give another model")
    _register()
    watch = Watch(keep=keep)
    if scales is not None:
        watch.scales = torch.as_tensor(np.asarray(scales), dtype=torch.float32)
    with _looking:
        before = model.config._attn_implementation
        model.set_attn_implementation(NAME)
        token = _watch.set(watch)
        try:
            yield watch
        finally:
            _watch.reset(token)
            model.set_attn_implementation(before)


def _register() -> None:
    from transformers import AttentionInterface
    from transformers.masking_utils import AttentionMaskInterface, eager_mask

    AttentionInterface.register(NAME, _attend)
    AttentionMaskInterface.register(NAME, eager_mask)


def _attend(module, query, key, value, attention_mask, scaling=None, dropout=0.0, **more):
    """As every eager attention of transformers: query (B, H, Q, d), key and value (B, H or fewer, K, d)."""
    own = next((name for name in OWN_KINDS if more.get(name) is not None), None)
    if own is not None:
        kind = module.config.model_type
        raise InputError(f"model: {kind} has an attention of its own kind ({own}), which cannot be shown; give another")
    watch = _watch.get()
    layer, groups = watch.layer(module), query.shape[1] // key.shape[1]
    if layer == 0:
        watch.weights, watch.key_heads = [], []
    watch.key_heads.append(key.shape[1])
    key, value = key.repeat_interleave(groups, dim=1), value.repeat_interleave(groups, dim=1)
    scores = query @ key.transpose(2, 3) * (query.shape[-1] ** -0.5 if scaling is None else scaling)
    if attention_mask is not None:
        scores = scores + attention_mask[..., : key.shape[2]]
    weights = torch.softmax(scores, dim=-1, dtype=torch.float32).to(query.dtype)  # (B, H, Q, K)
    if watch.keep:
        watch.weights.append(weights.detach())
    mixed = torch.nn.functional.dropout(weights, p=dropout, training=module.training) @ value  # (B, H, Q, d)
    if watch.scales is not None:
        if layer >= len(watch.scales) or watch.scales.shape[1] != query.shape[1]:
            shape = tuple(watch.scales.shape)
            raise InputError(f"scales: {shape} does not fit layer {layer + 1} with {query.shape[1]} heads")
        mixed = mixed * watch.scales[layer].to(mixed)[None, :, None, None]
    return mixed.transpose(1, 2).contiguous(), weights


@dataclass(frozen=True)
class Maps:
    """The attention of one text: ``weights`` float32 [layers, heads, tokens, tokens], each row summing to one.

    ``tokens``: as the tokenizer cut the text, made readable. ``causal``: nobody looks ahead. ``cut``: tokens that the
    text had beyond what the model or this program takes. ``key_heads``: heads of keys a layer. ``note``: what is to be
    said of the text, "" where nothing is.
    """

    weights: np.ndarray
    tokens: list[str]
    ids: list[int]
    causal: bool
    cut: int
    key_heads: int
    note: str = ""

    def packed(self) -> tuple[np.ndarray, np.ndarray]:
        """``packed(weights, causal)``."""
        return packed(self.weights, self.causal)


def packed(weights: np.ndarray, causal: bool) -> tuple[np.ndarray, np.ndarray]:
    """Bytes and the float32 scale of each row: weight = byte · scale, to half a 255th of the row's largest.

    weights: float32 [layers, heads, tokens, tokens]. → uint8 [layers, heads, n], where n is tokens² or, of a causal
    map, the triangle row by row; float32 [layers, heads, tokens]. A plain byte could not tell a row of 512 equal
    weights from zero.
    """
    top = weights.max(axis=-1)  # [L, H, T]
    scale = np.where(top > 0, top / 255, 1).astype(np.float32)
    tokens = weights.shape[-1]
    triangle = np.flatnonzero(np.tri(tokens, dtype=bool)) if causal else None
    n = tokens * tokens if triangle is None else len(triangle)
    as_bytes = np.empty((*weights.shape[:2], n), np.uint8)
    # A layer at a time: all of them in float32 once more would be the largest thing in memory.
    for layer, (one, factor) in enumerate(zip(weights, scale, strict=True)):
        scaled = (one * (1 / factor)[..., None] + 0.5).astype(np.uint8)  # [H, T, T]
        flat = scaled.reshape(len(one), -1)
        as_bytes[layer] = flat if triangle is None else flat[:, triangle]
    return as_bytes, scale


@torch.no_grad()
def attention(model: Any, tokenizer: Any, text: str, most: int = MOST_TOKENS) -> Maps:
    """Every attention weight of ``text``, in one pass.

    Raises InputError for a text without tokens, for a model whose attention cannot be seen, and for weights that are
    no numbers.
    """
    ids = tokenizer(text, add_special_tokens=True)["input_ids"]
    config = model.config
    heads = getattr(config, "num_hidden_layers", 1) * getattr(config, "num_attention_heads", 1)
    few = min(most, longest_text(config) or most, math.isqrt(MOST_BYTES // max(1, heads)))
    if not text.strip() or not ids:
        raise InputError("text: there is nothing to attend to; type a sentence")
    cut = max(0, len(ids) - few)
    if cut:
        ids = tokenizer(text, add_special_tokens=True, truncation=True, max_length=few)["input_ids"]
    was = model.training
    model.eval()
    try:
        with watched(model) as watch:
            model(input_ids=torch.tensor([ids], device=model.device), use_cache=False)
    finally:
        model.train(was)
    if not watch.weights:
        raise InputError(f"model: {model.config.model_type} has no attention weights; give another model")
    weights = torch.stack([w[0] for w in watch.weights]).float().cpu().numpy()  # [L, H, T, T]
    if not np.isfinite(weights).all():
        layer, head = np.argwhere(~np.isfinite(weights))[0][:2] + 1
        raise InputError(f"model: the weights of layer {layer}, head {head} are no numbers; load it in float32")
    ahead = np.triu(np.ones(weights.shape[-2:], bool), 1)
    return Maps(
        weights, readable(tokenizer, ids), list(ids), bool((weights[:, :, ahead] == 0).all()) and len(ids) > 1, cut,
        min(watch.key_heads), _note(tokenizer, ids, cut, few),
    )  # fmt: skip


def _note(tokenizer: Any, ids: Sequence[int], cut: int, few: int) -> str:
    remarks = []
    if cut:
        remarks.append(f"The text has {len(ids) + cut:,} tokens; the first {few} are shown.")
    special, unknown = set(tokenizer.all_special_ids), tokenizer.unk_token_id
    words = [i for i in ids if i not in special or i == unknown]
    if words and all(i == unknown for i in words):
        remarks.append(f"The tokenizer knows none of this script: every word is {tokenizer.unk_token}.")
    return " ".join(remarks)


def readable(tokenizer: Any, ids: Sequence[int]) -> list[str]:
    """Tokens as a person reads them: word pieces as they are, byte tokens as the text that they stand for.

    A token that is part of a character (of 汉 or an emoji, cut into bytes) is shown as its bytes.
    """
    texts = []
    for number, token in zip(ids, tokenizer.convert_ids_to_tokens(list(ids)), strict=True):
        if token is None:
            # A model may have more rows than its tokenizer has tokens.
            texts.append(f"⟨{number}⟩")
            continue
        text = tokenizer.decode([number])
        if number in tokenizer.all_special_ids or token.startswith("##"):
            text = token
        elif "\ufffd" in text:
            # GPT-2's table writes a byte as a letter; what it stands for is told by number.
            text = "".join(f"⟨{byte:02x}⟩" for byte in _bytes_of(token)) or token
        texts.append(text.replace(" ", "·") or token)
    return texts


def _bytes_of(token: str) -> list[int]:
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    table = {letter: byte for byte, letter in bytes_to_unicode().items()}
    return [table[letter] for letter in token if letter in table]


def rollout(weights: np.ndarray) -> np.ndarray:
    """How much of each first token flows into each last one, [tokens, tokens]: the product over layers of the mean of
    the heads, half of it the residual. Abnar and Zuidema, "Quantifying attention flow in Transformers", 2020."""
    tokens = weights.shape[-1]
    flow = np.eye(tokens, dtype=np.float64)
    for layer in weights:
        flow = (0.5 * layer.mean(axis=0) + 0.5 * np.eye(tokens)) @ flow
    return flow
