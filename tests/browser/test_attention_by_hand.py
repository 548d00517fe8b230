"""Attention by hand in a real JupyterLab: type into a cell, point at one, walk by keyboard, bad input, no error."""

import json
import math

import pytest
from playwright.sync_api import expect

from tests.browser.notebook import PANEL as NOTEBOOK

PANEL = """
import json
from nblib import AttentionByHandPanel
from nblib.ui.pages import show
panel = AttentionByHandPanel(num_heads=2)
show(panel)
"""
CELL = """([name, row, column]) => {
  const canvas = document.querySelector('.nblib-hand-grid'), [x, y] = canvas.nblib.centre(name, row, column);
  const beyond = canvas.getBoundingClientRect().top + y - window.innerHeight + 150;
  if (beyond > 0) document.querySelector('.jp-WindowedPanel-outer').scrollBy(0, beyond);
  const box = canvas.getBoundingClientRect();
  return [box.left + x, box.top + y];
}"""
VALUES = """([name, rows, columns]) => {
  const { value } = document.querySelector('.nblib-hand-grid').nblib;
  return Array.from({ length: rows }, (_, r) => Array.from({ length: columns }, (_, c) => value(name, r, c)));
}"""
# What stands in the matrices in the frame of the commit, before Python can have answered.
COMMIT = """names => {
  const canvas = document.querySelector('.nblib-hand-grid'), input = document.querySelector('.nblib-hand-input');
  const seen = document.querySelector('.nblib-hand').dataset.seen;
  input.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
  const found = {}, { value } = canvas.nblib;
  for (const [name, rows, columns] of names) {
    found[name] = Array.from({ length: rows }, (_, r) => Array.from({ length: columns }, (_, c) => value(name, r, c)));
  }
  return { found, asked: document.querySelector('.nblib-hand').dataset.seen === seen };
}"""
SHOWN = "document.querySelector('.nblib-hand-grid').nblib"
SAID = ".nblib-hand-said[data-stage={}]"


@pytest.fixture
def opened(notebook_with):
    notebook = notebook_with([PANEL])
    notebook.page.set_viewport_size({"width": 1280, "height": 1700})
    notebook.run_all()
    notebook.page.wait_for_selector(".nblib-hand-grid")
    notebook.painted()
    return notebook


def point(notebook, name, row, column):
    notebook.page.mouse.move(*notebook.page.evaluate(CELL, [name, row, column]))


def click(notebook, name, row, column):
    notebook.page.mouse.click(*notebook.page.evaluate(CELL, [name, row, column]))


def of_python(notebook):
    return json.loads(notebook.execute("print(json.dumps({n: m.tolist() for n, m in panel.matrices.items()}))"))


def in_browser(notebook, matrices):
    found = {}
    for name, values in matrices.items():
        found[name] = notebook.page.evaluate(VALUES, [name, len(values), len(values[0])])
    return found


def close(a, b):
    """The largest difference, as a share; infinities have to be where infinities are."""
    flat = [(x, y) for name in b for left, right in zip(a[name], b[name], strict=True)
            for x, y in zip(left, right, strict=True)]  # fmt: skip
    assert len(flat) > 200 and all(math.isfinite(x) == math.isfinite(y) for x, y in flat)
    return max(abs(x - y) / (1 + abs(y)) for x, y in flat if math.isfinite(y))


def answered(notebook, number):
    notebook.page.wait_for_function(f"() => Number(document.querySelector('.nblib-hand').dataset.seen) >= {number}")


def test_a_number_typed_into_a_cell_changes_the_output_to_what_python_says(opened):
    page = opened.page
    before = of_python(opened)
    click(opened, "X", 1, 2)
    page.keyboard.type("2")
    expect(opened.control("textbox", "X, row 2, column 3")).to_have_value("2")
    page.keyboard.type(".5")
    shapes = [[name, len(m), len(m[0])] for name, m in before.items()]
    at_once = page.evaluate(COMMIT, shapes)
    answered(opened, 1)
    after = of_python(opened)
    assert after["X"][1][2] == 2.5 and after["output"] != before["output"]
    # The browser had it in the same moment, by sums of its own; then Python's own numbers took their place.
    assert at_once["asked"] and close(at_once["found"], after) < 1e-9
    page.wait_for_function(f"v => {SHOWN}.value('output', 1, 0) === v",
                           arg=after["output"][1][0])  # fmt: skip
    assert close(in_browser(opened, after), after) == 0
    assert opened.console_errors == [] and opened.unnamed_controls() == []


