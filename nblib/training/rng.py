"""A free kernel must not change the result: other threads draw random numbers too."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager


def seed_of(*key: int) -> int:
    """A 63-bit seed from whole numbers, e.g. (seed, step, part, rank); the same on every machine and version."""
    return int.from_bytes(hashlib.blake2b(repr(key).encode(), digest_size=8).digest(), "big") >> 1


@contextmanager
def generators_seeded(*key: int) -> Iterator[None]:
    """Inside, torch's process-wide generators start from ``key``; after it they are as the caller left them.

    ``default_generator.manual_seed`` costs a microsecond, ``torch.manual_seed`` 255. What cannot be shielded: a library
    that draws from the process-wide generator in mid-step (transformers' dropout does) while another thread draws from
    it in the same instant.
    """
    import torch

    generators = [torch.default_generator]
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        generators.append(torch.cuda.default_generators[torch.cuda.current_device()])
    states = [g.get_state() for g in generators]
    try:
        for g in generators:
            g.manual_seed(seed_of(*key))
        yield
    finally:
        for g, state in zip(generators, states, strict=True):
            g.set_state(state)


@contextmanager
def generators_kept() -> Iterator[None]:
    """After it the process-wide generators of Python, numpy and torch are as before: Trainer seeds them all."""
    import random

    import numpy as np

    python, arrays = random.getstate(), np.random.get_state()
    try:
        with generators_seeded(0):
            yield
    finally:
        random.setstate(python)
        np.random.set_state(arrays)


@contextmanager
def model_untouched(model) -> Iterator[None]:
    """Someone looks at a model in training: its modes, and the generators, are afterwards as before."""
    import torch

    modes = {m: m.training for m in model.modules()}
    states = torch.default_generator.get_state()
    try:
        yield
    finally:
        torch.default_generator.set_state(states)
        for m, training in modes.items():
            m.training = training
