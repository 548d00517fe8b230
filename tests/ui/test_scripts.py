"""Scripts of views: each stands alone in a blob, whatever its modules import."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from nblib.ui.views.files import script

ROOT = Path(__file__).parents[2] / "nblib"
ENTRIES = sorted(p for p in ROOT.rglob("*.js") if "export default" in p.read_text(encoding="utf-8"))


def node() -> str:
    import playwright

    return next(str(p) for p in (Path(playwright.__file__).parent / "driver").glob("node*") if p.is_file())


def write(folder: Path, **modules: str) -> str:
    for name, text in modules.items():
        (folder / f"{name}.js").write_text(text, encoding="utf-8")
    return str(folder / "view.py")


def run(text: str) -> str:
    done = subprocess.run([node(), "--input-type=module", "-"], input=text, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("path", ENTRIES, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_script_stands_alone_and_parses(path, tmp_path):
    text = script(path.name, str(path.parent / "view.py"))
    assert not re.search(r"^import\b", text, re.MULTILINE)
    assert text.rstrip().endswith("export default { render };")
    file = tmp_path / "view.mjs"
    file.write_text(text, encoding="utf-8")
    done = subprocess.run([node(), "--check", str(file)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_every_script_of_the_package_is_an_entry():
    assert len(ENTRIES) >= 18


def test_names_of_two_modules_never_meet(tmp_path):
    beside = write(
        tmp_path,
        a='import { b as other } from "./b.js";\nconst hidden = 1;\nexport function f() { return hidden + other; }\n',
        b="const hidden = 40;\nexport const b = hidden + 1;\n",
        entry='import { f } from "./a.js";\nimport {\n  b,\n} from "./b.js";\nconst hidden = 0;\n'
        "console.log(f() + b + hidden);\n",
    )
    assert run(script("entry.js", beside)) == "83"


def test_a_module_that_two_import_is_one(tmp_path):
    beside = write(
        tmp_path,
        shared="export const kept = [];\n",
        a='import { kept } from "./shared.js";\nexport function add() { kept.push(1); }\n',
        entry='import { add } from "./a.js";\nimport { kept } from "./shared.js";\nadd();\nconsole.log(kept.length);\n',
    )
    assert run(script("entry.js", beside)) == "1"


def test_classes_and_async_functions_are_exported(tmp_path):
    beside = write(
        tmp_path,
        a="export class A { value = 2; }\nexport async function f() { return 3; }\n",
        entry='import { A, f } from "./a.js";\nconsole.log(new A().value + await f());\n',
    )
    assert run(script("entry.js", beside)) == "5"


def test_a_circle_of_imports_is_refused(tmp_path):
    beside = write(
        tmp_path,
        a='import { b } from "./b.js";\nexport const a = 1;\n',
        b='import { a } from "./a.js";\nexport const b = 1;\n',
        entry='import { a } from "./a.js";\n',
    )
    with pytest.raises(ValueError, match=r"a\.js: imports itself by way of .*b\.js"):
        script("entry.js", beside)


@pytest.mark.parametrize(
    "line",
    [
        'import * as b from "./b.js";',
        'import b from "./b.js";',
        'import "./b.js";',
        'export { b } from "./b.js";',
        "export default 1;",
        "const c = 1;\nexport { c };",
        "export let c = 1;",
    ],
)
def test_other_forms_of_import_and_export_are_refused(tmp_path, line):
    beside = write(
        tmp_path, b="export const b = 1;\n", a=f"{line}\nexport const a = 1;\n", entry='import { a } from "./a.js";\n'
    )
    with pytest.raises(ValueError, match=r"a\.js: an import or export in a form"):
        script("entry.js", beside)


@pytest.mark.parametrize("line", ['import * as b from "./b.js";', 'import "./b.js";', 'import { b } from "pkg";'])
def test_a_script_whose_own_import_would_stay_is_refused(tmp_path, line):
    beside = write(tmp_path, b="export const b = 1;\n", entry=f"{line}\nexport default {{}};\n")
    with pytest.raises(ValueError, match=r"entry\.js: an import"):
        script("entry.js", beside)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ('const glob = "src/**/*.js";\nexport default { render };\n', "in a string"),
        ("const page = `\n  kept\n`;\nexport default { render };\n", "template over several lines"),
        ('import { gone } from "./part.js";\nexport default { render };\n', "exports no gone"),
    ],
)
def test_what_would_be_changed_or_missing_in_the_page_is_refused(tmp_path, source, why):
    (tmp_path / "part.js").write_text("export function there() {}\n")
    (tmp_path / "view.js").write_text(source)
    with pytest.raises(ValueError, match=why):
        script("view.js", str(tmp_path / "view.py"))


def test_a_last_line_that_is_a_comment_hides_nothing(tmp_path):
    (tmp_path / "part.js").write_text("export function there() {}\n// the end")
    (tmp_path / "view.js").write_text('import { there } from "./part.js";\nexport default { there };\n')
    assert "return { there };" in script("view.js", str(tmp_path / "view.py")).splitlines()
