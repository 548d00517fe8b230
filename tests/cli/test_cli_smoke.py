"""The program itself, from the first line to a class for a sentence, with a model small enough to wait for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from nblib.cli import main


def test_finetune_and_predict(tiny_model, tiny_csv, tmp_path, capsys):
    options = "--batch-size 8 --max-steps 4 --eval-steps 2 --max-length 32 --output run"
    done = subprocess.run(
        [sys.executable, "-m", "nblib", "finetune", "--model", tiny_model, "--dataset", tiny_csv, *options.split()],
        capture_output=True, text=True, cwd=tmp_path, timeout=300,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert "finished at step 4" in lines
    assert sum(line.startswith(("step 2: eval_loss", "step 4: eval_loss")) for line in lines) == 2
    assert all(ord(letter) >= 32 for line in lines for letter in line)
    run = tmp_path / "run"
    assert {"config.yaml", "history.jsonl", "metrics.json", "checkpoints", "model"} <= {p.name for p in run.iterdir()}
    metrics = json.loads((run / "metrics.json").read_text())
    table = {line[:28].strip(): line[28:].split() for line in lines}
    assert table["accuracy"] == [f"{metrics[name]:.4f}" for name in ("eval_accuracy", "test_accuracy")]
    assert table["TF-IDF, logistic regression"][0] == f"{metrics['baseline_tfidf_accuracy']:.4f}"

    assert main(["predict", str(run), "a great film"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert set(answer["probabilities"]) == {"negative", "positive"}
    assert answer["label"] == max(answer["probabilities"], key=answer["probabilities"].get)
    assert main(["predict", str(run), "--file", str(tiny_csv), "--output", str(tmp_path / "out.csv")]) == 0
    rows = (tmp_path / "out.csv").read_text().splitlines()
    assert rows[0] == "text,label,predicted_label,negative,positive" and len(rows) == 261
    assert main(["resume", str(run)]) == 2
    assert "this run has finished at step 4" in capsys.readouterr().err
