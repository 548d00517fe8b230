"""The same config on two processes, on the CPU (gloo)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from nblib import FineTuneConfig, Session, finetune

SCRIPT = Path(__file__).with_name("two_processes.py")


def launch(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    """``accelerate launch --num_processes 2`` alone starts one process on a machine without a GPU; --multi_gpu
    chooses the launcher for several, which serves CPUs as well."""
    command = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2"]
    command += ["--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", "0"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [*command, str(SCRIPT), str(folder), *arguments],
        env=environment, capture_output=True, text=True, timeout=180,
    )  # fmt: skip


@pytest.fixture
def config(tiny_model, tiny_csv, tmp_path):
    def make(name: str, **changes) -> FineTuneConfig:
        values = {
            "dataset": str(tiny_csv), "model": str(tiny_model), "output": str(tmp_path / name), "epochs": 2,
            "batch_size": 24, "max_length": 32, "learning_rate": 3e-3, "dropout": 0.0, "gradient_accumulation_steps": 2,
        }  # fmt: skip
        return FineTuneConfig(**{**values, **changes})

    return make


def test_two_processes_share_each_batch(config, tmp_path):
    one = config("one")
    Session(finetune(one)).run()
    two = config("two")
    path = tmp_path / "run.yaml"
    path.write_text(two.to_yaml())
    done = launch(tmp_path, "finetune", str(path))
    assert done.returncode == 0, done.stderr[-3000:]
    rows = [[json.loads(line) for line in (tmp_path / f"seen-{r}.jsonl").read_text().splitlines()] for r in (0, 1)]
    assert {row["world_size"] for part in rows for row in part} == {2}
    # 208 training rows: 8 batches of 24 and a rest of 16, which divides over two processes without repeats
    for epoch in (0, 1):
        steps = range(9 * epoch, 9 * epoch + 9)
        seen = Counter(i for part in rows for row in part if row["step"] in steps for i in row["ids"])
        assert seen == Counter(range(208))
    assert all(row["of"] == (16 if row["step"] % 9 == 8 else 24) for part in rows for row in part)
    metrics = json.loads((Path(two.output) / "metrics.json").read_text())
    assert metrics["world_size"] == 2
    a, b = (load_file(Path(c.output) / "model" / "model.safetensors") for c in (one, two))
    for name in a:
        assert torch.allclose(a[name], b[name], atol=2e-4), name
    alone, shared = (Session.reopen(c.output).history for c in (one, two))
    assert shared["loss"] == pytest.approx(alone["loss"], abs=1e-3)
    assert shared["eval_loss"] == pytest.approx(alone["eval_loss"], abs=1e-3)


def test_a_rest_that_does_not_divide_is_repeated_and_counted(config, tmp_path):
    made = config("odd", max_train_samples=101, epochs=1, gradient_accumulation_steps=1, batch_size=20)
    path = tmp_path / "run.yaml"
    path.write_text(made.to_yaml())
    done = launch(tmp_path, "finetune", str(path))
    assert done.returncode == 0, done.stderr[-3000:]
    parts = [[json.loads(line) for line in (tmp_path / f"seen-{r}.jsonl").read_text().splitlines()] for r in (0, 1)]
    seen = Counter(i for part in parts for row in part for i in row["ids"])
    assert set(seen) == set(range(101)) and sum(seen.values()) == 102


def test_a_batch_that_does_not_divide_is_refused(config, tmp_path):
    path = tmp_path / "run.yaml"
    made = config("bad", batch_size=25, gradient_accumulation_steps=1)
    path.write_text(made.to_yaml())
    done = launch(tmp_path, "finetune", str(path))
    assert done.returncode != 0
    assert "nblib: batch_size: 25 examples do not divide over 2 processes" in done.stderr
    assert not Path(made.output).exists()
