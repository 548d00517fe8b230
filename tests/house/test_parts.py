"""Tests that share a kernel, a lab or a costly fixture are run by one process; what is slow is named as it is."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.parts import asks_for_no_more, part, slow

LABS = "tests/notebooks/test_notebooks.py::"


@pytest.mark.parametrize("first, second, together", [
    (f"{LABS}test_run_all[09_fine_tuning]", f"{LABS}test_lab_09_learns", True),
    (f"{LABS}test_run_all[09_fine_tuning]", f"{LABS}test_run_all[00_start]", False),
    ("tests/engine/test_locks.py::test_a[09_x]", "tests/engine/test_locks.py::test_b", True),
    ("tests/engine/test_locks.py::test_a", "tests/engine/test_files.py::test_a", False),
])  # fmt: skip
def test_parts(first, second, together):
    assert (part(first) == part(second)) is together


def test_a_file_is_run_by_one_process(repository, tmp_path):
    """Seen in what two processes report, since the scheduler is a hook that a new xdist may no longer ask for."""
    files = [f"tests/house/{name}.py" for name in ("test_floors", "test_circles")]
    command = [sys.executable, "-m", "pytest", "-v", "-n", "2", "-p", "no:cacheprovider", *files]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-2000:]
    rows = [line for line in done.stdout.splitlines() if "PASSED" in line]
    for file in files:
        assert len({row.partition("]")[0] for row in rows if file in row}) == 1, file


def test_of_a_lab_that_is_not_run_whole_only_the_first_panel_is_asked_for():
    asked = [f"{LABS}test_run_all_x[02_word_vectors]", f"{LABS}test_its_widgets_y[02_word_vectors]"]
    more = [f"{LABS}test_exercises_wait[02_word_vectors]", f"{LABS}test_lab_02_learns"]
    assert all(asks_for_no_more(test, ["00", "09"]) for test in asked)
    assert not any(asks_for_no_more(test, ["00", "09"]) for test in more)
    assert all(asks_for_no_more(test, ["02"]) for test in more)


def test_what_is_named_slow_is_there(repository):
    from tests.parts import SLOW

    for start in SLOW:
        folder, _, name = start.partition("::")[0].rpartition("/")
        assert any(path.name.startswith(name) for path in (repository / folder).iterdir()), start
    assert slow("tests/export/test_export.py::test_x") and not slow("tests/engine/test_locks.py::test_x")
