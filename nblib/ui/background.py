"""Work beside the kernel's own thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Background:
    """One piece of work at a time in a thread of its own."""

    def __init__(self) -> None:
        self.thread: threading.Thread | None = None

    @property
    def busy(self) -> bool:
        return self.thread is not None and self.thread.is_alive()

    def start(self, work: Callable[[], T], show: Callable[[T], None], fail: Callable[[BaseException], None]) -> bool:
        """Do the work; ``show`` gets what it returns, ``fail`` what it raises, both in the work's thread.

        Returns False, and does nothing, while the last piece is not finished.
        """
        if self.busy:
            return False

        def run() -> None:
            try:
                result = work()
            # An exit() in a learner's code ends the work, and is told like any other end.
            except BaseException as error:
                fail(error)
            else:
                show(result)

        self.thread = threading.Thread(target=run, name="nblib-background", daemon=True)
        self.thread.start()
        return True

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the work in hand, at most ``timeout`` seconds; whether it is finished."""
        if self.thread is not None:
            self.thread.join(timeout)
        return not self.busy
