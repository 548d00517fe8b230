"""What a model says, and what it says without some of its heads: cause in place of correlation.

Michel, Levy and Neubig, "Are sixteen heads really better than one?", 2019.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F

from nblib.engine.errors import InputError
from nblib.engine.run import Run
from nblib.inspect.maps import readable, watched
from nblib.inspect.opening import Opened
from nblib.training.finetune.pretrained import longest_text

# Texts in one forward pass of a measurement; between two of them somebody else may look at the model.
BATCH = 8
# Every how many-th token is hidden from a model that fills masks, so that what is asked of it is always the same.
EVERY = 7
MOST_TOKENS = 128
# A map of all heads is to be there in so many seconds.
SECONDS = 60.0


class Answer(NamedTuple):
    """What a model says of a text: ``labels`` and their ``values``, float64; ``about``: what these are, in words."""

    labels: list[str]
    values: np.ndarray
    about: str


def says(opened: Opened, text: str, second: str = "", scales: Any = None, most: int = 8) -> Answer:
    """What the model says of ``text`` with every head counted as ``scales`` [layers, heads] says.

    The probabilities of the likeliest next tokens, of what may stand at the mask (the tokenizer's, or ``___``), or of
    the classes; for a model without a head, how alike (cosine, −1 to 1) the two texts' mean vectors are.

    Raises InputError for a text without tokens or, where it is needed, without a mask.
    """
    asked = _asked(opened, text, second)
    values = _values(opened, asked, scales)
    return _labelled(opened, asked, values, np.argsort(-values, kind="stable")[:most].tolist())


def untouched(opened: Opened, text: str, second: str = "") -> np.ndarray:
    """All that the model says with its heads as they are, for ``compared``. Raises InputError as ``says`` does."""
    return _values(opened, _asked(opened, text, second), None)


def compared(
    opened: Opened,
    text: str,
    second: str = "",
    scales: Any = None,
    most: int = 8,
    before: np.ndarray | None = None,
) -> tuple[Answer, Answer]:
    """What the untouched model says, and what it says with ``scales``, of the same labels, the likeliest before first.

    What is likeliest now is among them. ``before``: what ``untouched`` gave for these texts, where that is known; a
    pass is saved. Raises InputError as ``says`` does.
    """
    asked = _asked(opened, text, second)
    before = _values(opened, asked, None) if before is None else before
    now = _values(opened, asked, scales)
    chosen = np.argsort(-before, kind="stable")[:most].tolist()
    if int(now.argmax()) not in chosen:
        chosen[-1] = int(now.argmax())
    if opened.says == "classes":
        chosen = list(range(len(before)))
    return _labelled(opened, asked, before, chosen), _labelled(opened, asked, now, chosen)


def _values(opened: Opened, asked: list[str], scales: Any) -> np.ndarray:
    """Float64: a probability for each token or class, or one cosine."""
    batch = _batch(opened, asked)
    with torch.no_grad(), _scaled(opened.model, scales):
        out = opened.model(**batch, **_extra(opened))
    if opened.says == "similarity":
        first, second = pooled(out.last_hidden_state.double(), batch["attention_mask"])
        return F.cosine_similarity(first, second, dim=0)[None].cpu().numpy()
    return _answer(opened, out, batch, 0).double().cpu().numpy()


def _labelled(opened: Opened, asked: list[str], values: np.ndarray, chosen: Sequence[int]) -> Answer:
    if opened.says == "similarity":
        return Answer([" and ".join(f"“{_short(text)}”" for text in asked)], values, "cosine of the two sentences")
    if opened.says == "classes":
        return Answer([opened.labels[k] for k in chosen], values[list(chosen)], "probability of each class")
    about = "probability at the mask" if opened.says == "masked token" else "probability of the next token"
    return Answer(readable(opened.tokenizer, [int(k) for k in chosen]), values[list(chosen)], about)


class HeldOut:
    """Texts that a model was not trained on, and its loss over them.

    In nats a token for a model that says the next token, or the hidden one (every seventh is hidden); in nats a text
    for one of classes, whose ``labels`` are to be given. For a model without a head there is no right answer: then how
    far its sentence vectors have moved from the untouched model's, 1 − cosine.

    Raises InputError where there are no texts, or no labels for a classifier.
    """

    def __init__(self, opened: Opened, texts: Sequence[str], labels: Sequence[str] | None = None):
        if not texts:
            raise InputError("texts: there are none to measure the loss over; give a few sentences")
        if opened.says == "classes":
            if labels is None:
                raise InputError("labels: a classifier's loss needs the right class of each text")
            if strange := sorted(set(labels) - set(opened.labels)):
                known = ", ".join(opened.labels)
                raise InputError(f"labels: {strange[0]!r} is none of what {opened.name} says: {known}")
        self.opened, self.texts = opened, list(texts)
        self.labels = list(labels) if labels is not None else None
        self._batches: list[tuple] = []

    def __len__(self) -> int:
        return len(self.texts)

    def first(self, n: int) -> HeldOut:
        """The first ``n`` of them."""
        return HeldOut(self.opened, self.texts[:n], self.labels[:n] if self.labels is not None else None)

    def loss(self, scales: Any = None) -> float:
        """The loss with every head counted as ``scales`` [layers, heads] says."""
        if not self._batches:
            # Texts of like length together, so that little is padding.
            order = sorted(range(len(self.texts)), key=lambda k: len(self.texts[k]))
            self._batches = [self._prepared(order[k : k + BATCH]) for k in range(0, len(order), BATCH)]
        total = count = 0.0
        for batch, right in self._batches:
            loss, weight = self._loss(batch, right, scales)
            total, count = total + loss, count + weight
        return total / max(1.0, count)

    def _prepared(self, rows: list[int]) -> tuple[dict[str, torch.Tensor], Any]:
        """A batch, and what is right: classes, the hidden tokens' ids, the next ones', or the untouched vectors."""
        opened = self.opened
        batch = _batch(opened, [self.texts[k] for k in rows])
        ids, mask = batch["input_ids"], batch["attention_mask"].bool()
        if opened.says == "similarity":
            with torch.no_grad():
                return batch, pooled(opened.model(**batch).last_hidden_state, mask)
        if opened.says == "classes" and self.labels is not None:
            return batch, torch.tensor([opened.labels.index(self.labels[k]) for k in rows], device=ids.device)
        if opened.says == "next token":
            return batch, F.pad(ids[:, 1:].masked_fill(~mask[:, 1:], -100), (0, 1), value=-100)
        special = torch.isin(ids, torch.tensor(opened.tokenizer.all_special_ids, device=ids.device))
        place = torch.arange(ids.shape[1], device=ids.device)
        hidden = (place % EVERY == EVERY // 2)[None] & mask & ~special
        right = ids.masked_fill(~hidden, -100)
        return {**batch, "input_ids": ids.masked_fill(hidden, opened.tokenizer.mask_token_id)}, right

    def _loss(self, batch: dict[str, torch.Tensor], right: torch.Tensor, scales: Any) -> tuple[float, float]:
        """The sum of the losses, and of how many."""
        opened = self.opened
        with torch.no_grad(), _scaled(opened.model, scales):
            out = opened.model(**batch, **_extra(opened))
        if opened.says == "similarity":
            vectors = pooled(out.last_hidden_state, batch["attention_mask"])
            return float((1 - F.cosine_similarity(vectors, right, dim=-1)).sum()), float(len(vectors))
        logits = out.logits.float().flatten(0, -2)
        loss = F.cross_entropy(logits, right.flatten(), ignore_index=-100, reduction="sum")
        return float(loss), float((right != -100).sum())


class Damage:
    """The job of a ``Session``: how much the loss over held-out texts grows when each head is silenced.

    As many of the texts are taken as let all heads be done in ``seconds``, by the time that a first pass takes. The
    history gets ``layer``, ``head`` (from 0) and ``damage``, a step each head. ``found`` is float64 [layers, heads],
    NaN where it has not been yet; ``texts_taken`` and ``loss`` say what it is measured over.
    """

    def __init__(self, held_out: HeldOut, seconds: float = SECONDS):
        self.held_out, self.seconds = held_out, seconds
        self.layers, self.heads = shape(held_out.opened.model)
        self.found = np.full((self.layers, self.heads), np.nan)
        self.texts_taken, self.loss = 0, math.nan

    def __call__(self, run: Run) -> None:
        texts = self.affordable()
        self.texts_taken, self.loss = len(texts), texts.loss()
        run.begin(total=self.layers * self.heads)
        for layer, head in np.ndindex(self.layers, self.heads):
            scales = np.ones((self.layers, self.heads), np.float32)
            scales[layer, head] = 0
            self.found[layer, head] = texts.loss(scales) - self.loss
            if not run.step(damage=self.found[layer, head], layer=layer, head=head, items=len(texts)):
                return

    def affordable(self) -> HeldOut:
        """As many texts, at least one, as let all heads be done in time."""
        few = self.held_out.first(BATCH)
        scales = np.full((self.layers, self.heads), 0.5, np.float32)
        few.loss(scales)
        began = time.perf_counter()
        few.loss(scales)
        one = (time.perf_counter() - began) / len(few)
        return self.held_out.first(max(1, int(self.seconds / (one * (self.layers * self.heads + 1)))))


def token_effects(opened: Opened, text: str) -> tuple[list[str], np.ndarray, np.ndarray]:
    """For each token: how much attention it receives, and how much what the model says changes when it is not there.

    Returns the tokens, float64 [tokens] of the attention of the place that answers (the last token of a decoder, the
    mask, the first token of a classifier; without a head, of all tokens), averaged over heads and layers, and float64
    [tokens] of the change: half the sum of absolute differences of the probabilities, or of a model without a head
    1 − cosine of the vectors. Serrano and Smith, "Is attention interpretable?", 2019.
    """
    asked = _asked(opened, text, second=text)[:1]
    batch = _batch(opened, asked)
    ids = batch["input_ids"][0]
    with torch.no_grad():
        with watched(opened.model) as watch:
            whole = _answer(opened, opened.model(**batch, **_extra(opened)), batch, 0)
        weights = torch.stack([w[0] for w in watch.weights]).float().mean(dim=(0, 1))  # [T, T]
        # Each row hides one token from every attention; positions stay.
        mask = 1 - torch.eye(len(ids), dtype=torch.long)
        rows = {"input_ids": ids.expand(len(ids), -1), "attention_mask": mask}
        out = opened.model(**rows, **_extra(opened))
        without = torch.stack([_answer(opened, out, rows, r) for r in range(len(ids))])
    if opened.says == "similarity":
        change = 1 - F.cosine_similarity(without, whole[None], dim=-1)
        looked = weights.mean(dim=0)
    else:
        change = (without - whole).abs().sum(dim=-1) / 2
        looked = weights[_place(opened, ids)]
    return readable(opened.tokenizer, ids.tolist()), looked.double().numpy(), change.double().numpy()


def shape(model: Any) -> tuple[int, int]:
    """Layers and heads of a model of transformers."""
    return int(model.config.num_hidden_layers), int(model.config.num_attention_heads)


def pooled(states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The mean of the tokens' vectors: (B, T, D) and (B, T) → (B, D)."""
    kept = mask[..., None].to(states)
    return (states * kept).sum(dim=1) / kept.sum(dim=1).clamp(min=1)


def _asked(opened: Opened, text: str, second: str) -> list[str]:
    if not text.strip():
        raise InputError("text: it is empty; type a sentence")
    if opened.says == "similarity":
        if not second.strip():
            raise InputError("second: this model compares two sentences; type the second")
        return [text, second]
    if opened.says == "next token" and "___" in text:
        kind = opened.model.config.model_type
        raise InputError(f"text: {opened.name} ({kind}) is a decoder and fills no gaps; end the text where it goes on")
    if opened.says == "masked token":
        mask = opened.tokenizer.mask_token
        if mask is None:
            raise InputError(f"tokenizer: that of {opened.name} has no mask, and this model is asked at one")
        text = text.replace("___", mask)
        if mask not in text:
            raise InputError(f"text: put ___ or {mask} where the model is to fill a word in")
    return [text]


def _batch(opened: Opened, texts: Sequence[str]) -> dict[str, torch.Tensor]:
    most = min(MOST_TOKENS, longest_text(opened.model.config) or MOST_TOKENS)
    tokenizer = opened.tokenizer
    rows = [tokenizer(text, truncation=True, max_length=most)["input_ids"] for text in texts]
    width, pad = max(1, max(map(len, rows))), tokenizer.pad_token_id or 0
    ids = torch.tensor([row + [pad] * (width - len(row)) for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows])
    if not int(mask.sum(dim=1).min()):
        raise InputError("text: the tokenizer makes no token of it; type a word")
    device = opened.model.device
    return {"input_ids": ids.to(device), "attention_mask": mask.to(device)}


def _extra(opened: Opened) -> dict[str, Any]:
    return {"use_cache": False} if opened.says == "next token" else {}


def _scaled(model: Any, scales: Any):
    """Untouched heads need no look: without one the model's own, faster attention answers."""
    if scales is None or np.all(np.asarray(scales) == 1):
        return nullcontext()
    return watched(model, scales, keep=False)


def _place(opened: Opened, ids: torch.Tensor) -> int:
    """Which token's attention leads to the answer."""
    if opened.says == "next token":
        return len(ids) - 1
    if opened.says == "masked token":
        return int((ids == opened.tokenizer.mask_token_id).nonzero()[0])
    return 0


def _answer(opened: Opened, out: Any, batch: dict[str, torch.Tensor], row: int) -> torch.Tensor:
    if opened.says == "similarity":
        return pooled(out.last_hidden_state, batch["attention_mask"])[row]
    logits = out.logits[row]
    if opened.says != "classes":
        logits = logits[_place(opened, batch["input_ids"][row])]
    return torch.softmax(logits.float(), dim=-1)


def _short(text: str) -> str:
    return text if len(text) <= 24 else f"{text[:23]}…"
