"""What the pages have from the code itself: the table of the package's public names, and the settings of every run."""

import ast
from importlib import import_module
from pathlib import Path

from nblib import index
from nblib.engine.config import RunConfig, number_text

NAMES, SETTINGS = "<!-- public names -->", "<!-- settings -->"


def public_names(stub: Path) -> dict[str, str]:
    """name → the module it is at home in, for what a package's ``__init__.pyi`` imports; in the order of the stub."""
    package = stub.parent.name
    imports = [node for node in ast.parse(stub.read_text(encoding="utf-8")).body if isinstance(node, ast.ImportFrom)]
    return {alias.name: f"{package}.{node.module}" for node in imports for alias in node.names}


def summary(module: Path, name: str) -> str:
    """The first line of the docstring of a class or function; "" where there is none."""
    for node in ast.parse(module.read_text(encoding="utf-8")).body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and node.name == name:
            return (ast.get_docstring(node) or "").partition("\n")[0]
    return ""


def names_table(root: Path) -> str:
    rows = ["| name | what it is | at home in |", "|---|---|---|"]
    for name, module in public_names(root / "nblib" / "__init__.pyi").items():
        source = root.joinpath(*module.split(".")).with_suffix(".py")
        rows.append(f"| [`{name}`][{module}.{name}] | {summary(source, name)} | `{module}` |")
    return "\n".join(rows)


def settings_table(config: type[RunConfig]) -> str:
    rows = ["| setting | default | valid | what it is | |", "|---|---|---|---|---|"]
    for setting in config.settings():
        default = "none" if setting.default is None else number_text(setting.default)
        valid = setting.range_text + (", or none" if setting.optional else "")
        cells = [f"`{setting.name}`", f"`{default}`", valid, setting.description, "live" if setting.live else ""]
        rows.append(f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |")
    return "\n".join(rows)


def settings_pages() -> str:
    parts = []
    for kind, place in index.jobs().items():
        module, _, name = place.partition(":")
        parts.append(f"## {kind}: `{name}`\n\n{settings_table(getattr(import_module(module), name))}")
    return "\n\n".join(parts)


def on_page_markdown(markdown: str, config, **_: object) -> str:
    """Put the tables where a page has the place for them."""
    if NAMES in markdown:
        markdown = markdown.replace(NAMES, names_table(Path(config["config_file_path"]).parent))
    if SETTINGS in markdown:
        markdown = markdown.replace(SETTINGS, settings_pages())
    return markdown
