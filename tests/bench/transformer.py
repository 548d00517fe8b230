"""Lab 06: a training step against ``nn.Transformer``'s, and symbols a second against a GRU with as many parameters."""

from __future__ import annotations

import time

import numpy as np

from tests.bench.measure import quartiles, record

STEPS, LENGTH = 8, 64
BATCHES = (8, 16, 32, 64, 128)
# The batch that is the figure: as many symbols as a batch of 128 phrases has.
BATCH = 32


def step(pairs: int) -> None:
    """The same layers, batches, masks, dropout, loss, clipping and optimiser, taking turns."""
    figure = {}
    for name, changes in (
        ("lab", {}),
        ("larger", {"hidden_size": 128, "num_layers": 2, "intermediate_size": 512}),
        ("larger, no dropout", {"hidden_size": 128, "num_layers": 2, "intermediate_size": 512, "dropout": 0.0}),
    ):
        ratios, mine, other = _against_torch(pairs, changes)
        figure[name] = {"ratio": quartiles(ratios), "nblib_ms": quartiles(mine), "torch_ms": quartiles(other)}
    record("Transformer's training step against nn.Transformer's", {"ratio": figure["lab"]["ratio"], "shapes": figure})


def _against_torch(pairs: int, changes: dict) -> tuple[list, list, list]:
    import torch

    from nblib import TransformerConfig

    config = TransformerConfig(**changes)
    job = config.make_job()
    job.prepare(_Nobody())
    batches = [job.batch(n) for n in range(1, STEPS + 1)]
    ours = job.make_model(torch.Generator().manual_seed(0))
    theirs = _plain(ours)
    ratios, mine, other = [], [], []
    for number in range(pairs + 1):
        runs = [lambda: mine.append(_time(ours, batches)), lambda: other.append(_time(theirs, batches))]
        for run in runs if number % 2 == 0 else runs[::-1]:
            run()
        ratios.append(other[-1] / mine[-1])
    # The first pair warms up.
    return ratios[1:], mine[1:], other[1:]


def _plain(ours):
    """torch's Transformer between embeddings and a readout of the same kind."""
    import torch
    from torch import nn

    c = ours.config
    d, p = c["hidden_size"], c["dropout"]

    class Plain(nn.Module):
        def __init__(self):
            super().__init__()
            self.source = nn.Embedding(c["source_size"], d, padding_idx=0)
            self.target = nn.Embedding(c["target_size"], d, padding_idx=0)
            self.dropout = nn.Dropout(p)
            shape = (d, c["num_heads"], c["intermediate_size"], p)
            layer = nn.TransformerEncoderLayer(*shape, batch_first=True, norm_first=c["norm_first"])
            # Without it torch warns that nested tensors cannot be used here.
            encoder = nn.TransformerEncoder(layer, c["num_layers"], nn.LayerNorm(d), enable_nested_tensor=False)
            self.core = nn.Transformer(
                d, c["num_heads"], c["num_layers"], c["num_layers"], c["intermediate_size"], p, custom_encoder=encoder,
                batch_first=True, norm_first=c["norm_first"],
            )  # fmt: skip
            self.readout = nn.Linear(d, c["target_size"])

        def forward(self, source, target):
            padding, length = source == 0, target.shape[1]
            x = self.dropout(self.source(source) * d**0.5 + ours.positions[: source.shape[1]])
            y = self.dropout(self.target(target) * d**0.5 + ours.positions[:length])
            mask = torch.ones(length, length, dtype=torch.bool).triu(1)
            masks = {"src_key_padding_mask": padding, "memory_key_padding_mask": padding}
            return self.readout(self.core(x, y, tgt_mask=mask, tgt_is_causal=True, **masks)), None

    return Plain()


def _time(model, batches) -> float:
    """Milliseconds of a step."""
    import torch
    import torch.nn.functional as F

    from nblib.labs.seq2seq.job import begun

    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    model.train()
    began = time.perf_counter()
    for source, target in batches:
        optimizer.zero_grad(set_to_none=True)
        logits, _ = model(source, begun(target))
        F.cross_entropy(logits.flatten(0, 1), target.flatten(), ignore_index=0).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    return 1000 * (time.perf_counter() - began) / len(batches)


def symbols(pairs: int) -> None:
    """Both racers of the panel's defaults, 64 symbols on either side: symbols of the target a second of training."""
    import torch

    from nblib import RaceConfig, race
    from nblib.labs.transformer.lengths import against_length

    found, sizes = {}, {}
    for dropout in (RaceConfig().dropout, 0.1):
        job = race(RaceConfig(dropout=dropout))
        job.prepare(_Nobody())
        models = dict(job.make_model(torch.Generator().manual_seed(0)).items())
        sizes = {name: sum(p.numel() for p in model.parameters()) for name, model in models.items()}
        for batch in BATCHES:
            rows = [
                against_length(models, (LENGTH,), batch_size=batch, repeats=1)[0]
                for _ in range(pairs if batch == BATCH else 3)
            ]
            ratios = [row["tokens_transformer"] / row["tokens_gru"] for row in rows]
            speeds = {name: round(float(np.median([row[f"tokens_{name}"] for row in rows]))) for name in models}
            found[f"batch {batch}, dropout {dropout}"] = {"ratio": quartiles(ratios), **speeds}
    main = found[f"batch {BATCH}, dropout {RaceConfig().dropout}"]
    figure = {"ratio": main["ratio"], "parameters": sizes, "batches": found, "unit": "symbols/s"}
    record("Transformer against GRU with attention, symbols a second at length 64", figure)


class _Nobody:
    def check(self) -> None: ...
