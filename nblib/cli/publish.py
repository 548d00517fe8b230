"""Stamp the address of the repository into badges and setup cells: ``make publish REPO=owner/name REF=v0.1.0``.

The address is kept in one place, the table ``[tool.nblib]`` of pyproject.toml. Without arguments
``python -m nblib.cli.publish`` (`make stamp`) stamps the address that is there, which also fills a new lab's setup
cell. The README's table of labs is written from the index at the same time.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from nblib import sources
from nblib.cli.output import error_line
from nblib.cli.parser import Parser
from nblib.engine.errors import InputError
from nblib.index import LABS, Lab, badge_link, pack

UNPUBLISHED = "OWNER/REPOSITORY"
SETUP_ID = "setup"

# The first code cell of every lab. It runs where nblib is not yet there, so it stands on the standard library and pip.
SETUP_CELL = """\
# Setup, the same in every lab. Where nblib is installed, nothing happens. Elsewhere, as in Colab, nblib is added to
# what is there: all installed versions are frozen first, so that only plotly (its FigureWidget needs 6) may change.
import importlib.util
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY, REF = "@REPOSITORY@", "@REF@"

if importlib.util.find_spec("nblib") is None:
    if REPOSITORY == "OWNER/REPOSITORY":
        raise ModuleNotFoundError("nblib is not installed, and these labs are not published yet: run `make lab`")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    installed = subprocess.check_output([*pip, "list", "--format=freeze"], text=True).splitlines()
    frozen = Path(tempfile.mkdtemp(), "frozen.txt")
    frozen.write_text("\\n".join(line for line in installed if not line.startswith("plotly==")))
    address = f"https://github.com/{REPOSITORY}/archive/{REF}.zip"
    print(f"Installing nblib from {address}, about a minute")
    subprocess.run([*pip, "install", "--quiet", "--constraint", str(frozen), f"nblib @ {address}"], check=True)
    importlib.invalidate_caches()

if "google.colab" in sys.modules:
    importlib.import_module("google.colab.output").enable_custom_widget_manager()

print("nblib", importlib.import_module("nblib").__version__)"""

_REPOSITORY = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})/(?!\.\.?$)[A-Za-z0-9._-]{1,100}")
_REF = re.compile(r"(?!.*(?:\.\.|//|/\.|\.lock(?:/|$)))[A-Za-z0-9_][A-Za-z0-9._/+-]*(?<![./])")
_TABLE = re.compile(r'(?m)^\[tool\.nblib\]\nrepository = "(?P<repository>.*)"\nref = "(?P<ref>.*)"$')
_LABS = re.compile(r"(?s)(?<=<!-- labs: written by make stamp -->\n).*?(?=<!-- end of labs -->)")
_BADGE = re.compile(r"https://colab\.research\.google\.com/github/[^\s)]+?/(labs/[\w.-]+\.ipynb)")


def setup_cell(repository: str, ref: str) -> str:
    """The source of the setup cell for this address."""
    return SETUP_CELL.replace("@REPOSITORY@", repository).replace("@REF@", ref)


def address(root: Path) -> tuple[str, str]:
    """Repository ("owner/name") and ref in the pyproject.toml under ``root``. Raises InputError."""
    table = _table(root)
    return table["repository"], table["ref"]


def labs_table(labs: Sequence[Lab] = LABS) -> str:
    """The README's table of labs, in Markdown: what each is, its time on two CPU cores, the megabytes it fetches."""
    lines = ["| lab | what you do in it | “Run All” | fetches |", "|---|---|---|---|"]
    for lab in labs:
        name = f"{lab.number} {lab.name}"
        if lab.exists:
            cells = [f"[{name}](labs/{lab.file})", lab.summary, f"{lab.seconds} s", _size(lab.pack)]
        else:
            cells = [name, lab.summary, "to come", ""]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, "", f"The offline pack of these labs (`nblib pull --labs`) is {_size(pack(labs))}.", ""])


def _size(names: Sequence[str]) -> str:
    """What the download of these items of the offline pack comes to."""
    # Several items may come out of one archive, which is fetched once.
    total = sum({item.sha256: item.download_bytes for item in sources.catalogue() if item.name in names}.values())
    return f"{max(total / 1e6, 1):.0f} MB" if total else "nothing"


