"""Each lab is run once, in a kernel of its own, in a copy of labs/, with the network switched off."""

import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

LABS = Path(__file__).parents[2] / "labs"
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
    """A lab after "Run All": its cells with their outputs, the seconds it took, the folder it ran in."""

    name: str
    cells: list
    seconds: float
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


@pytest.fixture(scope="session")
def run_lab(tmp_path_factory, offline):
    """`run_lab("09_fine_tuning")`: a Ran; the second call for the same lab gives the same."""
    done: dict[str, Ran] = {}

    def run(name: str) -> Ran:
        if name not in done:
            folder = tmp_path_factory.mktemp(name)
            shutil.copytree(LABS, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("runs", ".*"))
            notebook = nbformat.read(folder / f"{name}.ipynb", as_version=4)
            where = {"metadata": {"path": folder}}
            client = NotebookClient(notebook, timeout=PATIENCE, kernel_name="python3", resources=where)
            began = time.monotonic()
            client.execute(env=offline)
            done[name] = Ran(name, notebook.cells, time.monotonic() - began, folder)
        return done[name]

    return run
