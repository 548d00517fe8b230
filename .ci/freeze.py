"""Write .ci/constraints.txt: the versions installed in the environment that runs this file (`make pin`).

Freeze what the tests have just passed on. A pin that some supported Python cannot install (the package's own
Requires-Python says so) carries a marker; there the ranges of pyproject.toml decide.
"""

import platform
import re
from importlib.metadata import distributions
from pathlib import Path

from packaging.specifiers import SpecifierSet
from packaging.version import Version

OLDEST = Version("3.10.0")
OURS = {"nblib", "pip"}

HEADER = f"""\
# The complete set that the tests ran on: Python {platform.python_version()}, {platform.system()} {platform.machine()}.
# Written by `make pin`. A pin with a marker cannot be installed on the older Pythons; there the ranges decide.
# torch is pinned without a local version: where a CPU build of it is on hand, that build is taken.
"""


def marker(requires_python: str | None) -> str:
    """The marker under which a package with this Requires-Python can be installed; empty when it always can."""
    specifiers = SpecifierSet(requires_python or "")
    if OLDEST in specifiers:
        return ""
    lowest = max(Version(s.version) for s in specifiers if s.operator in {">=", ">", "~="})
    name = "python_version" if lowest.micro == 0 else "python_full_version"
    return f' ; {name} >= "{lowest.base_version.removesuffix(".0") if lowest.micro == 0 else lowest}"'


def pins() -> list[str]:
    """One line a distribution, in alphabetical order, local versions cut."""
    lines = {}
    for distribution in distributions():
        name = re.sub(r"[-_.]+", "-", distribution.name).lower()
        if name not in OURS:
            version = Version(distribution.version).public
            lines[name] = f"{name}=={version}{marker(distribution.metadata['Requires-Python'])}"
    return [lines[name] for name in sorted(lines)]


if __name__ == "__main__":
    target = Path(__file__).with_name("constraints.txt")
    frozen = pins()
    target.write_text(HEADER + "\n".join(frozen) + "\n", encoding="utf-8")
    print(f"{target.name}: {len(frozen)} pins")
