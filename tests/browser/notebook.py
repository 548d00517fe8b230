"""One notebook in a browser: open, run, find, press, read, look.

`NotebookPage` is what JupyterLab and the classic Notebook share; `LabNotebook` drives JupyterLab.
Every wait has a limit in seconds and raises playwright's TimeoutError beyond it.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from playwright.sync_api import ConsoleMessage, Error, Locator, Page

# Lines of the front ends themselves, present with an empty notebook too.
NOT_OURS = re.compile(r"favicon|ERR_INTERNET_DISCONNECTED")
# On a busy machine JupyterLab takes its splash screen off the page twice. The scripts of our views are blobs.
SPLASH = re.compile(r"'removeChild' on 'Node'[^\n]*\n\s+at \S*/jlab_core\.\w+\.js\S*\s*$")
VIEWPORT = {"width": 1280, "height": 900}
TALLEST = 12_000
PAGE_HEIGHT = 1_800


class NotebookPage:
    """A notebook of a `Server` in a page of its own. Use as a context manager: the kernel ends with it."""

    def __init__(self, page: Page):
        self.page = page
        self.console_errors: list[str] = []
        page.on("console", self._on_console)
        page.on("pageerror", self._on_error)
        if self.listens:
            page.on("websocket", lambda socket: socket.on("framereceived", self._on_frame))

    def __enter__(self):
        return self

    def __exit__(self, *exception) -> None:
        self.close()

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            text = f"{message.text} ({message.location.get('url', '')})"
            if not NOT_OURS.search(text):
                self.console_errors.append(text)

    def _on_error(self, error) -> None:
        text = f"uncaught: {error.stack or error}"
        if not SPLASH.search(text):
            self.console_errors.append(text)

    def _on_frame(self, frame: str | bytes) -> None:
        """A widget's handler that raises in the kernel: no cell shows it, the log of JupyterLab alone."""
        text = frame if isinstance(frame, str) else frame.decode("utf-8", "replace")
        if '"msg_type": "error"' in text and '"msg_type": "comm_msg"' in text:
            self.console_errors.append(f"in the kernel: {text[-300:]}")

    # Every frame that arrives is copied to this process; a bench of megabytes does without.
    listens = True
    # What a subclass says of its front end.
    notebook_selector: str
    scroller_selector: str
    cell_selector: str
    output_selector: str
    # Runs its argument in the kernel, and leaves {printed, error} in window.nblibReply.
    execute_script: str

    def close(self) -> None:
        """End the kernel and close the page."""
        raise NotImplementedError

    def execute(self, code: str, *, timeout: float = 60) -> str:
        """Run code in the kernel beside the cells; what it printed. Raises AssertionError when it failed."""
        self.page.evaluate(self.execute_script, code)
        self.page.wait_for_function("() => window.nblibReply !== null", timeout=timeout * 1000)
        reply = self.page.evaluate("() => window.nblibReply")
        if reply["error"]:
            raise AssertionError(reply["error"])
        return reply["printed"]

    # Finding and reading.
    @property
    def notebook(self) -> Locator:
        """The notebook itself, without the front end's own menus."""
        return self.page.locator(self.notebook_selector)

    def control(self, role: str, name: str) -> Locator:
        """A control in the notebook by its role ("slider", "button", "combobox", ...) and its whole accessible name.

        The character of an icon font before the name is not counted.
        """
        return self.notebook.get_by_role(role, name=re.compile(rf"^\W*{re.escape(name)}\s*$"))

    def unnamed_controls(self) -> list[str]:
        """The opening tags of controls in the outputs that a screen reader could not name."""
        found = []
        for element in self.notebook.locator(self.output_selector).locator(CONTROLS).all():
            if element.is_visible() and not element.evaluate(ACCESSIBLE_NAME):
                found.append(element.evaluate("e => e.cloneNode().outerHTML"))
        return found

    def output_text(self) -> str:
        """The text of all outputs as a person sees it."""
        return "\n".join(self.notebook.locator(self.output_selector).all_inner_texts())

    def wait_for_text(self, text: str | re.Pattern, *, timeout: float = 30) -> Locator:
        """Wait until this text (a substring, or a pattern) is in sight in an output; the innermost element with it."""
        found = self.notebook.locator(self.output_selector).get_by_text(text).last
        found.wait_for(state="visible", timeout=timeout * 1000)
        return found

    # Looking.
    def resize(self, width: int, height: int) -> None:
        """Set the size of the page in CSS pixels, and wait until it has been laid out and painted."""
        self.page.set_viewport_size({"width": width, "height": height})
        self.painted()

    def painted(self) -> None:
        """Wait for two animation frames: what has been asked for is on screen."""
        self.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def shoot(self, path: Path, element: Locator | None = None) -> list[Path]:
        """Save the whole notebook (or one element) as PNG, expanding the page so that nothing is scrolled away.

        A notebook taller than 1,800 pixels makes several files, NAME-1.png, NAME-2.png, ...; returns their paths.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        before = self.page.viewport_size
        self.page.evaluate("scroller => document.querySelector(scroller)?.scrollTo(0, 0)", self.scroller_selector)
        for _ in range(3):  # figures that follow the size of the page may make it grow again
            self.resize(before["width"], min(TALLEST, before["height"] + self._hidden_height()))
        shot = dict(animations="disabled", caret="hide")
        if element is not None:
            element.screenshot(path=path, **shot)
            files = [path]
        else:
            files = list(self._pages(path, shot))
        self.resize(before["width"], before["height"])
        return files

    def _pages(self, path: Path, shot: dict) -> Iterator[Path]:
        box, scrolled, top = self.notebook.bounding_box(), 0, 0
        height = box["height"] + self._hidden_height()
        several = height > PAGE_HEIGHT
        while top < height:
            if top + PAGE_HEIGHT > scrolled + box["height"] and height > scrolled + box["height"]:
                scrolled = self.page.evaluate(SCROLL, [self.scroller_selector, top])
                self.page.wait_for_timeout(300)
                # Cells that were far out of sight may have grown.
                height = box["height"] + self._hidden_height()
            part = min(PAGE_HEIGHT, height - top, scrolled + box["height"] - top)
            file = path.with_name(f"{path.stem}-{top // PAGE_HEIGHT + 1}{path.suffix}") if several else path
            self.page.screenshot(path=file, clip={**box, "y": box["y"] + top - scrolled, "height": part}, **shot)
            yield file
            top += PAGE_HEIGHT

    def _hidden_height(self) -> int:
        """How many pixels the last cell ends below the notebook's lower edge; negative when above it."""
        return self.page.evaluate(
            """([notebook, cell]) => {
              const scroller = document.querySelector(notebook);
              const last = [...scroller.querySelectorAll(cell)].at(-1);
              const end = last.getBoundingClientRect().bottom + scroller.scrollTop + 12;
              return Math.ceil(end - scroller.getBoundingClientRect().bottom);
            }""",
            [self.scroller_selector, self.cell_selector],
        )


