"""Attention on one sentence, every matrix of it in sight, and every number that goes in can be typed over."""

from __future__ import annotations

import math
import threading
import zlib
from typing import Any, TypeVar

import ipywidgets as widgets
import numpy as np

from nblib.engine.errors import InputError
from nblib.labs.attention.by_hand.view import ByHand
from nblib.ui.elements import Choice
from nblib.ui.text_input import well_formed, words_or_characters

T = TypeVar("T")
SENTENCE = "I like to eat pizza"
MOST_WORDS = 8
PADS = 2
PAD = "[PAD]"
SIZES = (2, 3, 4, 5, 6)
# Products of three such numbers are still far from the end of a float64.
LARGEST = 1e30
SLOWEST, FASTEST = -2, 2  # the slider's ends, as powers of ten
EDITABLE = ("X", "Wq", "Wk", "Wv", "Wo")
EMPTY = "The sentence is empty: type a word."


class AttentionByHandPanel(widgets.VBox):
    """Type a sentence, then any number of X, Wq, Wk and Wv; all other matrices follow. Every cell says where it comes
    from.

    Args:
        sentence: words with spaces between; of a text without spaces the characters are the words.
        hidden_size: D, 2 to 6. num_heads: H, a divisor of it, 3 at most.

    ``matrices``: name → float64 array, as shown: "X", "Wq", …, "Q", "K", "V", for each head "scores/1", "scaled/1",
    "masked/1", "softmax/1", "entropy/1", "values/1", then "joined", "Wo" and "output". Raises InputError for a size or
    a number of heads that is not offered.
    """

    def __init__(self, sentence: str = SENTENCE, hidden_size: int = 4, num_heads: int = 1):
        if hidden_size not in SIZES:
            raise InputError(f"hidden_size: {hidden_size} is none of {', '.join(map(str, SIZES))}")
        if num_heads not in heads_for(hidden_size):
            offered = ", ".join(map(str, heads_for(hidden_size)))
            raise InputError(f"num_heads: {num_heads} is not offered for hidden_size {hidden_size}: choose {offered}")
        self.matrices: dict[str, np.ndarray] = {}
        self._seed, self._rows, self._weights, self._scale = 0, [], {}, None
        self._words: list[str] = []
        # Two handlers may run at once, in threads of their own; what both send would be mixed up.
        self._lock = threading.RLock()
        self._quiet = False
        self.sentence = widgets.Text(
            value=well_formed(sentence),
            description="Sentence",
            continuous_update=True,
            layout={"flex": "1 1 260px", "width": "auto"},
        )
        self.size = _choice("Dimensions", [(str(n), n) for n in SIZES], hidden_size)
        self.heads = _choice("Heads", [(str(n), n) for n in heads_for(hidden_size)], num_heads)
        self.positions = _choice("Positions", [("none", ""), ("sinusoidal, added to X", "sinusoidal")], "", 245)
        self.causal = widgets.Checkbox(value=False, description="Causal mask", indent=False, layout={"width": "auto"})
        self.padded = widgets.Checkbox(value=False, description="Padding", indent=False, layout={"width": "auto"})
        self.masked = widgets.Checkbox(
            value=True, description="Padding mask", indent=False, disabled=True, layout={"width": "auto"}
        )
        self.causal.tooltip = "No word looks at a later one"
        self.padded.tooltip = f"{PADS} {PAD} at the end, as in a batch with a longer sentence"
        self.masked.tooltip = f"Nobody looks at {PAD}"
        for control in (self.sentence, self.heads, self.positions, self.causal, self.padded, self.masked):
            control.observe(lambda _change: self.draw(), "value")
        self.size.observe(self._resized, "value")
        self.view = ByHand(edited=self._edited, lock=self._lock, empty=EMPTY)
        other = widgets.Button(description="Other numbers", tooltip="Draw X and all weights anew")
        other.on_click(lambda _button: self.draw_anew())
        reset = widgets.Button(description="Reset", tooltip="The numbers and the scale that the panel opened with")
        reset.on_click(lambda _button: self.reset())
        for button in (other, reset):
            button.layout.width = "auto"
        self.buttons = {"Other numbers": other, "Reset": reset}
        super().__init__(
            [_row(self.sentence, self.size, self.heads, self.positions),
             _row(self.causal, self.padded, self.masked, other, reset), self.view],
            layout={"width": "100%"},
        )  # fmt: skip
        self.add_class("nblib-panel")
        self.draw()

    # -- what a person does ----------------------------------------------------------------------------------------

    def edit(self, name: str, row: int, column: int, number: Any) -> None:
        """Put a number (or its text) into a cell of X, Wq, Wk, Wv or Wo, rows and columns counted from 0.

        Raises InputError where it is no finite number, is beyond 1e30, or where there is no such cell.
        """
        with self._lock:
            self._put(name, row, column, number)
            self.draw()

    def rescale(self, scale: float | None) -> None:
        """Another factor on the scores; None for 1/√d. Raises InputError for one that is negative or no number."""
        if scale is not None and not (math.isfinite(scale) and 0 <= scale <= 10**FASTEST):
            raise InputError(f"scale: {scale} is not between 0 and {10**FASTEST}")
        with self._lock:
            self._scale = None if scale is None else float(scale)
            self.draw()

    def draw_anew(self) -> None:
        """X and all weights from another seed; the scale stays."""
        with self._lock:
            self._seed += 1
            self._rows, self._weights = [], {}
            self.draw()

    def reset(self) -> None:
        """The numbers that the panel opened with, and a scale of 1/√d."""
        with self._lock:
            self._seed, self._rows, self._weights, self._scale = 0, [], {}, None
            self.draw()

    # -- inside ----------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        """Compute all matrices and show them."""
        with self._lock:
            if not self._quiet:
                self._draw()

    def _draw(self) -> None:
        self._words, note = words_or_characters(self.sentence.value, MOST_WORDS, "words")
        self.masked.disabled = not self.padded.value
        if not self._words:
            self.matrices = {}
            self.view.show([], [], tokens=[], note="", problem={}, pads=0)
            return
        pads = PADS * self.padded.value
        words = self._words + [PAD] * pads
        self._fill(words)
        found, curves, usual = self._compute(words, pads)
        self.matrices = {name: array for name, (_, array) in found.items()}
        self.view.show(
            [{"name": name, "shape": list(array.shape), **about} for name, (about, array) in found.items()],
            list(self.matrices.values()), tokens=words, heads=self.heads.chosen,
            note=f"{note} {self._remark()}".strip(),
            scale=usual if self._scale is None else self._scale, usual=usual, curves=curves, pads=pads, problem={},
        )  # fmt: skip

    def _remark(self) -> str:
        if self.positions.chosen and self.size.chosen % 2:
            return f"Sines and cosines come in pairs, and {self.size.chosen} is odd: no positions are added."
        return ""

    def _fill(self, words: list[str]) -> None:
        """X and the weights: those that are there stay, for the same words at the same places."""
        d = self.size.chosen
        kept = self._rows
        self._rows = [
            kept[i] if i < len(kept) and kept[i][0] == word else (word, _drawn(f"{word} {self._seed}", (d,)))
            for i, word in enumerate(words)
        ]
        for name in ("Wq", "Wk", "Wv"):
            self._weights.setdefault(name, _drawn(f"{name} {self._seed}", (d, d), 0.6))
        self._weights.setdefault("Wo", np.eye(d))

    def _compute(self, words: list[str], pads: int) -> tuple[dict, bytes, float]:
        import torch

        from nblib.labs.attention.by_hand.steps import attention_steps, saturation
        from nblib.models.attention import causal_mask
        from nblib.models.positions import sinusoidal

        n, d, heads = len(words), self.size.chosen, self.heads.chosen
        x = torch.from_numpy(np.stack([row for _, row in self._rows]))
        w = {name: torch.from_numpy(weights) for name, weights in self._weights.items()}
        place = sinusoidal(n, d).double() if self.positions.chosen and d % 2 == 0 else None
        mask = causal_mask(n) if self.causal.value else None
        if pads and self.masked.value:
            real = torch.arange(n) < n - pads
            mask = real.expand(n, n) if mask is None else mask & real
        total = x if place is None else x + place
        usual = (d // heads) ** -0.5
        scale = usual if self._scale is None else self._scale
        s = attention_steps(total, w["Wq"], w["Wk"], w["Wv"], heads, mask, scale)
        scales = torch.logspace(SLOWEST, FASTEST, 61, dtype=torch.float64)
        entropy, gradient = saturation(s.scores, scales, mask)
        now, slope = saturation(s.scores, torch.tensor([scale], dtype=torch.float64), mask)
        curves = [scales.numpy()]
        for h in range(heads):
            curves += [entropy[:, h].mean(1).numpy() / max(1.0, math.log2(n)), gradient[:, h].mean(1).numpy()]
        masks = {"causal": self.causal.value, "padding": bool(pads and self.masked.value)}
        found = table(x, w, place, s, torch.stack([now[0], slope[0]], dim=-1), masks)
        return found, np.stack(curves).astype(np.float32).tobytes(), usual

    def _put(self, name: str, row: int, column: int, number: Any) -> None:
        value = read(number, f"{name}, row {row + 1}, column {column + 1}")
        if name not in EDITABLE or name not in self.matrices:
            raise InputError(f"{name}: only {', '.join(n for n in EDITABLE if n in self.matrices)} can be typed over")
        rows = [r for _, r in self._rows] if name == "X" else self._weights[name]
        if not (0 <= row < len(rows) and 0 <= column < len(rows[0])):
            raise InputError(f"{name}: there is no row {row + 1}, column {column + 1}")
        rows[row][column] = value

    def _edited(self, cells: list, more: dict) -> None:
        """From the view: what it has waited with is taken over as far as it can be; the first refusal is told."""
        problem: dict = {}
        for name, row, column, text in cells:
            try:
                self._put(name, row, column, text)
            except InputError as error:
                problem = problem or {"name": name, "row": row, "column": column, "text": str(error)}
        if "scale" in more:
            scale = more["scale"]
            self._scale = None if scale is None else min(10.0**FASTEST, max(0.0, float(scale)))
        with self.view.hold_sync():
            self.draw()
            self.view.problem = problem

    def _resized(self, _change: Any) -> None:
        """Other dimensions: other numbers, and the heads that divide them."""
        with self._lock:
            self._rows, self._weights, kept = [], {}, self.heads.chosen
            self._quiet = True
            try:
                offered = heads_for(self.size.chosen)
                self.heads.options = [(str(n), n) for n in offered]
                self.heads.value = kept if kept in offered else 1
            finally:
                self._quiet = False
            self.draw()


def table(x: Any, w: dict, place: Any, s: Any, row_figures: Any, masks: dict) -> dict:
    """Name → (what the view is told of the matrix, float64 array), in the order in which they are shown.

    ``row_figures``: (H, T, 2), entropy and gradient of each row of weights. ``masks``: whether one is "causal", and
    whether one hides "padding".
    """
    n, d = x.shape
    heads, dk = len(s.query), d // len(s.query)
    bands = heads if heads > 1 else 0
    found: dict[str, tuple[dict, np.ndarray]] = {}

    def add(name, title, stage, values, rule, rows="tokens", columns="numbers", sign="", **more):
        about = {"title": title, "stage": stage, "rows": rows, "columns": columns, "sign": sign, "rule": rule,
                 "edit": rule["kind"] == "given" and name in EDITABLE, "head": -1, "bands": 0, **more}  # fmt: skip
        found[name] = about, np.ascontiguousarray(values.numpy())

    def product(left, right, length, start=0, transposed=False, offset=0):
        return {"kind": "product", "left": left, "right": right, "start": start, "length": length,
                "transposed": transposed, "offset": offset}  # fmt: skip

    given = {"kind": "given"}
    add("X", "X", "input", x, given)
    source = "X"
    if place is not None:
        source = "X + P"
        add("P", "P", "input", place, given, sign="+")
        add(source, source, "input", x + place, {"kind": "add", "left": "X", "right": "P"}, sign="=")
        add("P Pᵀ", "P Pᵀ", "input", place @ place.T, product("P", "P", d, transposed=True), columns="tokens")
    for letter in "qkv":
        add(f"W{letter}", f"W{letter}", "input", w[f"W{letter}"], given, rows="numbers", bands=bands)
    for letter, values in zip("QKV", (s.query, s.key, s.value), strict=True):
        both = values.transpose(0, 1).flatten(1)  # (T, D): the heads beside each other
        rule = product(source, f"W{letter.lower()}", d)
        add(letter, f"{letter} = {source if place is None else f'({source})'} W{letter.lower()}", "project", both, rule,
            bands=bands)  # fmt: skip
    for h in range(heads):
        of = f"/{h + 1}"
        more = {"head": h, "columns": "tokens"}
        rule = product("Q", "K", dk, start=h * dk, transposed=True)
        add(f"scores{of}", "Q Kᵀ", "weights", s.scores[h], rule, **more)
        add(
            f"scaled{of}",
            "Q Kᵀ · scale",
            "weights",
            s.scaled[h],
            {"kind": "scale", "of": f"scores{of}"},
            sign="→",
            **more,
        )
        last = f"scaled{of}"
        if any(masks.values()):
            rule = {"kind": "mask", "of": last, **masks}
            last = f"masked{of}"
            add(last, "masked", "weights", s.masked[h], rule, sign="→", **more)
        rule = {"kind": "softmax", "of": last}
        add(f"softmax{of}", "softmax", "weights", s.weights[h], rule, sign="→", **more)
        rule = {"kind": "entropy", "of": f"softmax{of}"}
        add(f"entropy{of}", "", "weights", row_figures[h], rule, columns="none", head=h)
    for h in range(heads):
        title = "output = softmax V" if heads == 1 else f"head {h + 1}: softmax V"
        rule = product(f"softmax/{h + 1}", "V", n, offset=h * dk)
        add(f"values/{h + 1}", title, "output", s.values[h], rule)
    if heads > 1:
        add("joined", "joined", "output", s.joined, {"kind": "join"}, sign="→", bands=bands)
        add("Wo", "Wo", "output", w["Wo"], given, rows="numbers", sign="×")
        add("output", "output", "output", s.joined @ w["Wo"], product("joined", "Wo", d), sign="=")
    return found


def heads_for(hidden_size: int) -> list[int]:
    """1 to 3 heads, those that divide the width."""
    return [n for n in (1, 2, 3) if hidden_size % n == 0]


def read(number: Any, where: str) -> float:
    """A typed number. Raises InputError, which names the cell, for what is none, is not finite or is beyond 1e30."""
    text = str(number).strip().replace("−", "-")
    try:
        value = float(text)
    except ValueError:
        with_point = text.replace(",", ".", 1)
        example = with_point if with_point.lstrip("-").replace(".", "", 1).isdigit() else "one such as 0.5"
        raise InputError(f"{where}: {text[:20]!r} is no number; type {example}") from None
    if not math.isfinite(value):
        raise InputError(f"{where}: {text[:20]} is not finite; type a number such as 0.5")
    if abs(value) > LARGEST:
        raise InputError(f"{where}: {text[:20]} is beyond {LARGEST:.0e}; type a smaller number")
    return value + 0.0


def _drawn(name: str, shape: tuple[int, ...], spread: float = 1.0) -> np.ndarray:
    """Numbers with one digit after the point; the same name gives the same, on every machine."""
    random = np.random.default_rng(zlib.crc32(name.encode("utf-8", "replace")))
    return np.round(random.normal(0, spread, shape), 1) + 0.0


def _choice(label: str, options: list[tuple[str, T]], value: T, width: int = 150) -> Choice[T]:
    return Choice(options=options, value=value, description=label, layout={"width": f"{width}px"})


def _row(*parts: widgets.Widget) -> widgets.HBox:
    made = widgets.HBox(list(parts), layout={"flex_flow": "row wrap", "grid_gap": "4px 12px"})
    made.add_class("nblib-tools")
    return made
