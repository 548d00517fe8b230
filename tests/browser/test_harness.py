"""The harness itself: the three kinds of widget that the labs use, moved, pressed and read in a real JupyterLab."""

import re

import pytest
from playwright.sync_api import expect

CELLS = [
    """
import ipywidgets as widgets
from IPython.display import display

slider = widgets.IntSlider(value=3, min=0, max=10, description="Layers")
said = widgets.HTML("nothing moved")
slider.observe(lambda change: setattr(said, "value", f"layers is {change['new']}"), "value")
display(slider, said)
""",
    """
import anywidget
import traitlets

class Counter(anywidget.AnyWidget):
    _esm = '''
    export default { render({ model, el }) {
      const button = document.createElement("button");
      const show = () => { button.textContent = `count ${model.get("value")}`; };
      button.onclick = () => { model.set("value", model.get("value") + 1); model.save_changes(); };
      model.on("change:value", show);
      show();
      el.append(button);
    } };
    '''
    value = traitlets.Int(0).tag(sync=True)

counter = Counter()
counter.observe(lambda change: setattr(said, "value", f"python counted {change['new']}"), "value")
display(counter)
""",
    """
import threading
import numpy as np
import plotly.graph_objects as go

figure = go.FigureWidget(go.Scatter(y=np.zeros(3, "float32"), name="loss"), {"title": {"text": "Loss curve"}})
display(figure)

def grow():
    for n in range(4, 9):
        figure.data[0].y = np.arange(n, dtype="float32")
    figure.layout.title.text = "Loss curve, 8 points"

threading.Thread(target=grow).start()
""",
]


@pytest.fixture
def notebook(notebook_with):
    opened = notebook_with(CELLS)
    opened.run_all()
    return opened


def test_widgets_answer_in_a_real_lab(notebook):
    handle = notebook.notebook.get_by_role("slider").first
    handle.press("ArrowRight")
    notebook.wait_for_text("layers is 4")

    notebook.control("button", "count 0").click()
    notebook.wait_for_text("python counted 1")
    expect(notebook.control("button", "count 1")).to_be_visible()

    notebook.wait_for_text("Loss curve, 8 points")
    assert notebook.execute("print(counter.value + slider.value)") == "5\n"
    assert notebook.console_errors == []


def test_a_failing_cell_is_reported_with_its_traceback(notebook_with):
    notebook = notebook_with(["fine = 1", "raise RuntimeError('on purpose')"])
    with pytest.raises(AssertionError, match="RuntimeError: on purpose"):
        notebook.run_all()


def test_an_error_in_the_console_is_collected(notebook_with):
    notebook = notebook_with(["from IPython.display import Javascript\nJavascript('console.error(\"oh no\")')"])
    notebook.run_all()
    notebook.page.wait_for_function("() => true")
    assert [error for error in notebook.console_errors if "oh no" in error]


def test_a_control_without_a_name_is_found(notebook_with):
    html = "from IPython.display import HTML\nHTML('<button>Start</button><button class=bare></button>')"
    notebook = notebook_with([html])
    notebook.run_all()
    expect(notebook.control("button", "Start")).to_be_visible()
    assert [re.search('class="?bare', tag) is not None for tag in notebook.unnamed_controls()] == [True]


def test_pictures_show_the_whole_notebook_in_both_themes(notebook_with, tmp_path):
    notebook = notebook_with([f"print('line\\n' * 20, 'part {n}')" for n in range(8)])
    notebook.run_all()
    colours = {}
    for theme in ("light", "dark"):
        notebook.set_theme(theme)
        colours[theme] = notebook.page.evaluate("() => getComputedStyle(document.querySelector('.jp-Notebook')).color")
        notebook.resize(900, 600)
        files = notebook.shoot(tmp_path / f"{theme}.png")
        assert len(files) > 1 and all(file.read_bytes().startswith(b"\x89PNG") for file in files)
    assert colours["light"] != colours["dark"]
    assert notebook.page.viewport_size == {"width": 900, "height": 600}