SCROLL = "([scroller, y]) => { const e = document.querySelector(scroller); e.scrollTo(0, y); return e.scrollTop; }"
CONTROLS = "button, input:not([type=hidden]), select, textarea, [role=slider], [contenteditable=true]"
ACCESSIBLE_NAME = """e => {
  const by = (e.getAttribute('aria-labelledby') || '').split(/\\s+/).filter(Boolean)
    .map(id => document.getElementById(id)?.textContent || '').join(' ');
  const labels = e.labels ? [...e.labels].map(l => l.textContent).join(' ') : '';
  const own = e.tagName === 'BUTTON' ? e.textContent : '';
  return [by, e.getAttribute('aria-label'), labels, own, e.title].map(s => (s || '').trim()).find(Boolean) || '';
}"""


PANEL = "[...jupyterapp.shell.widgets('main')].find(w => w.hasClass?.('jp-NotebookPanel'))"

ERRORS = f"""() => {{
  const found = [];
  for (const cell of {PANEL}.content.model.cells) {{
    if (cell.type !== 'code') continue;
    for (let i = 0; i < cell.outputs.length; i++) {{
      const output = cell.outputs.get(i).toJSON();
      if (output.output_type === 'error') found.push(output.traceback.join('\\n') || output.evalue);
    }}
  }}
  return found;
}}"""

EXECUTE = f"""code => {{
  window.nblibReply = null;
  let printed = '';
  const future = {PANEL}.sessionContext.session.kernel.requestExecute({{ code, store_history: false }});
  future.onIOPub = m => {{ if (m.header.msg_type === 'stream') printed += m.content.text; }};
  future.done.then(reply => {{
    const c = reply.content;
    window.nblibReply = {{ printed, error: c.status === 'ok' ? '' : `${{c.ename}}: ${{c.evalue}}` }};
  }});
}}"""


FILL = f"""sources => {{
  const {{ sharedModel }} = {PANEL}.content.model;
  sharedModel.transact(() => {{
    sharedModel.deleteCellRange(0, sharedModel.cells.length);
    sharedModel.insertCells(0, sources.map(source => ({{ cell_type: 'code', source, metadata: {{}} }})));
  }});
}}"""

ALONE = f"""() => {{
  const notebook = {PANEL};
  for (const other of [...jupyterapp.shell.widgets('main')]) if (other !== notebook) other.dispose();
  jupyterapp.shell.activateById(notebook.id);
}}"""

# What the last cells left in the kernel: a run, names and widgets. The models that they loaded may stay.
END_RUNS = """
import sys
if "nblib.engine.session" in sys.modules:
    import gc
    from nblib import Session
    for session in gc.get_objects():
        if type(session) is Session and session.active:
            session.stop()
            session.wait_for("stopped", timeout=30)
"""
FORGET = """
import ipywidgets
ipywidgets.Widget.close_all()
get_ipython().run_line_magic("reset", "-sf")
"""


