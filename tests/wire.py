"""A wire that goes nowhere: what a widget would send to the browser is written down."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import ipywidgets
import ipywidgets.widgets.widget as widget_module
import numpy as np
from ipykernel.comm import Comm

from tests.fakes import PATIENCE


@dataclass
class Message:
    model: str
    data: dict
    buffers: list
    thread: str
    at: float = field(default_factory=time.monotonic)

    @property
    def state(self) -> dict:
        return self.data.get("state", {})

    @property
    def size(self) -> int:
        """Bytes on the wire: the JSON and the buffers."""
        return len(json.dumps(self.data, default=str)) + sum(memoryview(b).nbytes for b in self.buffers or ())


class Wire:
    def __init__(self):
        self.messages: list[Message] = []
        self._number = 0
        wire = self

        class Recorded(Comm):
            """ipywidgets 7 asks for an instance of ipykernel's Comm, 8 for anything that behaves like one."""

            # Without one, widgets send nothing.
            kernel = object()

            def __init__(self, *arguments: Any, data: Any = None, buffers: Any = None, **options: Any):
                wire._number += 1
                self.__dict__["number"] = f"model-{wire._number}"
                wire._put(self.comm_id, data, buffers)

            @property
            def comm_id(self) -> str:
                return self.__dict__["number"]

            def send(self, data: Any = None, metadata: Any = None, buffers: Any = None) -> None:
                wire._put(self.comm_id, data, buffers)

            def open(self, *arguments: Any, **options: Any) -> None: ...

            def close(self, *arguments: Any, **options: Any) -> None: ...

            def on_msg(self, callback: Any) -> None: ...

            def on_close(self, callback: Any) -> None: ...

            def __del__(self) -> None: ...

        self.comm = Recorded

    def _put(self, model: str, data: Any, buffers: Any) -> None:
        self.messages.append(Message(model, data or {}, buffers or [], threading.current_thread().name))

    def of(self, widget: ipywidgets.Widget) -> list[Message]:
        return [m for m in self.messages if m.model == widget.comm.comm_id]

    def clear(self) -> None:
        self.messages.clear()


def drawn(view: ipywidgets.Widget) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The curves that a ``Lines`` view was sent, by their keys: x and y."""
    numbers, found = np.frombuffer(view.data, np.float32), {}
    for key, count in zip(view.kinds, view.counts, strict=True):
        found[key], numbers = (numbers[:count], numbers[count : 2 * count]), numbers[2 * count :]
    return found


def attach(wire: Wire, monkeypatch: Any) -> None:
    if hasattr(widget_module, "Comm"):
        monkeypatch.setattr(widget_module, "Comm", wire.comm)
        monkeypatch.setattr(ipywidgets.Widget.comm, "klass", wire.comm)
    else:
        import comm

        monkeypatch.setattr(comm, "create_comm", wire.comm)


def wait_until(condition: Callable[[], Any], what: str = "") -> None:
    """Wait for what the worker thread will do soon; only a deadlock waits to the end."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, what or "nothing happened"
        time.sleep(0.002)


def from_browser(widget: ipywidgets.Widget, content: dict) -> None:
    """Deliver a custom message as the browser sends it."""
    data = {"method": "custom", "content": content}
    widget._handle_msg({"content": {"data": data}, "buffers": []})


def set_from_browser(widget: ipywidgets.Widget, **state: Any) -> None:
    data = {"method": "update", "state": state, "buffer_paths": []}
    widget._handle_msg({"content": {"data": data}, "buffers": []})


def edit(panel: Any, name: str, text: str, *, final: bool = True) -> None:
    """A person's event in the form of a panel."""
    form = panel.controls.widget
    content = {"type": "edit", "number": form.seen + 1, "name": name, "text": text, "final": final}
    from_browser(form, content)
