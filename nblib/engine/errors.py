"""The two errors that a person is meant to read."""


class InputError(ValueError):
    """Bad input. The message is one line: what is wrong, where, and the way out. The command line exits with 2."""


class SessionError(RuntimeError):
    """A verb that a session cannot follow in its present state, or a second session while one is training."""
