"""Where the scripts and styles of the views are."""

from pathlib import Path

FOLDER = Path(__file__).parent


def text(name: str) -> str:
    """One file of this package. anywidget loads a script from a blob, so each stands alone and imports nothing."""
    return (FOLDER / name).read_text(encoding="utf-8")
