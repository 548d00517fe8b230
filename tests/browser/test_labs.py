"""Lab 00 in a real JupyterLab: Run All, links that open labs, controls with names, the keyboard, no error."""

import pytest
from playwright.sync_api import expect

from nblib.index import LABS as INDEX
from nblib.labs.start.milestones import MILESTONES

OPEN = "() => [...jupyterapp.shell.widgets('main')].map(w => w.context?.path).filter(Boolean)"


@pytest.fixture(scope="module")
def lab_00(open_for_the_file):
    notebook = open_for_the_file("00_start.ipynb")
    notebook.run_all()
    return notebook


@pytest.fixture
def start(lab_00):
    """Run once, and as it was then: nothing here changes what it shows."""
    yield lab_00
    lab_00.alone()


def link(notebook, name):
    return notebook.notebook.locator(notebook.output_selector).get_by_role("link", name=name).first


def opens_lab_09(notebook):
    wanted = f"() => ({OPEN})().includes('labs/09_fine_tuning.ipynb')"
    notebook.page.wait_for_function(wanted, timeout=30_000)


def test_a_link_of_the_timeline_opens_the_lab(start):
    link(start, "Lab 09 Fine-tuning").click()
    opens_lab_09(start)
    assert start.console_errors == []


def test_the_keyboard_reaches_the_link_and_opens_the_lab(start):
    link(start, "Lab 09 Fine-tuning").focus()
    start.page.keyboard.press("Enter")
    opens_lab_09(start)


def test_only_labs_that_are_here_are_links_and_every_control_has_a_name(start):
    links = start.notebook.locator(start.output_selector).get_by_role("link").all_inner_texts()
    there = [lab for lab in INDEX if lab.exists]
    named = {number for m in MILESTONES for number in m.labs}
    on_the_timeline = {f"Lab {lab.number} {lab.name}" for lab in there if lab.number in named}
    assert set(links) == {lab.name for lab in there} | on_the_timeline
    coming = [lab for lab in INDEX if not lab.exists and lab.number in named]
    for lab in coming[:1]:
        expect(start.wait_for_text(f"Lab {lab.number} {lab.name}, coming")).to_be_visible()
    assert start.unnamed_controls() == []
    assert start.console_errors == []


def test_the_cache_is_cleared_only_after_a_question(start):
    before = start.execute(
        "from nblib import sources; print([i.name for i in sources.catalogue() if sources.installed(i.name)])"
    )
    start.control("button", "Clear the cache").press("Enter")
    start.control("button", "Keep it").press("Enter")
    expect(start.control("button", "Clear the cache")).to_be_visible()
    assert start.execute("print([i.name for i in sources.catalogue() if sources.installed(i.name)])") == before
    expect(start.control("button", "Remove reviews")).to_be_visible()


def test_nothing_is_wider_than_a_page_of_900_pixels(start):
    start.resize(900, 800)
    wide = start.notebook.locator(start.output_selector).evaluate_all(
        "outputs => outputs.filter(o => o.scrollWidth > o.clientWidth + 1).map(o => o.innerText.slice(0, 80))"
    )
    assert wide == []
