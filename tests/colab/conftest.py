"""Fixtures at Colab's versions: one classic Notebook and one Chromium, a page and a kernel for each test."""

import itertools

import pytest

from tests.browser.conftest import browser, open_notebook  # noqa: F401 - the same fixtures
from tests.browser.server import Server
from tests.colab.notebook import COMMAND, ClassicNotebook


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A classic Notebook with fresh settings, whose root is a copy of labs/."""
    running = Server(tmp_path_factory.mktemp("notebook"), COMMAND)
    yield running
    running.close()


@pytest.fixture(scope="module")
def front_end():
    return ClassicNotebook


@pytest.fixture
def notebook_with(server, open_notebook):  # noqa: F811 - the fixture
    """`notebook_with(["x = 1", "x + 1"])`: open a new notebook of these code cells."""
    names = (f"cells-{number}.ipynb" for number in itertools.count())

    def make(cells: list[str]) -> ClassicNotebook:
        name = next(name for name in names if not (server.root / name).exists())
        return open_notebook(server.write_notebook(name, cells))

    return make
