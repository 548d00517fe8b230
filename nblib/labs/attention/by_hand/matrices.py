"""The matrices of attention by hand: what the view is told of each, and the rule by which its numbers come about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

    from nblib.labs.attention.by_hand.steps import Steps

EDITABLE = ("X", "Wq", "Wk", "Wv", "Wo")
GIVEN = {"kind": "given"}


class Matrices:
    """All matrices of one computation, in the order in which they are shown.

    Args:
        x: (T, D), the rows of the words. w: name → (D, D), the weights. place: (T, D) positions, or None.
        steps: what came of them.
        row_figures: (H, T, 2), entropy and gradient of each row of weights.
        masks: whether one is "causal", and whether one hides "padding".

    ``about``: name → what the view is told; ``arrays``: name → float64 array.
    """

    def __init__(
        self, x: Tensor, w: dict[str, Tensor], place: Tensor | None, steps: Steps, row_figures: Tensor,
        masks: dict[str, bool],
    ):  # fmt: skip
        self.about: dict[str, dict[str, Any]] = {}
        self.arrays: dict[str, np.ndarray] = {}
        self._heads = len(steps.query)
        self._bands = self._heads if self._heads > 1 else 0
        source = self._add_inputs(x, place)
        self._add_projections(w, steps, source)
        for head in range(self._heads):
            self._add_weights(head, steps, row_figures, masks)
        self._add_outputs(w, steps)

    def _add(
        self, name: str, title: str, stage: str, values: Tensor, rule: dict, *, rows: str = "tokens",
        columns: str = "numbers", sign: str = "", head: int = -1, bands: int = 0,
    ) -> None:  # fmt: skip
        self.about[name] = {
            "title": title, "stage": stage, "rows": rows, "columns": columns, "sign": sign, "rule": rule,
            "edit": rule["kind"] == "given" and name in EDITABLE, "head": head, "bands": bands,
        }  # fmt: skip
        self.arrays[name] = np.ascontiguousarray(values.numpy())

    def _add_inputs(self, x: Tensor, place: Tensor | None) -> str:
        """X, and with positions P and their sum; the name of what the projections read."""
        self._add("X", "X", "input", x, GIVEN)
        if place is None:
            return "X"
        total = "X + P"
        self._add("P", "P", "input", place, GIVEN, sign="+")
        self._add(total, total, "input", x + place, {"kind": "add", "left": "X", "right": "P"}, sign="=")
        rule = product("P", "P", x.shape[1], transposed=True)
        self._add("P Pᵀ", "P Pᵀ", "input", place @ place.T, rule, columns="tokens")
        return total

    def _add_projections(self, w: dict[str, Tensor], steps: Steps, source: str) -> None:
        for letter in "qkv":
            name = f"W{letter}"
            self._add(name, name, "input", w[name], GIVEN, rows="numbers", bands=self._bands)
        shown = source if source == "X" else f"({source})"
        for letter, values in zip("QKV", (steps.query, steps.key, steps.value), strict=True):
            both = values.transpose(0, 1).flatten(1)  # (T, D): the heads beside each other
            weights = f"W{letter.lower()}"
            rule = product(source, weights, both.shape[1])
            self._add(letter, f"{letter} = {shown} {weights}", "project", both, rule, bands=self._bands)

    def _add_weights(self, head: int, steps: Steps, row_figures: Tensor, masks: dict[str, bool]) -> None:
        """From Q Kᵀ to the weights of one head, and what its rows are like."""
        of, width = f"/{head + 1}", steps.query.shape[-1]

        def add(name: str, title: str, values: Tensor, rule: dict, sign: str = "→") -> None:
            self._add(name + of, title, "weights", values[head], rule, columns="tokens", sign=sign, head=head)

        add("scores", "Q Kᵀ", steps.scores, product("Q", "K", width, start=head * width, transposed=True), sign="")
        add("scaled", "Q Kᵀ · scale", steps.scaled, {"kind": "scale", "of": f"scores{of}"})
        last = f"scaled{of}"
        if any(masks.values()):
            add("masked", "masked", steps.masked, {"kind": "mask", "of": last, **masks})
            last = f"masked{of}"
        add("softmax", "softmax", steps.weights, {"kind": "softmax", "of": last})
        rule = {"kind": "entropy", "of": f"softmax{of}"}
        self._add(f"entropy{of}", "", "weights", row_figures[head], rule, columns="none", head=head)

    def _add_outputs(self, w: dict[str, Tensor], steps: Steps) -> None:
        heads, length, width = steps.values.shape
        for head in range(heads):
            title = "output = softmax V" if heads == 1 else f"head {head + 1}: softmax V"
            rule = product(f"softmax/{head + 1}", "V", length, offset=head * width)
            self._add(f"values/{head + 1}", title, "output", steps.values[head], rule)
        if heads > 1:
            self._add("joined", "joined", "output", steps.joined, {"kind": "join"}, sign="→", bands=self._bands)
            self._add("Wo", "Wo", "output", w["Wo"], GIVEN, rows="numbers", sign="×")
            rule = product("joined", "Wo", heads * width)
            self._add("output", "output", "output", steps.joined @ w["Wo"], rule, sign="=")


def product(
    left: str, right: str, length: int, *, start: int = 0, transposed: bool = False, offset: int = 0
) -> dict[str, Any]:
    """left[r, start + k] · right[k, offset + c], or with ``transposed`` right[c, start + k], summed over k < length."""
    return {"kind": "product", "left": left, "right": right, "start": start, "length": length,
            "transposed": transposed, "offset": offset}  # fmt: skip
