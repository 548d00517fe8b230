"""No circle of modules: what a module imports, at its top or in a function, never leads back to it.

What only a type checker reads (``if TYPE_CHECKING:``) brings in nothing, and does not count. Nor does the package's
face, which finds a name when it is asked for: ``from nblib import Session`` counts as an import of the name's module.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

FACE = "nblib"


def modules(root: Path) -> dict[str, Path]:
    """Each module of nblib by its dotted name."""
    paths = {}
    for path in sorted((root / FACE).rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        paths[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return paths


def for_types_only(node: ast.AST) -> bool:
    test = node.test if isinstance(node, ast.If) else None
    return getattr(test, "id", getattr(test, "attr", "")) == "TYPE_CHECKING"


def nodes(tree: ast.AST):
    """All nodes that run: not those of ``if TYPE_CHECKING:``, but of its ``else``."""
    for child in ast.iter_child_nodes(tree):
        if for_types_only(child):
            for other in child.orelse:
                yield other
                yield from nodes(other)
        else:
            yield child
            yield from nodes(child)


def names(source: str, module: str, is_package: bool) -> set[str]:
    """Dotted names that a source imports. ``from a import b`` gives a.b: b may be a module or a name in a."""
    dotted = set()
    for node in nodes(ast.parse(source)):
        if isinstance(node, ast.Import):
            dotted |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = module.split(".")
                above = parts[: len(parts) - node.level + is_package]
                base = ".".join([*above, base]).rstrip(".")
            dotted |= {f"{base}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == "import_module":
            dotted |= {a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)}
    return dotted


def stub(path: Path, package: str) -> dict[str, str]:
    """What ``__init__.pyi`` says that a package's names are: name → dotted name of what is behind it."""
    if not path.with_suffix(".pyi").is_file():
        return {}
    homes = {}
    for node in ast.parse(path.with_suffix(".pyi").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            base = ".".join(part for part in (package, node.module) if part)
            homes |= {alias.asname or alias.name: f"{base}.{alias.name}" for alias in node.names}
    return homes


def edges(sources: dict[str, tuple[str, bool]], homes: dict[str, dict[str, str]]) -> dict[str, set[str]]:
    """Module → modules of nblib that it imports. Python runs a module's packages first, but they count only where they
    are named, since a package that hands on its own modules' names is no circle in what they say."""
    graph = {}
    for module, (source, is_package) in sources.items():
        graph[module] = set()
        for name in names(source, module, is_package):
            package, _, last = name.rpartition(".")
            name = homes.get(package, {}).get(last, name)
            while name and name not in sources:
                name = name.rpartition(".")[0]
            if name and name != FACE:
                graph[module].add(name)
    return graph


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """The strongly connected components of more than one module, and modules that import themselves (R. Tarjan)."""
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    components: list[list[str]] = []

    def visit(module: str) -> None:
        order[module] = lowest[module] = len(order)
        stack.append(module)
        for other in sorted(graph[module]):
            if other not in order:
                visit(other)
                lowest[module] = min(lowest[module], lowest[other])
            elif other in stack:
                lowest[module] = min(lowest[module], order[other])
        if lowest[module] == order[module]:
            at = stack.index(module)
            component = sorted(stack[at:])
            del stack[at:]
            if len(component) > 1 or module in graph[module]:
                components.append(component)

    for module in sorted(graph):
        if module not in order:
            visit(module)
    return sorted(components)


def test_no_module_of_nblib_leads_back_to_itself(repository):
    paths = modules(repository)
    sources = {module: (path.read_text(encoding="utf-8"), path.name == "__init__.py") for module, path in paths.items()}
    homes = {module: stub(path, module) for module, path in paths.items() if path.name == "__init__.py"}
    graph = edges(sources, homes)
    # A graph that lost its edges would pass everything.
    assert "nblib.engine.run" in graph["nblib.engine.session"] and "nblib.engine.locks" in graph["nblib.engine.run"]
    assert sum(map(len, graph.values())) > 2 * len(graph)
    assert circles(graph) == []


@pytest.mark.parametrize(
    "second",
    [
        "from nblib.a import one",
        "import nblib.a",
        "from nblib import a",
        "from . import a",
        "from .a import one",
        "def f():\n    from nblib.a import one",
        "class C:\n    def f(self):\n        import nblib.a as other",
        "try:\n    from nblib.a import one\nexcept ImportError:\n    pass",
        "from importlib import import_module\nimport_module('nblib.a')",
        "if TYPE_CHECKING:\n    pass\nelse:\n    from nblib.a import one",
        "from nblib.c import three",
        "from nblib import One",
    ],
)
def test_a_circle_is_seen(second):
    sources = {
        "nblib": ("", True),
        "nblib.a": ("from nblib.b import two", False),
        "nblib.b": (second, False),
        "nblib.c": ("def f():\n    import nblib.a", False),
    }
    graph = edges(sources, {"nblib": {"One": "nblib.a.One"}})
    assert circles(graph) == [["nblib.a", "nblib.b", *(["nblib.c"] if "nblib.c" in second else [])]]


@pytest.mark.parametrize(
    "second",
    [
        "if TYPE_CHECKING:\n    from nblib.a import one",
        "import typing\nif typing.TYPE_CHECKING:\n    from nblib.a import one",
        "from nblib.c import three\nimport torch",
        "import nblib\nfrom nblib import __version__",
        "text = 'from nblib.a import one'",
    ],
)
def test_what_is_no_circle_is_not(second):
    sources = {
        "nblib": ("", True),
        "nblib.a": ("from nblib.b import two\nfrom nblib.c import three", False),
        "nblib.b": (second, False),
        "nblib.c": ("import numpy", False),
    }
    assert circles(edges(sources, {})) == []


def test_a_module_that_imports_itself_and_two_circles_are_each_listed():
    assert circles({"a": {"a"}, "b": {"c"}, "c": {"b", "a"}, "d": {"a", "b"}}) == [["a"], ["b", "c"]]
