"""The panel of attention by hand over a wire that goes nowhere: what it holds, what it sends, bad input."""

from __future__ import annotations

import math
import threading

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from nblib import AttentionByHandPanel, InputError
from nblib.labs.attention.by_hand.view import RULES
from nblib.models.positions import sinusoidal
from tests.wire import from_browser, set_from_browser


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def sent(panel):
    """The matrices as the browser reads them: from the bytes and the shapes."""
    numbers, found = np.frombuffer(panel.view.data, np.float64), {}
    for about in panel.view.matrices:
        size = math.prod(about["shape"])
        found[about["name"]], numbers = numbers[:size].reshape(about["shape"]), numbers[size:]
    assert not len(numbers)
    return found


def by_rules(panel):
    """Every matrix anew from those that are given, as ``RULES`` says; numpy, and none of the engine."""
    found = {}
    for about in panel.view.matrices:
        rule, name = about["rule"], about["name"]
        assert set(rule) == {"kind", *RULES[rule["kind"]]}
        kind, of = rule["kind"], found.get(rule.get("of"))
        if kind == "given":
            found[name] = panel.matrices[name]
        elif kind == "add":
            found[name] = found[rule["left"]] + found[rule["right"]]
        elif kind == "scale":
            found[name] = of * panel.view.scale
        elif kind == "mask":
            hidden = np.zeros(of.shape, bool)
            if rule["causal"]:
                hidden |= np.triu(np.ones(of.shape, bool), 1)
            if rule["padding"]:
                hidden[:, len(of) - panel.view.pads :] = True
            found[name] = np.where(hidden, -np.inf, of)
        elif kind == "softmax":
            powers = np.exp(of - of.max(1, keepdims=True))
            found[name] = powers / powers.sum(1, keepdims=True)
        elif kind == "entropy":
            bits = [-sum(p * math.log2(p) for p in row if p > 0) for row in of]
            found[name] = np.array([bits, [np.linalg.norm(np.diag(p) - np.outer(p, p)) for p in of]]).T
        elif kind == "join":
            found[name] = np.hstack([m for n, m in found.items() if n.startswith("values/")])
        else:
            left, right = found[rule["left"]], found[rule["right"]]
            left = left[:, rule["start"] : rule["start"] + rule["length"]]
            if rule["transposed"]:
                right = right[:, rule["start"] : rule["start"] + rule["length"]].T
            else:
                right = right[: rule["length"], rule["offset"] : rule["offset"] + about["shape"][1]]
            found[name] = left @ right
    return found


CASES = [
    {}, {"causal": True}, {"padded": True}, {"padded": True, "masked": False}, {"causal": True, "padded": True},
    {"positions": "sinusoidal"}, {"heads": 2}, {"heads": 2, "causal": True, "positions": "sinusoidal"},
    {"size": 6, "heads": 3, "padded": True}, {"size": 2, "heads": 2}, {"size": 5}, {"size": 3, "heads": 3},
    {"sentence": "alone"}, {"sentence": "alone", "causal": True, "padded": True}, {"sentence": "我 喜欢 吃 披萨"},
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("scale", [None, 4.0])
def test_the_matrices_are_torchs_and_those_of_the_rules(wire, case, scale):
    panel = AttentionByHandPanel()
    for name, value in case.items():
        getattr(panel, name).value = value
    panel.rescale(scale)
    m, heads = panel.matrices, panel.heads.value
    shown = sent(panel)
    assert list(shown) == list(m) and all(np.array_equal(shown[n], m[n]) for n in m)
    for name, values in by_rules(panel).items():
        np.testing.assert_allclose(m[name], values, atol=1e-10, rtol=1e-10, err_msg=name)

    n = len(panel.view.tokens)
    x = torch.from_numpy(m["X + P" if panel.positions.value else "X"])
    mask = torch.ones(n, n, dtype=torch.bool)
    if panel.causal.value:
        mask = mask.tril()
    if panel.padded.value and panel.masked.value:
        mask[:, n - 2 :] = False
    q, k, v = ((x @ torch.from_numpy(m[w])).view(n, heads, -1).transpose(0, 1) for w in ("Wq", "Wk", "Wv"))
    wanted = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, scale=scale)
    for h in range(heads):
        np.testing.assert_allclose(m[f"values/{h + 1}"], wanted[h], atol=1e-12)
    if heads > 1:
        np.testing.assert_allclose(m["output"], wanted.transpose(0, 1).reshape(n, -1).numpy() @ m["Wo"], atol=1e-12)


def test_positions_are_added_and_their_products_shown(wire):
    panel = AttentionByHandPanel()
    assert "P" not in panel.matrices
    panel.positions.value = "sinusoidal"
    m = panel.matrices
    np.testing.assert_allclose(m["P"], sinusoidal(5, 4).double())
    np.testing.assert_allclose(m["P Pᵀ"], m["P"] @ m["P"].T, atol=1e-12)
    panel.size.value = 5
    assert "P" not in panel.matrices and "5 is odd" in panel.view.note
    panel.size.value = 2
    assert "P" in panel.matrices and panel.view.note == ""


