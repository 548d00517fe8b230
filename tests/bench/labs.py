"""Run All of every lab in a real JupyterLab: seconds until the last cell is done and the kernel is idle."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from nblib.index import LABS
from tests.bench.measure import record
from tests.browser import chromium
from tests.browser.notebook import LabNotebook
from tests.browser.server import Server


def run_all() -> None:
    for lab in LABS:
        if not lab.exists:
            continue
        with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
            server = Server(Path(folder))
            browser = playwright.chromium.launch(executable_path=chromium.find(), args=chromium.FLAGS)
            try:
                page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
                with LabNotebook.open(page, server, lab.file) as opened:
                    began = time.perf_counter()
                    opened.run_all(timeout=600)
                    record(f"Run All, lab {lab.number}", {"seconds": round(time.perf_counter() - began, 1)})
            finally:
                browser.close()
                server.close()
