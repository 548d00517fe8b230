"""What is installed, what this machine can do, and what will be slow on it: one line a finding."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

# For a checkout that is on the path without being installed, and so has no list of what it requires.
_NEEDED = (
    "accelerate anywidget datasets ipykernel ipywidgets numpy onnx onnxruntime pandas plotly pyarrow pydantic "
    "safetensors scikit-learn tokenizers torch transformers"
).split()
_FIRST_ITEMS = ("minilm", "reviews")
# Fine-tuning minilm on the CPU peaks at about this much.
_MEMORY_NEEDED = 2.5e9
# Sentences a second of that training, measured on two cores.
_CPU_RATE = 28


@dataclass(frozen=True)
class Finding:
    """One line: ``problem`` where the labs cannot run, ``note`` where something is worth knowing, else ``ok``."""

    level: Literal["ok", "note", "problem"]
    topic: str
    text: str

    def __str__(self) -> str:
        return f"{self.level:<8} {self.topic:<15} {self.text}"


def findings() -> list[Finding]:
    """Everything there is to say, without importing a heavy library. Writes nothing, needs no network."""
    return [*_python(), *_packages(), *_cpu(), *_gpu(), *_memory(), *_pack(), *_network()]


def _python() -> Iterator[Finding]:
    text = f"{platform.python_version()} on {platform.system()} {platform.machine()}, {sys.executable}"
    good = (3, 10) <= sys.version_info[:2] <= (3, 13)
    yield Finding("ok" if good else "note", "Python", text if good else f"{text}; tested are 3.10 to 3.13")


def _packages() -> Iterator[Finding]:
    from packaging.requirements import Requirement

    try:
        required = [Requirement(line) for line in metadata.requires("nblib") or []]
    except metadata.PackageNotFoundError:
        required = [Requirement(name) for name in _NEEDED]
    for requirement in required:
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        name, wanted = requirement.name, requirement.specifier
        version = _version(name)
        if version is None:
            yield Finding("problem", name, f"is not installed; pip install '{name}{wanted}'")
        elif not wanted.contains(version, prereleases=True):
            yield Finding("problem", name, f"{version}, and {wanted} is needed; pip install '{name}{wanted}'")
        else:
            yield Finding("ok", name, version)
    version = _version("jupyterlab")
    missing = "is not installed, and `nblib lab` needs it (Colab and JupyterHub bring a front end of their own)"
    yield Finding("ok", "jupyterlab", version) if version else Finding("note", "jupyterlab", missing)


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _cpu() -> Iterator[Finding]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    model, flags = _cpu_facts()
    fast = {"amx_bf16", "avx512_bf16", "bf16"} & flags
    bf16 = f"has bf16 instructions ({', '.join(sorted(fast))})" if fast else "no fast bf16"
    yield Finding("ok", "CPU", f"{model}, {cores} core{'s' * (cores != 1)}, {bf16}; precision auto is fp32 on a CPU")


def _cpu_facts() -> tuple[str, set[str]]:
    """The model's name, and its instruction sets where the system lists them."""
    facts: dict[str, str] = {}
    if Path("/proc/cpuinfo").is_file():
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            facts.setdefault(name.strip(), value.strip())
    flags = set((facts.get("flags") or facts.get("Features") or "").split())
    return facts.get("model name") or platform.processor() or platform.machine(), flags


def _gpu() -> Iterator[Finding]:
    torch = _version("torch") or ""
    gpus = _nvidia()
    for name, memory, capability in gpus:
        bf16 = "trains in bf16" if capability >= 8 else "trains in fp32"
        yield Finding("ok", "GPU", f"{name}, {memory}, {bf16}")
    if gpus and "+cpu" in torch:
        yield Finding(
            "note", "GPU", f"is not used: torch {torch} is a build for CPUs; docs/install.md says how to change it"
        )
    if gpus and "+cpu" not in torch:
        return
    if sys.platform == "darwin" and platform.machine() == "arm64":
        yield Finding("ok", "GPU", "Apple's, through torch's mps device")
        return
    if not gpus:
        yield Finding("note", "GPU", "none found by nvidia-smi: training runs on the CPU")
    yield Finding(
        "note",
        "slow here",
        f"fine-tuning minilm: about {_CPU_RATE} short sentences a second on 2 cores, so {1024 // _CPU_RATE} s for an "
        "epoch of 1,024; larger models take many times that",
    )


def _nvidia() -> list[tuple[str, str, float]]:
    """Name, memory and compute capability of each NVIDIA GPU."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    query = [program, "--query-gpu=name,memory.total,compute_cap", "--format=csv,noheader"]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, timeout=20, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    devices = []
    for line in answer.splitlines():
        cells = [cell.strip() for cell in line.split(",")]
        if len(cells) == 3:
            devices.append((cells[0], cells[1], float(cells[2]) if cells[2].replace(".", "", 1).isdigit() else 0.0))
    return devices


def _memory() -> Iterator[Finding]:
    if _version("psutil") is None:
        return
    import psutil

    memory = psutil.virtual_memory()
    text = f"{memory.available / 1e9:.1f} GB free of {memory.total / 1e9:.1f} GB"
    if memory.available < _MEMORY_NEEDED:
        yield Finding(
            "note", "memory", f"{text}; lab 09 takes up to {_MEMORY_NEEDED / 1e9:.1f} GB, so close what you can"
        )
    else:
        yield Finding("ok", "memory", text)


def _pack() -> Iterator[Finding]:
    from nblib import sources

    folder = sources.cache_folder()
    there = [item.name for item in sources.catalogue() if sources.installed(item.name)]
    absent = [item for item in sources.catalogue() if item.name not in there]
    writable = os.access(_nearest_folder(folder), os.W_OK)
    free = shutil.disk_usage(_nearest_folder(folder)).free
    kind = "" if writable else ", read-only"
    yield Finding("ok", "cache", f"{folder}{kind}, {free / 1e9:.1f} GB free on its disk")
    yield Finding("ok" if there else "note", "offline pack", f"installed: {', '.join(there) or 'nothing'}")
    if absent:
        names = ", ".join(item.name for item in absent)
        yield Finding("ok", "offline pack", f"fetched on first use: {names}")
    missing = [item for item in absent if item.name in _FIRST_ITEMS]
    if not missing:
        return
    names, needed = " ".join(item.name for item in missing), sum(i.download_bytes + 2 * i.disk_bytes for i in missing)
    if _offline():
        yield Finding("problem", "offline pack", f"NBLIB_OFFLINE is set and lab 09 needs {names}: pull them without it")
    elif not writable:
        yield Finding("problem", "offline pack", f"lab 09 needs {names} and {folder} is read-only; set NBLIB_CACHE")
    elif free < needed:
        yield Finding("problem", "offline pack", f"{names} need {needed / 1e6:.0f} MB on the disk of {folder}")
    else:
        size = sum(item.download_bytes for item in missing) / 1e6
        yield Finding("note", "offline pack", f"lab 09 needs {names}: `nblib pull {names}` fetches {size:.0f} MB")


def _nearest_folder(path: Path) -> Path:
    """The path, or the closest folder above it that exists."""
    return next(folder for folder in (path, *path.parents) if folder.is_dir())


def _offline() -> bool:
    from nblib.sources.cache import offline

    return offline()


def _network() -> Iterator[Finding]:
    for name in ("NBLIB_OFFLINE", "HF_HUB_OFFLINE"):
        if os.environ.get(name):
            yield Finding("note", "network", f"{name}={os.environ[name]}: nothing is fetched that this covers")
