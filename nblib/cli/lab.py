"""Open the labs in JupyterLab. Other arguments are handed on, for example --port 9999 or --no-browser.

Without a display no browser is opened; the address to open elsewhere is printed."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from nblib.cli.parser import Parser
from nblib.engine.errors import InputError

_NOTEBOOK = "00_start.ipynb"
PROMPT = "--ServerApp.kernel_websocket_connection_class=nblib.cli.kernel_channel.PromptChannel"


def command(parser: Parser, argv: list[str]) -> int:
    parser.usage = "nblib lab [options of jupyter lab]"
    if any(word in ("-h", "--help") for word in argv):
        parser.print_help()
        return 0
    folder = labs_folder()
    if importlib.util.find_spec("jupyterlab") is None:
        raise InputError("lab: JupyterLab is not installed here; `pip install jupyterlab` adds it, then again")
    return _become(jupyter_command(folder, [word for word in argv if word != "--traceback"]), environment())


def labs_folder() -> Path:
    """The folder of the notebooks: beside this package in a clone, else under the present folder. Raises InputError."""
    for root in (Path(__file__).resolve().parents[2], Path.cwd()):
        if (root / "labs" / _NOTEBOOK).is_file():
            return root / "labs"
    raise InputError(f"lab: no labs/{_NOTEBOOK} beside the package nor in {Path.cwd()}; run this in a clone")


def jupyter_command(labs: Path, extra: list[str]) -> list[str]:
    words = [sys.executable, "-m", "jupyterlab"]
    words += [f"--ServerApp.root_dir={labs.parent}", f"--LabApp.default_url=/lab/tree/{labs.name}/{_NOTEBOOK}"]
    # No news and no question whether updates should be looked for: neither belongs in front of a class.
    words += ["--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    # Kernels behind a gateway come through a channel of another kind.
    if "JUPYTER_GATEWAY_URL" not in os.environ and not any(word.lower().startswith("--gateway") for word in extra):
        words.append(PROMPT)
    if not _has_display() and "--no-browser" not in extra:
        words.append("--no-browser")
    # The server listens on this machine only and asks for a token, so that root, as in a container, may run it.
    if hasattr(os, "geteuid") and os.geteuid() == 0 and "--allow-root" not in extra:
        words.append("--allow-root")
    return [*words, *extra]


def environment() -> dict[str, str]:
    """This process's environment, with our answer to JupyterLab's question about news as the default."""
    ours = str(Path(__file__).parent / "jupyter")
    before = os.environ.get("JUPYTER_CONFIG_PATH")
    return {**os.environ, "JUPYTER_CONFIG_PATH": os.pathsep.join([ours, before] if before else [ours])}


def _has_display() -> bool:
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _become(words: list[str], env: dict[str, str]) -> int:
    if os.name == "nt":
        return subprocess.call(words, env=env)
    sys.stdout.flush()
    os.execve(words[0], words, env)
