"""Look at the attention of any encoder or decoder of transformers."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import numpy as np

from nblib.engine.errors import InputError
from nblib.engine.files import write_atomic
from nblib.inspect.maps import Maps, attention, rollout
from nblib.inspect.opening import Opened, open_model
from nblib.inspect.roles import roles
from nblib.inspect.sentences import SENTENCES
from nblib.labs.attention.explorer.view import Explorer
from nblib.ui.text_input import well_formed

SENTENCE = "I like to eat pizza"


class AttentionExplorer(widgets.VBox):
    """All heads of a model over a sentence that a person types.

    Args:
        model: a name of the offline pack, owner/name on the hub, a folder, the folder of a run, or a model of
            transformers in memory with its ``tokenizer``.
        text: the sentence shown first.
        beside: a second model with the same tokenizer, for instance the first one after fine-tuning; the panel then
            shows both and their difference.
        sentences: what the roles of heads are measured over.

    ``maps`` (``nblib.inspect.maps.Maps``, or None), ``beside_maps`` and ``opened`` are what is shown. What cannot
    be shown is said in one line in the panel, and what was there stays.
    """

    def __init__(
        self,
        model: Any = "minilm",
        text: str = SENTENCE,
        tokenizer: Any = None,
        *,
        beside: Any = None,
        sentences: tuple[str, ...] = SENTENCES,
    ):
        self.view = Explorer(self._ask, self._weight)
        super().__init__([self.view], layout={"width": "100%"})
        self.add_class("nblib-panel")
        self._lock = threading.RLock()
        self._sentences = sentences
        self._beside: Opened | None = None
        self._asked_for: Any = None
        self.opened: Opened | None = None
        self.maps: Maps | None = None
        self.beside_maps: Maps | None = None
        try:
            if beside is not None:
                self._beside = open_model(beside)
            self._open(model, text, tokenizer)
        except InputError as error:
            self.view.say(str(error))

    @property
    def roles(self) -> dict[str, np.ndarray]:
        """Role → the scores of the heads, [layers, heads]."""
        return {name: np.array(scores) for name, scores in self.view.roles.items()}

    def show(self, text: str) -> None:
        """Read another sentence. Raises InputError, and leaves what is shown, for a text without tokens."""
        with self._lock:
            if self.opened is None:
                raise InputError("explorer: no model is open; name one, for example minilm")
            self._put(self.opened, text, *self._read(self.opened, text))

    def save(self, path: str | Path) -> Path:
        """Write what is shown as one HTML page that needs no network and no kernel. Raises InputError."""
        path = Path(path)
        if path.suffix.lower() not in (".html", ".htm"):
            raise InputError(f"path: {path} is to end in .html; SVG and PNG are saved from the panel")
        write_atomic(path, self.view.html())
        return path

    def _open(self, model: Any, text: str, tokenizer: Any = None) -> None:
        """Another model, with its roles and its maps of ``text``; whatever fails, what is shown stays."""
        opened = open_model(model, tokenizer)
        scores_of = self._measured(opened)
        maps = self._read(opened, text)
        self.opened, self._asked_for = opened, model
        with self.view.hold_sync():
            self.view.roles = {name: np.round(scores, 3).tolist() for name, scores in scores_of.items()}
            self.view.role_texts = len(self._sentences)
        self._put(opened, text, *maps)

    def _measured(self, opened: Opened) -> dict[str, np.ndarray]:
        maps = [attention(opened.model, opened.tokenizer, text) for text in self._sentences]
        separators = {opened.tokenizer.sep_token_id, *_stops(opened.tokenizer)} - {None}
        return roles(maps, sorted(separators)) if maps else {}

    def _read(self, opened: Opened, text: str) -> tuple[Maps, Maps | None]:
        maps = attention(opened.model, opened.tokenizer, well_formed(text))
        if self._beside is None:
            return maps, None
        beside = attention(self._beside.model, self._beside.tokenizer, well_formed(text))
        if beside.ids != maps.ids or beside.weights.shape != maps.weights.shape:
            raise InputError(f"beside: {self._beside.name} has other tokens or heads than {opened.name}")
        return maps, beside

    def _put(self, opened: Opened, text: str, maps: Maps, beside: Maps | None) -> None:
        self.maps, self.beside_maps = maps, beside
        sets = [(opened.name, maps)]
        if beside is not None and self._beside is not None:
            names = [opened.name, self._beside.name]
            names = names if names[0] != names[1] else ["first", "second"]
            sets = list(zip(names, (maps, beside), strict=True))
        self.view.show(sets, model=opened.name, text=well_formed(text), note=maps.note, about=_about(opened, maps))

    def _ask(self, model: str, text: str) -> None:
        with self._lock:
            try:
                if model.strip() and (self.opened is None or model.strip() not in (self.opened.name, self._asked_for)):
                    if self._beside is not None:
                        raise InputError("model: two models are compared here; open another explorer for a third")
                    self._open(model.strip(), text)
                else:
                    self.show(text)
            except InputError as error:
                self.view.say(str(error))

    def _weight(self, place: dict) -> float:
        """One weight as the model computed it."""
        with self._lock:
            both = [
                m.weights[:, :, place["row"], place["column"]] for m in (self.maps, self.beside_maps) if m is not None
            ]
            shown = {
                "head": lambda w, m: w[place["layer"], place["head"]],
                "layer": lambda w, m: w[place["layer"]].mean(),
                "all": lambda w, m: w.mean(),
                "rollout": lambda w, m: rollout(m.weights)[place["row"], place["column"]],
            }[place["mode"]]
            weights = [float(shown(w, m)) for w, m in zip(both, (self.maps, self.beside_maps), strict=False)]
            return weights[1] - weights[0] if place["set"] < 0 else weights[place["set"]]


def _stops(tokenizer: Any) -> list[int]:
    """The ids of full stops and commas: separators that a text brings itself."""
    encoded = [tokenizer.encode(mark, add_special_tokens=False) for mark in (".", ",", ";", "?")]
    return [ids[0] for ids in encoded if len(ids) == 1]


def _about(opened: Opened, maps: Maps) -> str:
    layers, heads, tokens = maps.weights.shape[:3]
    shared = f" that share {maps.key_heads} heads of keys" if maps.key_heads < heads else ""
    kind = opened.model.config.model_type
    ahead = "; nobody looks ahead" if maps.causal else ""
    return f"{opened.name} ({kind}): {layers} layers of {heads} heads{shared}, {tokens} tokens{ahead}."