def test_every_kind_of_cell_says_where_it_comes_from(opened):
    page = opened.page
    opened.execute("panel.causal.value = panel.padded.value = True; panel.positions.value = 'sinusoidal'")
    page.wait_for_function(f"() => {SHOWN}.value('masked/1', 0, 1) === -Infinity")
    opened.painted()
    m = of_python(opened)

    def reads(name, row, column, stage, *parts):
        point(opened, name, row, column)
        for part in parts:
            expect(page.locator(SAID.format(stage))).to_contain_text(part)

    def number(value):
        return f"{float(f'{value:.3g}'):g}".replace("-", "−")

    reads("scores/1", 1, 3, "weights", "Q Kᵀ, head 1, “like” and “eat”: row 2 of Q times row 4 of K",
          f"= {number(m['scores/1'][1][3])}")  # fmt: skip
    reads("scaled/1", 1, 3, "weights", f"times the scale 0.707 = {number(m['scaled/1'][1][3])}")
    reads("masked/1", 1, 3, "weights", "“like” may not look ahead at “eat”")
    reads("masked/1", 6, 5, "weights", "“[PAD]” is padding")
    reads("masked/1", 3, 1, "weights", "may look at “like”")
    reads("softmax/1", 3, 1, "weights", "e^", f"= {number(m['softmax/1'][3][1])}. The row sums to 1")
    reads("entropy/1", 3, 0, "weights", "−Σ p·log₂ p", f"= {number(m['entropy/1'][3][0])} bits")
    reads("Q", 1, 2, "project", "row 2 of X + P times column 3 of Wq:", f"= {number(m['Q'][1][2])}")
    reads("X + P", 2, 1, "input", f"= {number(m['X + P'][2][1])}")
    reads("P", 2, 1, "input", "a cosine of the position 2")
    reads("values/2", 0, 1, "output", "times column 4 of V")
    reads("joined", 0, 3, "output", "column 2 of head 2")
    reads("output", 0, 3, "output", "row 1 of joined times column 4 of Wo")
    reads("Wo", 0, 0, "output", "type another number")
    opened.control("button", "Head 2").click()
    reads("softmax/2", 3, 1, "weights", "softmax, head 2", f"= {number(m['softmax/2'][3][1])}")
    assert opened.console_errors == []


def test_it_is_walked_and_edited_by_keyboard_and_refuses_what_is_no_number(opened):
    page = opened.page
    page.locator(".nblib-hand-grid").focus()
    expect(page.locator(SAID.format("input"))).to_contain_text("X, “I”, column 1:")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(page.locator(SAID.format("input"))).to_contain_text("X, “like”, column 2:")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(page.locator(SAID.format("input"))).to_contain_text("Wq, row 2, column 1:")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(SAID.format("input"))).to_contain_text("X, “like”, column 4:")
    before = of_python(opened)["X"]

    page.keyboard.type("7")
    page.keyboard.press("Escape")
    expect(page.locator(".nblib-hand-input")).to_have_count(0)
    page.keyboard.type("abc")
    page.keyboard.press("Enter")
    expect(page.locator(SAID.format("input"))).to_have_text(
        "X, row 2, column 4: 'abc' is no number; type one such as 0.5"
    )
    page.keyboard.type("nan")
    page.keyboard.press("Enter")
    expect(page.locator(SAID.format("input"))).to_contain_text("nan is not finite")
    assert of_python(opened)["X"] == before

    page.keyboard.type("1e30")
    page.keyboard.press("Enter")
    opened.page.wait_for_function(f"() => {SHOWN}.value('X', 1, 3) === 1e30")
    answered(opened, 3)
    found = of_python(opened)
    assert found["X"][1][3] == 1e30 and all(abs(sum(row) - 1) < 1e-9 for row in found["softmax/1"])
    assert all(math.isfinite(v) for name, m in found.items() for row in m for v in row)
    page.keyboard.press("Enter")
    editor = opened.control("textbox", "X, row 2, column 4")
    editor.fill("0.3")
    editor.press("ArrowUp")
    page.wait_for_function(f"() => {SHOWN}.value('X', 1, 3) === 0.4")
    editor.press("Tab")
    expect(page.locator(SAID.format("input"))).to_contain_text("Wq, row 2, column 1:")
    assert float(opened.execute("print(panel.matrices['X'][1, 3])")) == 0.4
    assert opened.console_errors == []


def test_the_scale_saturates_softmax_and_controls_answer(opened):
    page = opened.page
    opened.wait_for_text("1/√2 = 0.707")
    slider = opened.control("slider", "scale")
    slider.press("End")
    opened.wait_for_text("scale 100")
    answered(opened, 1)
    assert opened.execute("print(panel.view.scale)") == "100.0\n"
    found = of_python(opened)
    assert max(found["softmax/1"][0]) > 0.99 and found["entropy/1"][0][1] < 0.1
    page.locator(".nblib-hand-sliding button", has_text="1/√2 = 0.707").click()
    opened.wait_for_text("scale 0.707")
    opened.control("textbox", "Sentence").fill("我 喜欢 吃 披萨")
    page.wait_for_function(f"() => {SHOWN}.words().join() === '我,喜欢,吃,披萨'")
    opened.painted()
    point(opened, "scores/1", 1, 3)
    expect(page.locator(SAID.format("weights"))).to_contain_text("“喜欢” and “披萨”")
    opened.control("textbox", "Sentence").fill("")
    page.wait_for_function(f"() => {SHOWN}.words().length === 0")
    opened.control("textbox", "Sentence").fill("alone")
    page.wait_for_function(f"() => {SHOWN}.words().length === 1")
    assert of_python(opened)["softmax/1"] == [[1.0]]
    for theme, width in (("dark", 900), ("light", 1280)):
        opened.set_theme(theme)
        opened.resize(width, 1200)
        wide = "() => [...document.querySelectorAll('.nblib-panel')].some(e => e.scrollWidth > e.clientWidth + 1)"
        assert not page.evaluate(wide)
    assert opened.console_errors == [] and opened.unnamed_controls() == []


def test_a_kernel_that_was_restarted_is_said(opened):
    page = opened.page
    page.evaluate(f"() => {NOTEBOOK}.sessionContext.session.kernel.restart().then(() => null)")
    click(opened, "X", 0, 0)
    page.keyboard.type("5")
    page.keyboard.press("Enter")
    said = opened.notebook.locator(".nblib-hand > .nblib-silent:visible")
    expect(said).to_contain_text("If it was restarted, run this cell again", timeout=20_000)
    # The browser goes on by itself.
    assert page.evaluate(f"() => {SHOWN}.value('X', 0, 0)") == 5
