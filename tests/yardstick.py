"""How fast this machine is just now: a fixed piece of work, done again and again beside what is measured.

A time alone says as much about who else uses the machine as about what was run. Held against the time of the same work
in the same minutes, it says how long that would have taken on the machine that the times in nblib/index.py are from.
"""

from __future__ import annotations

import threading
import time

import numpy as np

# Seconds of one piece on an idle core of that machine.
IDLE = 0.075
# A short piece after a long rest is let through first on a busy machine; one of a quarter of a second has to queue.
REST = 4.0


def piece() -> float:
    """Do the piece of work, half of it Python and half of it small products of matrices; the seconds that it took."""
    began = time.perf_counter()
    total = 0
    for k in range(900_000):
        total += k * k % 7
    matrix = np.full((64, 64), 1 / 64, dtype=np.float32)
    for _ in range(3_000):
        matrix = np.tanh(matrix @ matrix + 0.01)
    return time.perf_counter() - began


class Yardstick:
    """Measures pieces in a thread as long as the `with` block runs; the first begins with it."""

    def __enter__(self) -> Yardstick:
        self.pieces: list[float] = []
        self._began = time.perf_counter()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._measure, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exception) -> None:
        self.seconds = time.perf_counter() - self._began
        self._over.set()
        self._thread.join()

    def _measure(self) -> None:
        while True:
            self.pieces.append(piece())
            if self._over.wait(REST):
                return

    @property
    def slowdown(self) -> float:
        """How many times longer a piece took than on an idle core of the machine of the index's times."""
        return sum(self.pieces) / len(self.pieces) / IDLE

    @property
    def idle_seconds(self) -> float:
        """How long the block would have taken there."""
        return self.seconds / self.slowdown
