"""The explorer and the dials of heads in a real JupyterLab: type, hover, walk, click, silence, save; no error."""

import json

import pytest
from playwright.sync_api import expect

from tests.browser.notebook import PANEL

EXPLORER = """
import torch
torch.set_num_threads(1)
from nblib import AttentionExplorer, HeadsPanel
from nblib.ui.pages import show
explorer = AttentionExplorer("minilm", "I like to eat pizza", sentences=("a cat and a dog", "we read long books"))
show(explorer)
"""
DIALS = """
dials = HeadsPanel("minilm", texts=["a cat and a dog", "we read long books"], seconds=1)
show(dials)
"""


@pytest.fixture
def opened(notebook_with):
    def make(*cells):
        notebook = notebook_with([EXPLORER, *cells])
        notebook.run_all()
        notebook.page.wait_for_function("() => document.querySelector('.nblib-explorer')?.dataset.shown")
        return notebook

    return make


def view(notebook, number: int = 0):
    return notebook.notebook.locator(".nblib-explorer").nth(number)


def data(notebook, name: str, number: int = 0) -> str:
    return view(notebook, number).evaluate("(root, name) => root.dataset[name]", name)


def weight(notebook) -> tuple[float, tuple[int, int]]:
    """What is read out, and of which cell."""
    row, column = map(int, data(notebook, "token").split())
    return float(view(notebook).locator(".nblib-weight").get_attribute("data-weight")), (row, column)


def read(notebook, expression: str):
    return json.loads(notebook.execute(f"import json; print(json.dumps({expression}))"))


def count_messages(notebook) -> None:
    """The page counts what it sends to the kernel from now on, in window.sent."""
    notebook.page.evaluate("""() => { window.sent = 0; const send = WebSocket.prototype.send;
      WebSocket.prototype.send = function (data) { window.sent += 1; return send.call(this, data); }; }""")


def test_a_hovered_weight_is_python_s_and_asks_nothing(opened):
    notebook = opened()
    count_messages(notebook)
    box = view(notebook).locator(".nblib-map-place canvas").bounding_box()
    cells = set()
    for x, y in [(0.35, 0.45), (0.5, 0.6), (0.7, 0.75)]:
        notebook.page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        shown, (row, column) = weight(notebook)
        cells.add((row, column))
        assert abs(shown - read(notebook, f"float(explorer.maps.weights[0, 0, {row}, {column}])")) <= 0.002
    assert len(cells) == 3
    before = notebook.page.evaluate("window.sent")
    notebook.page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 0.5 * box["height"])
    notebook.painted()
    assert notebook.page.evaluate("window.sent") == before
    notebook.page.mouse.down()
    notebook.page.mouse.up()
    expect(view(notebook).locator(".nblib-weight")).to_contain_text("exactly 0.")
    _, (row, column) = weight(notebook)
    exact = read(notebook, f"float(explorer.maps.weights[0, 0, {row}, {column}])")
    assert f"exactly {exact:.6g}" in view(notebook).locator(".nblib-weight").inner_text()
    assert notebook.console_errors == []


def test_the_keyboard_walks_through_heads_and_tokens(opened):
    notebook = opened()
    count_messages(notebook)
    heads = view(notebook).locator(".nblib-heads-place canvas")
    heads.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowLeft"):
        notebook.page.keyboard.press(key)
    assert data(notebook, "at") == "head 4 2"
    expect(view(notebook).locator(".nblib-view-title")).to_have_text("Layer 4, head 2")
    view(notebook).locator(".nblib-map-place canvas").focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowRight", "ArrowRight", "Shift+ArrowRight"):
        notebook.page.keyboard.press(key)
    assert data(notebook, "at") == "head 4 3"
    shown, (row, column) = weight(notebook)
    assert (row, column) == (1, 3)
    assert notebook.page.evaluate("window.sent") == 0
    assert abs(shown - read(notebook, "float(explorer.maps.weights[3, 2, 1, 3])")) <= 0.002
    assert "“i” (2) looks at “to” (4)" in view(notebook).locator(".nblib-weight").inner_text()


def test_means_and_rollout_are_python_s(opened):
    notebook = opened()
    canvas = view(notebook).locator(".nblib-map-place canvas")
    for word, expression in [
        ("Mean of the layer", "explorer.maps.weights[0].mean(0)"),
        ("Mean of all", "explorer.maps.weights.mean((0, 1))"),
        ("Rollout", "__import__('nblib.inspect.maps', fromlist=['x']).rollout(explorer.maps.weights)"),
    ]:
        notebook.control("button", word).click()
        canvas.focus()
        notebook.page.keyboard.press("ArrowDown")
        shown, (row, column) = weight(notebook)
        assert abs(shown - read(notebook, f"float({expression}[{row}, {column}])")) <= 0.002


