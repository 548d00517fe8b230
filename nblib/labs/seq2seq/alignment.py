"""What a translation looked at: the weights of the decoder's attention to the source, symbol by symbol."""

from __future__ import annotations

from typing import NamedTuple, cast

import numpy as np
import torch

from nblib.decoding import greedy
from nblib.labs.seq2seq.job import Translate, begun
from nblib.models.encoder_decoder import EncoderDecoder
from nblib.models.transformer import Transformer
from nblib.sources.pairs import BEGIN, END, UNKNOWN

END_MARK = "∎"


class Alignment(NamedTuple):
    """``source`` and ``target``: symbols as they are shown, each with its end. ``weights``: float32 [layers, heads, T,
    S] with rows that sum to one, of a GRU one layer and one head; None where the decoder cannot look. ``answer``: the
    translation as text. ``unknown``: symbols of the source that training never showed."""

    source: list[str]
    target: list[str]
    weights: np.ndarray | None
    answer: str
    unknown: list[str]


@torch.no_grad()
def align(job: Translate, model: EncoderDecoder, text: str) -> Alignment:
    """The greedy translation of a text, and where each symbol of it looked. The model is to be in eval mode.

    For the thread that may touch the model: the worker's between two steps (``session.call``), or any when the run is
    over.
    """
    vocabulary = job.pairs.source
    numbers = vocabulary.encode(text)
    source = job.source([text])  # (1, S)
    found = greedy(
        model.step, model.start(model.encode(source)), rows=1, begin=BEGIN, end=END, max_length=job.max_length,
        device=job.device,
    )  # fmt: skip
    shown = vocabulary.split(text)
    unknown = [symbol for symbol, number in zip(shown, numbers, strict=False) if number == UNKNOWN]
    return Alignment(
        [seen(symbol) for symbol in shown] + [END_MARK],
        [END_MARK if n == END else seen(job.pairs.target.symbols[n]) for n in found[0].tolist()],
        _weights(model, source, begun(found)),
        job.pairs.target.decode(found[0].tolist()),
        list(dict.fromkeys(unknown)),
    )


def seen(symbol: str) -> str:
    """A symbol that can be seen."""
    return "␣" if symbol.isspace() else symbol


def _weights(model: EncoderDecoder, source: torch.Tensor, target: torch.Tensor) -> np.ndarray | None:
    if isinstance(model, Transformer):
        model.keep_weights(True)
        try:
            model(source, target)
            # Kept, as was asked for: no layer's are None.
            layers = [cast(torch.Tensor, layer.cross.weights)[0] for layer in model.decoder]
            kept = torch.stack(layers)  # (L, H, T, S)
        finally:
            model.keep_weights(False)
    else:
        _, weights = model(source, target)
        if weights is None:
            return None
        kept = weights[None]  # (1, 1, T, S)
    return kept.float().cpu().numpy()
