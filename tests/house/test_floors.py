"""The house has floors: a file of nblib imports from its own package and from floors below, never from above."""

import ast
from pathlib import Path

import pytest

FLOORS = [
    {"index"},
    {"engine"},
    {"sources", "models", "figures"},
    {"training", "inspect", "decoding"},
    {"export", "serve", "ui", "doctor"},
    {"labs", "cli"},
]
FLOOR = {part: number for number, parts in enumerate(FLOORS) for part in parts}
# The package's own face and its command hand names on and hold nothing: they stand on the roof.
ROOF = len(FLOORS)
# A lab imports another only where its subject does: the Transformer is raced against lab 04's model on lab 04's tasks.
SUBJECTS = {("transformer", "seq2seq")}


def part_of(module: str) -> str:
    """The part that `nblib.sources.pack` belongs to: `sources`; for `nblib` itself, nothing."""
    return (module.split(".") + [""])[1]


def imports(source: str, module: str, is_package: bool) -> set[str]:
    """Dotted names of nblib that this source imports, wherever in the file: in functions and under conditions too."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                keep = module.split(".")[: None if is_package and node.level == 1 else (is_package - node.level)]
                base = ".".join([*keep, base]).rstrip(".")
            found |= {f"{base}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "nblib":
            found.add(f"nblib.{node.attr}")
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == "import_module":
            found |= {argument.value for argument in node.args if isinstance(argument, ast.Constant)}
    return {name for name in found if name.split(".")[0] == "nblib"}


def climbs(source: str, module: str, is_package: bool = False) -> list[str]:
    """The imports of this module that run up a floor, or sideways through the package's face."""
    own = part_of(module)
    floor = FLOOR.get(own, ROOF)
    wrong = []
    for name in sorted(imports(source, module, is_package)):
        target = part_of(name)
        # A name of the package's face that is no part, as in "from nblib import Session", leads anywhere.
        height = -1 if target == "" or target.startswith("__") else FLOOR.get(target, ROOF)
        if target != own and height > floor:
            wrong.append(f"{module} (floor {floor}) imports {name}")
    return wrong


def lab_of(module: str) -> str:
    """The lab that `nblib.labs.recurrence.text` belongs to: `recurrence`; "" for what is no lab's."""
    parts = module.split(".")
    return parts[2] if parts[:2] == ["nblib", "labs"] and len(parts) > 2 else ""


def visits(source: str, module: str, is_package: bool = False) -> list[str]:
    """The imports of this module from another lab that its subject does not call for."""
    own, wrong = lab_of(module), []
    for name in sorted(imports(source, module, is_package)):
        other = lab_of(name)
        if other and other != own and (own, other) not in SUBJECTS:
            wrong.append(f"{module} imports {name}")
    return wrong


def modules(root: Path) -> dict[str, Path]:
    found = {}
    for path in sorted((root / "nblib").rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def test_every_part_has_a_floor(repository):
    parts = {part_of(module) for module in modules(repository)} - {"", "__main__"}
    assert parts <= FLOOR.keys()


def test_no_import_runs_up(repository):
    wrong = []
    for module, path in modules(repository).items():
        wrong += climbs(path.read_text(encoding="utf-8"), module, path.name == "__init__.py")
    assert wrong == []


def test_no_lab_imports_another_but_where_its_subject_does(repository):
    wrong = []
    for module, path in modules(repository).items():
        if lab_of(module):
            wrong += visits(path.read_text(encoding="utf-8"), module, path.name == "__init__.py")
    assert wrong == []
    assert visits("from nblib.labs.perceptron.playground import play", "nblib.labs.recurrence.text")
    assert not visits("from nblib.labs.seq2seq.job import seq2seq", "nblib.labs.transformer.job")


@pytest.mark.parametrize(
    "source",
    [
        "from nblib.ui.views import Heat",
        "import nblib.training.finetune.job",
        "from nblib import figures\ndef f():\n    from nblib import export",
        "def f():\n    from nblib.export.report import Report",
        "from importlib import import_module\nimport_module('nblib.cli')",
        "from ..training import finetune",
        "from nblib import FineTunePanel",
        "import nblib\nnblib.FineTunePanel",
        "if TYPE_CHECKING:\n    from nblib.labs.start import PackPanel",
    ],
)
def test_an_import_that_runs_up_is_seen(source):
    assert climbs(source, "nblib.sources.pack")


@pytest.mark.parametrize(
    ("source", "module", "is_package"),
    [
        ("from nblib.engine.config import RunConfig\nimport torch", "nblib.sources.pack", False),
        ("from . import pack\nfrom .pack import pull", "nblib.sources", True),
        ("from .pack import pull\nfrom ..engine.errors import InputError", "nblib.sources.hub", False),
        ("from nblib import figures, __version__", "nblib.ui.lines", False),
        ("import nblib\nnblib.__file__", "nblib.export.fresh", False),
        ("from nblib.figures import loss_curve", "nblib.sources.pack", False),
    ],
)
def test_an_import_on_the_level_or_down_is_not(source, module, is_package):
    assert climbs(source, module, is_package) == []
