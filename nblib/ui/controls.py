"""A config as controls: every Setting a slider, list, switch or text with its description and bounds."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from nblib.engine.config import RunConfig, Setting, number_text
from nblib.engine.errors import InputError
from nblib.ui.views.form import Form
from nblib.ui.views.view import Content

C = TypeVar("C", bound=RunConfig)
MANTISSAS = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8)


def exact_text(value: Any) -> str:
    """A value as a person writes it, such that reading it gives the same value: 1e-4, 32, true, none."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        # 1e7 is no whole number to whoever reads it back.
        return str(value)
    if isinstance(value, float):
        short = number_text(value)
        return short if float(short) == value else repr(value)
    return str(value)


def stops(setting: Setting, value: float | None = None) -> list[float]:
    """The values that a slider goes through, in order. ``value`` is always one of them, also beyond the slider's ends.

    Equal steps on a linear scale; on a log scale powers of two for whole numbers, ten steps a decade for others.
    """
    places: Iterable[float]
    if setting.slider is None:
        places = ()
    elif setting.scale == "log" and setting.kind == "int":
        low, high = setting.slider
        places = [low, *(2**k for k in range(64) if low < 2**k < high), high]
    elif setting.scale == "log":
        low, high = setting.slider
        decades = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1)
        # Through text, because 3 * 10**-5 is not 3e-5.
        places = [v for k in decades for v in (float(f"{m}e{k}") for m in MANTISSAS) if low <= v <= high]
    else:
        low, high = setting.slider
        # Without a step there are the two ends.
        step = setting.step or high - low
        places = [float(f"{low + i * step:.10g}") for i in range(round((high - low) / step) + 1)]
    if setting.kind == "int":
        places = [int(v) for v in places]
    return sorted({*places, *([] if value is None else [value])})


