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


# What trains for seconds, exports, starts processes or asks pip.
SLOW = (
    "tests/notebooks/",
    "tests/browser/",
    "tests/export/",
    "tests/engine/test_resume.py",
    "tests/training/test_processes.py",
    "tests/training/test_training.py",
    "tests/models/test_transformer.py",
    "tests/cli/test_cli.py",
    "tests/cli/test_cli_smoke.py",
    "tests/cli/test_publish.py::test_real_pip",
    "tests/house/test_adding_a_lab.py",
    "tests/house/test_docs.py",
    "tests/house/test_parts.py::test_a_file_is_run",
    "tests/ui/test_messages.py",
    "tests/labs/seq2seq/",
    "tests/labs/fine_tuning/test_experiments.py",
    "tests/labs/word_vectors/test_word2vec",
    "tests/labs/transformer/",
)


def slow(nodeid: str) -> bool:
    """Whether `make check` leaves the test out."""
    return nodeid.startswith(SLOW)


def asks_for_no_more(nodeid: str, whole: list[str]) -> bool:
    """Whether the test asks for no more of a lab that is not in ``whole`` than its first panel."""
    lab = LAB.search(nodeid) if nodeid.startswith("tests/notebooks/") else None
    return not lab or (lab[1] or lab[2]) in whole or "::test_run_all" in nodeid or "::test_its_widgets" in nodeid


def scheduler(config, log):
    """xdist's scheduler by scopes, whose scopes are parts."""
    from xdist.scheduler import LoadScopeScheduling

    class Parts(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return part(nodeid)

    return Parts(config, log)
