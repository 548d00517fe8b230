"""Time against length: a GRU that takes one step after the other, and a Transformer that takes all at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import torch
import torch.nn.functional as F
from torch import nn

from nblib.labs.transformer.sizes import gru_size
from nblib.models.encoder_decoder import EncoderDecoder
from nblib.models.seq2seq import Seq2Seq
from nblib.models.transformer import Transformer
from nblib.training.series import Series

LENGTHS = (8, 16, 32, 64, 128, 256, 512)
SYMBOLS = 300


def pair(
    source_size: int = SYMBOLS, target_size: int = SYMBOLS, *, hidden_size: int = 128, num_layers: int = 2,
    dropout: float = 0.0, max_length: int = 512,
) -> dict[str, EncoderDecoder]:  # fmt: skip
    """A Transformer, and a GRU with attention that has as many parameters."""
    transformer = Transformer(
        source_size, target_size, hidden_size=hidden_size, intermediate_size=4 * hidden_size, num_layers=num_layers,
        dropout=dropout, max_length=max_length,
    )  # fmt: skip
    count = sum(p.numel() for p in transformer.parameters())
    size = gru_size(count, source_size, target_size, hidden_size, "multiplicative")
    gru = Seq2Seq(source_size, target_size, hidden_size=size, embedding_size=hidden_size, dropout=dropout)
    return {"gru": gru, "transformer": transformer}


def against_length(
    models: Mapping[str, EncoderDecoder],
    lengths: Sequence[int] = LENGTHS,
    *,
    batch_size: int = 16,
    steps: bool = True,
    repeats: int = 3,
    threads: int | None = None,
    series: Series | None = None,
) -> list[dict[str, float]]:
    """Seconds of a forward pass with the target given, and with ``steps`` of a whole training step: the best of
    ``repeats``, since whatever else goes on only makes it longer.

    Both sides are as long as the length; the models take turns. Returns a dict a length: ``length``, ``forward_NAME``
    and ``step_NAME`` in seconds, ``tokens_NAME``: symbols of the target a second of training. The models' weights
    change where steps are taken. ``threads``: on so many cores, for sizes where torch has no use for more. Where
    ``series`` is stopped, it ends after the length that it is at.
    """
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(threads or before)
        return _measured(models, lengths, batch_size, steps, repeats, series or Series())
    finally:
        torch.set_num_threads(before)


def _measured(
    models: Mapping[str, EncoderDecoder], lengths: Sequence[int], batch_size: int, steps: bool, repeats: int,
    series: Series,
) -> list[dict[str, float]]:  # fmt: skip
    optimizers = {name: torch.optim.Adam(model.parameters(), fused=True) for name, model in models.items()}
    rows = []
    for length in lengths:
        if series.stopped:
            break
        draws, sizes = torch.Generator().manual_seed(length), next(iter(models.values())).config
        source, target = (
            torch.randint(3, sizes[f"{side}_size"], (batch_size, length), generator=draws)
            for side in ("source", "target")
        )
        taken: dict[str, list[float]] = {}
        # The first round warms up.
        for _ in range(repeats + 1):
            for name, model in models.items():
                device = next(model.parameters()).device
                given = (model, source.to(device), target.to(device))
                taken.setdefault(f"forward_{name}", []).append(_timed(partial(_forward, *given), device))
                if steps:
                    move = partial(_step, *given, optimizers[name])
                    taken.setdefault(f"step_{name}", []).append(_timed(move, device))
        row = {"length": length, **{what: min(seconds[1:]) for what, seconds in taken.items()}}
        if steps:
            row |= {f"tokens_{name}": batch_size * length / row[f"step_{name}"] for name in models}
        rows.append(row)
        series.say(f"length {length}: " + ", ".join(f"{n} {1000 * row[f'forward_{n}']:.0f} ms" for n in models))
    return rows


def _timed(work: Callable[[], object], device: torch.device) -> float:
    began = time.perf_counter()
    work()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - began


@torch.no_grad()
def _forward(model: nn.Module, source: torch.Tensor, target: torch.Tensor) -> None:
    model.eval()
    model(source, target)


def _step(model: nn.Module, source: torch.Tensor, target: torch.Tensor, optimizer: torch.optim.Optimizer) -> None:
    model.train()
    optimizer.zero_grad(set_to_none=True)
    logits, _ = model(source, target)
    F.cross_entropy(logits.flatten(0, 1), target.flatten()).backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
