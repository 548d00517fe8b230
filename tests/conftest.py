"""What every test has: no hub, no shared Jupyter settings, and the folder of the repository."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

# Set before any library reads them.
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("JUPYTER_PLATFORM_DIRS", "1")
os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """For `pytest -n 2 --dist loadgroup`: a file is tested by one process, and so is a lab, which runs but once."""
    for item in items:
        lab = re.search(r"\[(\d\d)_|test_lab_(\d\d)_", item.name) if "tests/labs" in item.nodeid else None
        item.add_marker(pytest.mark.xdist_group(f"lab {lab[1] or lab[2]}" if lab else item.nodeid.partition("::")[0]))


@pytest.fixture(scope="session")
def repository() -> Path:
    """The folder of pyproject.toml."""
    return Path(__file__).parents[1]


@pytest.fixture(scope="session")
def wheel(repository, tmp_path_factory) -> Path:
    """A wheel of this project, built from a copy of its files without the network."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(repository / "nblib", source / "nblib", ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(repository / name, source)
    build = ["wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", folder, source]
    subprocess.run([sys.executable, "-m", "pip", "--disable-pip-version-check", *build], check=True)
    (made,) = folder.glob("nblib-*.whl")
    return made
