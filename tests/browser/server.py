"""A real Jupyter server of its own: fresh settings, a token, a free port, a copy of labs/ and assets/ to serve."""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import nbformat

from nblib.cli.lab import PROMPT

REPOSITORY = Path(__file__).parents[2]
# As `nblib lab` starts it.
LAB = ("-m", "jupyterlab", "--LabApp.expose_app_in_browser=True", "--LabApp.news_url=None", PROMPT)
READY = ("is running at", "Use Control-C to stop this server")


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """Starts on construction, serves `root` (a copy of labs/), ends on `close()` with all its kernels.

    `command` is what follows the interpreter; `folder` (empty) takes settings, logs and the copies.
    Raises RuntimeError with the server's log when it ends before it listens.
    """

    def __init__(self, folder: Path, command: Sequence[str] = LAB, labs: Path = REPOSITORY / "labs"):
        # Beside each other as in the repository: a lab shows pictures of ../assets.
        self.home = "labs"
        self.root = folder / "root" / self.home
        shutil.copytree(REPOSITORY / "assets", self.root.parent / "assets")
        if labs.is_dir():
            shutil.copytree(labs, self.root, ignore=shutil.ignore_patterns(".ipynb_checkpoints", "runs"))
        else:
            self.root.mkdir(parents=True)
        self.token = secrets.token_hex(16)
        self.address = f"http://127.0.0.1:{(port := free_port())}"
        self.log: list[str] = []
        self._ready = threading.Event()
        _lab_settings(folder / "settings")
        self.process = subprocess.Popen(
            [
                *(sys.executable, *command, "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}"),
                *("--ServerApp.port_retries=0", f"--IdentityProvider.token={self.token}"),
                *(f"--NotebookApp.token={self.token}", f"--ServerApp.root_dir={self.root.parent}"),
            ],
            # What a classic Notebook serves.
            cwd=self.root.parent,
            env=_environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._ready.wait()
        if self.process.poll() is not None:
            raise RuntimeError("the Jupyter server did not start:\n" + "".join(self.log))

    def _read(self) -> None:
        with self.process.stdout as lines:
            for line in lines:
                self.log.append(line)
                if any(text in line for text in READY):
                    self._ready.set()
        self.process.wait()
        self._ready.set()

    def write_notebook(self, name: str, cells: Sequence[str]) -> str:
        """Write a notebook of these code cells into the root folder; its path there."""
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
        notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(notebook, self.root / name)
        return name

    def close(self) -> None:
        """End the server and every kernel it started, and wait for them."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self._reader.join(timeout=15)


def _environment(folder: Path) -> dict[str, str]:
    own = {
        "IPYTHONDIR": folder / "ipython",
        "JUPYTER_CONFIG_DIR": folder / "config",
        "JUPYTER_DATA_DIR": folder / "data",
        "JUPYTER_RUNTIME_DIR": folder / "runtime",
        "JUPYTERLAB_SETTINGS_DIR": folder / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": folder / "workspaces",
    }
    for path in own.values():
        path.mkdir(parents=True, exist_ok=True)
    own["PYTHONPATH"] = REPOSITORY
    return {**os.environ, "HF_HUB_OFFLINE": "1", **{name: str(path) for name, path in own.items()}}


def _lab_settings(folder: Path) -> None:
    """No news pop-up, no question at the end, and every cell of a notebook kept in the page, in sight or not."""
    settings = {
        "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
        "notebook-extension/tracker": {"windowingMode": "none"},
        "docmanager-extension/plugin": {"autosave": False},
    }
    for name, values in settings.items():
        path = folder / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values), encoding="utf-8")
