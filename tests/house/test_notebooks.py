"""What every committed notebook keeps to: no outputs, stable ids, short cells, one setup cell, a badge of its own, and
only public names of nblib."""

import ast
import json
from importlib import import_module
from pathlib import Path

import nbformat
import pytest

from nblib.cli.publish import SETUP_ID, address, badge_link, setup_cell

ROOT = Path(__file__).parents[2]
LABS = sorted(path for path in (ROOT / "labs").glob("*.ipynb"))
LONGEST = 30


@pytest.fixture(params=LABS, ids=lambda path: path.stem)
def lab(request) -> Path:
    return request.param


@pytest.fixture
def cells(lab) -> list[dict]:
    return json.loads(lab.read_text(encoding="utf-8"))["cells"]


def source(cell: dict) -> str:
    return "".join(cell["source"])


def test_there_are_labs():
    assert LABS


def test_the_notebook_is_valid_and_in_the_form_that_editors_write(lab):
    text = lab.read_text(encoding="utf-8")
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert text == json.dumps(json.loads(text), indent=1, ensure_ascii=False) + "\n"
    assert all(isinstance(cell["source"], list) for cell in json.loads(text)["cells"])


def test_no_outputs_and_no_widget_state_are_committed(lab, cells):
    metadata = json.loads(lab.read_text(encoding="utf-8"))["metadata"]
    assert "widgets" not in metadata and "signature" not in metadata
    assert metadata["kernelspec"]["name"] == "python3"
    for cell in cells:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [] and cell["execution_count"] is None
        assert not {"execution", "ExecuteTime", "collapsed"} & cell["metadata"].keys()


def test_ids_are_words_that_stay(cells):
    ids = [cell["id"] for cell in cells]
    assert len(set(ids)) == len(ids)
    # An editor gives a new cell eight hexadecimal digits, or a UUID; a person gives it a name.
    assert all(name.islower() and not set(name) <= set("0123456789abcdef-") for name in ids)


def test_no_cell_is_longer_than_a_screen(cells):
    assert [cell["id"] for cell in cells if len(source(cell).splitlines()) > LONGEST] == []


def test_the_setup_cell_is_the_first_code_and_the_template(cells):
    first = next(cell for cell in cells if cell["cell_type"] == "code")
    assert first["id"] == SETUP_ID
    assert source(first) == setup_cell(*address(ROOT))


def test_the_first_cell_has_a_title_and_its_own_badge(lab, cells):
    assert cells[0]["cell_type"] == "markdown" and source(cells[0]).startswith("# ")
    assert badge_link(*address(ROOT), f"labs/{lab.name}") in source(cells[0])


# -- what a notebook may import from nblib ---------------------------------------------------------------------------


def public(package: str) -> set[str]:
    """The names that a package lists: in its stub ``__init__.pyi``, or in ``__all__`` where it has none."""
    folder = ROOT.joinpath(*package.split("."))
    if not (stub := folder / "__init__.pyi").is_file():
        return set(getattr(import_module(package), "__all__", ()))
    imports = [node for node in ast.walk(ast.parse(stub.read_text(encoding="utf-8"))) if type(node) is ast.ImportFrom]
    return {alias.asname for node in imports for alias in node.names if alias.asname}


def packages() -> set[str]:
    """The packages of nblib, which its stub need not list."""
    return {path.parent.name for path in (ROOT / "nblib").glob("*/__init__.py")} - {"labs"}


def not_public(code: str) -> list[str]:
    """Imports from nblib that are deeper than a package or a lab, or of a name that it does not list."""
    wrong = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            wrong += [alias.name for alias in node.names if alias.name.startswith("nblib.")]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "nblib":
            parts = node.module.split(".")
            if len(parts) > 2 + (parts[1:2] == ["labs"]) or parts == ["nblib", "labs"]:
                wrong.append(node.module)
                continue
            listed = public(node.module) | (packages() if parts == ["nblib"] else set())
            wrong += [f"{node.module}.{alias.name}" for alias in node.names if alias.name not in listed]
    return wrong


def test_a_notebook_imports_only_what_a_package_lists(cells):
    codes = [source(cell) for cell in cells if cell["cell_type"] == "code" and cell["id"] != SETUP_ID]
    assert any("nblib" in code for code in codes)
    assert [name for code in codes for name in not_public(code)] == []


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("from nblib import Session, figures", []),
        ("from nblib.labs.seq2seq import by_length", []),
        ("from nblib.export import own", []),
        ("from nblib.sources import split_words", []),
        ("def f():\n    from nblib.labs.seq2seq.comparison import by_length", ["nblib.labs.seq2seq.comparison"]),
        ("import nblib.ui.pages as pages", ["nblib.ui.pages"]),
        ("from nblib.ui.pages import table", ["nblib.ui.pages"]),
        ("from nblib.ui import show, RunPanel", ["nblib.ui.RunPanel"]),
        ("from nblib.labs.transformer import lengths", ["nblib.labs.transformer.lengths"]),
        ("from nblib import nothing", ["nblib.nothing"]),
    ],
)
def test_an_import_that_is_not_public_is_seen(code, wrong):
    assert not_public(code) == wrong
