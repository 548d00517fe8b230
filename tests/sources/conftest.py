import hashlib
import io
import socket
import tarfile
import zipfile
from pathlib import Path

import pytest

from nblib.sources import index, pack
from nblib.sources.items import Item


def zip_bytes(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def tar_bytes(files, extra=()):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for info in extra:
            archive.addfile(info)
    return buffer.getvalue()


def make_item(archive, filename="toy_pack-1.0-py3-none-any.whl", files=(("toy/data.txt", "data.txt"),), **changes):
    fields = {
        "name": "toy",
        "kind": "dataset",
        "title": "a toy",
        "package": "Toy.Pack",
        "version": "1.0",
        "filename": filename,
        "sha256": hashlib.sha256(archive).hexdigest(),
        "download_bytes": len(archive),
        "disk_bytes": 100,
        "files": files,
        "package_licence": "MIT",
        "licence": "CC0-1.0",
    }
    return Item(**{**fields, **changes})


@pytest.fixture(name="zip_bytes")
def _zip_bytes():
    return zip_bytes


@pytest.fixture(name="tar_bytes")
def _tar_bytes():
    return tar_bytes


@pytest.fixture(name="make_item")
def _make_item():
    return make_item


class LocalIndex:
    """A package index of the kind of PEP 503 in a folder."""

    def __init__(self, root: Path):
        self.root = root
        self.url = root.as_uri()

    def publish(self, project, filename, content, fragment=""):
        page = self.root / project
        page.mkdir(parents=True, exist_ok=True)
        (self.root / "files").mkdir(exist_ok=True)
        (self.root / "files" / filename).write_bytes(content)
        (page / "index.html").write_text(
            f'<html><body><a href="x-2.0.zip">x</a><a href="../files/{filename}{fragment}">{filename}</a></body></html>'
        )


@pytest.fixture
def local_index(tmp_path):
    return LocalIndex(tmp_path / "simple")


@pytest.fixture
def empty_cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("NBLIB_CACHE", str(folder))
    monkeypatch.delenv("NBLIB_OFFLINE", raising=False)
    return folder


@pytest.fixture
def toy(empty_cache, local_index, monkeypatch):
    """An item `toy` in a local index, and the function that makes another archive the published one."""
    archive = zip_bytes({"toy/data.txt": "hello", "toy/setup.py": "raise SystemExit"})
    item = make_item(archive)
    local_index.publish("toy-pack", item.filename, archive)
    monkeypatch.setattr(pack, "CATALOGUE", (item,))
    settings = index.IndexSettings(indexes=(local_index.url,))
    monkeypatch.setattr(index, "read_settings", lambda: settings)
    return item


@pytest.fixture
def write(tmp_path):
    def write_file(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    return write_file


@pytest.fixture
def rows():
    """CSV lines of a good file: 60 different texts, two classes."""
    return [f"this is text number {number},{'pos' if number % 2 else 'neg'}" for number in range(60)]


REVISION = "a" * 40


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """Makes repositories in an empty hub cache; an address where nobody listens stands for the hub."""
    import datasets
    from huggingface_hub import constants

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        for name in ("HF_HUB_OFFLINE", "NBLIB_OFFLINE"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(constants, "ENDPOINT", address)
        monkeypatch.setattr(datasets.config, "HF_ENDPOINT", address)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
        monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "datasets")
        monkeypatch.setattr(datasets.config, "HF_CACHE_HOME", str(tmp_path))

        def make(kind, name, files):
            folder = tmp_path / "hub" / f"{kind}s--{name.replace('/', '--')}"
            snapshot = folder / "snapshots" / REVISION
            snapshot.mkdir(parents=True)
            (folder / "refs").mkdir()
            (folder / "refs" / "main").write_text(REVISION)
            for file, content in files.items():
                (snapshot / file).write_text(content)
            return snapshot

        yield make


@pytest.fixture(params=["unreachable", "HF_HUB_OFFLINE", "NBLIB_OFFLINE"])
def without_network(request, monkeypatch):
    if request.param != "unreachable":
        monkeypatch.setenv(request.param, "1")
        monkeypatch.setattr(socket.socket, "connect", None)  # not even tried
    return request.param
