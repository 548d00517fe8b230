"""Pictures of a notebook from a real JupyterLab: run it, wait until it is idle, save all of it as PNG.

    python -m tests.browser.shoot labs/09_fine_tuning.ipynb --width 900 --theme dark --out dark.png

NOTEBOOK may also be a .py file, cut into cells at lines that start with `# %%`. The notebook is run as a copy in a
temporary folder beside a copy of labs/. `--selector` saves only the first element that matches it.
"""

import argparse
import re
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser import chromium
from tests.browser.notebook import LabNotebook
from tests.browser.server import Server


def options(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.browser.shoot", description=__doc__.splitlines()[0])
    parser.add_argument("notebook", type=Path)
    parser.add_argument("--width", type=int, default=1280, help="width of the page in pixels")
    parser.add_argument("--theme", choices=["light", "dark"], default="light")
    parser.add_argument("--out", type=Path, required=True, help="PNG file; tall notebooks add -1, -2, ... to the name")
    parser.add_argument("--selector", help="CSS selector of the one element to save")
    parser.add_argument("--click", action="append", default=[], metavar="BUTTON", help="then press this button")
    parser.add_argument("--wait-for", action="append", default=[], metavar="TEXT", help="then wait for this text")
    parser.add_argument("--scale", type=float, default=1.0, help="pixels of the picture for each of the page")
    parser.add_argument("--timeout", type=float, default=300, help="seconds for the run, and for each --wait-for")
    return parser.parse_args(arguments)


def place(source: Path, server: Server) -> str:
    """Copy the notebook (or make one from a .py file) into the server's root; its path there."""
    if source.suffix == ".py":
        cells = [cell.strip() for cell in re.split(r"(?m)^# %%.*$", source.read_text(encoding="utf-8"))]
        return server.write_notebook(f"{source.stem}.ipynb", [cell for cell in cells if cell])
    shutil.copy(source, server.root / source.name)
    return source.name


def main() -> int:
    wanted = options()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = Server(Path(folder))
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=chromium.FLAGS)
        try:
            size = {"width": wanted.width, "height": 900}
            page = browser.new_page(viewport=size, device_scale_factor=wanted.scale)
            with LabNotebook.open(page, server, place(wanted.notebook, server)) as notebook:
                notebook.set_theme(wanted.theme)
                notebook.run_all(timeout=wanted.timeout)
                for name in wanted.click:
                    notebook.control("button", name).click()
                for text in wanted.wait_for:
                    notebook.wait_for_text(text, timeout=wanted.timeout)
                element = notebook.notebook.locator(wanted.selector).first if wanted.selector else None
                for file in notebook.shoot(wanted.out, element):
                    print(file)
                for error in notebook.console_errors:
                    print("console:", error, file=sys.stderr)
                return 1 if notebook.console_errors else 0
        finally:
            browser.close()
            server.close()


if __name__ == "__main__":
    sys.exit(main())
