"""A session as a log shows it, or, on a terminal, as one line that moves."""

from __future__ import annotations

import time
from collections.abc import Callable

from nblib.cli.output import Lines
from nblib.engine.session import Session
from nblib.engine.states import PAUSED, PREPARING, RUNNING, STOPPING
from nblib.engine.text import duration

_SHARE, _SECONDS = 0.05, 10.0


class Progress:
    """A view of a session: notes and evaluations as lines that stay; steps as a bar on a terminal, else as a line every
    twentieth of the way or 10 seconds (in a long run, every fiftieth of the time that has passed)."""

    def __init__(self, lines: Lines | None = None, *, clock: Callable[[], float] = time.monotonic):
        self.lines = lines if lines is not None else Lines()
        self._clock = clock
        self._began = self._last_time = clock()
        self._last_step = 0
        self._notes = 0
        self._evaluations = 0
        self._phase = ""
        self._total: int | None = None

    def __call__(self, session: Session) -> None:
        self._news(session)
        if session.state not in (PREPARING, RUNNING, PAUSED, STOPPING):
            return
        if self.lines.live:
            self.lines.show(self._bar(session))
        else:
            self._log(session)

    def close(self, session: Session) -> None:
        """Say what has not been said yet, and leave the line."""
        self._news(session)
        self.lines.clear()

    def _news(self, session: Session) -> None:
        for note in session.notes[self._notes :]:
            self.lines.say(note)
        self._notes = len(session.notes)
        history = session.history
        if "eval_loss" not in history:
            return
        steps = history.steps("eval_loss")
        if session.resuming and not self._evaluations:
            self._evaluations = int((steps <= self._first_step(session)).sum())
        for position in range(self._evaluations, len(steps)):
            facts = [f"eval_loss {history['eval_loss'][position]:.4f}"]
            for metric in ("eval_accuracy", "eval_f1_macro"):
                if metric in history and len(history[metric]) > position:
                    facts.append(f"{metric} {history[metric][position]:.4f}")
            self.lines.say(f"step {steps[position]}: {', '.join(facts)}")
        self._evaluations = len(steps)

    def _first_step(self, session: Session) -> int:
        resumed = [event["from"] for event in session.history.events if event["event"] == "resume"]
        return resumed[-1] if resumed else session.step_number

    def _log(self, session: Session) -> None:
        now, step = self._clock(), session.step_number
        phase = session.phase
        if session.state == PREPARING:
            if phase and phase != self._phase:
                self.lines.say(phase)
                self._last_time = now
        elif session.total and self._total is None:
            self._total, self._last_step = session.total, step
        self._phase = phase
        waited = now - self._last_time
        further = session.total and (step - self._last_step) / session.total >= _SHARE and waited >= 1
        if further or waited >= max(_SECONDS, (now - self._began) / 50):
            self.lines.say(self._text(session, max(1, step - self._last_step)))
            self._last_time, self._last_step = now, step

    def _bar(self, session: Session) -> str:
        text = self._text(session, 20)
        done, of = (session.progress if session.phase else None) or (session.step_number, session.total or 0)
        if not of:
            return text
        share, width = min(1.0, done / of), max(8, min(24, self.lines.width // 5))
        filled = round(share * width)
        return f"[{'#' * filled}{'-' * (width - filled)}] {share:4.0%}  {text}"

    def _text(self, session: Session, over: int) -> str:
        """The state in words; the loss is the mean of the last ``over`` steps."""
        facts = [session.message]
        if session.phase and session.progress:
            facts[0] += f" {session.progress[0]} of {session.progress[1]}"
        if session.state == PREPARING:
            return facts[0]
        if "loss" in session.history:
            facts.append(f"loss {session.history['loss'][-over:].mean():.4f}")
        if session.items_per_second == session.items_per_second:
            facts.append(f"{session.items_per_second:.1f} items/s")
        if session.seconds_left == session.seconds_left:
            facts.append(f"{duration(session.seconds_left)} left")
        return ", ".join(facts)
