"""The race in a real JupyterLab: curves grow, attention moves as both learn, the schedule follows the hand."""

import pytest
from playwright.sync_api import expect

RACE = """
import torch
torch.set_num_threads(1)
from nblib import RaceConfig, RacePanel
from nblib.ui.pages import show
config = RaceConfig(task="Chinese to English", hidden_size=16, num_heads=2, num_layers=2, intermediate_size=16,
                    batch_size=8, max_steps=100000, eval_steps=20, max_eval_samples=30, max_train_samples=300,
                    lr_scheduler_type="constant", learning_rate=5e-3)
panel = RacePanel(config)
show(panel)
"""
# A number that changes with what is painted on the canvas of a view.
PRINT = """([selector, n]) => {
  const c = document.querySelectorAll(selector + ' canvas')[n];
  const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
  let sum = 0, painted = 0;
  for (let k = 0; k < d.length; k += 4) {
    sum = (sum * 31 + d[k] + 7 * d[k + 1] + d[k + 3]) | 0;
    painted += d[k + 3] > 0;
  }
  return [sum, painted];
}"""
LOSS, EXACT, LENGTHS, RATES = range(4)


@pytest.fixture
def opened(notebook_with):
    notebook = notebook_with([RACE])
    notebook.run_all()
    return notebook


def printed(notebook, selector, n):
    return notebook.page.evaluate(PRINT, [selector, n])


def changes(notebook, selector, n, before):
    notebook.page.wait_for_function(f"([s, n, old]) => ({PRINT})([s, n])[0] !== old", arg=[selector, n, before[0]])


def test_both_learn_before_your_eyes(opened):
    notebook, page = opened, opened.page
    said = notebook.notebook.locator(".nblib-message")
    planned = printed(notebook, ".nblib-lines", RATES)
    assert planned[1] > 500
    notebook.control("combobox", "lr scheduler type").select_option("cosine")
    changes(notebook, ".nblib-lines", RATES, planned)
    notebook.wait_for_text("cosine, chosen")

    notebook.control("button", "What they look at").click()
    page.wait_for_function("() => document.querySelectorAll('.nblib-heat')[0]?.dataset.columns === '0'")
    notebook.control("button", "Start").click()
    expect(said).to_have_text("running", timeout=60_000)
    page.wait_for_function("() => document.querySelectorAll('.nblib-heat')[0].dataset.columns === '7'")
    # Each view has a second canvas, for a profile that is not shown here.
    for view in (0, 2):
        page.wait_for_function(f"([s, n]) => ({PRINT})([s, n])[1] > 2000", arg=[".nblib-heat", view])
        changes(notebook, ".nblib-heat", view, printed(notebook, ".nblib-heat", view))
    for view in (LOSS, EXACT, LENGTHS):
        page.wait_for_function(f"([s, n]) => ({PRINT})([s, n])[1] > 200", arg=[".nblib-lines", view])
    # So small a model may get nothing right at any length for long: that chart need not move.
    for view in (LOSS, EXACT):
        changes(notebook, ".nblib-lines", view, printed(notebook, ".nblib-lines", view))

    notebook.control("combobox", "Curves over").select_option("seconds of own training")
    notebook.control("slider", "learning rate").press("ArrowLeft")
    notebook.wait_for_text("applied at step")
    notebook.control("button", "Pause").click()
    expect(said).to_contain_text("paused at step", timeout=20_000)
    paused = printed(notebook, ".nblib-heat", 0)
    notebook.control("combobox", "Layer").select_option("layer 1")
    changes(notebook, ".nblib-heat", 0, paused)
    sentence = notebook.control("textbox", "Sentence")
    sentence.fill("你好")
    page.wait_for_function("() => document.querySelectorAll('.nblib-heat')[0].dataset.columns === '3'")
    sentence.fill("")
    page.wait_for_function("() => document.querySelectorAll('.nblib-heat')[0].dataset.columns === '0'")
    assert notebook.execute("print(sum(panel.fit.steps.values()) == 2 * panel.session.step_number)") == "True\n"
    notebook.control("button", "Stop").click()
    expect(said).to_contain_text("stopped at step", timeout=20_000)
    assert notebook.unnamed_controls() == []
    page.evaluate("document.querySelectorAll('.nblib-panel').forEach(e => { e.style.width = '640px'; })")
    notebook.painted()
    wide = "() => [...document.querySelectorAll('.nblib-panel')].some(e => e.scrollWidth > e.clientWidth + 1)"
    assert not page.evaluate(wide)
    assert notebook.console_errors == []
