"""Lab 04: what two minutes of training on hanzi → pinyin give, with attention, without, and with a Transformer."""

from __future__ import annotations

import time

import numpy as np

from tests.bench.measure import record

SECONDS = 120.0
# So many steps as two cores take in two minutes; the learning rate reaches its end with them.
STEPS = {"multiplicative": 1800, "none": 1800, "transformer": 2600}
# From one seed to the next either model moves by 0.003, as much as they differ.
SEEDS = (0, 1, 2)


def pinyin() -> None:
    """Exact match on all phrases of 4 characters that were held out, after two minutes at most."""
    gru, attending = [], []
    for seed in SEEDS:
        gru.append(_trained("multiplicative", seed))
        attending.append(_trained("transformer", seed))
    fixed = _trained("none", SEEDS[0])
    attention = {**gru[0], "exact": _median(gru), "seeds": [run["exact"] for run in gru], "threads": _threads()}
    record("hanzi to pinyin, 4 characters, two minutes, attention", attention)
    more = round(gru[0]["exact"] - fixed["exact"], 4)
    record("… above the fixed vector of the same size", {**fixed, "difference": more, "threads": _threads()})
    pairs = [round(a["exact"] - g["exact"], 4) for a, g in zip(attending, gru, strict=True)]
    figure = {**attending[0], "exact": _median(attending), "seeds": [run["exact"] for run in attending]}
    figure |= {"difference": float(np.median(pairs)), "pairs": pairs}
    record("… Transformer of as many parameters minus the GRU", figure)


def _median(runs: list[dict]) -> float:
    return float(np.median([run["exact"] for run in runs]))


def _trained(kind: str, seed: int) -> dict:
    from nblib import Seq2SeqConfig, Session, TransformerConfig, seq2seq, transformer

    if kind == "transformer":
        job = transformer(TransformerConfig(seed=seed, max_steps=STEPS[kind], eval_steps=None))
    else:
        job = seq2seq(Seq2SeqConfig(seed=seed, attention=kind, max_steps=STEPS[kind], eval_steps=None))
    session, began = Session(job), []

    def enough(s):
        if s.state == "running" and not began:
            began.append(time.monotonic())
        if began and time.monotonic() - began[0] > SECONDS:
            s.stop()

    session.subscribe(enough)
    session.run(signals=False)
    taken = time.monotonic() - began[0]
    test = job.pairs.test
    four = [text for text, length in zip(test.sources, test.lengths, strict=True) if length == 4]
    model = job.model.eval()
    right = [r for k in range(0, len(four), 400) for r in job.right(model, four[k : k + 400])]
    return {
        "exact": round(float(np.mean(right)), 4), "phrases": len(right), "seconds": round(taken, 1),
        "steps": session.step_number, "parameters": sum(p.numel() for p in model.parameters()),
    }  # fmt: skip


def _threads() -> int:
    import torch

    return torch.get_num_threads()
