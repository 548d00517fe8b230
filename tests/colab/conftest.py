"""Fixtures at Colab's versions: one classic Notebook and one Chromium, a page and a kernel for each test."""

import itertools

import pytest

from tests.browser.conftest import browser, page  # noqa: F401 - the same fixtures
from tests.browser.server import Server
from tests.colab.notebook import COMMAND, ClassicNotebook


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A classic Notebook with fresh settings, whose root is a copy of labs/."""
    running = Server(tmp_path_factory.mktemp("notebook"), COMMAND)
    yield running
    running.close()


@pytest.fixture
def open_notebook(server, page):  # noqa: F811
    """`open_notebook("09_fine_tuning.ipynb")`: a ClassicNotebook whose kernel is idle; it ends with the test."""
    opened = []

    def open_it(path: str) -> ClassicNotebook:
        opened.append(ClassicNotebook.open(page, server, path))
        return opened[-1]

    yield open_it
    for notebook in opened:
        notebook.close()


@pytest.fixture
def notebook_with(server, open_notebook):
    """`notebook_with(["x = 1", "x + 1"])`: open a new notebook of these code cells."""
    names = (f"cells-{number}.ipynb" for number in itertools.count())

    def make(cells: list[str]) -> ClassicNotebook:
        name = next(name for name in names if not (server.root / name).exists())
        return open_notebook(server.write_notebook(name, cells))

    return make
