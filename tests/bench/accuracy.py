"""Accuracy on every movie review that was not trained on: nblib against plain Trainer, the same 4,096 rows.

``python -m tests.bench.accuracy METHOD SEED`` does one of the six trainings and prints a line of JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile

import numpy as np

from tests.bench.measure import ROOT, environment, record

ROWS, EPOCHS = 4096, 2


def rest(chosen: set[str]):
    """Texts and labels of all splits that are not among the chosen ones."""
    from nblib import sources

    tables = sources.load("reviews")
    texts, labels = [], []
    for split in ("train", "validation", "test"):
        for text, label in zip(tables[split]["text"], tables[split]["label"], strict=True):
            if text not in chosen:
                texts.append(text)
                labels.append(label)
    return texts, np.array(labels)


def accuracy(net, tokenizer, chosen: set[str]) -> dict:
    import torch

    texts, labels = rest(chosen)
    net.eval()
    order = np.argsort([len(t) for t in texts], kind="stable")
    told = np.zeros(len(texts), np.int64)
    with torch.no_grad():
        for start in range(0, len(order), 64):
            rows = order[start : start + 64]
            batch = tokenizer(
                [texts[i] for i in rows], truncation=True, max_length=128, padding=True, return_tensors="pt"
            )
            told[rows] = net(**batch).logits.argmax(1).numpy()
    return {"rows": len(texts), "accuracy": float((told == labels).mean())}


def ours(seed: int) -> dict:
    from nblib import FineTuneConfig, Session, finetune
    from nblib.training.finetune.data import prepare

    with tempfile.TemporaryDirectory() as folder:
        config = FineTuneConfig(
            max_train_samples=ROWS, max_eval_samples=64, epochs=EPOCHS, learning_rate=1e-4, seed=seed,
            warmup_ratio=50 / 256, output=f"{folder}/run",
        )  # fmt: skip
        session = Session(finetune(config)).run()
        made = prepare(config)
        return accuracy(session.model, made.tokenizer, set(made.splits["train"].texts))


def plain(seed: int) -> dict:
    from tests.bench.textbook import trainer

    made_trainer, made = trainer(-1, rows=ROWS, epochs=EPOCHS, seed=seed)
    return accuracy(made_trainer.model, made.tokenizer, set(made.splits["train"].texts))


def compare(seeds=(0, 1, 2)) -> None:
    found = [json.loads(run(method, seed)) for seed in seeds for method in ("nblib", "trainer")]
    keep(found)


def run(method: str, seed: int) -> str:
    command = [sys.executable, "-m", "tests.bench.accuracy", method, str(seed)]
    return subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=True).stdout


def keep(found: list[dict]) -> None:
    by_method = {m: [f["accuracy"] for f in found if f["method"] == m] for m in ("nblib", "trainer")}
    means = {m: float(np.mean(values)) for m, values in by_method.items()}
    record(
        "accuracy on all reviews not trained on",
        {
            "difference": round(means["nblib"] - means["trainer"], 4),
            "nblib": {"mean": round(means["nblib"], 4), "seeds": by_method["nblib"]},
            "other": {"mean": round(means["trainer"], 4), "seeds": by_method["trainer"]},
            "rows": found[0]["rows"],
        },
    )


if __name__ == "__main__":
    method, seed = sys.argv[1], int(sys.argv[2])
    print(json.dumps({"method": method, "seed": seed, **{"nblib": ours, "trainer": plain}[method](seed)}), flush=True)
