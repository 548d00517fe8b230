"""Which tests stay together when several processes share them: those of a file, or of a lab that is run once.

The plugin's own groups (`--dist loadgroup`) change the ids of tests, which pytest 9.2 no longer allows: under it every
test was a group of its own, and each lab ran once in every process.
"""

from __future__ import annotations

import re

LAB = re.compile(r"\[(\d\d)_|::test_lab_(\d\d)_")


def part(nodeid: str) -> str:
    """The part that a test belongs to: its lab where a lab is run once for several tests, else its file."""
    file = nodeid.partition("::")[0]
    lab = LAB.search(nodeid) if file.startswith("tests/notebooks/") else None
    return f"{file} lab {lab[1] or lab[2]}" if lab else file


def scheduler(config, log):
    """xdist's scheduler by scopes, whose scopes are parts."""
    from xdist.scheduler import LoadScopeScheduling

    class Parts(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return part(nodeid)

    return Parts(config, log)
