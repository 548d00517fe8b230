"""Sessions that train one after another, with one stop for all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from nblib.engine.config import RunConfig
from nblib.engine.errors import SessionError
from nblib.engine.session import Session
from nblib.engine.states import STOPPED

Name = TypeVar("Name")


def silent(line: str) -> None: ...


class Series:
    """Trainings one after another, in the thread that asks for them; ``stop()`` from any other thread ends them.

        for name, session in series.train({"slow": slow, "fast": fast}.items()):
            series.say(f"{name}: {session.history.last('eval_loss'):.3f}")

    Work that trains nothing takes part by a look at ``stopped`` between its pieces.

    Args:
        say: gets a line whenever there is something to tell of how far it has come.
    """

    def __init__(self, say: Callable[[str], None] = silent):
        self.say = say
        self.stopped = False
        self._session: Session | None = None

    def train(self, configs: Iterable[tuple[Name, RunConfig]]) -> Iterator[tuple[Name, Session]]:
        """Train each config; yields its name and its session once that is finished. Ends at the first that is stopped.

        Raises what a run raises, and SessionError while another session is training.
        """
        for name, config in configs:
            # Known before the look at ``stopped``: whoever stops in between stops this session too.
            self._session = session = Session(config.make_job())
            if self.stopped:
                return
            try:
                session.run()
            except SessionError:
                if not self.stopped or session.state != STOPPED:
                    raise
            finally:
                self._session = None
            if session.state == STOPPED:
                self.stopped = True
                return
            yield name, session

    def stop(self) -> None:
        """End the series at the next look of the run that goes on; what is finished is kept."""
        self.stopped = True
        if (session := self._session) is not None:
            session.stop()
