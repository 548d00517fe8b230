"""Stamping an address, and the setup cell that it is stamped into."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from nblib.cli import publish
from nblib.cli.publish import UNPUBLISHED, address, badge_link, setup_cell, stamp

PROJECT = '[project]\nname = "nblib"\n\n[tool.nblib]\nrepository = "OWNER/REPOSITORY"\nref = "main"\n\n[tool.other]\n'
README = f"""# nblib
[![Open in Colab](badge.svg)]({badge_link(UNPUBLISHED, "main", "labs/00_start.ipynb")}) and \
[![Open in Colab](badge.svg)]({badge_link(UNPUBLISHED, "main", "labs/09_fine_tuning.ipynb")})

    git clone https://github.com/{UNPUBLISHED}

like https://github.com/{UNPUBLISHED}-other, which is not ours.
"""


def lab(name: str) -> dict:
    heading = f"# Lab\n[![Open in Colab](badge.svg)]({badge_link(UNPUBLISHED, 'main', f'labs/{name}')})"
    return {
        "cells": [
            {"cell_type": "markdown", "id": "title", "metadata": {}, "source": heading.splitlines(keepends=True)},
            {"cell_type": "code", "id": "setup", "metadata": {}, "execution_count": None, "outputs": [], "source": ""},
            {"cell_type": "code", "id": "play", "metadata": {}, "execution_count": None, "outputs": [], "source": "1"},
        ],
        "metadata": {"kernelspec": {"name": "python3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def write_lab(path: Path, notebook: dict) -> None:
    path.write_text(json.dumps(notebook, indent=1) + "\n", encoding="utf-8")


@pytest.fixture
def clone(tmp_path):
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    (tmp_path / "README.md").write_text(README)
    (tmp_path / "labs").mkdir()
    for name in ("00_start.ipynb", "09_fine_tuning.ipynb"):
        write_lab(tmp_path / "labs" / name, lab(name))
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_an_address_reaches_every_badge_and_setup_cell(clone):
    changed = stamp(clone, "ada/labs", "v0.1.0")

    assert [path.name for path in changed] == ["pyproject.toml", "00_start.ipynb", "09_fine_tuning.ipynb", "README.md"]
    assert address(clone) == ("ada/labs", "v0.1.0")
    for name in ("00_start.ipynb", "09_fine_tuning.ipynb"):
        title, setup, play = json.loads((clone / "labs" / name).read_text())["cells"]
        assert badge_link("ada/labs", "v0.1.0", f"labs/{name}") in "".join(title["source"])
        assert "".join(setup["source"]) == setup_cell("ada/labs", "v0.1.0")
        assert [cell["id"] for cell in (title, setup, play)] == ["title", "setup", "play"]
        assert setup["outputs"] == [] and play == lab(name)["cells"][2]
    readme = (clone / "README.md").read_text()
    assert readme.count("/github/ada/labs/blob/v0.1.0/labs/") == 2
    assert "git clone https://github.com/ada/labs\n" in readme
    assert f"https://github.com/{UNPUBLISHED}-other" in readme


def test_stamping_again_changes_nothing_and_going_back_restores_the_text(clone):
    stamp(clone, UNPUBLISHED, "main")
    start = contents(clone)
    stamp(clone, "ada/labs", "feature/live")
    moved = contents(clone)
    assert stamp(clone, "ada/labs", "feature/live") == []
    assert contents(clone) == moved != start
    stamp(clone, UNPUBLISHED, "main")
    assert contents(clone) == start


NO_REPOSITORIES = ["", "ada", "ada/labs/more", "-ada/labs", "ada/..", "ada labs/x", 'ada/"x"', "a/b\n"]


@pytest.mark.parametrize("repository", NO_REPOSITORIES)
def test_a_repository_that_cannot_be_one_is_refused(clone, capsys, repository):
    before = contents(clone)
    assert publish.main(["--root", str(clone), f"--repo={repository}", "--ref=v0.1.0"]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("nblib: REPO: ") and err.count("\n") == 1
    assert contents(clone) == before


@pytest.mark.parametrize("ref", ["", "v 1", "../main", "-x", "a..b", "main/", "x.lock", "v1)", "v1\n"])
def test_a_ref_that_cannot_be_one_is_refused(clone, capsys, ref):
    before = contents(clone)
    assert publish.main(["--root", str(clone), "--repo", "ada/labs", f"--ref={ref}"]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("nblib: REF: ") and err.count("\n") == 1
    assert contents(clone) == before


def without_setup(notebook: dict) -> None:
    del notebook["cells"][1]


def without_badge(notebook: dict) -> None:
    notebook["cells"][0]["source"] = "# Lab"


def with_anothers_badge(notebook: dict) -> None:
    notebook["cells"][0]["source"] = lab("00_start.ipynb")["cells"][0]["source"]


@pytest.mark.parametrize("damage", [without_setup, without_badge, with_anothers_badge, dict.clear])
def test_a_lab_without_badge_or_setup_cell_stops_the_whole_stamping(clone, capsys, damage):
    notebook = lab("09_fine_tuning.ipynb")
    damage(notebook)
    write_lab(clone / "labs" / "09_fine_tuning.ipynb", notebook)
    before = contents(clone)
    assert publish.main(["--root", str(clone), "--repo", "ada/labs", "--ref", "v0.1.0"]) == 2
    assert "09_fine_tuning.ipynb: no" in capsys.readouterr().err
    assert contents(clone) == before


def test_outside_a_clone_it_says_so(tmp_path, capsys):
    assert publish.main(["--root", str(tmp_path), "--repo", "ada/labs", "--ref", "main"]) == 2
    assert "publish works in a clone" in capsys.readouterr().err


def test_this_repository_is_stamped_with_its_own_address(repository, tmp_path):
    tree = tmp_path / "tree"
    tree.mkdir()
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(repository / name, tree)
    if (repository / "labs").is_dir():
        shutil.copytree(repository / "labs", tree / "labs", ignore=shutil.ignore_patterns(".ipynb_checkpoints", "runs"))
    assert stamp(tree, *address(tree)) == []


# The setup cell, run as a notebook would run it.


def run_cell(source: str, python: Path | str, *flags: str, folder: Path, **environment: str):
    script = folder / "cell.py"
    script.write_text(source)
    kept = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "PYTHONHOME"}}
    return subprocess.run(
        [str(python), *flags, str(script)],
        cwd=folder,
        env={**kept, "TMPDIR": str(folder), **environment},
        capture_output=True,
        text=True,
    )


def write_pip(folder: Path, program: str) -> None:
    """A package that `python -m pip` finds before the real one when `folder` is on PYTHONPATH."""
    (folder / "pip").mkdir()
    (folder / "pip" / "__init__.py").touch()
    (folder / "pip" / "__main__.py").write_text(program)


def test_the_setup_cell_is_short_and_does_nothing_where_nblib_is(tmp_path, repository):
    source = setup_cell("ada/labs", "v0.1.0")
    assert len(source.splitlines()) <= 30 and max(map(len, source.splitlines())) <= 120
    write_pip(tmp_path, "raise SystemExit('pip was called')")
    done = run_cell(source, sys.executable, folder=tmp_path, PYTHONPATH=f"{tmp_path}{os.pathsep}{repository}")
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "nblib 0.1.0\n")


FAKE_PIP = """
import json, pathlib, sys
here = pathlib.Path(__file__).parents[1]
if "list" in sys.argv:
    print("torch==2.11.0+cu128\\nnumpy==2.0.2\\nplotly==5.24.1\\nplotly-extras==1.0\\nipykernel==6.17.1")
