"""At Colab's versions, in the classic Notebook: widgets show, answer, and are updated from a thread."""

from importlib.metadata import version
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.test_harness import CELLS

PINS = Path(__file__).parents[2] / ".ci" / "colab.txt"


def test_these_are_colabs_versions():
    pins = dict(line.split("==") for line in PINS.read_text().splitlines() if "==" in line)
    assert {name: version(name) for name in pins} == pins


def test_widgets_answer_and_a_thread_updates_a_figure(notebook_with):
    notebook = notebook_with(CELLS)
    notebook.run_all()

    notebook.notebook.locator(".widget-slider .ui-slider-handle").press("ArrowRight")
    notebook.wait_for_text("layers is 4")

    notebook.control("button", "count 0").click()
    notebook.wait_for_text("python counted 1")
    expect(notebook.control("button", "count 1")).to_be_visible()

    notebook.wait_for_text("Loss curve, 8 points")
    assert notebook.execute("print(counter.value + slider.value)") == "5\n"
    assert notebook.console_errors == []


def test_the_panel_shows_starts_and_stops(notebook_with):
    notebook = notebook_with([PANEL])
    notebook.run_all()
    said = notebook.notebook.locator(".nblib-panel .nblib-message")
    expect(said).to_contain_text("ready")
    expect(notebook.notebook.locator(".nblib-panel .nblib-lines canvas").first).to_be_visible()
    assert notebook.unnamed_controls() == []

    notebook.control("button", "Start").click()
    expect(said).to_have_text("running", timeout=120_000)
    # The kernel is free while the model trains, and the curve is drawn from the worker's thread.
    assert notebook.execute("print(panel.session.state, 6 * 7)") == "running 42\n"
    drawn = "() => Number(document.querySelector('.nblib-panel .nblib-lines').dataset.points) > 2"
    notebook.page.wait_for_function(drawn, timeout=60_000)

    notebook.control("button", "Stop").click()
    expect(said).to_contain_text("stopped at step", timeout=60_000)
    assert notebook.execute("print(panel.session.wait(60).state)") == "stopped\n"
    assert notebook.console_errors == []


PANEL = """
import tempfile
from IPython.display import display
from nblib import FineTuneConfig, FineTunePanel

folder = tempfile.mkdtemp()
few = {"max_train_samples": 256, "max_eval_samples": 32, "freeze_layers": 5, "epochs": 400}
config = FineTuneConfig(**few, eval_steps=10**6, save_steps=10**6, output=f"{folder}/run")
panel = FineTunePanel(config)
display(panel)
"""
