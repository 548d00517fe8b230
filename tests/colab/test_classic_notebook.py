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
