"""A notebook in a Chromium that nobody listens to.

Playwright has every websocket frame copied to its own process as text; 40 MB on their way to a page then take five
seconds in place of one. Here only what is asked of the page goes over the wire.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import websocket

from tests.browser import chromium
from tests.browser.server import Server

KERNEL = "jupyterapp.shell.currentWidget.context.sessionContext.session.kernel"
EXECUTE = """(async () => {{ let text = ''; const asked = {kernel}.requestExecute({{ code: {code} }});
  asked.onIOPub = (m) => {{ if (m.header.msg_type === 'stream') text += m.content.text; }};
  await asked.done; return text; }})()"""


class Tab:
    """One page, spoken to by the protocol of Chromium's own tools, with no event switched on."""

    def __init__(self, port: int):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json") as answer:
            address = next(tab["webSocketDebuggerUrl"] for tab in json.load(answer) if tab["type"] == "page")
        self._socket = websocket.create_connection(address, suppress_origin=True)
        self._number = 0

    def evaluate(self, code: str):
        """The value of an expression, awaited."""
        self._number += 1
        asked = {"expression": code, "awaitPromise": True, "returnByValue": True}
        self._socket.send(json.dumps({"id": self._number, "method": "Runtime.evaluate", "params": asked}))
        while True:
            answer = json.loads(self._socket.recv())
            if answer.get("id") == self._number:
                return answer["result"]["result"].get("value")

    def wait(self, code: str, seconds: float = 60):
        """The value of an expression, once it is true."""
        end = time.monotonic() + seconds
        while not (value := self.evaluate(code)):
            if time.monotonic() > end:
                raise TimeoutError(code)
            time.sleep(0.05)
        return value

    def execute(self, code: str) -> str:
        """Run code in the kernel; what it printed."""
        return self.evaluate(EXECUTE.format(kernel=KERNEL, code=json.dumps(code)))


@contextmanager
def tab(cells: list[str]) -> Iterator[Tab]:
    """A notebook of these cells in JupyterLab, all of them run."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as profile:
        server = Server(Path(folder))
        place = f"{server.home}/{server.write_notebook('bench.ipynb', cells)}"
        address = f"{server.address}/lab/tree/{place}?token={server.token}&reset"
        words = [chromium.find(), *chromium.FLAGS, "--headless=new", f"--user-data-dir={profile}"]
        words += ["--remote-debugging-port=0", "--window-size=1280,900", address]
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            file, end = Path(profile) / "DevToolsActivePort", time.monotonic() + 60
            while not (file.exists() and file.read_text().strip()):
                if time.monotonic() > end:
                    raise TimeoutError("Chromium did not start")
                time.sleep(0.05)
            page = Tab(int(file.read_text().split()[0]))
            page.wait("!!window.jupyterapp && !!document.querySelector('.jp-Notebook .jp-Cell')")
            page.wait(f"(() => {{ try {{ return {KERNEL}.status === 'idle' }} catch {{ return false }} }})()")
            page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")
            yield page
        finally:
            process.kill()
            process.wait()
            server.close()
