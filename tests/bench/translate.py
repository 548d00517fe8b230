"""Lab 04: what two minutes of training on hanzi → pinyin give, with attention, without, and with a Transformer."""

from __future__ import annotations

import time

import numpy as np

from tests.bench.measure import record

SECONDS = 120.0
# So many steps as two cores take in two minutes; the learning rate reaches its end with them.
STEPS = {"multiplicative": 1800, "none": 1800, "transformer": 2600}


def pinyin() -> None:
    """Exact match on all phrases of 4 characters that were held out, after two minutes at most."""
    found = {kind: _trained(kind) for kind in STEPS}
    attention, fixed, transformer = (found[kind] for kind in STEPS)
    figure = {**attention, "threads": _threads()}
    record("hanzi to pinyin, 4 characters, two minutes, attention", figure)
    more = round(attention["exact"] - fixed["exact"], 4)
    record("… above the fixed vector of the same size", {**fixed, "difference": more, "threads": _threads()})
    more = round(transformer["exact"] - attention["exact"], 4)
    record("… Transformer of as many parameters minus the GRU", {**transformer, "difference": more})


def _trained(kind: str) -> dict:
    from nblib import Seq2SeqConfig, Session, TransformerConfig, seq2seq, transformer

    if kind == "transformer":
        job = transformer(TransformerConfig(max_steps=STEPS[kind], eval_steps=None))
    else:
        job = seq2seq(Seq2SeqConfig(attention=kind, max_steps=STEPS[kind], eval_steps=None))
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
