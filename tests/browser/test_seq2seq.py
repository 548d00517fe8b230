"""The panel of sequence to sequence in a real JupyterLab: the alignment moves while it learns, a sentence is typed, the
tree of a beam is opened, and nothing complains."""

import re

import pytest
from playwright.sync_api import expect

PANEL = """
import torch
torch.set_num_threads(1)
from nblib import Seq2SeqConfig, TranslatePanel
from nblib.ui.pages import show
size = dict(hidden_size=32, embedding_size=16, batch_size=32, learning_rate=1e-2, max_train_samples=2000)
panel = TranslatePanel(Seq2SeqConfig(task="Chinese to English", **size, max_steps=100000, eval_steps=40,
                                     max_eval_samples=60))
show(panel)
"""
ATTENDING = """
from nblib import TransformerConfig
small = TransformerConfig(task="Chinese to English", hidden_size=16, num_heads=2, num_layers=2, intermediate_size=32,
                          batch_size=16, max_train_samples=300, max_steps=20, eval_steps=10, max_eval_samples=20)
attending = TranslatePanel(small)
show(attending)
"""
READOUT = "() => document.querySelector('.nblib-heat .nblib-readout').textContent"
SHOWN = "() => Number(document.querySelector('.nblib-tree').dataset.shown)"
WIDE = """() => [...document.querySelectorAll('.nblib-panel, .nblib-panel *')].filter(e =>
  e.clientWidth && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX === 'visible'
  && !e.closest('.nblib-scroller, svg')).map(e => e.className).slice(0, 5)"""


# Notes every caption of the alignment, however short it stood there: a training of ten seconds may outrun a test.
WATCH = """() => {
  window.nblibSaid = [];
  new MutationObserver(() => {
    const said = document.querySelector('.nblib-heat .nblib-readout')?.textContent ?? '';
    if (said.startsWith('At step') && !window.nblibSaid.includes(said)) window.nblibSaid.push(said);
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
}"""


@pytest.fixture
def opened(notebook_with):
    def make(*cells):
        notebook = notebook_with([PANEL, *cells])
        notebook.run_all()
        return notebook

    return make


def said(notebook):
    return notebook.notebook.locator(".nblib-message").first


def test_the_alignment_moves_a_sentence_is_typed_and_the_tree_is_opened(opened):
    notebook = opened()
    page = notebook.page
    notebook.control("button", "Start").click()
    expect(said(notebook)).to_have_text("running", timeout=60_000)
    page.wait_for_function(f"() => /^At step [0-9]+: 我喜欢吃披萨 →/.test(({READOUT})())")

    # One cell of the alignment, read by the keyboard: its weight changes while the model learns.
    page.locator(".nblib-heat canvas").first.focus()
    for key in ("ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    page.wait_for_function(f"() => /^writes .+, reads 喜: [0-9.e-]+$/.test(({READOUT})())")
    cell = page.evaluate(READOUT)
    page.wait_for_function(f"before => ({READOUT})() !== before", arg=cell)
    page.keyboard.press("Escape")

    notebook.wait_for_text(re.compile(r"multiplicative, step \d+: [\d.]+% of all"))
    sentence = notebook.control("textbox", "Sentence")
    sentence.fill("你好，李明")
    notebook.wait_for_text(re.compile("At step \\d+: 你好，李明 →"))
    sentence.fill("")
    page.wait_for_function("() => document.querySelector('.nblib-heat').dataset.columns === '0'")
    sentence.fill("🎉<b>x</b>")
    notebook.wait_for_text("Never seen in training, and read as unknown: 🎉 <")
    sentence.fill("他们喝茶")
    notebook.control("slider", "teacher forcing").press("ArrowLeft")
    notebook.wait_for_text("applied at step")

    notebook.control("button", "Beam search").click()
    notebook.wait_for_text("他们喝茶: what beam search tried")
    notebook.control("button", "Pause").click()
    expect(said(notebook)).to_contain_text("paused at step", timeout=20_000)
    notebook.control("button", "Ask again").click()
    notebook.wait_for_text("Greedy search says")
    tree = page.locator(".nblib-tree canvas")
    tree.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    notebook.wait_for_text(re.compile(r"P = [\d.e-]+ \(log .*; “.+” after what stands before it: .*; (kept|ended)"))
    before = page.evaluate(SHOWN)
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    page.wait_for_function(f"before => ({SHOWN})() > before", arg=before)
    page.keyboard.press("Enter")
    page.wait_for_function(f"before => ({SHOWN})() === before", arg=before)
    page.get_by_label("show all that was dropped").check()
    page.wait_for_function(f"() => ({SHOWN})() === Number(document.querySelector('.nblib-tree').dataset.nodes)")
    nodes = int(page.evaluate("() => document.querySelector('.nblib-tree').dataset.nodes"))
    assert nodes == int(notebook.execute("print(len(panel.drawers['beam'].tree.nodes))"))

    notebook.control("button", "Held-out pairs").click()
    notebook.wait_for_text("BLEU and chrF by sacrebleu")
    notebook.control("button", "Stop").click()
    expect(said(notebook)).to_contain_text("stopped at step", timeout=20_000)
    assert notebook.unnamed_controls() == [] and notebook.console_errors == []


def test_a_transformer_in_the_same_panel_narrow_and_dark(opened):
    notebook = opened(ATTENDING)
    page = notebook.page
    notebook.control("button", "Start").last.click()
    notebook.wait_for_text("finished at step 20", timeout=60)
    notebook.wait_for_text(re.compile(r"Transformer, step 20: [\d.]+% of all"))
    head = page.get_by_label("Head", exact=True).last
    readout = "() => [...document.querySelectorAll('.nblib-heat')].pop().querySelector('.nblib-readout').textContent"
    page.locator(".nblib-heat").last.locator("canvas").first.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(f"() => /reads 喜/.test(({readout})())")
    mean = page.evaluate(readout)
    head.select_option("head 2")
    page.wait_for_function(f"before => ({readout})() !== before", arg=mean)
    shown = float(page.evaluate(readout).split(": ")[-1].replace("−", "-"))
    code = """
from nblib.labs.seq2seq.alignment import align
print(align(attending.fit, attending.model.eval(), attending.sentence.value).weights[-1, 1, 0, 1])
"""
    assert abs(shown - float(notebook.execute(code))) < 2e-3
    page.evaluate("document.querySelectorAll('.nblib-panel').forEach(e => { e.style.width = '640px'; })")
    notebook.set_theme("dark")
    notebook.painted()
    assert page.evaluate(WIDE) == []
    assert notebook.console_errors == []


def test_lab_04_trains_and_its_alignment_changes(open_notebook):
    notebook = open_notebook("04_seq2seq.ipynb")
    page = notebook.page
    page.evaluate(WATCH)
    notebook.run_cell(1)
    notebook.run_cell(3)
    notebook.wait_for_text("finished at step 300", timeout=150)
    notebook.wait_for_text("At step 300: 银行行长 →")
    steps = {int(re.search(r"At step (\d+): 银行行长 →", said)[1]) for said in page.evaluate("() => window.nblibSaid")}
    assert len(steps) > 2 and max(steps) == 300
    notebook.control("textbox", "Sentence").fill("音乐")
    notebook.wait_for_text("At step 300: 音乐 → yin")
    notebook.control("button", "Beam search").click()
    notebook.wait_for_text("音乐: what beam search tried")
    assert page.evaluate(SHOWN) > 8
    notebook.control("slider", "num_beams").press("Home")
    notebook.wait_for_text("ended, 1 ·")
    assert notebook.unnamed_controls() == [] and notebook.console_errors == []