class Controls(Generic[C]):
    """The controls of a config, and the config that they make.

    ``config`` is the last one that is valid as a whole; only a person's event changes it. An edit that does not fit,
    by itself or with the others, stays in its control with a mark and its reason in ``error``, until it or what it
    clashes with is changed.

    Args:
        config: what is shown at first.
        in_sight: names of the settings outside "More", in this order.
        apart: name → the word for None (a box to tick beside the number), e.g. "each epoch".
        suggestions: name → values offered while typing.
        on_edit: called with (name, value, final) once an edit is valid together with the others; ``final`` is False
            while a slider is being dragged.
        lock: held while the form is written, for a panel in which a worker writes it too.
        on_error: called with the reason, in one line, why an edit does not fit; with "" when all is well again.
    """

    def __init__(
        self,
        config: C,
        *,
        in_sight: Sequence[str],
        apart: Mapping[str, str] | None = None,
        suggestions: Mapping[str, Sequence[str]] | None = None,
        on_edit: Callable[[str, Any, bool], None] = lambda name, value, final: None,
        on_error: Callable[[str], None] = lambda error: None,
        lock: threading.RLock | None = None,
    ):
        self._lock = lock or threading.RLock()
        self.config = config
        self.error = ""
        self._on_edit, self._on_error = on_edit, on_error
        self._draft: dict[str, str] = {}
        self._remarks: dict[str, dict[str, str]] = {}
        self._settings = {s.name: s for s in type(config).settings()}
        # Where all may be changed during a run, to say so under each says nothing.
        self._all_live = all(s.live for s in self._settings.values())
        hidden = [s for s in self._settings.values() if s.name not in in_sight]
        groups = list(dict.fromkeys(s.group for s in self._settings.values()))
        hidden.sort(key=lambda s: groups.index(s.group))
        shown = [self._settings[name] for name in in_sight]
        words, offers = apart or {}, suggestions or {}
        self._apart = {s.name: _apart(s, words.get(s.name, "none")) for s in self._settings.values()}
        fields = [self._field(s, s.name in in_sight, offers.get(s.name, ())) for s in (*shown, *hidden)]
        self.widget = Form(fields=fields, state={n: self._state(n) for n in self._settings})
        self.widget.listen(self._hear, kinds=("edit",))

    @property
    def names(self) -> list[str]:
        return list(self._settings)

    def show(self, config: C) -> None:
        """Show another config. Drafts and marks go; nobody is told, because no person did it."""
        with self._lock, self.widget.hold_sync():
            self.config, self._draft, self.error, self._remarks = config, {}, "", {}
            self.widget.state = {name: self._state(name) for name in self._settings}
            self.widget.notes = {}

    def edit(self, name: str, text: str, final: bool = True) -> None:
        """What a person's event does: ``text`` is what stands in the control now."""
        self._hear({"name": name, "text": text, "final": final})

    def _hear(self, content: Content) -> None:
        if content.get("name") not in self._settings:
            return
        name, text, final = content["name"], str(content["text"]), bool(content.get("final", True))
        with self._lock:
            if name in self.widget.locked:
                self._refresh([name])
                return
            draft, config = {**self._draft, name: text}, self.config
            try:
                config = config.replace(**draft)
            except InputError as error:
                self._draft = draft
                self._refuse(name, str(error))
            else:
                self.config, self._draft, self.error = config, {}, ""
                self._remarks = {n: r for n, r in self._remarks.items() if r["tone"] != "error" and n != name}
        # Outside the lock, for what is called may wait for a session; before the form is told, for the picture that
        # moves with a slider is what the person waits for.
        self._on_error(self.error)
        if not self.error:
            # What had been waiting for this edit to fit counts as edited now.
            for changed in draft:
                self._on_edit(changed, getattr(config, changed), final)
            self._refresh(draft)

    def accept(self, name: str, value: Any) -> None:
        """Take over a value that the worker says is in force."""
        with self._lock:
            if getattr(self.config, name) != value:
                self.config = self.config.replace(**{name: value})
                self._refresh([name])

    def remark(self, name: str, tone: str, text: str) -> None:
        """Say something under a control: tone "pending", "done" or "error"; an empty text takes it away."""
        with self._lock:
            self._remarks.pop(name, None)
            if text:
                self._remarks[name] = {"tone": tone, "text": text}
            self.widget.notes = dict(self._remarks)

    def clear_remarks(self) -> None:
        with self._lock:
            self._remarks = {n: r for n, r in self._remarks.items() if r["tone"] == "error"}
            self.widget.notes = dict(self._remarks)

    def lock(self, names: Sequence[str]) -> None:
        """Take no edits of these settings, and of no others."""
        with self._lock:
            self.widget.locked = [name for name in self._settings if name in set(names)]

    # -- inside ------------------------------------------------------------------------------------------------------

    def _refuse(self, name: str, reason: str) -> None:
        blamed = reason.partition(":")[0]
        wrong = blamed if blamed in self._settings else name
        self._remarks = {n: r for n, r in self._remarks.items() if r["tone"] != "error"}
        self._remarks[wrong] = {"tone": "error", "text": reason.removeprefix(f"{wrong}: ")}
        self.error = reason
        self._refresh([name])

    def _refresh(self, names: Any) -> None:
        with self._lock, self.widget.hold_sync():
            self.widget.acknowledge()
            self.widget.state = {**self.widget.state, **{n: self._state(n) for n in names}}
            self.widget.notes = dict(self._remarks)

    def _field(self, s: Setting, sight: bool, suggestions: Sequence[str]) -> dict:
        kind = {"bool": "switch", "choice": "choice", "str": "text"}.get(s.kind, "number")
        start = s.slider[0] if s.slider else s.low
        return {
            "name": s.name,
            "label": s.label,
            "kind": kind,
            "title": f"{s.description} ({s.range_text})" if kind == "number" else s.description,
            "choices": list(s.choices),
            "placeholder": self._apart[s.name][0]["label"] if s.kind == "str" and s.optional else "",
            "suggestions": list(suggestions),
            "apart": self._apart[s.name] if kind == "number" else [],
            "start": exact_text(int(start) if s.kind == "int" and start is not None else start),
            "hint": "may be changed during a run" if s.live and not self._all_live else "",
            "group": s.group,
            "sight": sight,
        }

    def _state(self, name: str) -> dict:
        s = self._settings[name]
        value = getattr(self.config, name)
        text = self._draft.get(name, exact_text(value))
        if s.kind == "str":
            return {"text": "" if name not in self._draft and value is None else text}
        if s.kind in ("bool", "choice"):
            return {"text": text}
        places = [a["text"] for a in self._apart[name]]
        on_slider = None if value is None or exact_text(value) in places else value
        values = stops(s, on_slider)
        return {
            "text": text,
            "texts": [exact_text(v) for v in values],
            "at": values.index(on_slider) if on_slider is not None else 0,
            "apart": places.index(text) if text in places else -1,
        }


def _apart(s: Setting, word: str) -> list[dict[str, str]]:
    """What a slider cannot reach and a box to tick gives: nothing, and on a log scale zero."""
    boxes = [{"label": word, "text": "none"}] if s.optional else []
    if s.scale == "log" and s.low == 0 and not s.low_open:
        boxes.append({"label": "0", "text": "0"})
    return boxes
