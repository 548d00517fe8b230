"""The states of a session: ready → preparing → running ⇄ paused → stopping → stopped, or finished, or failed."""

READY, PREPARING, RUNNING, PAUSED, STOPPING = "ready", "preparing", "running", "paused", "stopping"
STOPPED, FINISHED, FAILED = "stopped", "finished", "failed"
ACTIVE = frozenset({PREPARING, RUNNING, PAUSED, STOPPING})
OVER = frozenset({STOPPED, FINISHED, FAILED})