def stamp(root: Path, repository: str, ref: str) -> list[Path]:
    """Write the address into pyproject.toml, labs/*.ipynb and README.md under ``root``; the files that changed.

    Where README.md has a place for the table of labs, it is written anew from the index.

    Raises InputError for an address that cannot be one and for a lab without badge or setup cell; nothing is written
    then.
    """
    if not _REPOSITORY.fullmatch(repository):
        raise InputError(f"REPO: {repository!r} is no repository; give owner/name, as in REPO=ada/labs")
    if not _REF.fullmatch(ref):
        raise InputError(f"REF: {ref!r} is no tag, branch or commit; give one, as in REF=v0.1.0")

    table = _table(root)
    project = table.string
    stamped = f'[tool.nblib]\nrepository = "{repository}"\nref = "{ref}"'
    texts = {root / "pyproject.toml": project[: table.start()] + stamped + project[table.end() :]}
    for path in sorted((root / "labs").glob("*.ipynb")):
        texts[path] = _stamp_lab(path, repository, ref)
    readme = root / "README.md"
    if readme.is_file():
        text = _link(readme.read_text(encoding="utf-8"), repository, ref)
        here = re.compile(rf"(?<=github\.com/){re.escape(table['repository'])}(?![\w-])")
        texts[readme] = _LABS.sub(lambda _old: labs_table(), here.sub(repository, text))

    changed = [path for path, text in texts.items() if path.read_text(encoding="utf-8") != text]
    for path in changed:
        path.write_text(texts[path], encoding="utf-8", newline="\n")
    return changed


def _table(root: Path) -> re.Match:
    path = root / "pyproject.toml"
    found = _TABLE.search(path.read_text(encoding="utf-8")) if path.is_file() else None
    if found is None:
        raise InputError(f"{path}: no table [tool.nblib] with repository and ref; publish works in a clone")
    return found


def _link(text: str, repository: str, ref: str) -> str:
    return _BADGE.sub(lambda found: badge_link(repository, ref, found[1]), text)


def _stamp_lab(path: Path, repository: str, ref: str) -> str:
    """The notebook's text with this address in its first cell's badge and in its setup cell, all else as it was."""
    before = path.read_text(encoding="utf-8")
    try:
        notebook = json.loads(before)
        title, cells = notebook["cells"][0], {cell.get("id"): cell for cell in notebook["cells"]}
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: not a notebook ({type(error).__name__}); restore it and try again") from None
    if SETUP_ID not in cells:
        raise InputError(f'{path}: no setup cell; give its first code cell the id "{SETUP_ID}"')
    heading = "".join(title["source"])
    if f"labs/{path.name}" not in _BADGE.findall(heading):
        raise InputError(f"{path}: no Open-in-Colab badge for itself in its first cell; copy one from another lab")
    changes = {id(title): _link(heading, repository, ref), id(cells[SETUP_ID]): setup_cell(repository, ref)}
    for cell in (title, cells[SETUP_ID]):
        if "".join(cell["source"]) != changes[id(cell)]:
            cell["source"] = changes[id(cell)].splitlines(keepends=True)
    if notebook == json.loads(before):
        return before
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def main(argv: Sequence[str] | None = None) -> int:
    """The command; returns its exit code: 0, or 2 after one line about bad input."""
    root = Path(__file__).resolve().parents[2]
    parser = Parser(prog="python -m nblib.cli.publish", description=__doc__)
    parser.add_argument("--repo", metavar="OWNER/NAME", help="repository; without it, the one in pyproject.toml")
    parser.add_argument("--ref", metavar="REF", help="tag, branch or commit; without it, the one in pyproject.toml")
    parser.add_argument("--root", type=Path, default=root, help="folder of pyproject.toml and labs/")
    try:
        wanted = parser.parse(list(sys.argv[1:] if argv is None else argv))
        repository, ref = address(wanted.root)
        repository = repository if wanted.repo is None else wanted.repo
        ref = ref if wanted.ref is None else wanted.ref
        changed = stamp(wanted.root, repository, ref)
    except InputError as error:
        error_line(str(error))
        return 2
    for path in changed:
        print(path.relative_to(wanted.root))
    print(f"{repository} at {ref}: {len(changed)} files changed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
