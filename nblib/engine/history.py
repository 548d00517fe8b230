"""What a run has logged: columns in memory, one JSON object a line on disk."""

from __future__ import annotations

import json
import math
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


class _Column:
    """Steps (int32), seconds and values (float32) of one metric, grown by doubling."""

    def __init__(self):
        # Not with the module: a session that has logged nothing yet, as after the first line of a notebook, needs none.
        import numpy as np

        self.length = 0
        self.steps = np.empty(64, np.int32)
        self.seconds = np.empty(64, np.float32)
        self.values = np.empty(64, np.float32)

    def append(self, step: int, seconds: float, value: float) -> None:
        if self.length == len(self.values):
            import numpy as np

            for name in ("steps", "seconds", "values"):
                old = getattr(self, name)
                new = np.empty(2 * len(old), old.dtype)
                new[: len(old)] = old
                setattr(self, name, new)
        self.steps[self.length], self.seconds[self.length], self.values[self.length] = step, seconds, value
        self.length += 1

    def cut(self, beyond: int) -> None:
        keep = self.steps[: self.length] <= beyond
        for name in ("steps", "seconds", "values"):
            column = getattr(self, name)
            column[: keep.sum()] = column[: self.length][keep]
        self.length = int(keep.sum())


class History:
    """Metrics by step, and events, in the order in which they came.

    ``history["loss"]`` is a float32 array, ``history.steps("loss")`` the int32 array beside it,
    ``history.seconds("loss")`` the seconds since the run began. With a ``path`` every row is also appended to that
    file, as one JSON object a line: ``{"step": 3, "seconds": 1.2, "loss": 0.7}`` or ``{"event": "set", ...}``.

    Values may be tensors on a device: they stay there until the next ``flush``. A value that is no finite number is
    written as null, and read back as NaN.

    A run that goes on from step k appends ``{"event": "resume", "from": k}``; readers drop earlier rows beyond k.
    """

    def __init__(self, path: str | Path | None = None):
        self.path: Path | None = None
        self.events: list[dict[str, Any]] = []
        self.version = 0
        self._columns: dict[str, _Column] = {}
        self._pending: list[tuple[int, float, dict[str, Any]]] = []
        self._lines: list[str] = []
        self._lock = threading.RLock()
        self._file = None
        self.first_nonfinite: dict[str, int] = {}
        if path is not None:
            self.attach(path)

    @classmethod
    def read(cls, path: str | Path) -> History:
        """The history in a file, also while it is being written: a torn line is passed over."""
        history = cls()
        for line in Path(path).read_bytes().split(b"\n"):
            try:
                row = json.loads(line)
            except ValueError:
                continue
            if isinstance(row, dict):
                history._take(row)
        return history

    def attach(self, path: str | Path) -> None:
        """Append to a file from now on; events so far, and rows not read or flushed yet, come first."""
        with self._lock:
            self.path = Path(path)
            self._file = open(self.path, "ab", buffering=0)
            if self._file.tell():
                with open(self.path, "rb") as written:
                    written.seek(-1, os.SEEK_END)
                    if written.read(1) != b"\n":
                        # The last process died in mid-line; readers pass over what it left.
                        self._file.write(b"\n")
            self.flush()

    def append(self, step: int, metrics: dict[str, Any], seconds: float = 0.0) -> None:
        with self._lock:
            self._pending.append((step, seconds, metrics))
            self.version += 1

    def event(self, kind: str, /, **fields: Any) -> None:
        row = {"event": kind, **fields}
        with self._lock:
            self._settle()
            self._take(row)
            self._lines.append(json.dumps(row, ensure_ascii=False, default=str))

    def flush(self) -> None:
        """Bring pending values from their device, and write what is not written yet."""
        with self._lock:
            self._settle()
            if self._file is not None and self._lines:
                # Half a pair of code units, as of a file's name that is no UTF-8, is written as JSON's own escape.
                self._file.write(("\n".join(self._lines) + "\n").encode("utf-8", "backslashreplace"))
                self._lines.clear()

    def close(self) -> None:
        with self._lock:
            file = self._file
            try:
                self.flush()
                if file is not None:
                    os.fsync(file.fileno())
            finally:
                if file is not None:
                    file.close()
                self._file = None

    def __getitem__(self, metric: str) -> np.ndarray:
        return self._array(metric, "values")

    def __contains__(self, metric: str) -> bool:
        with self._lock:
            self._settle()
            return metric in self._columns

    def steps(self, metric: str) -> np.ndarray:
        return self._array(metric, "steps")

    def seconds(self, metric: str) -> np.ndarray:
        return self._array(metric, "seconds")

    @property
    def metrics(self) -> list[str]:
        with self._lock:
            self._settle()
            return list(self._columns)

    def last(self, metric: str, default: float = math.nan) -> float:
        values = self[metric] if metric in self else None
        return default if values is None or not len(values) else float(values[-1])

    @property
    def last_step(self) -> int:
        with self._lock:
            self._settle()
            return max((int(c.steps[c.length - 1]) for c in self._columns.values() if c.length), default=0)

    def frame(self):
        """A pandas DataFrame: one row a step, one column a metric."""
        import pandas as pd

        with self._lock:
            self._settle()
            columns = {name: pd.Series(self[name], index=self.steps(name)) for name in self._columns}
        once = {name: series.loc[~series.index.duplicated(keep="last")] for name, series in columns.items()}
        return pd.DataFrame(once).rename_axis("step").sort_index()

    def _array(self, metric: str, which: str) -> np.ndarray:
        with self._lock:
            self._settle()
            if metric not in self._columns:
                raise KeyError(f"no metric {metric!r} in this history; there are {', '.join(self._columns) or 'none'}")
            column = self._columns[metric]
            return getattr(column, which)[: column.length].copy()

    def _settle(self) -> None:
        pending, self._pending = self._pending, []
        for step, seconds, metrics in pending:
            row: dict[str, Any] = {"step": step, "seconds": round(seconds, 4)}
            for name, value in metrics.items():
                number = float(value)
                self._put(name, step, seconds, number)
                row[name] = number if math.isfinite(number) else None
            if self.path is not None:
                self._lines.append(json.dumps(row))

    def _put(self, name: str, step: int, seconds: float, number: float) -> None:
        column = self._columns.get(name)
        if column is None:
            column = self._columns[name] = _Column()
        column.append(step, seconds, number)
        if not math.isfinite(number):
            self.first_nonfinite.setdefault(name, step)

    def _take(self, row: dict[str, Any]) -> None:
        self.version += 1
        if "event" in row:
            if row["event"] == "resume":
                beyond = int(row["from"])
                for column in self._columns.values():
                    column.cut(beyond)
                self.first_nonfinite = {n: s for n, s in self.first_nonfinite.items() if s <= beyond}
                self.events = [e for e in self.events if e.get("step", 0) <= beyond]
            self.events.append(row)
            return
        step, seconds = int(row.get("step", 0)), float(row.get("seconds", 0.0))
        for name, value in row.items():
            if name in ("step", "seconds"):
                continue
            if value is None:
                value = math.nan
            if isinstance(value, (int, float)):
                self._put(name, step, seconds, float(value))
