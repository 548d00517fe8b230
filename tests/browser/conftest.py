"""Fixtures of the tests in a browser: one JupyterLab and one Chromium for all of them, a page and a kernel for a file.

To open JupyterLab and to import torch takes longer than most tests look at it. So a file has one notebook, and each of
its tests fills it with cells of its own; `open_notebook` gives a test a page and a kernel that nobody had before.
"""

from contextlib import contextmanager

import pytest
from playwright.sync_api import sync_playwright

from tests.browser import chromium
from tests.browser.notebook import VIEWPORT, LabNotebook, NotebookPage
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


@pytest.fixture(scope="module")
def front_end():
    """Which kind of NotebookPage the tests open."""
    return LabNotebook


@contextmanager
def opener(browser, server, front_end):
    """A function that opens a notebook by its path, each in a browser context of its own, until its kernel is idle."""
    opened = []

    def open_it(path: str) -> NotebookPage:
        context = browser.new_context(viewport=VIEWPORT)
        opened.append(front_end.open(context.new_page(), server, path))
        return opened[-1]

    yield open_it
    for notebook in opened:
        notebook.close()
        notebook.page.context.close()


@pytest.fixture(scope="module")
def open_for_the_file(browser, server, front_end):
    """`open_for_the_file("00_start.ipynb")`: a notebook that ends with the last test of the file."""
    with opener(browser, server, front_end) as open_it:
        yield open_it


@pytest.fixture
def open_notebook(browser, server, front_end):
    """`open_notebook("09_fine_tuning.ipynb")`: a notebook that ends with the test."""
    with opener(browser, server, front_end) as open_it:
        yield open_it


@pytest.fixture(scope="module")
def shared_notebook(request, server, open_for_the_file):
    """The notebook that the tests of a file fill one after another."""
    return open_for_the_file(server.write_notebook(f"cells-{request.module.__name__.rpartition('.')[2]}.ipynb", []))


@pytest.fixture
def notebook_with(shared_notebook):
    """`notebook_with(["x = 1", "x + 1"])`: the notebook of the file with these code cells, and no others.

    The kernel has imported what the tests before imported, and has none of their names and widgets.
    """

    def make(cells: list[str]) -> NotebookPage:
        shared_notebook.fill(cells)
        return shared_notebook

    return make
