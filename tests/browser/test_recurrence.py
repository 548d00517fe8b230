"""The panels of recurrence in a real JupyterLab: play, pause, step, type a sentence, scrub, bad input, no error."""

import pytest
from playwright.sync_api import expect

UNROLLED = """
import torch
torch.set_num_threads(1)
from nblib import UnrolledPanel
from nblib.ui.pages import show
panel = UnrolledPanel()
show(panel)
"""
TRAINED = """
from nblib import RecurrencePanel, RecurrentConfig
size = dict(length=6, hidden_size=8, batch_size=8, max_steps=100000)
config = RecurrentConfig(task="copy", eval_steps=200, record_steps=2, **size)
trained = RecurrencePanel(config)
show(trained)
"""
WRITER = """
from pathlib import Path
from nblib import CharactersConfig, CharactersPanel
Path("story.txt").write_text('A: he said "no" twice\\nB: did <b>he</b>?\\n\\n' * 400, encoding="utf-8")
small = CharactersConfig(dataset="story.txt", hidden_size=12, length=16, batch_size=8, max_steps=60, eval_steps=20,
                         sample_length=60, temperature=0.3)
writer = CharactersPanel(small)
show(writer)
"""
MOMENT = "() => Number(document.querySelector('.nblib-unrolled').dataset.moment)"
COLUMNS = "() => Number(document.querySelector('.nblib-heat').dataset.columns)"
# Whether anything but the background is painted on the canvas of a view.
PAINTED = """selector => {
  const c = document.querySelector(selector + ' canvas');
  const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
  let count = 0;
  for (let k = 3; k < d.length; k += 4) count += d[k] > 0;
  return count;
}"""


@pytest.fixture
def opened(notebook_with):
    def make(*cells):
        notebook = notebook_with([UNROLLED, *cells])
        notebook.run_all()
        return notebook

    return make


def said(notebook):
    return notebook.notebook.locator(".nblib-message")


def test_unrolled_plays_steps_and_answers_a_typed_sentence(opened):
    notebook = opened()
    page = notebook.page
    page.wait_for_function(f"() => ({MOMENT})() === 23")
    assert page.evaluate(PAINTED, ".nblib-unrolled") > 500
    notebook.wait_for_text("it vanishes")
    slider = notebook.control("slider", "moment")
    slider.press("Home")
    notebook.wait_for_text("before the first step")
    notebook.control("button", "Step").click()
    notebook.wait_for_text("Step 1 reads “the”")
    notebook.control("button", "Play").click()
    page.wait_for_function(f"() => ({MOMENT})() > 2")
    notebook.control("button", "Pause").click()
    expect(notebook.control("button", "Play")).to_be_visible()
    notebook.control("button", "Step back").click()

    slider.press("End")
    notebook.control("slider", "weight scale").press("End")
    notebook.wait_for_text("weight scale 4.0")
    page.wait_for_function("() => !document.querySelector('.nblib-formula').textContent.includes('0.42 of itself')")
    assert notebook.execute("print(panel.view.weight_scale)") == "4.0\n"

    sentence = notebook.control("textbox", "Sentence")
    sentence.fill("one two three")
    notebook.wait_for_text("back at step 1")
    notebook.wait_for_text("Back at step 1 (“one”)")
    sentence.fill("")
    notebook.wait_for_text("The sentence is empty")
    sentence.fill("😀 你好 שלום <b>x</b>")
    notebook.wait_for_text("Back at step 1 (“😀”)")
    assert notebook.unnamed_controls() == [] and notebook.console_errors == []


def test_three_networks_train_pause_step_and_are_scrubbed(opened):
    notebook = opened(TRAINED)
    page = notebook.page
    notebook.control("button", "Start").click()
    expect(said(notebook)).to_have_text("running", timeout=60_000)
    page.wait_for_function(f"() => ({COLUMNS})() > 12")
    notebook.control("button", "Pause").click()
    expect(said(notebook)).to_contain_text("paused at step", timeout=20_000)
    before = int(notebook.execute("print(trained.session.step_number)"))
    notebook.control("button", "Step").last.click()
    expect(said(notebook)).to_contain_text(f"paused at step {before + 1} ", timeout=20_000)
    assert page.evaluate(PAINTED, ".nblib-heat") > 5000 and page.evaluate(PAINTED, ".nblib-lines") > 500

    scrub = notebook.control("slider", "training step")
    scrub.press("Home")
    notebook.wait_for_text("training step 1")
    scrub.press("ArrowRight")
    notebook.wait_for_text("training step 2")
    page.locator(".nblib-heat canvas").first.focus()
    page.keyboard.press("ArrowDown")
    notebook.wait_for_text("RNN, time step 2, training step 2:")

    notebook.control("slider", "learning rate").press("ArrowLeft")
    notebook.wait_for_text("applied at step")
    notebook.control("button", "Gates").click()
    notebook.wait_for_text("Gates over an example: four letters")
    notebook.control("button", "Stop").click()
    expect(said(notebook)).to_contain_text("stopped at step", timeout=20_000)
    assert notebook.unnamed_controls() == []
    for theme in ("dark", "light"):
        notebook.set_theme(theme)
        assert page.evaluate(PAINTED, ".nblib-heat") > 5000
    page.evaluate("document.querySelectorAll('.nblib-panel').forEach(e => { e.style.width = '640px'; })")
    notebook.painted()
    wide = "() => [...document.querySelectorAll('.nblib-panel')].some(e => e.scrollWidth > e.clientWidth + 1)"
    assert not page.evaluate(wide)
    assert notebook.console_errors == []


def test_the_model_writes_and_shows_its_neurons(opened):
    notebook = opened(WRITER)
    page = notebook.page
    notebook.control("button", "Start").click()
    expect(said(notebook)).to_contain_text("finished at step 60", timeout=60_000)
    page.wait_for_function("() => document.querySelector('.nblib-writing .nblib-page').textContent.length >= 60")
    count = int(page.evaluate("() => document.querySelector('.nblib-writing').dataset.samples"))
    assert count >= 3
    notebook.control("slider", "sample").press("Home")
    notebook.wait_for_text("step 20, temperature 0.3")
    notebook.control("slider", "temperature").press("ArrowRight")
    page.wait_for_function("n => Number(document.querySelector('.nblib-writing').dataset.samples) > n", arg=count)

    notebook.control("button", "Neurons").click()
    notebook.wait_for_text("Read at step 60")
    notebook.control("button", "Search for neurons with a meaning").click()
    notebook.wait_for_text("place in the word")
    letters = page.locator(".nblib-neurons .nblib-page span")
    text = notebook.control("textbox", "Text")
    text.fill("<b>😀 你好</b>")
    text.press("Tab")
    expect(letters).to_have_count(11)
    colour = "() => document.querySelector('.nblib-neurons .nblib-page span').style.backgroundColor"
    before = page.evaluate(colour)
    notebook.control("slider", "neuron").press("End")
    notebook.wait_for_text("neuron 11 of 12")
    notebook.control("slider", "neuron").press("Home")
    assert before.startswith("rgb") and page.evaluate(colour).startswith("rgb")
    assert notebook.unnamed_controls() == [] and notebook.console_errors == []
