"""Make a virtual environment and install into it, quietly: `python .ci/install.py FOLDER PIP-ARGUMENTS...`.

Of pip's output only the downloads of a megabyte or more are shown as they start, and all of it when pip fails.
"""

import os
import re
import subprocess
import sys
import time
import venv
from pathlib import Path

OLDEST, NEWEST = (3, 10), (3, 13)
DOWNLOAD = re.compile(r"\s*Downloading (\S+)(?: \S+)? (\(\d+(?:\.\d+)? [MG]B\))")


def folder_size(folder: Path) -> int:
    """Bytes of all files under `folder`."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def make(folder: Path) -> Path:
    """The environment's interpreter. An environment that is not there is made with the Python that runs this file."""
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        found = ".".join(map(str, sys.version_info[:2]))
        if not OLDEST <= sys.version_info[:2] <= NEWEST:
            sys.exit(f"This project runs on Python 3.10 to 3.13, and this is {found}: PYTHON=python3.11 make setup")
        print(f"Making {folder.name} with Python {found}", flush=True)
        try:
            venv.create(folder, with_pip=True)
        except subprocess.CalledProcessError:
            sys.exit(f"Python {found} cannot make a virtual environment here; on Debian: apt-get install python3-venv")
    return python


def pip_install(python: Path, arguments: list[str]) -> None:
    """Run `pip install` with these arguments; ends the program with pip's whole output when it fails."""
    command = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", *arguments]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    output = []
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, env=environment
    ) as pip:
        for line in pip.stdout:
            output.append(line)
            if match := DOWNLOAD.match(line):
                print("  downloading", Path(match[1]).name, match[2], flush=True)
            elif line.startswith("Installing collected packages"):
                print(f"  installing {line.count(',') + 1} packages", flush=True)
    if pip.returncode:
        sys.stdout.writelines(output)
        sys.exit(f"pip failed with exit status {pip.returncode}: {' '.join(command)}")


def main() -> None:
    folder, *arguments = sys.argv[1:]
    started = time.monotonic()
    python = make(Path(folder).resolve())
    print(f"Installing into {folder}; the first time takes a few minutes", flush=True)
    pip_install(python, arguments)
    size = folder_size(Path(folder)) / 1e9
    print(f"{folder}: {size:.1f} GB, {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