else:
    frozen = sys.argv[sys.argv.index("--constraint") + 1]
    record = {"arguments": sys.argv[1:], "frozen": pathlib.Path(frozen).read_text().split()}
    (here / "record.json").write_text(json.dumps(record))
    (here / "nblib").mkdir()
    (here / "nblib" / "__init__.py").write_text("__version__ = 'fresh'")
"""
FAKE_COLAB = """
import sys, types
colab = types.ModuleType("google.colab")
output = types.ModuleType("google.colab.output")
output.enable_custom_widget_manager = lambda: print("widget manager")
sys.modules |= {"google": types.ModuleType("google"), "google.colab": colab, "google.colab.output": output}
"""


def test_in_colab_it_installs_under_what_is_there_frozen(tmp_path):
    write_pip(tmp_path, FAKE_PIP)
    source = FAKE_COLAB + setup_cell("ada/labs", "v0.1.0")
    # -S: without the site-packages that have nblib.
    done = run_cell(source, sys.executable, "-S", folder=tmp_path, PYTHONPATH=str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[1:] == ["widget manager", "nblib fresh"]
    record = json.loads((tmp_path / "record.json").read_text())
    assert record["arguments"][-1] == "nblib @ https://github.com/ada/labs/archive/v0.1.0.zip"
    assert not {"--upgrade", "-U", "--force-reinstall"} & set(record["arguments"])
    assert record["frozen"] == ["torch==2.11.0+cu128", "numpy==2.0.2", "plotly-extras==1.0", "ipykernel==6.17.1"]


def test_unpublished_labs_say_what_to_do(tmp_path):
    done = run_cell(setup_cell(UNPUBLISHED, "main"), sys.executable, "-S", folder=tmp_path)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith("these labs are not published yet: run `make lab`")


def write_wheel(folder: Path, name: str, version: str, *requires: str) -> Path:
    """An empty wheel with this name, version and requirements."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    needs = [f"Requires-Dist: {requirement}" for requirement in requires]
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *needs]
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{info}/METADATA", "\n".join(lines) + "\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return path


