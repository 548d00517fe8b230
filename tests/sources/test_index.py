import base64
import hashlib
import http.server
import socket
import threading
import time
from pathlib import Path

import pytest

from nblib.engine.errors import InputError
from nblib.sources import index
from nblib.sources.index import IndexSettings, fetch, read_settings, redact

CONTENT = b"an archive " * 5000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def get(tmp_path):
    """Fetch the toy archive; the bytes that arrived. On failure nothing is left behind."""

    def fetch_toy(settings, sha256=SHA256, size=55_000, progress=lambda done, total: None):
        target = tmp_path / "arrived"
        try:
            fetch("Toy.Pack", "toy-1.0.zip", sha256, size, target, progress, settings)
        except InputError:
            assert not target.exists()
            raise
        return target.read_bytes()

    return fetch_toy


def refused(get, settings, **changes):
    with pytest.raises(InputError) as caught:
        get(settings, **changes)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_file_index_with_a_normalised_name_and_progress(get, local_index):
    local_index.publish("toy-pack", "toy-1.0.zip", CONTENT, f"#sha256={SHA256}")
    seen = []
    assert get(IndexSettings(indexes=(local_index.url + "/",)), progress=lambda *pair: seen.append(pair)) == CONTENT
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert all(done <= total for done, total in seen)


@pytest.mark.parametrize("as_url", [True, False])
def test_find_links_to_a_folder(get, tmp_path, as_url):
    folder = tmp_path / "wheels"
    folder.mkdir()
    (folder / "toy-1.0.zip").write_bytes(CONTENT)
    assert get(IndexSettings(find_links=(folder.as_uri() if as_url else str(folder),))) == CONTENT


def test_a_wrong_file_is_refused(get, local_index):
    local_index.publish("toy-pack", "toy-1.0.zip", b"x" * len(CONTENT))
    message = refused(get, IndexSettings(indexes=(local_index.url,)))
    assert f"cannot fetch toy-1.0.zip: {local_index.url}/files/toy-1.0.zip has sha256 " in message
    assert f"expected {SHA256[:12]}…; nothing was unpacked" in message


def test_a_longer_file_is_not_read_to_its_end(get, local_index):
    local_index.publish("toy-pack", "toy-1.0.zip", CONTENT + b"x" * 10_000_000)
    seen = []
    assert "has sha256" in refused(get, IndexSettings(indexes=(local_index.url,)), progress=lambda *p: seen.append(p))
    assert max(done for done, _ in seen) == len(CONTENT)


def test_an_index_that_states_another_checksum_is_not_downloaded(get, local_index):
    local_index.publish("toy-pack", "toy-1.0.zip", CONTENT, "#sha256=" + "0" * 64)
    (local_index.root / "files" / "toy-1.0.zip").unlink()
    assert "toy-1.0.zip has sha256 000000000000…" in refused(get, IndexSettings(indexes=(local_index.url,)))


def test_a_truncated_file_is_refused_and_its_length_said(get, local_index):
    local_index.publish("toy-pack", "toy-1.0.zip", CONTENT[:-1000])
    assert "ended after 54,000 of 55,000 bytes" in refused(get, IndexSettings(indexes=(local_index.url,)))


def test_the_second_index_is_asked_when_the_first_has_another_file(get, local_index, tmp_path):
    other = type(local_index)(tmp_path / "second")
    local_index.publish("toy-pack", "toy-1.0.zip", b"x" * len(CONTENT))
    other.publish("toy-pack", "toy-1.0.zip", CONTENT)
    assert get(IndexSettings(indexes=(local_index.url, other.url))) == CONTENT


def test_no_index_has_it(get, tmp_path):
    settings = IndexSettings(find_links=(str(tmp_path / "nothing"),), indexes=(tmp_path.as_uri(),))
    assert "none of the package indexes that pip is set to use has it; see `pip config list`" in refused(get, settings)


def test_a_link_to_a_file_that_is_gone(get, local_index):
    local_index.publish("toy-pack", "toy-1.0.zip", CONTENT)
    (local_index.root / "files" / "toy-1.0.zip").unlink()
    assert "No such file" in refused(get, IndexSettings(indexes=(local_index.url,)))


class Handler(http.server.SimpleHTTPRequestHandler):
    asked: list

    def do_GET(self):
        self.asked.append((self.path, self.headers.get("Authorization")))
        if self.path == "/redirected/toy-pack/":
            self.send_response(302)
            self.send_header("Location", f"http://localhost:{self.server.server_port}/toy-pack/")
            self.end_headers()
        elif self.path.startswith("/broken/"):
            self.send_error(500)
        elif self.path.startswith("/secret/") and not self.headers.get("Authorization"):
            self.send_error(401)
        else:
            self.path = self.path.removeprefix("/secret").removeprefix("/cut")
            super().do_GET()

    def copyfile(self, source, outputfile):
        data = source.read()
        outputfile.write(data[: len(data) // 2] if self.asked[-1][0].startswith("/cut/files") else data)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server(local_index):
    local_index.publish("toy-pack", "toy-1.0.zip", CONTENT)
    handler = type("Bound", (Handler,), {"asked": []})

    def make(*arguments):
        return handler(*arguments, directory=str(local_index.root))

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), make) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        running.asked = handler.asked
        yield running
        running.shutdown()
        thread.join()


