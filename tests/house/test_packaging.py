"""One set of dependencies, told three times: pyproject.toml's ranges, the pins, and conda's environment."""

import re
import sys
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PYTHONS = ["3.10.13", "3.11.7", "3.12.1", "3.13.0"]


@pytest.fixture(scope="module")
def metadata(wheel):
    """What pip will read: name, version, requirements, from the wheel itself."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        head = archive.read(name).decode().split("\n\n")[0]
    return [line.split(": ", 1) for line in head.splitlines() if ": " in line]


@pytest.fixture(scope="module")
def requirements(metadata) -> list[Requirement]:
    """Of this project, in all its extras; `nblib[docs]`, by which one extra asks for another, adds nothing to them."""
    made = [Requirement(value) for field, value in metadata if field == "Requires-Dist"]
    return [requirement for requirement in made if requirement.name != "nblib"]


@pytest.fixture(scope="module")
def pins() -> dict[str, Requirement]:
    lines = (ROOT / ".ci" / "constraints.txt").read_text(encoding="utf-8").splitlines()
    found = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(pin.name): pin for pin in found}


def environment(python: str) -> dict[str, str]:
    return {"python_version": python.rpartition(".")[0], "python_full_version": python}


def pinned(pin: Requirement) -> Version:
    (only,) = pin.specifier
    assert only.operator == "==" and "*" not in only.version, pin
    return Version(only.version)


def test_every_dependency_has_a_pin_inside_its_range(requirements, pins):
    for requirement in requirements:
        pin = pins[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(pinned(pin)), f"{pin} is outside {requirement}"


def test_torch_is_pinned_exactly_and_for_every_python(pins):
    assert str(pins["torch"]) == "torch==2.13.0"


def test_the_pins_are_the_whole_set_that_the_tests_run_on(requirements, pins):
    """Every package that this project brings in here, directly or not, is pinned at the version that is installed."""
    waiting = {(canonicalize_name(r.name), e) for r in requirements for e in r.extras or {""}}
    seen = set()
    while waiting:
        name, extra = item = waiting.pop()
        seen.add(item)
        installed = distribution(name)
        assert pinned(pins[name]) == Version(Version(installed.version).public), name
        for line in installed.requires or []:
            needed = Requirement(line)
            if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                waiting |= {(canonicalize_name(needed.name), e) for e in needed.extras or {""}} - seen
    assert len({name for name, _ in seen}) > 100


@pytest.mark.parametrize("python", PYTHONS)
def test_a_pin_holds_where_its_package_can_be_installed(pins, python):
    """A marker excludes exactly the Pythons that the package excludes itself."""
    for name, pin in pins.items():
        allowed = SpecifierSet(distribution(name).metadata["Requires-Python"] or "").contains(python)
        applies = pin.marker is None or pin.marker.evaluate(environment(python))
        assert applies == allowed, f"{pin} on Python {python}"


def test_condas_environment_installs_this_project_under_the_pins(metadata):
    described = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    *conda, pip = described["dependencies"]
    assert described["name"] == "nblib" and set(pip) == {"pip"}
    assert pip["pip"] == ["-c .ci/constraints.txt", "-e .[lab,test]"]
    extras = {value for field, value in metadata if field == "Provides-Extra"}
    assert {"lab", "test", "docs"} <= extras
    # Packages of conda's own beside pip's would be two sources for one thing.
    python, only_pip = conda
    assert only_pip == "pip"
    version = re.fullmatch(r"python=(3\.\d+)", python)[1]
    allowed = SpecifierSet(dict(metadata)["Requires-Python"])
    assert allowed.contains(version)
    frozen_on = re.search(r"Python (3\.\d+)", (ROOT / ".ci" / "constraints.txt").read_text(encoding="utf-8"))[1]
    assert version == frozen_on
    assert allowed.contains(".".join(map(str, sys.version_info[:3])))


def test_make_and_conda_install_the_same(repository):
    makefile = (repository / "Makefile").read_text(encoding="utf-8")
    assert "-c .ci/constraints.txt -e '.[lab,test]'" in makefile


def test_colab_gets_no_second_front_end(requirements):
    core = {canonicalize_name(r.name) for r in requirements if r.marker is None}
    assert not {"jupyterlab", "notebook", "playwright", "pytest", "jupyter-server"} & core
    lower = {canonicalize_name(r.name): r.specifier for r in requirements if r.marker is None}
    had = {"ipykernel": "6.17.1", "ipywidgets": "7.7.1", "anywidget": "0.9.21", "transformers": "5.15", "torch": "2.11"}
    assert all(lower[name].contains(version) for name, version in had.items())


def test_the_wheel_has_every_file_that_the_package_needs(wheel, repository):
    with zipfile.ZipFile(wheel) as archive:
        shipped = set(archive.namelist())
    folder = repository / "nblib"
    wanted = {
        path
        for suffix in ("py", "pyi", "js", "ts", "css", "json", "yaml", "typed")
        for path in folder.rglob(f"*.{suffix}")
    }
    assert {path.relative_to(repository).as_posix() for path in wanted if "__pycache__" not in path.parts} <= shipped
    left_out = {path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts} - wanted
    assert left_out - {folder / "py.typed"} == set(), "files of a kind that the wheel does not ship"
    assert "nblib/py.typed" in shipped
    assert not [name for name in shipped if name.startswith(("tests/", "labs/"))]


def test_the_wheel_has_the_command_and_the_licence(wheel, metadata):
    with zipfile.ZipFile(wheel) as archive:
        (entry,) = [archive.read(name).decode() for name in archive.namelist() if name.endswith("entry_points.txt")]
    assert "nblib = nblib.cli:main" in entry
    assert dict(metadata)["License-Expression"] == "MIT"


def test_the_readme_has_the_two_commands(repository):
    readme = (repository / "README.md").read_text(encoding="utf-8")
    assert "make lab" in readme and "make test" in readme
