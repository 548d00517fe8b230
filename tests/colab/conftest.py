"""Fixtures at Colab's versions: one classic Notebook and one Chromium, a page and a kernel for each test."""

import pytest

from tests.browser.conftest import browser, notebook_with, open_notebook, page  # noqa: F401 - the same fixtures
from tests.browser.server import Server
from tests.colab.notebook import COMMAND, ClassicNotebook


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A classic Notebook with fresh settings, whose root is a copy of labs/."""
    running = Server(tmp_path_factory.mktemp("notebook"), COMMAND)
    yield running
    running.close()


@pytest.fixture
def front_end():
    return ClassicNotebook
