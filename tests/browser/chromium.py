"""Find Chromium on the PATH; as a command, print where it is, or how to get it and exit 1."""

import shutil
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
HOW = (
    "No Chromium on the PATH, so the tests in a browser cannot run. Debian: apt-get install chromium; "
    "Ubuntu: snap install chromium; macOS: brew install --cask chromium; or put Google Chrome on the PATH."
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find() -> str:
    """The path of Chromium. Raises FileNotFoundError with the way to get it."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    raise FileNotFoundError(HOW)


if __name__ == "__main__":
    try:
        print(find())
    except FileNotFoundError as error:
        sys.exit(str(error))
