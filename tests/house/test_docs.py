"""The pages of docs/: built without a warning, complete, and without anything from another host."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import nblib
from nblib import index
from tests.bench import table

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(build, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    return folder


def pages(site: Path) -> dict[str, str]:
    return {path.relative_to(site).as_posix(): path.read_text(encoding="utf-8") for path in site.rglob("*.html")}


def test_every_page_is_built_and_can_be_reached_from_the_start(site):
    sources = {path.relative_to(ROOT / "docs").with_suffix(".html").as_posix() for path in ROOT.glob("docs/**/*.md")}
    made = pages(site)
    assert sources <= made.keys()
    linked = set(re.findall(r'href="([\w/]+\.html)"', made["index.html"]))
    assert sources - {"index.html"} <= linked


def test_no_page_loads_anything_from_elsewhere(site):
    loaded = re.compile(r'<(?:script|link|img|iframe)\b[^>]*?(?:src|href)="?((?:https?:)?//[^"\s>]+)')
    assert {name: loaded.findall(text) for name, text in pages(site).items() if loaded.search(text)} == {}
    styles = "".join(path.read_text(encoding="utf-8") for path in site.rglob("*.css"))
    assert not re.search(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//", styles)


def test_the_reference_lists_every_public_name_and_every_kind_of_run(site):
    made = pages(site)
    assert all(f"<code>{name}</code>" in made["reference/index.html"] for name in nblib.__all__)
    assert all(f">{kind}: <code>" in made["reference/settings.html"] for kind in index.jobs())
    # A name is documented where it is at home.
    assert 'id="nblib.labs.fine_tuning.panel.FineTunePanel"' in made["reference/labs.html"]


def test_the_figures_are_those_that_were_measured():
    page = (ROOT / "docs" / "figures.md").read_text(encoding="utf-8")
    assert f"{table.BEGIN}\n{table.table()}\n{table.END}" in page, "run `python -m tests.bench --table`"


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_lead_to_files_that_are_there(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#\s]+)", text) if not link.startswith("https:")]
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_readme_stays_within_two_screens():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 110
