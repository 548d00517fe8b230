"""Runs in processes of their own, medians and quartiles, and where they were measured."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
RESULTS = Path(__file__).with_name("results.json")


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "TOKENIZERS_PARALLELISM": "false", "NBLIB_OFFLINE": "1"}


def seconds(*command: str) -> float:
    """Wall time of a process from its start to its end. Raises RuntimeError with its last words where it fails."""
    began = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()[-800:]}")
    return time.perf_counter() - began


def python(*words: str) -> float:
    return seconds(sys.executable, *words)


def quartiles(values) -> dict[str, float]:
    low, median, high = np.percentile(np.asarray(values, float), [25, 50, 75])
    return {
        "median": round(float(median), 4),
        "low": round(float(low), 4),
        "high": round(float(high), 4),
        "n": len(values),
    }


def machine() -> dict[str, str]:
    model = platform.processor()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        model = next(
            (x.split(":")[1].strip() for x in info.read_text().splitlines() if x.startswith("model name")), model
        )
    import torch

    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "none"
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    return {
        "cpu": f"{model}, {os.cpu_count()} cores",
        "gpu": gpu,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "commit": commit.stdout.strip() or "unknown",
        "date": date.today().isoformat(),
    }


def record(name: str, figure: dict) -> None:
    """Keep a figure in results.json, beside the machine and the commit that it was measured on."""
    kept = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    kept[name] = {**figure, **machine()}
    RESULTS.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
    print(f"{name}: {json.dumps({k: v for k, v in figure.items() if k != 'raw'})}", flush=True)
