"""The panels of lab 02 in a real JupyterLab: words that move and turn, answers while typing, names, widths, colours."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_panel import FAINT

TEXT = """
import random
from pathlib import Path

kinds = ["pizza chicken rice cheese bread meat", "happy sad tired angry excited scared", "he him his man she her hers",
         "酒店 宾馆 前台 早餐 房间", "math physics calculus algebra", "art poetry dance painting"]
draw = random.Random(0)
lines = [" ".join(draw.choices(kinds[i % 6].split(), k=6)) for i in range(6000)]
Path("kinds.txt").write_text("\\n".join(lines), encoding="utf-8")
"""
PANEL = """
from IPython.display import display
from nblib import Word2VecConfig, Word2VecPanel

settings = dict(corpus="kinds.txt", vector_size=12, sample=0, window=3, epochs=400, batch_words=2000)
panel = Word2VecPanel(Word2VecConfig(learning_rate=0.05, **settings))
display(panel)
"""
COUNTS = """
from nblib import NgramPanel, WordCountsPanel
from nblib.labs.word_vectors.ngram.config import NgramConfig

ngram = NgramPanel(NgramConfig(corpus="kinds.txt", order=2), sentence="pizza rice").wait()
counts = WordCountsPanel(lines[:60], first="pizza and rice", second="rice")
display(ngram, counts)
"""
FRAMES = "() => Number(document.querySelector('.nblib-cloud').dataset.frames)"
VIEW = "() => document.querySelector('.nblib-cloud').dataset.view"
INKED = """() => {
  const canvas = document.querySelector('.nblib-cloud-picture');
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return data.filter((v, i) => i % 4 === 3 && v).length;
}"""


@pytest.fixture
def notebook(notebook_with):
    opened = notebook_with([TEXT, PANEL])
    opened.run_all()
    opened.page.wait_for_selector(".nblib-cloud-picture")
    return opened


def words(notebook, name):
    return notebook.notebook.get_by_role("group", name=name).locator(".nblib-ask-word")


def said(notebook, name):
    return notebook.notebook.get_by_role("group", name=name).locator(".nblib-ask-said")


def test_the_panel_of_word_vectors(notebook):
    words_move_while_they_learn_and_answer_meanwhile(notebook)
    texts_stand_out_and_nothing_is_wider_than_its_place(notebook)
    a_drag_turns_a_click_asks_and_too_high_a_rate_is_told(notebook)
    assert notebook.console_errors == []


def words_move_while_they_learn_and_answer_meanwhile(notebook):
    page = notebook.page
    expect(notebook.notebook.locator(".nblib-cloud-empty")).to_contain_text("once you press Start")
    notebook.control("button", "Start").click()
    page.wait_for_function(f"() => ({FRAMES})() > 3 && ({INKED})() > 500", timeout=60_000)

    notebook.control("textbox", "Neighbours of").press_sequentially("pizza", delay=20)
    expect(words(notebook, "Nearest neighbours")).to_have_count(10)
    expect(said(notebook, "Nearest neighbours")).to_contain_text("pizza occurs")
    # On a busy machine a pause may come before anything has been learnt.
    learnt = "import time\nwhile panel.session.step_number < panel.session.total // 4: time.sleep(0.05)"
    notebook.execute(learnt)
    notebook.control("button", "Pause").click()
    expect(notebook.notebook.locator(".nblib-message")).to_contain_text("paused at step")
    assert set(words(notebook, "Nearest neighbours").all_inner_texts()[:5]) == set(
        "chicken rice cheese bread meat".split()
    )

    for text, answer in (("pizzza", "seen were pizza"), ("🙂", "no letters in"), ("עולם", "has no vector")):
        notebook.control("textbox", "Neighbours of").fill(text)
        expect(said(notebook, "Nearest neighbours")).to_contain_text(answer)
    notebook.control("textbox", "Neighbours of").fill("酒店")
    expect(words(notebook, "Nearest neighbours").first).to_have_text(re.compile("宾馆|前台|早餐|房间"))
    for name, word in (("first", "pizza"), ("is to", "rice"), ("as", "sad")):
        notebook.control("textbox", name).fill(word)
    expect(words(notebook, "Analogy")).to_have_count(5)

    turned = page.evaluate(VIEW)
    picture = notebook.notebook.locator(".nblib-cloud-picture")
    picture.press("ArrowLeft")
    page.wait_for_function(f"before => ({VIEW})() !== before", arg=turned)
    notebook.control("button", "Shown in three dimensions; press for two").click()
    page.wait_for_function(f"() => ({VIEW})().startsWith('2')")


def a_drag_turns_a_click_asks_and_too_high_a_rate_is_told(notebook):
    page = notebook.page
    notebook.control("button", "Shown in two dimensions; press for three").click()
    page.wait_for_function(f"() => ({VIEW})().startsWith('3')")
    picture = notebook.notebook.locator(".nblib-cloud-picture")
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    before = page.evaluate(VIEW)
    page.mouse.move(box["x"] + 200, box["y"] + 150)
    page.mouse.down()
    page.mouse.move(box["x"] + 260, box["y"] + 170, steps=4)
    page.mouse.up()
    page.wait_for_function(f"before => ({VIEW})() !== before", arg=before)
    notebook.execute("panel.neighbours.ask('rice')")
    words(notebook, "Nearest neighbours").first.click()
    expect(notebook.control("textbox", "Neighbours of")).not_to_have_value("rice")

    notebook.control("button", "Export").click()
    notebook.control("button", "Write vectors").click()
    notebook.wait_for_text("read back and equal to the bit")
    assert notebook.unnamed_controls() == []
    notebook.control("button", "Stop").click()
    expect(notebook.notebook.locator(".nblib-message")).to_contain_text("stopped at step")
    notebook.control("textbox", "learning rate").fill("100")
    notebook.control("textbox", "learning rate").press("Enter")
    notebook.control("button", "Start").click()
    expect(notebook.notebook.locator(".nblib-notice .nblib-said")).to_contain_text("the vectors overflowed in step")
    notebook.control("button", "Reset").click()
    expect(notebook.notebook.locator(".nblib-cloud-empty")).to_be_visible()


def test_factors_and_bags_answer_what_is_typed(notebook_with):
    notebook = notebook_with([TEXT, "from IPython.display import display\n" + COUNTS])
    notebook.run_all()
    expect(words(notebook, "Factors of the probability")).to_have_text(["pizza", "rice", "the end"])
    notebook.control("textbox", "sentence").fill("pizza sad zebra")
    expect(words(notebook, "Factors of the probability")).to_have_text(["pizza", "sad", "zebra", "the end"])
    expect(said(notebook, "Factors of the probability")).to_contain_text("Not in the vocabulary")
    notebook.control("combobox", "smoothing").select_option("none")
    expect(said(notebook, "Factors of the probability")).to_contain_text("P(sentence) = 0")
    notebook.control("button", "Generate").click()
    expect(notebook.notebook.locator(".nblib-written")).to_contain_text("│")
    notebook.control("textbox", "second sentence").fill("pizza rice")
    expect(said(notebook, "Two sentences")).to_contain_text("cosine 1.00")
    notebook.control("button", "tf-idf").click()
    expect(words(notebook, "Two sentences")).to_have_text(["pizza", "rice"])
    assert notebook.unnamed_controls() == []
    for theme in ("light", "dark"):
        notebook.set_theme(theme)
        judged, faint = notebook.page.evaluate(FAINT)
        assert judged > 20 and faint == []
    assert notebook.console_errors == []


def texts_stand_out_and_nothing_is_wider_than_its_place(notebook):
    notebook.control("button", "Step").click()
    notebook.page.wait_for_function(f"() => ({INKED})() > 500", timeout=60_000)
    notebook.execute(
        "panel.neighbours.ask('rice'); panel.analogy.ask('pizza', 'rice', 'sad'); panel.show_drawer('bias')"
    )
    expect(words(notebook, "Association test").first).to_be_visible()
    for theme in ("light", "dark"):
        notebook.set_theme(theme)
        judged, faint = notebook.page.evaluate(FAINT)
        assert judged > 60 and faint == []
    for width in (900, 640):
        notebook.page.evaluate(f"document.querySelector('.nblib-panel').style.width = '{width}px'")
        notebook.painted()
        wide = "() => [...document.querySelectorAll('.nblib-panel *')].filter(e => e.getBoundingClientRect().right >"
        wide += " document.querySelector('.nblib-panel').getBoundingClientRect().right + 1).map(e => e.className)"
        assert notebook.page.evaluate(wide) == []
    notebook.page.evaluate("document.querySelector('.nblib-panel').style.width = ''")
