"""A run folder belongs to one process at a time."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from nblib import InputError
from nblib.engine.locks import FolderLock, is_empty
from tests.fakes import PATIENCE

HOLD = (
    "import sys; from nblib.engine.locks import FolderLock; lock = FolderLock(sys.argv[1]); "
    "print('held', flush=True); sys.stdin.read()"
)


def other_process(folder):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    return process, process.stdout.readline().strip()


def test_a_second_process_is_refused_and_told_who_has_it(tmp_path):
    lock = FolderLock(tmp_path)
    process, line = other_process(tmp_path)
    _, err = process.communicate(timeout=PATIENCE)
    assert line == "" and process.returncode == 1
    assert f"{tmp_path}: process {os.getpid()} on " in err and "give another output folder" in err
    lock.release()
    process, line = other_process(tmp_path)
    assert line == "held"
    process.communicate(timeout=PATIENCE)


def test_a_killed_process_leaves_no_lock(tmp_path):
    process, line = other_process(tmp_path)
    assert line == "held"
    with pytest.raises(InputError, match=f"process {process.pid} on"):
        FolderLock(tmp_path)
    process.kill()
    process.communicate(timeout=PATIENCE)
    lock = FolderLock(tmp_path)
    assert f"process {os.getpid()} on " in (tmp_path / "lock").read_text()
    lock.release()


def test_the_same_process_is_refused_too(tmp_path):
    lock = FolderLock(tmp_path)
    with pytest.raises(InputError, match="is working in this run folder") as caught:
        FolderLock(tmp_path)
    assert "\n" not in str(caught.value)
    lock.release()
    lock.release()
    FolderLock(tmp_path).release()


@pytest.mark.skipif(os.name == "nt", reason="a folder that cannot be written needs a Unix user")
def test_a_folder_that_cannot_be_written_is_an_error_of_the_system(tmp_path):
    code = (
        "import os, sys; from nblib.engine.locks import FolderLock\n"
        "os.getuid() or os.setuid(65534)\n"
        "try: FolderLock(sys.argv[1])\n"
        "except OSError as error: print(error.strerror)"
    )
    folder = tmp_path / "run"
    folder.mkdir(mode=0o555)
    for above in (tmp_path, *list(tmp_path.parents)[:3]):
        above.chmod(above.stat().st_mode | 0o055) if above.owner() == folder.owner() else None
    done = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True, timeout=PATIENCE)
    assert (done.stdout.strip(), done.stderr) == ("Permission denied", "")


def test_a_folder_that_holds_only_its_lock_is_empty(tmp_path):
    FolderLock(tmp_path).release()
    assert is_empty(tmp_path)
    (tmp_path / "config.yaml").write_text("")
    assert not is_empty(tmp_path)
