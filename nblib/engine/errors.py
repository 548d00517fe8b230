"""The errors that the engine names: two that a person is meant to read, and two ends of a job."""


class InputError(ValueError):
    """Bad input. The message is one line: what is wrong, where, and the way out. The command line exits with 2."""


class SessionError(RuntimeError):
    """A verb that a session cannot follow in its present state, or a second session while one is training."""


class Stopped(Exception):
    """Raised inside a job by ``run.check()`` once somebody pressed Stop; the session takes it for a clean end."""


class Diverged(RuntimeError):
    """The loss is no longer a finite number."""