class LabNotebook(NotebookPage):
    """A notebook in JupyterLab, driven through the application object that the server exposes in the page."""

    notebook_selector = ".jp-NotebookPanel-notebook"
    scroller_selector = ".jp-WindowedPanel-outer"
    cell_selector = ".jp-Cell"
    output_selector = ".jp-OutputArea-output"
    execute_script = EXECUTE

    @classmethod
    def open(cls, page: Page, server, path: str, *, timeout: float = 60) -> "LabNotebook":
        """Open the notebook at `path` (relative to the server's root) and wait until its kernel is idle."""
        self = cls(page)
        self.path = f"{server.home}/{path}"
        page.goto(f"{server.address}/lab/tree/{self.path}?token={server.token}&reset", timeout=timeout * 1000)
        self._ready(timeout)
        return self

    def fill(self, cells: Sequence[str]) -> None:
        """Put these code cells in place of those that are there, and forget what those left in page and kernel."""
        self.execute(END_RUNS)
        self.page.evaluate(FILL, cells)
        self.execute(FORGET)
        self.page.set_viewport_size(VIEWPORT)
        if self.page.evaluate("() => document.body.dataset.jpThemeName") != "JupyterLab Light":
            self.set_theme("light")
        self.console_errors.clear()

    def alone(self) -> None:
        """Close what else was opened in this JupyterLab, and have the notebook in sight again, as it was opened."""
        self.page.evaluate(ALONE)
        self.resize(**VIEWPORT)
        self.console_errors.clear()

    def reload(self, *, timeout: float = 60) -> None:
        """Save the notebook and load the page again; the kernel goes on."""
        self.page.evaluate(f"() => {PANEL}.context.save()")
        self.page.reload(timeout=timeout * 1000)
        self._ready(timeout)

    def _ready(self, timeout: float) -> None:
        page, path = self.page, self.path
        page.wait_for_function("() => window.jupyterapp?.shell", timeout=timeout * 1000)
        page.evaluate("() => jupyterapp.restored.then(() => null)")
        page.wait_for_function(f"path => {PANEL}?.context.path === path", arg=path, timeout=timeout * 1000)
        page.evaluate(f"() => {PANEL}.sessionContext.ready.then(() => {PANEL}.revealed).then(() => null)")
        page.evaluate("() => jupyterapp.shell.collapseLeft()")
        self.wait_idle(timeout=timeout)

    def wait_idle(self, *, timeout: float = 60) -> None:
        """Wait until the kernel says that it is idle."""
        idle = f"() => {PANEL}.sessionContext.session?.kernel?.status === 'idle'"
        self.page.wait_for_function(idle, timeout=timeout * 1000)

    def run_all(self, *, timeout: float = 120) -> None:
        """Run all cells and wait until they are done. A cell that fails raises AssertionError with its traceback."""
        self._run("jupyterapp.commands.execute('notebook:run-all-cells')", timeout)
        self._raise_errors()

    def run_cell(self, index: int, *, timeout: float = 120, wait: bool = True) -> None:
        """Run one cell (counted from 0 over all cells); with `wait=False` return as soon as it was sent."""
        self.page.evaluate(f"i => {{ const n = {PANEL}.content; n.deselectAll(); n.activeCellIndex = i; }}", index)
        self._run("jupyterapp.commands.execute('notebook:run-cell')", timeout if wait else None)
        if wait:
            self._raise_errors()

    def _run(self, expression: str, timeout: float | None) -> None:
        self.page.evaluate("() => { window.nblibDone = false; }")
        self.page.evaluate(f"() => {{ {expression}.finally(() => {{ window.nblibDone = true; }}); }}")
        if timeout is not None:
            self.page.wait_for_function("() => window.nblibDone", timeout=timeout * 1000)
            self.wait_idle(timeout=timeout)

    def _raise_errors(self) -> None:
        errors: Sequence[str] = self.page.evaluate(ERRORS)
        if errors:
            raise AssertionError("a cell failed:\n" + re.sub(r"\x1b\[[\d;]*m", "", "\n".join(errors)))

    def set_theme(self, theme: str) -> None:
        """Switch JupyterLab to "light" or "dark"."""
        name = f"JupyterLab {theme.capitalize()}"
        self.page.evaluate("name => jupyterapp.commands.execute('apputils:change-theme', { theme: name })", name)
        self.page.wait_for_function("name => document.body.dataset.jpThemeName === name", arg=name)
        self.painted()

    def close(self) -> None:
        try:
            self.page.evaluate(f"() => {PANEL}.sessionContext.shutdown()")
        except Error:
            pass  # the page has gone already; the server ends the kernel with itself
        self.page.close(run_before_unload=False)
