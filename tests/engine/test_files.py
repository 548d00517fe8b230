import errno
import hashlib
import json
import os

import pytest

from nblib.engine import files


def names(folder):
    return sorted(p.name for p in folder.iterdir())


def test_a_file_is_written_and_replaced(tmp_path):
    path = tmp_path / "metrics.json"
    files.write_atomic(path, "naïve\r\n")
    assert path.read_bytes() == "naïve\r\n".encode()
    files.write_atomic(path, b"\x00new")
    assert path.read_bytes() == b"\x00new"
    assert names(tmp_path) == ["metrics.json"]


def test_an_ordinary_umask_decides_the_permissions(tmp_path):
    files.write_atomic(tmp_path / "a", "x")
    (tmp_path / "b").write_text("x")
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode


@pytest.mark.parametrize("broken", ["fsync", "replace"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_whatever_fails_the_old_file_stays_and_no_other(tmp_path, monkeypatch, broken, error):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fail(*_):
        raise error

    monkeypatch.setattr(files.os, broken, fail)
    with pytest.raises(type(error)):
        files.write_atomic(path, "new")
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_a_name_in_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        files.write_atomic(tmp_path / "no" / "a", "x")


def folder(path, text):
    path.mkdir()
    (path / "inner").mkdir()
    (path / "inner" / "f").write_text(text)
    return path


def test_a_folder_takes_the_place_of_another(tmp_path):
    final = tmp_path / "model"
    files.replace_folder(folder(tmp_path / "t", "one"), final)
    files.replace_folder(folder(tmp_path / "t", "two"), final)
    assert (final / "inner" / "f").read_text() == "two"
    assert names(tmp_path) == ["model"]


def test_the_old_folder_comes_back_when_the_new_one_cannot_be_named(tmp_path, monkeypatch):
    final = folder(tmp_path / "model", "old")
    temporary = folder(tmp_path / "t", "new")
    rename = os.rename

    def fail(source, target):
        if source == temporary:
            raise OSError(5, "Input/output error")
        rename(source, target)

    monkeypatch.setattr(files.os, "rename", fail)
    with pytest.raises(OSError, match="Input/output"):
        files.replace_folder(temporary, final)
    assert (final / "inner" / "f").read_text() == "old"
    assert names(tmp_path) == ["model", "t"]


def test_what_a_killed_process_left_is_brought_back_or_cleared(tmp_path):
    final = tmp_path / "model"
    folder(tmp_path / ".model.old", "old")
    files.restore(final)
    assert (final / "inner" / "f").read_text() == "old"
    folder(tmp_path / ".model.old", "older")
    files.restore(final)
    assert (final / "inner" / "f").read_text() == "old"
    assert names(tmp_path) == ["model"]


def test_a_file_in_the_place_of_the_folder_is_replaced(tmp_path):
    (tmp_path / "model").write_text("a file")
    files.replace_folder(folder(tmp_path / "t", "new"), tmp_path / "model")
    assert names(tmp_path) == ["model"]
    assert (tmp_path / "model" / "inner" / "f").read_text() == "new"


def test_a_block_that_raises_leaves_the_old_file(tmp_path):
    path = tmp_path / "vectors.txt"
    path.write_text("old")
    with pytest.raises(ValueError, match="not what was meant"), files.replacing(path) as temporary:
        temporary.write_text("new")
        raise ValueError("not what was meant")
    assert path.read_text() == "old" and names(tmp_path) == ["vectors.txt"]
    with files.replacing(path) as temporary:
        temporary.write_text("new")
    assert path.read_text() == "new" and names(tmp_path) == ["vectors.txt"]


def test_a_sealed_folder_lists_its_files_and_the_list_comes_last(tmp_path, monkeypatch):
    made, order, sync = folder(tmp_path / "made", "text"), [], files.sync
    (made / "a").write_text("ab")
    monkeypatch.setattr(files, "sync", lambda path: (order.append(path.name), sync(path)))
    listed = files.seal(made, "list.json", {"step": 3})
    assert order == ["a", "f", "list.json", "inner", "made"]
    assert json.loads((made / "list.json").read_text()) == listed and listed["step"] == 3
    assert {name: entry["bytes"] for name, entry in listed["files"].items()} == {"a": 2, "inner/f": 4}
    assert listed["files"]["a"]["sha256"] == hashlib.sha256(b"ab").hexdigest() == files.sha256_of(made / "a")


@pytest.mark.skipif(os.name == "nt", reason="Windows syncs no folders")
def test_a_file_system_that_syncs_no_folders_is_no_failure(tmp_path, monkeypatch):
    def refuse(handle):
        raise OSError(errno.EINVAL, "Invalid argument")

    (tmp_path / "a").write_text("a")
    monkeypatch.setattr(files.os, "fsync", refuse)
    files.sync(tmp_path)
    with pytest.raises(OSError, match="Invalid argument"):
        files.sync(tmp_path / "a")
