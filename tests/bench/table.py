"""The table of figures in docs/figures.md, written from results.json and from nothing else."""

from __future__ import annotations

import json

from nblib.index import LABS
from tests.bench.measure import RESULTS, ROOT

BEGIN, END = "<!-- figures: written by make bench -->", "<!-- end of figures -->"
# name in results.json, what stands in the table, the key whose value is the figure, its form, what was asked
ROWS = [
    ("training rate against textbook", "lab 09: training rate against a textbook loop", "ratio", "{:.2f}×", "2.7×"),
    ("training rate against trainer", "… against `transformers.Trainer`, dynamic padding", "ratio", "{:.2f}×", "1.5×"),
    ("training rate against grouped", "… against Trainer with its own length grouping", "ratio", "{:.2f}×", "0.97×"),
    ("4 of 6 layers frozen, from the second epoch on, against full", "4 of 6 layers frozen, from the second epoch on, "
     "against full", "ratio", "{:.2f}×", "2.5×"),
    ("accuracy on all reviews not trained on", "accuracy on all reviews not trained on, 3 seeds, minus plain Trainer's",
     "difference", "{:+.4f}", "−0.01"),
    ("drawing", "share of wall time that drawing takes, panel open", "share", "{:.2%}", "1 %"),
    ("steps a second with the panel", "steps a second, panel open against none", "ratio", "{:.3f}×", "0.97×"),
    ("slider to schedule, idle", "slider to repainted schedule, idle, 95th percentile", "p95_ms", "{:.0f} ms",
     "100 ms"),
    ("slider to schedule against a bare plotly redraw", "… against a bare `FigureWidget` heatmap of 60×60, in turn",
     "ratio", "{:.2f}×", "1×"),
    ("slider to schedule, training", "the same during training, 95th percentile", "p95_ms", "{:.0f} ms", "200 ms"),
    ("stop, training", "Stop to “stopped at step n” on screen, beyond one batch", "beyond_ms", "{:.0f} ms", "200 ms"),
    ("stop, evaluation", "the same in an evaluation", "beyond_ms", "{:.0f} ms", "200 ms"),
    ("from nblib import Session, FineTuneConfig", "`from nblib import Session, FineTuneConfig`", "seconds", "{:.2f} s",
     "0.45 s"),
    ("nblib --help", "`nblib --help`", "seconds", "{:.2f} s", "0.8 s"),
    ("peak memory of a CPU run", "peak memory of a CPU run", "megabytes", "{:.0f} MB", "2,500 MB"),
    ("w1 to boundary", "lab 01: w1 to the repainted boundary, 95th percentile", "p95_ms", "{:.0f} ms", "50 ms"),
    ("stroke to bars", "a stroke on the pad to the ten bars, 95th percentile", "p95_ms", "{:.0f} ms", "50 ms"),
    ("playground circle, playing", "playground, circle, 4 and 2, playing: updates a second", "playing", "{:,.0f}",
     "2,000"),
    ("playground circle, playing", "… against the same job with no panel", "ratios", "{:.2f}×", "0.95×"),
    ("playground spiral, playing", "playground, spiral, 8 and 8, all features, playing: updates a second", "playing",
     "{:,.0f}", "1,500"),
    ("spiral under 0.01", "seeds of 10 with a test loss under 0.01 within 3 s", "reached", "{:.0f}", "9"),
    ("digits 64-64-10", "digits, 64-64-10, worst of 5 seeds: test accuracy", "accuracy", "{:.3f}", "0.97"),
    ("word2vec against gensim", "lab 02: words a second against gensim, one thread each", "ratio", "{:.2f}×", "0.5×"),
    ("word2vec neighbours in common with gensim", "10 nearest neighbours in common with gensim's", "overlap",
     "{:.2f}", "0.55"),
    ("word typed to its neighbours, paused", "word typed to its neighbours, 95th percentile", "p95_ms", "{:.0f} ms",
     "50 ms"),
    ("LSTM on the adding problem at length 100", "lab 03: LSTM, adding problem at length 100: seconds to an error of "
     "0.01", "seconds", "{:.0f} s", "60 s"),
    ("character model, engine against a plain loop", "character model, engine against a plain loop", "ratio",
     "{:.2f}×", "0.95×"),
    ("a training step scrubbed", "a training step scrubbed, 95th percentile", "p95_ms", "{:.0f} ms", "16 ms"),
    ("cell edited to matrices", "lab 05: attention by hand, a cell edited to all matrices repainted, 95th percentile",
     "p95_ms", "{:.0f} ms", "50 ms"),
    ("cell edited to matrices", "… by the browser's sums; the kernel's own numbers in their place, 95th percentile",
     "answered_p95_ms", "{:.0f} ms", "no figure set"),
    ("Transformer's training step against nn.Transformer's", "lab 06: our Transformer's training step against "
     "`nn.Transformer`'s, steps a second", "ratio", "{:.2f}×", "0.95×"),
    ("Transformer against GRU with attention, symbols a second at length 64", "Transformer against GRU with attention, "
     "as many parameters: symbols a second at length 64", "ratio", "{:.2f}×", "2×"),
    ("hanzi to pinyin, 4 characters, two minutes, attention", "lab 04: hanzi → pinyin, held-out phrases of 4 "
     "characters, 2 minutes: exact match with attention", "exact", "{:.3f}", "0.65"),
    ("… above the fixed vector of the same size", "… above the fixed vector of the same size", "difference", "{:+.3f}",
     "+0.40"),
    ("… Transformer of as many parameters minus the GRU", "lab 06: a Transformer of as many parameters in the same "
     "minutes, minus the GRU with attention", "difference", "{:+.3f}", "0"),
    ("explorer, 6 × 12 heads, 128 tokens: bytes", "lab 05: explorer, 6×12 heads, 128 tokens: bytes against bertviz's "
     "model_view", "share_of_bertviz", "{:.4f}×", "0.025×"),
    ("explorer, 12 × 12 heads, 512 tokens: bytes", "explorer, 12×12 heads, 512 tokens: bytes", "megabytes",
     "{:.1f} MB", "40 MB"),
    ("explorer, 12 × 12 heads, 512 tokens: first picture", "… first picture after the forward pass", "seconds",
     "{:.2f} s", "2 s"),
    *((f"explorer, {what}, {n} tokens", f"{what}, {n} tokens, 95th percentile", "p95_ms", "{:.0f} ms", wanted)
      for what in ("head switched", "token hovered") for n, wanted in ((128, "16 ms"), (512, "50 ms"))),
    ("a new sentence of 32 tokens to the new maps", "a new sentence of 32 tokens on minilm, Enter to the new maps, "
     "95th percentile", "p95_ms", "{:.0f} ms", "250 ms"),
    ("a head's slider to class probabilities", "a head's slider moved to new class probabilities, 95th percentile",
     "p95_ms", "{:.0f} ms", "150 ms"),
    *((f"Run All, lab {lab.number}", f"Run All, lab {lab.number}", "seconds", "{:.0f} s", "90 s")
      for lab in LABS if lab.exists),
]  # fmt: skip


