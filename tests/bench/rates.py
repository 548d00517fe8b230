"""Training rate: the difference of two run lengths in examples over the difference in wall time.

1 and 33 steps of 32 among 1,024 reviews: the difference is as long as one epoch, and start-up, warm-up, evaluation and
the checkpoint at the end are in both.
"""

from __future__ import annotations

import sys
import tempfile

from tests.bench.measure import python, quartiles, record

BATCH, SHORT, LONG = 32, 1, 33


def ours(steps: int, *options: str) -> float:
    with tempfile.TemporaryDirectory() as folder:
        return python(
            "-m", "nblib", "finetune", "--dataset", "reviews", "--model", "minilm", "--output", f"{folder}/run",
            "--epochs", "6", "--max-train-samples", "1024", "--max-eval-samples", "64", "--batch-size", "32",
            "--learning-rate", "1e-4", "--eval-steps", "100000", "--save-steps", "100000", "--max-steps", str(steps),
            *options,
        )  # fmt: skip


def theirs(method: str, steps: int) -> float:
    return python("-m", "tests.bench.textbook", method, str(steps))


def rate(run, short: int = SHORT, long: int = LONG) -> float:
    """Examples a second."""
    return (long - short) * BATCH / (run(long) - run(short))


def against(method: str, pairs: int) -> None:
    """Rates in pairs, one after the other, the first of the pair taking turns; their ratio is the figure."""
    mine, other, ratios = [], [], []
    for number in range(pairs):
        runs = [lambda: mine.append(rate(ours)), lambda: other.append(rate(lambda n: theirs(method, n)))]
        for run in runs if number % 2 == 0 else runs[::-1]:
            run()
        ratios.append(mine[-1] / other[-1])
        print(f"  {method}: {mine[-1]:.1f} against {other[-1]:.1f} a second", file=sys.stderr, flush=True)
    record(
        f"training rate against {method}",
        {"ratio": quartiles(ratios), "nblib": quartiles(mine), "other": quartiles(other), "unit": "sentences/s"},
    )


def frozen(pairs: int) -> None:
    """4 of 6 layers frozen, from the second epoch on: 33 against 161 steps, so that the cache is filled in both."""
    mine, full, ratios = [], [], []
    for _ in range(pairs):
        mine.append(rate(lambda n: ours(n, "--freeze-layers", "4"), 33, 161))
        full.append(rate(ours))
        ratios.append(mine[-1] / full[-1])
    record(
        "4 of 6 layers frozen, from the second epoch on, against full",
        {"ratio": quartiles(ratios), "frozen": quartiles(mine), "full": quartiles(full), "unit": "sentences/s"},
    )


def peak_memory() -> None:
    import json
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        python(
            "-m", "nblib", "finetune", "--output", f"{folder}/run", "--epochs", "1", "--max-train-samples", "1024",
            "--max-eval-samples", "256", "--max-steps", "12",
        )  # fmt: skip
        metrics = json.loads((Path(folder) / "run" / "metrics.json").read_text())
    record("peak memory of a CPU run", {"megabytes": round(metrics["peak_memory_mb"])})
