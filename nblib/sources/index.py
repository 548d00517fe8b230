"""Download one known file from the package index that pip is configured to use, and check its sha256.

Why not `pip download`: for a source archive it runs the archive's own setup code to learn its metadata. Why not a
resolver library: there is nothing to resolve, since name, version, file name and sha256 are known; what is left is to
read pip's settings, find the file's link on a page (PEP 503), and read bytes. The standard library does that. pip
itself says what its settings are (`pip config list`) and which index it uses when none is set.

Followed: index-url, extra-index-url, find-links, no-index, cert, client-cert, trusted-host, proxy, timeout from pip's
files and environment; proxies from the environment; a name and password in a URL or in ~/.netrc; file: URLs. Not
followed: keyring.
"""

import ast
import base64
import hashlib
import http.client
import netrc
import os
import re
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from nblib.engine.errors import InputError

_CHUNK = 1 << 18
_NETWORK = (urllib.error.URLError, http.client.HTTPException, ssl.SSLError, ConnectionError, TimeoutError)
_TRUE = {"1", "true", "yes", "on", "t", "y"}


@dataclass(frozen=True)
class IndexSettings:
    """Where and how pip would fetch: the places in the order in which they are asked."""

    find_links: tuple[str, ...] = ()
    indexes: tuple[str, ...] = ()
    cert: str | None = None
    client_cert: str | None = None
    trusted_hosts: frozenset[str] = frozenset()
    proxy: str | None = None
    timeout: float = 15.0


def _pip(*arguments: str) -> str:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    environment = {**os.environ, "COLUMNS": "200", "PYTHONIOENCODING": "utf-8"}
    try:
        done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60, env=environment)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InputError(f"pip does not answer ({error}), so its package index is not known") from error
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        if "No module named pip" in reason:
            reason = f"it is not installed; run `{sys.executable} -m ensurepip`"
        raise InputError(f"pip does not say which package index it uses: {reason}")
    return done.stdout


def read_settings() -> IndexSettings:
    """pip's settings as it reports them: `[global]`, then `[download]`, then the environment, the later one winning.

    Raises:
        InputError: pip is missing or its configuration is broken.
    """
    layers: dict[str, dict[str, str]] = {"global": {}, "download": {}, ":env:": {}}
    for line in _pip("config", "list").splitlines():
        match = re.match(r"(global|download|:env:)\.([\w-]+)=(.*)$", line)
        if match:
            layers[match[1]][match[2]] = str(ast.literal_eval(match[3]))
    options = {**layers["global"], **layers["download"], **layers[":env:"]}
    index = options.get("index-url") or options.get("pypi-url")
    if index is None:
        match = re.search(r"--index-url <url>.*?\(default\s+([^\s)]+)\)", _pip("help", "download"), re.S)
        index = match[1] if match else ""
    indexes = (index, *options.get("extra-index-url", "").split())
    if options.get("no-index", "").lower() in _TRUE:
        indexes = ()
    try:
        timeout = float(options.get("timeout") or options.get("default-timeout") or 15)
    except ValueError:
        timeout = 15.0
    return IndexSettings(
        find_links=tuple(options.get("find-links", "").split()),
        indexes=tuple(url for url in indexes if url),
        cert=options.get("cert") or os.environ.get("REQUESTS_CA_BUNDLE") or None,
        client_cert=options.get("client-cert") or None,
        trusted_hosts=frozenset(options.get("trusted-host", "").lower().split()),
        proxy=options.get("proxy") or None,
        timeout=min(max(timeout, 1.0), 60.0),  # a dead network is reported within minutes, whatever pip would wait
    )


