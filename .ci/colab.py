"""Make .venv-colab: Colab's versions of the notebook's parts, before the heavy packages of the first environment.

Run by the first environment's Python, so both have the same: a second torch for Colab's Python 3.13 would be a
download of several gigabytes where no CPU build is on hand. `PYTHON=python3.13 make setup` gives 3.13 to both.
`--versions` prints what the environment that runs this file has.
"""

import sys
import sysconfig
from importlib.metadata import version
from pathlib import Path

from install import make, pip_install

REPOSITORY = Path(__file__).parents[1]
FOLDER = REPOSITORY / ".venv-colab"
NAMES = ("ipykernel", "ipywidgets", "ipython", "notebook", "transformers", "plotly", "anywidget", "torch")
COLABS_PYTHON = "3.13"


def install() -> None:
    """Lines of a .pth file go to the end of sys.path, so what is installed here wins over the first environment."""
    python = make(FOLDER)
    pip_install(python, ["--no-deps", "-r", str(REPOSITORY / ".ci" / "colab.txt")])
    paths = sysconfig.get_paths()
    shared = dict.fromkeys([str(REPOSITORY), paths["purelib"], paths["platlib"]])
    site_packages = Path(sysconfig.get_path("purelib", vars={"base": str(FOLDER)}))
    (site_packages / "first-environment.pth").write_text("\n".join(shared) + "\n", encoding="utf-8")


def say_versions() -> None:
    own = "{}.{}".format(*sys.version_info)
    why = "" if own == COLABS_PYTHON else f" (Colab has {COLABS_PYTHON}; torch is shared with .venv, which has {own})"
    print(f"Colab's versions: Python {own}{why},", ", ".join(f"{name} {version(name)}" for name in NAMES))


if __name__ == "__main__":
    say_versions() if "--versions" in sys.argv else install()