def test_an_edit_from_the_browser_goes_out_as_one_small_message(wire):
    panel = AttentionByHandPanel()
    before = panel.matrices["values/1"].copy()
    wire.clear()
    cells = [["X", 1, 2, "2.5"], ["Wq", 0, 0, "−1"], ["Wv", 3, 3, " 1e-3 "]]
    from_browser(panel.view, {"type": "edit", "number": 1, "cells": cells})
    messages = wire.of(panel.view)
    assert len(messages) == 1 and messages[0].size < 8000 and panel.view.seen == 1
    assert (panel.matrices["X"][1, 2], panel.matrices["Wq"][0, 0], panel.matrices["Wv"][3, 3]) == (2.5, -1, 1e-3)
    assert not np.allclose(panel.matrices["values/1"], before)
    np.testing.assert_array_equal(sent(panel)["values/1"], panel.matrices["values/1"])


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (["X", 0, 0, "abc"], "X, row 1, column 1: 'abc' is no number; type one such as 0.5"),
        (["X", 0, 0, ""], "'' is no number"),
        (["X", 0, 0, "0,5"], "type 0.5"),
        (["Wk", 1, 2, "nan"], "Wk, row 2, column 3: nan is not finite"),
        (["Wk", 1, 2, "-inf"], "not finite"),
        (["Wk", 1, 2, "1e31"], "beyond 1e+30"),
        (["Q", 0, 0, "1"], "Q: only X, Wq, Wk, Wv can be typed over"),
        (["Wo", 0, 0, "1"], "Wo: only X, Wq"),
        (["X", 7, 0, "1"], "X: there is no row 8, column 1"),
        (["X", -1, 0, "1"], "no row 0"),
        (["<b>", 0, 0, "1"], "only X"),
    ],
)
def test_bad_numbers_are_answered_in_a_line_and_nothing_changes(wire, cell, said):
    panel = AttentionByHandPanel()
    before = {n: m.copy() for n, m in panel.matrices.items()}
    from_browser(panel.view, {"type": "edit", "number": 1, "cells": [cell, ["X", 0, 1, "9"]]})
    assert said in panel.view.problem["text"] and panel.view.seen == 1
    # What was good beside it is taken over; everything else stays.
    assert panel.matrices["X"][0, 1] == 9
    before["X"][0, 1] = 9
    for name in ("X", "Wq", "Wk", "Wv"):
        np.testing.assert_array_equal(panel.matrices[name], before[name])
    from_browser(panel.view, {"type": "edit", "number": 2, "cells": [["X", 0, 1, "1"]]})
    assert panel.view.problem == {}
    with pytest.raises(InputError, match="no number|finite|beyond|only|there is no"):
        panel.edit(*cell)


def test_extreme_numbers_do_not_break_softmax(wire):
    panel = AttentionByHandPanel(num_heads=2)
    for row, value in enumerate((1e30, -1e30, 1e30, 0, 1e-300)):
        panel.edit("X", row, 0, value)
    for name in ("Wq", "Wk", "Wv", "Wo"):
        panel.edit(name, 0, 0, 1e30)
    panel.rescale(100.0)
    for name, m in panel.matrices.items():
        assert np.isfinite(m).all(), name
    np.testing.assert_allclose(panel.matrices["softmax/1"].sum(1), 1)
    assert np.isfinite(np.frombuffer(panel.view.curves, np.float32)).all()


def test_the_slider_saturates_softmax_and_goes_back_to_the_formula(wire):
    panel = AttentionByHandPanel(hidden_size=4)
    figures = {}
    for scale in (0.01, 0.5, 100.0):
        from_browser(panel.view, {"type": "edit", "number": 1, "cells": [], "scale": scale})
        assert panel.view.scale == scale
        figures[scale] = panel.matrices["entropy/1"].mean(0)
    assert figures[0.01][0] > 2.3 > figures[0.5][0] > figures[100.0][0] and figures[100.0][1] < 0.05
    panel.heads.value = 2
    assert panel.view.scale == 100.0 and panel.view.usual == pytest.approx(2**-0.5)
    from_browser(panel.view, {"type": "edit", "number": 2, "cells": [], "scale": None})
    assert panel.view.scale == panel.view.usual
    for bad in (-1.0, math.nan, math.inf, 1e9):
        with pytest.raises(InputError, match="scale"):
            panel.rescale(bad)
    from_browser(panel.view, {"type": "edit", "number": 3, "cells": [], "scale": 1e9})
    assert panel.view.scale == 100.0