def test_another_sentence_and_what_cannot_be_read(opened):
    notebook = opened("second = AttentionExplorer('minilm', 'one two three', sentences=())\nshow(second)")
    field = view(notebook).get_by_label("Sentence")
    field.fill("我喜欢吃披萨 🍕 שלום")
    field.press("Enter")
    notebook.page.wait_for_function("() => document.querySelector('.nblib-explorer').dataset.shown === '2'")
    assert int(data(notebook, "tokens")) == read(notebook, "len(explorer.maps.tokens)") > 8
    assert int(data(notebook, "tokens", 1)) == 5
    field.fill(" ")
    field.press("Enter")
    expect(view(notebook).get_by_role("status")).to_have_text("text: there is nothing to attend to; type a sentence")
    field.fill("<b>cats</b>")
    field.press("Enter")
    notebook.page.wait_for_function("() => document.querySelector('.nblib-explorer').dataset.shown === '3'")
    expect(view(notebook).get_by_role("status")).to_be_hidden()
    assert notebook.console_errors == []


def test_a_role_numbers_the_heads_and_opens_the_best(opened):
    notebook = opened()
    view(notebook).get_by_label("Role").select_option("previous token")
    layer, head = read(notebook, "[int(k) for k in __import__('numpy').unravel_index("
                       "explorer.roles['previous token'].argmax(), (6, 12))]")  # fmt: skip
    assert data(notebook, "at") == f"head {layer + 1} {head + 1}"
    expect(view(notebook).locator(".nblib-note").first).to_contain_text(
        "Role, measured over 2 sentences: previous token"
    )


def test_the_saved_page_works_with_the_network_off(opened, browser, tmp_path):
    notebook = opened()
    with notebook.page.expect_download() as found:
        notebook.control("button", "⤓ HTML").click()
    found.value.save_as(tmp_path / "attention.html")
    for kind, start in (("SVG", b"<svg"), ("PNG", b"\x89PNG")):
        with notebook.page.expect_download() as found:
            notebook.control("button", f"⤓ {kind}").click()
        found.value.save_as(tmp_path / f"map.{kind}")
        assert (tmp_path / f"map.{kind}").read_bytes().startswith(start)
    expected = read(notebook, "float(explorer.maps.weights[0, 1, 0, 0])")
    context = browser.new_context(offline=True)
    try:
        page, errors = context.new_page(), []
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto((tmp_path / "attention.html").as_uri())
        page.wait_for_function("() => document.querySelector('.nblib-explorer')?.dataset.tokens === '7'")
        page.locator(".nblib-heads-place canvas").focus()
        page.keyboard.press("ArrowRight")
        page.locator(".nblib-map-place canvas").focus()
        page.keyboard.press("ArrowDown")
        shown = float(page.locator(".nblib-weight").get_attribute("data-weight"))
        assert abs(shown - expected) <= 0.002
        assert page.get_by_label("Sentence").count() == 0 and errors == []
    finally:
        context.close()


def test_nothing_of_the_maps_is_saved_with_the_notebook(opened, server):
    notebook = opened()
    notebook.page.evaluate("jupyterapp.commands.execute('docmanager:save')")
    notebook.page.wait_for_function("() => !jupyterapp.shell.currentWidget.context.model.dirty")
    path = next(server.root.rglob(notebook.path.rsplit("/", 1)[-1]))
    assert path.stat().st_size < 100_000
    notebook.reload()
    notebook.page.wait_for_function("() => document.querySelector('.nblib-explorer')?.dataset.tokens === '7'")


def test_a_head_silenced_changes_what_the_model_says(opened):
    notebook = opened(DIALS)
    root = notebook.notebook.locator(".nblib-dials")
    bar = root.locator(".nblib-bar-row")
    expect(bar).to_have_count(1)
    before = float(bar.get_attribute("data-value"))
    assert before == pytest.approx(read(notebook, "dials.view.answer['before'][0]"))
    root.locator(".nblib-dials-place canvas").focus()
    for _ in range(5):
        notebook.page.keyboard.press("ArrowDown")
    notebook.page.keyboard.press(" ")
    expect(root.locator(".nblib-loss")).to_contain_text("held-out texts")
    now = float(bar.get_attribute("data-value"))
    assert now != pytest.approx(before, abs=1e-4)
    assert now == pytest.approx(read(notebook, "dials.view.answer['now'][0]"))
    assert read(notebook, "dials.scales.tolist()")[5][0] == 0
    notebook.control("button", "All as they were").click()
    notebook.page.wait_for_function(
        "(value) => Number(document.querySelector('.nblib-bar-row').dataset.value) === value", arg=before
    )
    notebook.control("button", "Measure all heads").click()
    notebook.page.wait_for_function("() => document.querySelector('.nblib-dials').dataset.damage === '72'")
    notebook.wait_for_text("most is lost without layer")
    assert notebook.console_errors == []
    a_kernel_that_was_restarted_is_said_and_the_maps_stay(notebook)


def a_kernel_that_was_restarted_is_said_and_the_maps_stay(notebook):
    notebook.page.evaluate(f"() => {PANEL}.sessionContext.session.kernel.restart().then(() => null)")
    canvas = view(notebook).locator(".nblib-map-place canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    notebook.page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.6 * box["height"])
    assert weight(notebook)[0] > 0
    notebook.page.mouse.down()
    notebook.page.mouse.up()
    notebook.notebook.locator(".nblib-dials-place canvas").focus()
    notebook.page.keyboard.press(" ")
    for place in (view(notebook), notebook.notebook.locator(".nblib-dials")):
        expect(place).to_contain_text("If it was restarted, run this cell again", timeout=20_000)
