"""Files and functions stay short, nobody reaches into a sibling's private parts, and nothing is written twice.

What still breaks a rule stands in ``YET``, which only shrinks: an entry that breaks its rule no more fails too.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

LINES_OF_A_FILE = 400
LINES_OF_A_FUNCTION = 50
LINES_OF_A_RENDER = 120
LINES_TWICE = 12
# A literal of constants alone is a table of data from this length on, and does not count into its function's lines.
TABLE = 10
# Public in spite of their name: the methods and fields that every named tuple has.
NAMED_TUPLE = {"_asdict", "_field_defaults", "_fields", "_make", "_replace"}

# A library's own member, which it offers no public way to.
LIBRARYS = {"ui/elements.py: drawn._config"}
# rule → what breaks it yet: the file, "file: function", "file: the private member", or "file ~ file".
YET: dict[str, set[str]] = {
    "file": set(),
    "function": set(),
    "render": set(),
    "private": set(),
    "twice": set(),
}


def long_file(source: str) -> bool:
    return len(source.splitlines()) > LINES_OF_A_FILE


def is_table(node: ast.AST) -> bool:
    """A dict, list, tuple or set that holds nothing but constants, over many lines."""
    if not isinstance(node, ast.Dict | ast.List | ast.Tuple | ast.Set) or node.end_lineno - node.lineno + 1 < TABLE:
        return False
    try:
        ast.literal_eval(node)
    except ValueError:
        return False
    return True


def rows_of_tables(node: ast.AST) -> int:
    """The lines that tables in this node take; a table in a table counts once."""
    if is_table(node):
        return node.end_lineno - node.lineno + 1
    return sum(rows_of_tables(child) for child in ast.iter_child_nodes(node))


def long_functions(source: str) -> list[str]:
    """Names of the functions whose lines, from ``def`` to their end, are too many; the rows of tables do not count."""
    functions = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [f.name for f in functions if f.end_lineno - f.lineno + 1 - rows_of_tables(f) > LINES_OF_A_FUNCTION]


RENDER = re.compile(r"^( *)(?:export |default |async |function )*render\s*\(.*\{\s*$")


def renders(source: str) -> list[int]:
    """The lengths of a script's functions called ``render``: to the brace that stands below their first letter."""
    lines, lengths = source.splitlines(), []
    for number, line in enumerate(lines):
        if head := RENDER.match(line):
            end = next(n for n in range(number, len(lines)) if re.match(rf"{head[1]}\}}", lines[n]))
            lengths.append(end - number + 1)
    return lengths


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name not in NAMED_TUPLE


def members(node: ast.AST) -> set[str]:
    """The private names that this class, or this module, gives to itself, its classes or its instances."""
    names = set()
    for part in ast.walk(node):
        if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(part.name)
        elif isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            names.add(part.id)
        elif isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store) and is_own(part.value):
            names.add(part.attr)
    return {name for name in names if is_private(name)}


