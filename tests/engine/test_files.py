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
