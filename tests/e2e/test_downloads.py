"""What one walk downloaded is not downloaded again, even from an index that forbids keeping it."""

from __future__ import annotations

import subprocess
import sys
import threading
import zipfile
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from docwalk.environment.package_proxy import PROXY_VARIABLE, shared_package_proxy
from docwalk.environment.transport import make_transport

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_WHEEL = "tiny-1.0-py3-none-any.whl"


@pytest.fixture
def index(tmp_path: Path) -> Iterator[tuple[str, Counter[str]]]:
    """URL of an index with one wheel and no caching headers, and how often each path was asked for."""
    wheel = tmp_path / _WHEEL
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tiny.py", "")
        archive.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        archive.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr("tiny-1.0.dist-info/RECORD", "")
    asked: Counter[str] = Counter()

    class Index(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked[self.path] += 1
            is_wheel = self.path.endswith(".whl")
            body = wheel.read_bytes() if is_wheel else f'<a href="/files/{_WHEEL}">{_WHEEL}</a>'.encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/zip" if is_wheel else "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Index) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/simple/", asked
        server.shutdown()
        thread.join()


def _pip_download(url: str, folder: Path) -> None:
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--isolated", "download", "--quiet", "--no-deps"),
            *("--no-cache-dir", "--index-url", url, "--dest", str(folder), "tiny==1.0"),
        ],
        check=True,
        env={"PATH": "/usr/bin:/bin", "PIP_CONFIG_FILE": "/dev/null"},
    )


@pytest.mark.container
def test_the_proxy_asks_the_index_for_a_file_once(
    index: tuple[str, Counter[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(PROXY_VARIABLE, raising=False)
    url, asked = index
    transport = make_transport({"global.index-url": url}, environ={}, resolv_conf=b"")
    proxy = shared_package_proxy(tmp_path / "downloads", transport)
    assert proxy is not None

    _pip_download(proxy, tmp_path / "first")
    _pip_download(proxy, tmp_path / "second")

    assert asked[f"/files/{_WHEEL}"] == 1
    assert (tmp_path / "second" / _WHEEL).read_bytes() == (tmp_path / _WHEEL).read_bytes()


@pytest.mark.container
def test_without_the_proxy_the_same_file_is_asked_for_again(
    index: tuple[str, Counter[str]], tmp_path: Path
) -> None:
    url, asked = index

    _pip_download(url, tmp_path / "first")
    _pip_download(url, tmp_path / "second")

    assert asked[f"/files/{_WHEEL}"] == 2
