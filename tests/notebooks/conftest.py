"""Each lab is run once, in a kernel of its own, in a copy of labs/, with the network switched off.

With `--whole-labs 00,09` the others are run up to and including the cell that shows their first panel.
"""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.yardstick import Yardstick

LABS = Path(__file__).parents[2] / "labs"
WIDGET = "application/vnd.jupyter.widget-view+json"
# Labs promise 90 seconds on two free cores; a shared machine may be slower, and a stuck one should not hang.
PATIENCE = 900

# Read by every Python that starts with this folder on its path: the kernel's, and those that it starts.
NO_NETWORK = """
import socket

_connect, _look_up = socket.socket.connect, socket.getaddrinfo


def _local(host):
    return host in (None, "", "localhost", "::1") or str(host).startswith("127.")


def connect(self, address):
    if isinstance(address, tuple) and not _local(address[0]):
        raise OSError(f"the network is switched off, and something asked for {address}")
    return _connect(self, address)


def getaddrinfo(host, *rest, **more):
    if not _local(host):
        raise socket.gaierror(f"the network is switched off, and something asked for {host}")
    return _look_up(host, *rest, **more)


socket.socket.connect, socket.getaddrinfo = connect, getaddrinfo
"""


@dataclass
class Ran:
    """A lab after "Run All": the cells that ran with their outputs, the seconds it took, the folder it ran in.

    ``idle_seconds``: what it would have taken on the idle machine that the times in nblib/index.py are from.
    """

    name: str
    cells: list
    seconds: float
    idle_seconds: float
    folder: Path

    @property
    def outputs(self) -> list:
        return [output for cell in self.cells if cell.cell_type == "code" for output in cell.outputs]

    def text(self, cell_id: str) -> str:
        """What one cell printed or showed, as plain text."""
        cell = next(cell for cell in self.cells if cell.id == cell_id)
        return "\n".join(o.get("text", "") or o.get("data", {}).get("text/plain", "") for o in cell.outputs)

    def kinds(self, cell_id: str) -> set[str]:
        """The MIME types that one cell showed."""
        cell = next(cell for cell in self.cells if cell.id == cell_id)
        return {kind for output in cell.outputs for kind in output.get("data", {})}


@pytest.fixture(scope="session")
def offline(tmp_path_factory) -> dict[str, str]:
    """The environment of a process without a network."""
    folder = tmp_path_factory.mktemp("no-network")
    (folder / "sitecustomize.py").write_text(NO_NETWORK)
    root = str(LABS.parent)
    path = os.pathsep.join([str(folder), root, *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**os.environ, "PYTHONPATH": path, "HF_HUB_OFFLINE": "1", "NBLIB_OFFLINE": "1"}


def shows_a_panel(cell) -> bool:
    return any(WIDGET in output.get("data", {}) for output in cell.get("outputs", []))


def execute(client: NotebookClient, environment: dict[str, str], *, whole: bool) -> list:
    """Run the cells in order, all or up to the first panel; those that ran. A cell that fails raises its error."""
    cells = client.nb.cells
    if whole:
        client.execute(env=environment)
        return cells
    with client.setup_kernel(env=environment):
        for index, cell in enumerate(cells):
            client.execute_cell(cell, index)
            if shows_a_panel(cell):
                return cells[: index + 1]
    raise AssertionError("no cell showed a panel")


@pytest.fixture(scope="session")
def run_lab(tmp_path_factory, offline, pytestconfig):
    """`run_lab("09_fine_tuning")`: a Ran; the second call for the same lab gives the same."""
    done: dict[str, Ran] = {}
    whole = pytestconfig.getoption("whole_labs")

    def run(name: str) -> Ran:
        if name not in done:
            folder = tmp_path_factory.mktemp(name)
            shutil.copytree(LABS, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("runs", ".*"))
            notebook = nbformat.read(folder / f"{name}.ipynb", as_version=4)
            where = {"metadata": {"path": folder}}
            client = NotebookClient(notebook, timeout=PATIENCE, kernel_name="python3", resources=where)
            with Yardstick() as yardstick:
                cells = execute(client, offline, whole=whole is None or name[:2] in whole.split(","))
            done[name] = Ran(name, cells, yardstick.seconds, yardstick.idle_seconds, folder)
        return done[name]

    return run
