"""Memory: how much a run has taken, and whether it is spent."""

from __future__ import annotations

import torch


def out_of_memory(error: BaseException) -> bool:
    """Whether torch says that memory is spent; on the CPU it does so in a plain RuntimeError."""
    return isinstance(error, (MemoryError, torch.OutOfMemoryError)) or "can't allocate memory" in str(error)


def peak_memory_mb() -> float:
    """The most memory that this process has held, in megabytes (on a GPU, of the GPU)."""
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated() / 1e6
    try:
        import resource
    except ImportError:
        import psutil

        return psutil.Process().memory_info().peak_wset / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