def table() -> str:
    """The table in Markdown, with a line about the machine."""
    found = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    lines = ["| what | measured (quartiles) | wanted | commit |", "|---|---|---|---|"]
    for name, title, key, form, wanted in ROWS:
        figure = found.get(name)
        if figure is None:
            lines.append(f"| {title} | not measured yet | {wanted} | |")
            continue
        value = figure[key]
        if isinstance(value, dict):
            text = form.format(value["median"])
            if value["n"] > 1:
                text += f" ({form.format(value['low'])} to {form.format(value['high'])}, n = {value['n']})"
        else:
            text = form.format(value)
        lines.append(f"| {title} | {text} | {wanted} | {figure['commit']} |")
    places = sorted({f"{f['cpu']}, Python {f['python']}, torch {f['torch']}" for f in found.values()})
    cards = sorted({f["gpu"] for f in found.values()} - {"none"})
    lines += [
        "",
        f"Measured on: {'; '.join(places) or 'nothing yet'}. GPU: {', '.join(cards) or 'not measured on a GPU'}.",
    ]
    return "\n".join(lines)


def write() -> None:
    """Replace what stands between the two marks in docs/figures.md."""
    page = ROOT / "docs" / "figures.md"
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    page.write_text(before + f"{BEGIN}\n{table()}\n{END}" + after, encoding="utf-8")
