"""The scripts and styles of the views, each ready to be loaded from a blob.

A script is an ES module that may import from others by relative paths. anywidget loads it from a blob, where such a
path leads nowhere, so what it imports is written into it when the class is made: no bundler, and nothing fetched. In
Node and for the type checker the same files are modules as they stand.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
_IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.[^"]+)";\n', re.MULTILINE)
# Types and whole lines of prose, for whoever reads the file; each view sends its script to the page, and often.
_COMMENT = re.compile(r"^[ \t]*//[^\n]*\n|^[ \t]*/\*\*(?:[^*]|\*(?!/))*\*/\n|/\*\*(?:[^*]|\*(?!/))*\*/ ?", re.MULTILINE)
# What the patterns above would take for a comment or for indentation, and is none.
_QUOTED = re.compile(r"""^[^/]*(["'])(?:(?!\1).)*/\*""")
_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class) (\w+))", re.MULTILINE)


def text(name: str, beside: str | None = None) -> str:
    """A style of this package, or one ``beside`` the file of that path."""
    return _path(name, beside).read_text(encoding="utf-8")


def script(name: str, beside: str | None = None) -> str:
    """A script of this package, or one ``beside`` the file of that path, with all that it imports written into it
    and without comments and indentation.

    Every module becomes a function that is called once, so that names of two modules never meet. Raises ValueError for
    an import or export in a form other than ``import { a, b as c } from "./x.js";`` and ``export function a``.
    """
    order: dict[Path, str] = {}
    _collect(_path(name, beside).resolve(), order, ())
    *modules, entry = order
    if re.search(r"^import\b", order[entry], re.MULTILINE):
        raise ValueError(f"{entry.name}: an import in a form that cannot be written into the script")
    parts = [f"const {_name(path, order)} = (() => {{\n{_closed(path, order)}}})();\n" for path in modules]
    return "".join([*parts, order[entry]])


def _path(name: str, beside: str | None) -> Path:
    return (Path(beside).parent if beside else FOLDER) / name


def _collect(path: Path, order: dict[Path, str], above: tuple[Path, ...]) -> None:
    """Fill ``order`` with the sources of this module and of what it imports, what is imported before what imports."""
    if path in above:
        raise ValueError(f"{path.name}: imports itself by way of {', '.join(p.name for p in above)}")
    if path in order:
        return
    source = _read(path)
    for _, there in _IMPORT.findall(source):
        _collect((path.parent / there).resolve(), order, (*above, path))

    def bound(match: re.Match) -> str:
        there = (path.parent / match[2]).resolve()
        asked = {name.split()[0] for name in match[1].split(",") if name.strip()}
        if missing := asked - set(_EXPORT.findall(order[there])):
            raise ValueError(f"{path.name}: {there.name} exports no {', '.join(sorted(missing))}")
        names = re.sub(r"(\w+) as (\w+)", r"\1: \2", " ".join(match[1].split()).rstrip(","))
        return f"const {{ {names} }} = {_name(there, order)};\n"

    order[path] = _IMPORT.sub(bound, source)


def _closed(path: Path, order: dict[Path, str]) -> str:
    source = order[path]
    body = _EXPORT.sub("", source)
    if re.search(r"^(?:import|export)\b", body, re.MULTILINE):
        raise ValueError(f"{path.name}: an import or export in a form that cannot be written into another script")
    return f"{body}return {{ {', '.join(_EXPORT.findall(source))} }};\n"


def _name(path: Path, order: dict[Path, str]) -> str:
    return f"module_{list(order).index(path)}"


@cache
def _read(path: Path) -> str:
    source = path.read_text(encoding="utf-8")
    for number, line in enumerate(source.splitlines(), start=1):
        if line.count("`") % 2 or _QUOTED.search(line):
            raise ValueError(f"{path.name}, line {number}: a template over several lines, or /* in a string")
    return _INDENT.sub("", _COMMENT.sub("", source.rstrip() + "\n"))