def redact(url: str) -> str:
    """The URL without name, password and query, fit for a message."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


class _Links(HTMLParser):
    """The hrefs of an index page, made absolute, and its `<base>` if it has one."""

    def __init__(self, url: str):
        super().__init__()
        self.base = url
        self.urls: list[str] = []

    def handle_starttag(self, tag, attrs):
        href = dict(attrs).get("href")
        if href and tag == "base":
            self.base = urljoin(self.base, href)
        elif href and tag == "a":
            self.urls.append(urljoin(self.base, href.strip()))


def _local(url: str) -> Path | None:
    """The path behind a file: URL or a plain path (Windows drive letters look like a scheme), else None."""
    scheme = urlsplit(url).scheme.lower()
    if scheme == "file":
        return Path(urllib.request.url2pathname(urlsplit(url).path))
    return Path(url).expanduser() if len(scheme) <= 1 else None


class _Client:
    """Opens http(s) URLs the way that pip's settings ask for."""

    def __init__(self, settings: IndexSettings):
        self.settings = settings
        self.dead: dict[str, str] = {}  # host -> why it did not answer, so that each is waited for once

    def _context(self, host: str) -> ssl.SSLContext:
        if self.settings.cert:
            cert = Path(self.settings.cert)
            context = ssl.create_default_context(
                cafile=str(cert) if cert.is_file() else None, capath=str(cert) if cert.is_dir() else None
            )
        else:
            try:  # the operating system's certificates, as pip itself uses them; Python on macOS ships with none
                import truststore

                context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            except ImportError:
                context = ssl.create_default_context()
        if host in self.settings.trusted_hosts or host.partition(":")[0] in self.settings.trusted_hosts:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self.settings.client_cert:
            context.load_cert_chain(self.settings.client_cert)
        return context

    def open(self, url: str):
        parts = urlsplit(url)
        userinfo, _, host = parts.netloc.rpartition("@")
        if host in self.dead:
            raise ConnectionError(self.dead[host])
        request = urllib.request.Request(urlunsplit((parts.scheme, host, parts.path, parts.query, "")))
        request.add_header("User-Agent", "nblib")
        request.add_header("Accept", "application/vnd.pypi.simple.v1+html, text/html;q=0.9, */*;q=0.1")
        name, _, password = (unquote(part) for part in userinfo.partition(":"))
        if not userinfo:
            name, password = _from_netrc(parts.hostname or "")
        if name:
            token = base64.b64encode(f"{name}:{password}".encode()).decode()
            request.add_unredirected_header("Authorization", f"Basic {token}")  # not handed on to another host
        handlers: list[urllib.request.BaseHandler] = []
        if self.settings.proxy:
            handlers.append(urllib.request.ProxyHandler({s: self.settings.proxy for s in ("http", "https")}))
        if parts.scheme == "https":
            handlers.append(urllib.request.HTTPSHandler(context=self._context(host.lower())))
        try:
            return urllib.request.build_opener(*handlers).open(request, timeout=self.settings.timeout)
        except urllib.error.HTTPError:
            raise
        except (OSError, http.client.HTTPException) as error:
            self.dead[host] = f"{host}: {getattr(error, 'reason', error) or type(error).__name__}"
            raise ConnectionError(self.dead[host]) from error


def _from_netrc(host: str) -> tuple[str, str]:
    try:
        found = netrc.netrc().authenticators(host)
    except (OSError, netrc.NetrcParseError):
        return "", ""
    return (found[0], found[2] or "") if found else ("", "")


def _page(client: _Client, url: str) -> Iterator[str]:
    """Links on an index page; nothing when the page does not exist."""
    path = _local(url)
    if path is not None:
        path = path / "index.html" if path.is_dir() else path
        if not path.is_file():
            return
        links = _Links(path.resolve().as_uri())
        links.feed(path.read_text(encoding="utf-8", errors="replace"))
    else:
        with client.open(url) as response:
            links = _Links(response.geturl())
            links.feed(response.read().decode("utf-8", errors="replace"))
    userinfo, _, _ = urlsplit(url).netloc.rpartition("@")
    for link in links.urls:
        parts = urlsplit(link)
        if userinfo and parts.netloc == urlsplit(url).netloc.rpartition("@")[2]:
            link = urlunsplit(parts._replace(netloc=f"{userinfo}@{parts.netloc}"))
        yield link


