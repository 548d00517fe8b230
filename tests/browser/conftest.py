"""Fixtures of the tests in a browser: one JupyterLab and one Chromium for all of them, a page and a kernel for each."""

import itertools

import pytest
from playwright.sync_api import sync_playwright

from tests.browser import chromium
from tests.browser.notebook import LabNotebook, NotebookPage
from tests.browser.server import Server


@pytest.fixture(scope="session")
def browser():
    """Headless Chromium from the PATH; the tests fail, and say how to get it, where there is none."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium.find(), args=chromium.FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A JupyterLab with fresh settings, whose root is a copy of labs/."""
    running = Server(tmp_path_factory.mktemp("jupyterlab"))
    yield running
    running.close()


@pytest.fixture
def page(browser):
    """A page of 1280 × 900 in a browser context of its own."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


@pytest.fixture
def front_end():
    """Which kind of NotebookPage the tests open."""
    return LabNotebook


@pytest.fixture
def open_notebook(server, page, front_end):
    """`open_notebook("09_fine_tuning.ipynb")`: a notebook whose kernel is idle; it ends with the test."""
    opened = []

    def open_it(path: str) -> NotebookPage:
        opened.append(front_end.open(page, server, path))
        return opened[-1]

    yield open_it
    for notebook in opened:
        notebook.close()


@pytest.fixture
def notebook_with(server, open_notebook):
    """`notebook_with(["x = 1", "x + 1"])`: open a new notebook of these code cells."""
    names = (f"cells-{number}.ipynb" for number in itertools.count())

    def make(cells: list[str]) -> NotebookPage:
        name = next(name for name in names if not (server.root / name).exists())
        return open_notebook(server.write_notebook(name, cells))

    return make
