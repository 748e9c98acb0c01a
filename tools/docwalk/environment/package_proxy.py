"""Package proxy: what one walk downloaded, no later walk downloads again.

pip's own cache keeps only what an index allows to be kept, and some mirrors allow nothing. So pip inside
asks a caching mirror (proxpi) on the host's loopback, which asks the host's indexes and keeps the files.
It ends with the process that started it: it reads a pipe which that process holds open.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import functools
import os
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from docwalk.environment.transport import Transport

PROXY_VARIABLE = "DOCWALK_PACKAGE_PROXY"
"""URL of a proxy that a parent process runs for us; empty: do without."""

_SERVER = "docwalk.environment.package_proxy_server"
_DOWNLOAD_S = "600"
"""Seconds after which proxpi would send pip to the index itself, and keep nothing."""


@functools.cache
def shared_package_proxy(folder: Path, transport: Transport) -> str | None:
    """URL of this process's proxy, started at the first call; processes started later share it.

    Args:
        folder: where downloaded files are kept.
        transport: the host's indexes and certificates.

    Returns:
        None where another run of docwalk has the folder, or the indexes are not ours to stand in for:
        pip then asks them itself.
    """
    inherited = os.environ.get(PROXY_VARIABLE)
    if inherited is not None:
        return inherited or None
    if not transport.can_be_proxied:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        # Two proxies on one folder would write the same file at the same time.
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    url = _start(folder, transport, lock)
    os.environ[PROXY_VARIABLE] = url
    return url


def proxy_environ(folder: Path, transport: Transport, environ: Mapping[str, str]) -> Mapping[str, str]:
    """Variables of the proxy's process: ours, and proxpi's settings."""
    made = {
        **environ,
        "PROXPI_CACHE_DIR": str(folder / "files"),
        "PROXPI_DOWNLOAD_TIMEOUT": _DOWNLOAD_S,
        "PROXPI_LOGGING_LEVEL": "ERROR",
    }
    if transport.index_url is not None:
        made["PROXPI_INDEX_URL"] = transport.index_url
    if transport.remote_extra_indexes:
        made["PROXPI_EXTRA_INDEX_URLS"] = ",".join(transport.remote_extra_indexes)
    if transport.bundle is not None:
        made["REQUESTS_CA_BUNDLE"] = str(transport.bundle)
    if transport.http_proxy is not None:
        made["HTTPS_PROXY"] = made["HTTP_PROXY"] = transport.http_proxy
    return made


def _start(folder: Path, transport: Transport, lock: int) -> str:
    """Start the proxy and give its URL; nobody waits for it: until it accepts, the kernel queues requests."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        (folder / "proxy.log").open("w", encoding="utf-8") as log,
    ):
        port = listening.getsockname()[1]
        process = subprocess.Popen(
            [sys.executable, "-m", _SERVER, str(listening.fileno())],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=log,
            env=proxy_environ(folder, transport, os.environ),
            cwd="/",
            # It holds the lock from here on: free means that the proxy is gone, too.
            pass_fds=(lock, listening.fileno()),
            start_new_session=True,
        )
    os.close(lock)
    atexit.register(_stop, process)
    return f"http://127.0.0.1:{port}/index/"


def _stop(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(OSError):
        process.communicate()
