"""Where the scripts and styles of the views are."""

from pathlib import Path

FOLDER = Path(__file__).parent


def text(name: str, beside: str | None = None) -> str:
    """A script or style of this package, or one ``beside`` the file of that path. anywidget loads a script from a
    blob, so each stands alone and imports nothing."""
    return ((Path(beside).parent if beside else FOLDER) / name).read_text(encoding="utf-8")
