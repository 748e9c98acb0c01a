"""What pip inside is told of its indexes, and what stands in for them."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from docwalk.environment.package_proxy import PROXY_VARIABLE, proxy_environ
from docwalk.environment.package_proxy_server import only_reading, staying
from docwalk.environment.transport import TRANSPORT_RULES, make_transport

if TYPE_CHECKING:
    from collections.abc import Callable

_PROXY = "http://127.0.0.1:4321/index/"
_REWRITING = next(rule for rule in TRANSPORT_RULES if rule.name == "package-proxy")


def test_the_proxy_stands_in_for_remote_indexes_only(tmp_path: Path) -> None:
    (tmp_path / "simple").mkdir()
    config = {
        "global.index-url": "https://index.example/simple",
        "global.extra-index-url": f"https://more.example/simple file://{tmp_path}/simple",
        "global.proxy": "http://gate.example:3128",
        "global.timeout": "30",
    }

    transport = make_transport(config, environ={"SSL_CERT_FILE": "/nowhere"}, resolv_conf=b"")

    assert transport.can_be_proxied
    assert [line for line in transport.pip_conf(package_proxy=_PROXY).splitlines() if "cert" not in line] == [
        "[global]",
        f"index-url = {_PROXY}",
        "extra-index-url = file:///srv/packages/0/simple",
        "timeout = 30",
        "disable-pip-version-check = true",
    ]
    assert {
        name: value
        for name, value in proxy_environ(Path("/kept"), transport, {}).items()
        if name not in {"REQUESTS_CA_BUNDLE", "PROXPI_LOGGING_LEVEL", "PROXPI_DOWNLOAD_TIMEOUT"}
    } == {
        "PROXPI_CACHE_DIR": "/kept/files",
        "PROXPI_INDEX_URL": "https://index.example/simple",
        "PROXPI_EXTRA_INDEX_URLS": "https://more.example/simple",
        "HTTPS_PROXY": "http://gate.example:3128",
        "HTTP_PROXY": "http://gate.example:3128",
    }


def test_an_index_that_is_a_folder_or_not_checked_is_not_stood_in_for(tmp_path: Path) -> None:
    local = make_transport({"global.index-url": f"file://{tmp_path}"}, environ={}, resolv_conf=b"")
    unchecked = make_transport({"global.trusted-host": "index.example"}, environ={}, resolv_conf=b"")

    assert not local.can_be_proxied
    assert not unchecked.can_be_proxied


def test_a_file_of_the_proxy_is_named_as_one_of_the_default_index() -> None:
    line = "  Downloading http://127.0.0.1:4321/index/cowsay/cowsay-6.1-py3-none-any.whl (25 kB)"

    match = re.fullmatch(_REWRITING.pattern, line)

    assert match is not None
    assert match.expand(_REWRITING.replacement or "") == "  Downloading cowsay-6.1-py3-none-any.whl (25 kB)"


def test_a_file_from_anywhere_else_keeps_its_address() -> None:
    line = "  Downloading http://192.0.2.7:4321/index/cowsay/cowsay-6.1-py3-none-any.whl (25 kB)"

    assert re.fullmatch(_REWRITING.pattern, line) is None


SHARER = """\
import sys
from pathlib import Path
from docwalk.environment.package_proxy import shared_package_proxy
from docwalk.environment.transport import make_transport
transport = make_transport({"global.index-url": sys.argv[2]}, environ={}, resolv_conf=b"")
print(shared_package_proxy(Path(sys.argv[1]), transport), flush=True)
sys.stdin.read()
"""


def run_sharing(folder: Path, index: str = "https://index.example/simple") -> subprocess.Popen[str]:
    """Another run of docwalk; it ends when its standard input does."""
    argv = [sys.executable, "-c", SHARER, str(folder), index]
    return subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def url_of(run: subprocess.Popen[str]) -> str:
    assert run.stdout is not None
    return run.stdout.readline().strip()


def accepts(url: str) -> bool:
    parts = urlsplit(url)
    assert parts.hostname is not None
    try:
        with socket.create_connection((parts.hostname, parts.port or 80), 20):
            return True
    except ConnectionRefusedError:
        return False


def comes_true(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + 20
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


@pytest.fixture(autouse=True)
def _own_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PROXY_VARIABLE, raising=False)


def test_runs_at_the_same_time_share_one_mirror_until_the_last_is_gone(tmp_path: Path) -> None:
    with run_sharing(tmp_path) as first:
        url = url_of(first)
        with run_sharing(tmp_path) as second:
            assert url_of(second) == url
            first.kill()
            first.wait()
            assert accepts(url)
            second.kill()
            second.wait()
    assert comes_true(lambda: not accepts(url))


def test_another_index_has_another_mirror(tmp_path: Path) -> None:
    with run_sharing(tmp_path) as first, run_sharing(tmp_path, "https://other.example/simple") as second:
        assert url_of(first) != url_of(second)
        first.kill()
        second.kill()


def test_a_mirror_that_was_killed_is_started_anew(tmp_path: Path) -> None:
    with run_sharing(tmp_path) as first:
        url = url_of(first)
        assert accepts(url)
        first.kill()
    assert comes_true(lambda: not accepts(url))
    with run_sharing(tmp_path) as second:
        assert accepts(url_of(second))
        second.kill()


def test_the_mirror_can_only_be_read() -> None:
    def app(_environ: object, start_response: Callable[..., object]) -> list[bytes]:
        start_response("200 OK", [])
        return [b"list"]

    said: list[str] = []
    guarded = only_reading(app)

    def start_response(status: str, _headers: object) -> None:
        said.append(status)

    assert guarded({"REQUEST_METHOD": "GET"}, start_response) == [b"list"]
    assert guarded({"REQUEST_METHOD": "DELETE"}, start_response) == [b"this index can only be read\n"]
    assert said == ["200 OK", "405 Method Not Allowed"]


@pytest.mark.parametrize(
    ("failures", "status"), [(0, "200 OK"), (2, "200 OK"), (3, "302 FOUND")], ids=["none", "two", "three"]
)
def test_a_file_is_asked_for_again_before_its_reader_is_sent_elsewhere(failures: int, status: str) -> None:
    asked = []

    def app(_environ: dict[str, object], start_response: Callable[..., object]) -> list[bytes]:
        asked.append("once")
        if len(asked) > failures:
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [b"file"]
        start_response("302 FOUND", [("Location", "https://index.example/file.whl")])
        return [b""]

    said = []
    staying(app)({"HTTP_HOST": "127.0.0.1:61080"}, lambda status, _headers: said.append(status))
    assert (said, len(asked)) == ([status], min(failures + 1, 3))


@pytest.mark.parametrize("place", ["/index/numpy/", "http://127.0.0.1:61080/index/numpy/"])
def test_other_redirections_are_handed_on(place: str) -> None:
    asked = []

    def app(_environ: dict[str, object], start_response: Callable[..., object]) -> list[bytes]:
        asked.append("once")
        start_response("301 MOVED PERMANENTLY", [("Location", place)])
        return [b""]

    said = []
    staying(app)({"HTTP_HOST": "127.0.0.1:61080"}, lambda status, _headers: said.append(status))
    assert (said, asked) == (["301 MOVED PERMANENTLY"], ["once"])