def test_real_pip_adds_what_is_missing_and_upgrades_nothing_by_accident(tmp_path, wheel):
    """An environment with Colab's ipykernel and plotly, and an index whose newest plotly asks for another ipykernel."""
    import numpy

    env, index = tmp_path / "env", tmp_path / "index"
    index.mkdir()
    venv.create(env, with_pip=True)
    python = env / "bin" / "python" if os.name != "nt" else env / "Scripts" / "python.exe"
    site = Path(sysconfig.get_path("purelib", vars={"base": str(env)}))
    for name, version in {"ipykernel": "6.17.1", "plotly": "5.24.1"}.items():
        with zipfile.ZipFile(write_wheel(tmp_path, name, version)) as old:
            old.extractall(site)
    for old in site.glob("setuptools*"):  # older than torch's own need of it
        shutil.rmtree(old)
    # The heavy packages come from the environment of the tests, after its own.
    (site / "shared.pth").write_text(str(Path(numpy.__file__).parents[1]))
    write_wheel(index, "plotly", "7.1.0")
    write_wheel(index, "plotly", "8.0.0", "ipykernel>=7.5")
    write_wheel(index, "ipykernel", "99.0")

    source = setup_cell("ada/labs", "v0.1.0").replace(
        'f"https://github.com/{REPOSITORY}/archive/{REF}.zip"', f'"{wheel.as_uri()}"'
    )
    done = run_cell(
        source, python, folder=tmp_path, PIP_NO_INDEX="1", PIP_FIND_LINKS=str(index), PIP_CONFIG_FILE=os.devnull
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "nblib 0.1.0"
    own = {path.name.removesuffix(".dist-info") for path in site.glob("*.dist-info")}
    assert {"ipykernel-6.17.1", "plotly-7.1.0", "nblib-0.1.0"} <= own
    assert not {"ipykernel-99.0", "plotly-8.0.0"} & own
