"""Ways from the start page to the labs: beside this notebook, or in Colab."""

from __future__ import annotations

import re
import sys

from markupsafe import Markup

from nblib.index import Lab, badge_link


def link(lab: Lab, words: str = "") -> Markup:
    words = words or f"Lab {lab.number} {lab.name}"
    if not lab.exists:
        return Markup('<span class="nbl-soft">{}, coming</span>').format(words)
    where = address(lab)
    target = Markup(' target="_blank" rel="noopener"') if where.startswith("https:") else ""
    return Markup('<a href="{}"{}>{}</a>').format(where, target, words)


def address(lab: Lab) -> str:
    """Beside this notebook; in Colab, which knows no folder, where the labs are published."""
    if "google.colab" not in sys.modules:
        return lab.file
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        origin = distribution("nblib").read_text("direct_url.json") or ""
    except PackageNotFoundError:
        origin = ""
    return _in_colab(origin, lab.file) or lab.file


def _in_colab(origin: str, file: str) -> str:
    """The Colab address of a lab, from where pip says that nblib was installed from; "" where that says nothing."""
    archive = re.search(r"github\.com/([^/\"]+/[^/\"]+)/archive/([^\"]+)\.zip", origin)
    return badge_link(archive[1], archive[2], f"labs/{file}") if archive else ""


def plain(lab: Lab) -> str:
    return f"lab {lab.number}" + ("" if lab.exists else ", coming")
