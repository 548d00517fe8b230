"""What a panel says about a session, in words."""

from __future__ import annotations

import sys
import time

import psutil

from nblib.engine.session import Session
from nblib.engine.states import FAILED, PREPARING, READY, RUNNING


def message_of(session: Session, state: str) -> str:
    if state == RUNNING:
        text = "running" + (f": {session.phase}" if session.phase else "")
    elif state == FAILED:
        return f"failed at step {session.step_number}"
    else:
        text = session.message
    if session.progress and state in (PREPARING, RUNNING):
        text += f", {session.progress[0]} of {session.progress[1]}"
    return text


def notice(session: Session | None, state: str, said: str, detached: str) -> dict[str, str]:
    """The line below the status: what a panel has to say, a failure, a view that was detached, or the run's last note.

    ``said``: the panel's own words; ``detached``: why the pictures are no longer drawn.
    """
    shown = {"notice": "", "notice_tone": "plain", "details": "", "details_label": "", "action": ""}
    if session is not None and session.notes and (session.over or len(session.notes) > 1):
        shown |= {"details": "\n".join(session.notes), "details_label": f"What the run said ({len(session.notes)})"}
    if said:
        return shown | {"notice": said, "notice_tone": "bad"}
    if session is not None and state == FAILED:
        text = f"The run failed at step {session.step_number}: {session.error_line}"
        return shown | {"notice": text, "notice_tone": "bad", "details": session.traceback,
                       "details_label": "Traceback"}  # fmt: skip
    if detached:
        text = f"The curves were detached ({detached}); the training is not touched by it."
        return shown | {"notice": text, "notice_tone": "bad", "action": "Reattach"}
    if state == READY and "google.colab" in sys.modules:
        return shown | {"notice": "If nothing moves here after Start, call panel.run() in a cell; interrupt is Stop."}
    if session is not None and session.active and session.notes:
        shown["notice"] = session.notes[-1]
    return shown


class Memory:
    """How much memory this process holds, looked up once a second at most."""

    def __init__(self) -> None:
        self._next, self._text = 0.0, ""

    def text(self) -> str:
        now = time.monotonic()
        if now >= self._next:
            self._text = f"{psutil.Process().memory_info().rss / 1e9:.2f} GB"
            torch = sys.modules.get("torch")
            if torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized():
                self._text = f"{torch.cuda.memory_allocated() / 1e9:.2f} GB GPU"
            self._next = now + 1.0
        return self._text