def test_the_curves_are_what_the_slider_would_give(wire):
    panel = AttentionByHandPanel(num_heads=2)
    curves = np.frombuffer(panel.view.curves, np.float32).reshape(5, -1)
    for k in (0, 30, 60):
        panel.rescale(float(curves[0, k]))
        for h in (0, 1):
            bits, gradient = panel.matrices[f"entropy/{h + 1}"].mean(0)
            assert curves[1 + 2 * h, k] == pytest.approx(bits / math.log2(5), rel=1e-4)
            assert curves[2 + 2 * h, k] == pytest.approx(gradient, rel=1e-4, abs=1e-7)


def test_edits_stay_with_their_words_and_reset_takes_them_back(wire):
    panel = AttentionByHandPanel()
    first = {n: m.copy() for n, m in panel.matrices.items()}
    panel.edit("X", 1, 0, 9)
    panel.edit("Wq", 1, 0, 9)
    set_from_browser(panel.sentence, value="I like to eat noodles")
    assert panel.matrices["X"][1, 0] == 9 and panel.matrices["Wq"][1, 0] == 9
    assert not np.array_equal(panel.matrices["X"][4], first["X"][4])
    set_from_browser(panel.sentence, value="I hate to eat pizza")
    set_from_browser(panel.sentence, value="I like to eat pizza")
    assert panel.matrices["X"][1, 0] == first["X"][1, 0]
    panel.rescale(7)
    panel.buttons["Reset"].click()
    assert all(np.array_equal(panel.matrices[n], first[n]) for n in first) and panel.view.scale == panel.view.usual
    panel.buttons["Other numbers"].click()
    assert not any(np.array_equal(panel.matrices[n], first[n]) for n in ("X", "Wq", "Wk", "Wv"))


def test_the_heads_on_offer_divide_the_width(wire):
    panel = AttentionByHandPanel(hidden_size=6, num_heads=3)
    panel.size.value = 4
    assert [v for _, v in panel.heads.options] == [1, 2] and panel.heads.value == 1
    assert panel.matrices["X"].shape == (5, 4) and "Wo" not in panel.matrices
    for given, said in (((7, 1), "hidden_size: 7 is none of 2"), ((4, 3), "choose 1, 2")):
        with pytest.raises(InputError, match=said):
            AttentionByHandPanel("a b", *given)


@pytest.mark.parametrize(
    ("text", "words", "said"),
    [
        ("", 0, "The sentence is empty"),
        (" \n ", 0, "The sentence is empty"),
        ("one", 1, ""),
        ("我喜欢吃披萨", 6, ""),
        ("the the the", 3, ""),
        ("x " * 500, 8, "first 8 of 500 words"),
        ("😀 שלום <script> half \ud83d", 5, ""),
    ],
)
def test_any_sentence_is_answered(wire, text, words, said):
    panel = AttentionByHandPanel()
    panel.sentence.value = text
    assert len(panel.view.tokens) == words and said in panel.view.note + panel.view.empty
    assert (panel.matrices == {}) == (not words)
    from_browser(panel.view, {"type": "edit", "number": 1, "cells": [["X", 0, 0, "3"]], "scale": 2})
    assert panel.view.seen == 1 and ("only" in panel.view.problem.get("text", "")) == (not words)
    if words:
        assert panel.matrices["X"][0, 0] == 3
        np.testing.assert_allclose(panel.matrices["softmax/1"].sum(1), 1)


def test_nonsense_from_the_browser_is_let_go(wire):
    panel = AttentionByHandPanel()
    before = panel.view.data
    from_browser(panel.view, {"type": "nonsense"})
    assert panel.view.data == before


def test_no_trait_hides_one_that_every_widget_has(wire):
    import anywidget

    from nblib.labs.attention.by_hand.view import ByHand

    assert not set(ByHand.class_own_traits()) & set(anywidget.AnyWidget.class_traits())


def test_two_handlers_at_once_lose_nothing(wire):
    """The front end may have a text and an edit answered in two threads; what the browser got last is what is true."""
    panel = AttentionByHandPanel()
    wire.clear()

    def type_on():
        for k in range(60):
            set_from_browser(panel.sentence, value=f"I like {k}")

    thread = threading.Thread(target=type_on)
    thread.start()
    for k in range(60):
        from_browser(panel.view, {"type": "edit", "number": k + 1, "cells": [["X", 0, 0, str(k)]]})
    thread.join()
    state, data = {}, b""
    for message in wire.of(panel.view):
        state.update(message.state)
        for path, buffer in zip(message.data.get("buffer_paths", []), message.buffers, strict=True):
            data = bytes(buffer) if path == ["data"] else data
    assert state["tokens"] == ["I", "like", "59"] and state["seen"] == 60
    assert data == panel.view.data and panel.matrices["X"][0, 0] == 59
    np.testing.assert_array_equal(sent(panel)["values/1"], panel.matrices["values/1"])