def _candidates(client: _Client, project: str, filename: str, trouble: list[str]) -> Iterator[str]:
    """URLs that end in `filename`, place by place; a place that cannot be read is noted and passed over."""
    settings = client.settings
    name = re.sub(r"[-_.]+", "-", project).lower()  # PEP 503
    pages = [*settings.find_links, *(f"{index.rstrip('/')}/{name}/" for index in settings.indexes)]
    for page in pages:
        folder = _local(page)
        if folder is not None and (folder / filename).is_file():
            yield (folder / filename).resolve().as_uri()
            continue
        try:
            links = [link for link in _page(client, page) if unquote(urlsplit(link).path).endswith("/" + filename)]
        except urllib.error.HTTPError as error:
            if error.code not in (404, 410):
                trouble.append(f"{redact(page)} answered {error.code}")
            continue
        except (OSError, http.client.HTTPException) as error:
            trouble.append(str(error) or type(error).__name__)
            continue
        yield from links


def _read(client: _Client, url: str, target: Path, size: int, progress: Callable[[int, int], None]) -> tuple[str, int]:
    """Copy the file to `target`; its sha256 and its length. Reads one byte more than `size` at most."""
    digest, done = hashlib.sha256(), 0
    path = _local(url)
    try:
        source = open(path, "rb") if path is not None else client.open(url)
    except urllib.error.URLError:
        raise
    except OSError as error:
        raise ConnectionError(str(error)) from error
    with source, open(target, "wb") as sink:
        while done <= size and (chunk := source.read(min(_CHUNK, size + 1 - done))):
            sink.write(chunk)
            digest.update(chunk)
            done += len(chunk)
            progress(min(done, size), size)
        sink.flush()
        os.fsync(sink.fileno())
    return digest.hexdigest(), done


def fetch(
    project: str,
    filename: str,
    sha256: str,
    size: int,
    target: Path,
    progress: Callable[[int, int], None] = lambda done, total: None,
    settings: IndexSettings | None = None,
) -> None:
    """Write the file to `target`, or raise and leave nothing there.

    Args:
        project: name on the package index.
        filename: the archive's file name, as published.
        sha256: of the archive, hexadecimal.
        size: of the archive, bytes.
        target: file to write; its folder exists.
        progress: called with bytes done and bytes in all.
        settings: read from pip when None.

    Raises:
        InputError: no place has the file, no place answers, or what they have is another file.
        OSError: the target cannot be written.
    """
    client = _Client(settings or read_settings())
    trouble: list[str] = []
    wrong: list[str] = []
    for url in _candidates(client, project, filename, trouble):
        stated = re.match(r"sha256=([0-9a-f]{64})$", urlsplit(url).fragment)
        if stated and stated[1] != sha256:
            wrong.append(f"{redact(url)} has sha256 {stated[1][:12]}…")
        elif _download(client, url, (sha256, size), target, progress, trouble, wrong):
            return
    target.unlink(missing_ok=True)
    what = f"cannot fetch {filename}"
    if wrong:
        raise InputError(f"{what}: {wrong[0]}, expected {sha256[:12]}…; nothing was unpacked")
    if trouble:
        seen = "; ".join(dict.fromkeys(trouble))
        raise InputError(f"{what}: {seen}; check the network and `pip config list`")
    raise InputError(f"{what}: none of the package indexes that pip is set to use has it; see `pip config list`")


def _download(
    client: _Client,
    url: str,
    wanted: tuple[str, int],
    target: Path,
    progress: Callable[[int, int], None],
    trouble: list[str],
    wrong: list[str],
) -> bool:
    """Whether the file of that sha256 and size came from this address, in two tries; else a line says why not."""
    sha256, size = wanted
    for attempt in (1, 2):
        try:
            digest, length = _read(client, url, target, size, progress)
        except _NETWORK as error:
            trouble.append(f"{redact(url)}: {getattr(error, 'reason', error) or type(error).__name__}")
            continue
        if digest == sha256:
            return True
        if length >= size:
            wrong.append(f"{redact(url)} has sha256 {digest[:12]}…")
            break
        if attempt == 2:
            trouble.append(f"{redact(url)} ended after {length:,} of {size:,} bytes")
    return False
