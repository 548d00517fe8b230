"""A notebook in the classic Notebook 6, with the same verbs as tests.browser.notebook.LabNotebook."""

import re

from playwright.sync_api import Error, Page

from tests.browser.notebook import NotebookPage

COMMAND = ("-m", "notebook")


ALL_DONE = """() => Jupyter.notebook.get_cells().every(cell =>
  cell.cell_type !== 'code' || (!cell.element.hasClass('running') && typeof cell.input_prompt_number === 'number')
  || cell.output_area.outputs.some(output => output.output_type === 'error'))"""

ERRORS = """() => Jupyter.notebook.get_cells().filter(cell => cell.cell_type === 'code')
  .flatMap(cell => cell.output_area.outputs).filter(output => output.output_type === 'error')
  .map(output => output.traceback.join('\\n') || output.evalue)"""

EXECUTE = """code => {
  window.nblibReply = null;
  let printed = '', reply = null, idle = false;
  const finish = () => {
    if (reply && idle) window.nblibReply = {
      printed, error: reply.status === 'ok' ? '' : `${reply.ename}: ${reply.evalue}`,
    };
  };
  Jupyter.notebook.kernel.execute(code, {
    iopub: {
      output: m => { if (m.msg_type === 'stream') printed += m.content.text; },
      status: m => { idle ||= m.content.execution_state === 'idle'; finish(); },
    },
    shell: { reply: m => { reply = m.content; finish(); } },
  }, { silent: false, store_history: false });
}"""


class ClassicNotebook(NotebookPage):
    """Driven through the `Jupyter.notebook` object that the page has."""

    notebook_selector = "#notebook"
    scroller_selector = "#site"
    cell_selector = "#notebook-container > .cell"
    output_selector = ".output_subarea, .widget-subarea"
    execute_script = EXECUTE

    @classmethod
    def open(cls, page: Page, server, path: str, *, timeout: float = 60) -> "ClassicNotebook":
        """Open the notebook at `path` (relative to the server's root) and wait until its kernel is idle."""
        self = cls(page)
        page.goto(f"{server.address}/notebooks/{server.home}/{path}?token={server.token}", timeout=timeout * 1000)
        page.wait_for_function("() => window.Jupyter?.notebook?._fully_loaded", timeout=timeout * 1000)
        page.wait_for_function("() => Jupyter.notebook.kernel?.info_reply?.banner", timeout=timeout * 1000)
        return self

    def run_all(self, *, timeout: float = 120) -> None:
        """Run all cells and wait until they are done. A cell that fails raises AssertionError with its traceback."""
        self.page.evaluate("() => Jupyter.notebook.execute_all_cells()")
        self.page.wait_for_function(ALL_DONE, timeout=timeout * 1000)
        if errors := self.page.evaluate(ERRORS):
            raise AssertionError("a cell failed:\n" + re.sub(r"\x1b\[[\d;]*m", "", "\n".join(errors)))

    def close(self) -> None:
        try:
            self.page.evaluate("() => { onbeforeunload = null; return Jupyter.notebook.session.delete(); }")
        except Error:
            pass  # the page has gone already; the server ends the kernel with itself
        self.page.close(run_before_unload=False)
