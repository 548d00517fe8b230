"""A lab is a notebook, a folder of its name and a row in the index: an empty one is added to a copy of this house."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nblib.cli.publish import badge_link
from nblib.index import LABS

NUMBER = f"{len(LABS):02}"
ROW = f"""
    Lab(
        "{NUMBER}", "nothing_yet", "Nothing yet", "see a lab begin", "an empty lab", seconds=7, pack=("tweets",),
        runs_mb=3,
    ),
"""
SHOWN = """
import json
from nblib import index, sources
from nblib.engine.jobs import CONFIGS
from nblib.labs.start import lab_map
from nblib.ui.exercises import exercises, names
print(json.dumps({
    "where": index.__file__, "pack": index.pack(), "start": lab_map()._repr_mimebundle_()["text/html"],
    "own": names(index.LABS[-1].number), "all": len(exercises()),
    "disk": {item.name: item.disk_bytes for item in sources.catalogue()},
}))
"""


def notebook() -> dict:
    """The first two cells of every lab; the setup cell is still empty."""
    file = f"{NUMBER}_nothing_yet.ipynb"
    badge = badge_link("OWNER/REPOSITORY", "main", f"labs/{file}")
    heading = f"""# Lab {NUMBER}: Nothing yet

**Time:** “Run All” about 7 s on 2 CPU cores. **Needs** `tweets` from the offline pack: 2 MB, fetched once.

**[Open in Colab]({badge})**"""
    title = {"cell_type": "markdown", "id": "title", "metadata": {}, "source": heading.splitlines(keepends=True)}
    setup = {
        "cell_type": "code", "execution_count": None, "id": "setup", "metadata": {"jupyter": {"source_hidden": True}},
        "outputs": [], "source": [],
    }  # fmt: skip
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return {"cells": [title, setup], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """A copy of the repository with one lab more: three things were written by hand, the rest by `make stamp`."""
    root, here = tmp_path_factory.mktemp("copy"), Path(__file__).parents[2]
    left = shutil.ignore_patterns("__pycache__", "runs", ".ipynb_checkpoints", "results.json")
    for folder in ("nblib", "labs", "tests"):
        shutil.copytree(here / folder, root / folder, ignore=left)
    for name in ("README.md", "pyproject.toml"):
        shutil.copy(here / name, root)

    text = json.dumps(notebook(), indent=1, ensure_ascii=False) + "\n"
    (root / "labs" / f"{NUMBER}_nothing_yet.ipynb").write_text(text, encoding="utf-8")
    (root / "nblib" / "labs" / "nothing_yet").mkdir()
    (root / "nblib" / "labs" / "nothing_yet" / "__init__.py").write_text('"""An empty lab."""\n')
    index = root / "nblib" / "index.py"
    before, end, after = index.read_text(encoding="utf-8").rpartition("\n)  # fmt: skip\n")
    index.write_text(before + ROW.rstrip() + end + after, encoding="utf-8")

    stamped = run(root, "-m", "nblib.cli.publish")
    assert set(stamped.splitlines()[:-1]) == {f"labs{os.sep}{NUMBER}_nothing_yet.ipynb", "README.md"}
    return root


def run(root: Path, *words: str) -> str:
    """What Python prints in the copy, which must be what it imports. Fails with all that it said where it fails."""
    # Nothing of this run of pytest, such as which worker it is, is the business of the next.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment = {**kept, "PYTHONPATH": str(root), "NBLIB_CACHE": str(root / "cache"), "NBLIB_OFFLINE": "1"}
    done = subprocess.run([sys.executable, *words], cwd=root, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def shown(copy) -> dict:
    return json.loads(run(copy, "-c", SHOWN).splitlines()[-1])


def test_the_readme_lists_it(copy):
    readme = (copy / "README.md").read_text(encoding="utf-8")
    row = f"| [{NUMBER} Nothing yet](labs/{NUMBER}_nothing_yet.ipynb) | an empty lab | 7 s | 2 MB |\n"
    assert readme.count(row) == 1


def test_the_start_page_links_it_with_its_time_and_disk(copy, shown):
    assert Path(shown["where"]).is_relative_to(copy)
    row = shown["start"].partition(f'<a href="{NUMBER}_nothing_yet.ipynb">Nothing yet</a>')[2].partition("</tr>")[0]
    assert "see a lab begin" in row and "7 s" in row
    assert f"{shown['disk']['tweets'] / 1e6:.0f} MB, runs 3 MB" in row


def test_the_pack_fetches_what_it_takes(shown):
    assert shown["pack"][-1] == "tweets"


def test_it_needs_no_exercises(shown):
    assert shown["own"] == [] and shown["all"] > 0


def test_floors_notebooks_and_the_start_page_hold(copy):
    house = ["test_floors.py", "test_notebooks.py", "test_index_of_labs.py"]
    said = run(
        copy, "-m", "pytest", "-q", "-p", "no:cacheprovider",
        *(f"tests/house/{name}" for name in house), "tests/labs/start/test_start.py",
    )  # fmt: skip
    assert " passed" in said and "failed" not in said