def test_over_http_with_a_name_and_password(get, server):
    url = f"http://me:s%40fe@127.0.0.1:{server.server_port}/secret"
    assert get(IndexSettings(indexes=(url,))) == CONTENT
    expected = "Basic " + base64.b64encode(b"me:s@fe").decode()
    assert server.asked == [("/secret/toy-pack/", expected), ("/secret/files/toy-1.0.zip", expected)]


def test_the_password_comes_from_netrc_and_never_into_a_message(get, server, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password hidden\n")
    (tmp_path / ".netrc").chmod(0o600)
    assert get(IndexSettings(indexes=(f"http://127.0.0.1:{server.server_port}/secret",))) == CONTENT
    message = refused(get, IndexSettings(indexes=(f"http://me:hidden@127.0.0.1:{server.server_port}/broken",)))
    assert f"http://127.0.0.1:{server.server_port}/broken/toy-pack/ answered 500" in message
    assert "hidden" not in message


def test_the_password_is_not_handed_on_to_another_host(get, server):
    assert get(IndexSettings(indexes=(f"http://me:hidden@127.0.0.1:{server.server_port}/redirected",))) == CONTENT
    assert [authorization is not None for _, authorization in server.asked] == [True, False, False]


def test_a_connection_that_breaks_off(get, server):
    message = refused(get, IndexSettings(indexes=(f"http://127.0.0.1:{server.server_port}/cut",)))
    assert "bytes" in message or "Incomplete" in message
    assert [path for path, _ in server.asked].count("/cut/files/toy-1.0.zip") == 2


def test_nobody_answers(get):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        host = f"127.0.0.1:{taken.getsockname()[1]}"
        message = refused(get, IndexSettings(indexes=(f"http://{host}/a", f"http://{host}/b")))
    assert message.count(host) == 1
    assert "check the network and `pip config list`" in message


def test_a_host_that_is_silent_is_waited_for_once(get):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        host = f"127.0.0.1:{silent.getsockname()[1]}"
        started = time.monotonic()
        message = refused(get, IndexSettings(indexes=tuple(f"http://{host}/{n}" for n in range(8)), timeout=0.5))
        assert time.monotonic() - started < 3
    assert "timed out" in message


def test_redact():
    assert redact("https://me:pw@host:8/a/b?token=1#sha256=2") == "https://host:8/a/b"


@pytest.fixture
def pip_says(monkeypatch):
    def say(config, listed="  -i, --index-url <url>   Base URL (default\n   https://default.example/simple). This"):
        monkeypatch.setattr(index, "_pip", lambda *arguments: config if arguments[0] == "config" else listed)
        monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
        return read_settings()

    return say


def test_settings_the_environment_wins_over_download_over_global(pip_says):
    settings = pip_says(
        "global.index-url='https://a.example/simple'\n"
        "download.index-url='https://b.example/simple'\n"
        "install.index-url='https://never.example/simple'\n"
        "global.extra-index-url='https://c.example file:///d'\n"
        ":env:.find-links='/wheels /more'\n"
        "global.find-links='/other'\n"
        "global.trusted-host='a.example B.example:8080'\n"
        "global.cert='/ca.pem'\nglobal.proxy='http://p:1'\nglobal.timeout='7'\n"
    )
    assert settings == IndexSettings(
        find_links=("/wheels", "/more"),
        indexes=("https://b.example/simple", "https://c.example", "file:///d"),
        cert="/ca.pem",
        trusted_hosts=frozenset({"a.example", "b.example:8080"}),
        proxy="http://p:1",
        timeout=7.0,
    )


def test_settings_default_index_no_index_and_a_bounded_timeout(pip_says):
    assert pip_says("").indexes == ("https://default.example/simple",)
    assert pip_says(":env:.no-index='true'\n").indexes == ()
    assert pip_says("global.default-timeout='9999'\n").timeout == 60
    assert pip_says("global.timeout='soon'\n").timeout == 15


def test_settings_of_the_pip_that_is_here(monkeypatch, tmp_path):
    config = tmp_path / "pip.conf"
    config.write_text("[global]\nindex-url = https://from-file.example/simple\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(config))
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "https://it's.example/simple file:///x")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    settings = read_settings()
    assert settings.indexes[-2:] == ("https://it's.example/simple", "file:///x")
    assert settings.find_links == (str(tmp_path),)
    if not Path("/etc/pip.conf").exists():
        assert settings.indexes[0] == "https://from-file.example/simple"


def test_the_default_index_is_known_to_the_pip_that_is_here(monkeypatch):
    real = index._pip
    monkeypatch.setattr(index, "_pip", lambda *arguments: "" if arguments[0] == "config" else real(*arguments))
    (default,) = read_settings().indexes
    assert default.startswith("https://") and default.endswith("/simple")


def test_no_pip(monkeypatch):
    class Done:
        returncode, stdout, stderr = 1, "", "/bin/python: No module named pip\n"

    monkeypatch.setattr(index.subprocess, "run", lambda *arguments, **options: Done)
    with pytest.raises(InputError, match="it is not installed; run `.* -m ensurepip`"):
        read_settings()