def is_own(node: ast.AST) -> bool:
    """``self``, ``cls`` or ``super()``."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id == "super"
    return isinstance(node, ast.Name) and node.id in ("self", "cls")


def reaches(tree: ast.Module, elsewhere: set[str]) -> list[str]:
    """The private members of other modules of nblib that this one uses: imported by name, or as ``object._member``.

    ``elsewhere``: the private names that other modules give. ``x._member`` is a module's own where a class of its own
    has the member; ``self.x._member`` where another class than the one around it has.
    """
    wrong, imported = [], set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.level or (node.module or "").split(".")[0] == "nblib"):
            imported |= {alias.asname or alias.name for alias in node.names}
            wrong += [alias.name for alias in node.names if is_private(alias.name)]
    classes = {node: members(node) for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}

    def look(node: ast.AST, around: ast.ClassDef | None) -> None:
        if isinstance(node, ast.Attribute) and is_private(node.attr) and not is_own(node.value):
            base = node.value
            others = {name for one, names in classes.items() if one is not around for name in names}
            own = others | (classes[around] if around is not None and isinstance(base, ast.Name) else set())
            module = isinstance(base, ast.Name) and base.id in imported
            if module or (node.attr in elsewhere and node.attr not in own):
                wrong.append(ast.unparse(node))
        for child in ast.iter_child_nodes(node):
            look(child, node if isinstance(node, ast.ClassDef) else around)

    look(tree, None)
    return sorted(set(wrong))


def python_lines(source: str) -> list[str]:
    """The stripped lines that say something: without comments, imports and blank ones."""
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            lines[node.lineno - 1 : node.end_lineno] = [""] * (node.end_lineno - node.lineno + 1)
    return [line.strip() for line in lines if line.strip()]


def script_lines(source: str) -> list[str]:
    """The same of JavaScript. A comment behind code stays: only a parser could tell it from a string."""
    text = re.sub(r"^\s*import\b[^;]*;", "", source, flags=re.MULTILINE)
    text = re.sub(r"^\s*/\*.*?\*/", "", text, flags=re.MULTILINE | re.DOTALL)
    return [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("//")]


def twice(files: dict[str, list[str]]) -> set[str]:
    """Pairs of files, "a ~ b", that share a run of ``LINES_TWICE`` lines; "a ~ a" where one file has it twice."""
    places: dict[tuple[str, ...], list[tuple[str, int]]] = defaultdict(list)
    for name, lines in files.items():
        for start in range(len(lines) - LINES_TWICE + 1):
            places[tuple(lines[start : start + LINES_TWICE])].append((name, start))
    pairs = set()
    for stands in places.values():
        for i, (a, first) in enumerate(stands):
            # Two runs of one file that overlap are one run of like lines, such as a row of closing brackets.
            pairs |= {f"{a} ~ {b}" for b, second in stands[i + 1 :] if a != b or second - first >= LINES_TWICE}
    return pairs


# -- on the package --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def python(request) -> dict[str, str]:
    """Path below nblib → source of every module."""
    return dict(sources(request, "*.py"))


@pytest.fixture(scope="module")
def scripts(request) -> dict[str, str]:
    return dict(sources(request, "*.js"))


def sources(request: pytest.FixtureRequest, pattern: str) -> Iterator[tuple[str, str]]:
    root: Path = request.config.rootpath / "nblib"
    for path in sorted(root.rglob(pattern)):
        yield path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")


RULES = {
    "file": f"Python files of more than {LINES_OF_A_FILE} lines",
    "function": f"functions of more than {LINES_OF_A_FUNCTION} lines",
    "render": f"scripts whose render has more than {LINES_OF_A_RENDER} lines",
    "private": "private members of another module in use",
    "twice": f"pairs of files that share {LINES_TWICE} lines",
}


def hold(rule: str, wrong: set[str]) -> None:
    """Fails where something breaks the rule that ``YET`` does not name, and where ``YET`` names what keeps to it."""
    new, mended = sorted(wrong - YET[rule]), sorted(YET[rule] - wrong)
    assert not new, f"{RULES[rule]}:\n" + "\n".join(new)
    assert not mended, f"{RULES[rule]}: mended, so take these out of YET:\n" + "\n".join(mended)


def test_no_file_is_long(python):
    hold("file", {path for path, source in python.items() if long_file(source)})


def test_no_function_is_long(python):
    hold("function", {f"{path}: {name}" for path, source in python.items() for name in long_functions(source)})


def test_no_render_is_long(scripts):
    lengths = {path: renders(source) for path, source in scripts.items()}
    views = {
        path for path, source in scripts.items() if re.search(r"^export default\b.*\brender\b", source, re.MULTILINE)
    }
    assert views and views <= {path for path, each in lengths.items() if each}, "a view whose render is not measured"
    hold("render", {path for path, each in lengths.items() if max(each, default=0) > LINES_OF_A_RENDER})


def test_no_module_uses_a_private_member_of_another(python):
    trees = {path: ast.parse(source) for path, source in python.items()}
    private = {path: members(tree) for path, tree in trees.items()}
    givers = Counter(name for names in private.values() for name in names)
    wrong = set()
    for path, tree in trees.items():
        elsewhere = {name for name, modules in givers.items() if modules > (name in private[path])}
        wrong |= {f"{path}: {member}" for member in reaches(tree, elsewhere)}
    hold("private", wrong - LIBRARYS)


def test_nothing_stands_twice(python, scripts):
    lines = {path: python_lines(source) for path, source in python.items() if not path.endswith("/exercises.py")}
    lines |= {path: script_lines(source) for path, source in scripts.items()}
    hold("twice", twice(lines))


# -- on the algorithms -----------------------------------------------------------------------------------------------


def test_a_long_file_is_seen():
    assert long_file("x = 1\n" * (LINES_OF_A_FILE + 1)) and not long_file("x = 1\n" * LINES_OF_A_FILE)


def test_a_long_function_is_seen_and_a_table_is_not():
    body = "    x = 1\n" * LINES_OF_A_FUNCTION
    assert long_functions(f"class A:\n  def f(self):\n{body}") == ["f"]
    assert long_functions("def f():\n" + body.removesuffix("    x = 1\n")) == []
    rows = "        (1, 'a'),\n" * LINES_OF_A_FUNCTION
    assert long_functions(f"def f():\n    return [\n{rows}    ]\n") == []
    assert long_functions(f"def f():\n    return [\n{rows.replace('1', 'g(1)')}    ]\n") == ["f"]


@pytest.mark.parametrize(
    "head", ["function render({ model, el }) {", "  render({ model }) {", "async function render(x) {"]
)
def test_a_render_is_measured(head):
    indent = " " * (len(head) - len(head.lstrip()))
    assert renders(
        f"let a;\n{head}\n{indent}  if (a) {{\n{indent}  }}\n{indent}}}\nexport default {{ render }};\n"
    ) == [4]
    assert renders("const a = () => { render(); };\nrender();\n") == []


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        ("from nblib.a import _b", ["_b"]),
        ("from .a import _b as c", ["_b"]),
        ("from nblib import a\na._anything()", ["a._anything"]),
        ("def f(session):\n    session._queue.put(1)", ["session._queue"]),
        ("class A:\n  def f(self):\n    self.panel._queue", ["self.panel._queue"]),
        ("class A:\n  def f(self):\n    self._queue = 1\n    self.panel._queue", ["self.panel._queue"]),
        ("class A:\n  def f(self):\n    self._queue = 1\n  def of(cls, other):\n    other._queue", []),
        ("class A:\n  _queue = 1\nclass B:\n  def f(self):\n    self.a._queue", []),
        ("class A(B):\n  def f(self):\n    self._queue\n    super()._queue", []),
        ("from plotly.serializers import _queue\nmodel._modules", []),
        ("row._replace(a=1)", []),
    ],
)
def test_a_reach_into_another_module_is_seen(source, wrong):
    assert reaches(ast.parse(source), {"_queue"}) == wrong


def test_a_run_that_stands_twice_is_seen():
    run = [f"line {number}" for number in range(LINES_TWICE)]
    assert twice({"a": ["x", *run], "b": [*run, "y"]}) == {"a ~ b"}
    assert twice({"a": [*run, *run]}) == {"a ~ a"}
    assert twice({"a": run[1:], "b": run}) == set()
    assert twice({"a": [")"] * (LINES_TWICE + 1)}) == set()
    assert python_lines("import a\nfrom b import (\n    c,\n)\n\nx = 1  # why\n# why\n") == ["x = 1"]
    assert script_lines('import { a,\n  b } from "./kit.js";\n/** why\n * so */\n// no\nlet x; // stays\n') == [
        "let x; // stays"
    ]
