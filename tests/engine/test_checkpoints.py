"""Complete or absent."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections import namedtuple

import pytest

from nblib import InputError
from nblib.engine import checkpoints, files


def fill(text: str):
    def write(folder):
        (folder / "model.safetensors").write_text(text)
        (folder / "trainer_state.json").write_text("{}")

    return write


def test_written_found_and_verified(tmp_path):
    for step in (4, 12, 8):
        checkpoints.write(tmp_path, step, fill(f"weights of {step}"))
    assert [checkpoints.step_of(p) for p in checkpoints.found(tmp_path)] == [12, 8, 4]
    path, passed_over = checkpoints.newest(tmp_path)
    assert path.name == "step-000012" and passed_over == []
    assert (path / "model.safetensors").read_text() == "weights of 12"
    assert json.loads((path / "complete.json").read_text())["step"] == 12


def test_what_is_being_written_is_nowhere_to_be_found(tmp_path):
    seen = []

    def slowly(folder):
        fill("new")(folder)
        seen.append((checkpoints.found(tmp_path), checkpoints.newest(tmp_path)[0]))

    checkpoints.write(tmp_path, 5, slowly)
    assert seen == [([], None)]


@pytest.mark.parametrize("when", ["fill", "marker", "rename"])
def test_a_failure_leaves_nothing(tmp_path, monkeypatch, when):
    checkpoints.write(tmp_path, 1, fill("old"))

    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    if when == "marker":
        monkeypatch.setattr(files, "sync", full)
    elif when == "rename":
        monkeypatch.setattr(os, "rename", full)
    with pytest.raises(OSError, match="No space left"):
        checkpoints.write(tmp_path, 2, full if when == "fill" else fill("new"))
    assert [p.name for p in tmp_path.iterdir()] == ["step-000001"]


def test_every_file_is_on_the_disk_before_the_folder_has_its_name(tmp_path, monkeypatch):
    order = []
    sync, rename = files.sync, os.rename
    monkeypatch.setattr(files, "sync", lambda p: (order.append(p.name), sync(p)))
    monkeypatch.setattr(os, "rename", lambda a, b: (order.append("rename"), rename(a, b)))
    checkpoints.write(tmp_path, 3, fill("x"))
    assert order == [
        "model.safetensors", "trainer_state.json", "complete.json", ".step-000003.part", "rename", tmp_path.name,
    ]  # fmt: skip


@pytest.mark.parametrize("damage", ["truncated", "changed", "missing", "no list", "torn list", "extra"])
def test_a_damaged_one_is_passed_over(tmp_path, damage):
    checkpoints.write(tmp_path, 1, fill("old weights"))
    path = checkpoints.write(tmp_path, 2, fill("new weights"))
    weights, marker = path / "model.safetensors", path / "complete.json"
    if damage == "truncated":
        weights.write_text("new")
    elif damage == "changed":
        weights.write_text("NEW weights")
    elif damage == "missing":
        weights.unlink()
    elif damage == "no list":
        marker.unlink()
    elif damage == "torn list":
        marker.write_text(marker.read_text()[:40])
    else:
        (path / "more.txt").write_text("?")
    found, passed_over = checkpoints.newest(tmp_path)
    assert found.name == "step-000001" and len(passed_over) == 1 and "step-000002" in passed_over[0]
    shutil.rmtree(tmp_path / "step-000001")
    with pytest.raises(InputError, match="every checkpoint is broken"):
        checkpoints.newest(tmp_path)


def test_a_pickle_is_refused_however_old(tmp_path):
    path = checkpoints.write(tmp_path, 1, fill("x"))
    for name in ("pytorch_model.bin", "rng_state.pth", "x.pkl"):
        (path / name).write_bytes(b"\x80")
        with pytest.raises(InputError, match=f"{name}: a pickle can run code"):
            checkpoints.newest(tmp_path)
        (path / name).unlink()


def test_free_space_is_asked_for_first(tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**12, 10**12, 5_000_000))
    called = []
    with pytest.raises(OSError, match="9 MB are needed and 5 MB are left"):
        checkpoints.write(tmp_path, 1, called.append, need_bytes=9_000_000)
    assert called == [] and list(tmp_path.iterdir()) == []


def test_the_last_two_and_the_best_are_kept(tmp_path):
    for step in range(1, 7):
        checkpoints.write(tmp_path, step, fill(str(step)))
    checkpoints.prune(tmp_path, keep=2, best=3)
    assert [checkpoints.step_of(p) for p in checkpoints.found(tmp_path)] == [6, 5, 3]


def test_leftovers_of_a_killed_process_are_swept(tmp_path):
    left = tmp_path / ".step-000004.part"
    left.mkdir()
    (left / "model.safetensors").write_text("half")
    assert checkpoints.newest(tmp_path) == (None, [])
    checkpoints.write(tmp_path, 4, fill("whole"))
    assert [p.name for p in tmp_path.iterdir()] == ["step-000004"]


def test_one_that_was_about_to_be_replaced_by_a_killed_process_comes_back(tmp_path):
    checkpoints.write(tmp_path, 4, fill("whole"))
    os.rename(tmp_path / "step-000004", tmp_path / ".step-000004.old")
    checkpoints.write(tmp_path, 5, fill("next"))
    assert [checkpoints.step_of(p) for p in checkpoints.found(tmp_path)] == [5, 4]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["step-000004", "step-000005"]


def test_one_of_the_same_step_takes_the_place_of_the_other(tmp_path):
    checkpoints.write(tmp_path, 4, fill("old"))
    path = checkpoints.write(tmp_path, 4, fill("new"))
    assert (path / "model.safetensors").read_text() == "new" and checkpoints.newest(tmp_path) == (path, [])
    assert [p.name for p in tmp_path.iterdir()] == ["step-000004"]
