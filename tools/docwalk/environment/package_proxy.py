"""Package proxy: what one walk downloaded, no later walk downloads again.

pip's own cache keeps only what an index allows to be kept, and some mirrors allow nothing. So pip inside
asks a caching mirror (proxpi) on the host's loopback, which asks the host's indexes and keeps the files.
All runs of docwalk with the same indexes share one mirror per folder: each holds a named pipe open, and the
mirror ends when the last of them has let go of it.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import functools
import hashlib
import os
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

from docwalk.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from docwalk.environment.transport import Transport

PROXY_VARIABLE = "DOCWALK_PACKAGE_PROXY"
"""URL of a proxy that a parent process runs for us; empty: do without."""

_SERVER = "docwalk.environment.package_proxy_server"
_DOWNLOAD_S = "600"
"""Seconds after which proxpi would send pip to the index itself, and keep nothing."""


@functools.cache
def shared_package_proxy(folder: Path, transport: Transport) -> str | None:
    """URL of the proxy, started where no other run has one; processes started later share it.

    Args:
        folder: where downloaded files are kept, for each set of indexes in a folder of its own.
        transport: the host's indexes and certificates.

    Returns:
        None where the indexes are not ours to stand in for: pip then asks them itself.

    Raises:
        BackendError: the proxy cannot be started.
    """
    inherited = os.environ.get(PROXY_VARIABLE)
    if inherited is not None:
        return inherited or None
    if not transport.can_be_proxied:
        return None
    own = folder / settings_digest(transport)
    own.mkdir(parents=True, exist_ok=True)
    with locked(own):
        try:
            _hold(own)
            url = (own / "url").read_text("ascii")
        except OSError as error:
            if error.errno not in {errno.ENXIO, errno.ENOENT}:
                raise BackendError(f"the package mirror in {own} cannot be used: {error.strerror}") from error
            url = _start(own, transport)
    os.environ[PROXY_VARIABLE] = url
    return url


def settings_digest(transport: Transport) -> str:
    """A short name for the mirror's settings: mirrors of other indexes keep other files."""
    settings = sorted(proxy_settings(transport).items())
    return hashlib.sha256(repr(settings).encode()).hexdigest()[:12]


def proxy_environ(folder: Path, transport: Transport, environ: Mapping[str, str]) -> Mapping[str, str]:
    """Variables of the proxy's process: ours, and proxpi's settings."""
    return {
        **environ,
        "PROXPI_CACHE_DIR": str(folder / "files"),
        "PROXPI_DOWNLOAD_TIMEOUT": _DOWNLOAD_S,
        "PROXPI_LOGGING_LEVEL": "ERROR",
        **proxy_settings(transport),
    }


def proxy_settings(transport: Transport) -> Mapping[str, str]:
    """Proxpi's variables that say where packages come from."""
    made: dict[str, str] = {}
    if transport.index_url is not None:
        made["PROXPI_INDEX_URL"] = transport.index_url
    if transport.remote_extra_indexes:
        made["PROXPI_EXTRA_INDEX_URLS"] = ",".join(transport.remote_extra_indexes)
    if transport.bundle is not None:
        made["REQUESTS_CA_BUNDLE"] = str(transport.bundle)
    if transport.http_proxy is not None:
        made["HTTPS_PROXY"] = made["HTTP_PROXY"] = transport.http_proxy
    return made


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Nobody else joins, starts or ends the mirror of `folder` meanwhile."""
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _hold(folder: Path) -> None:
    """Keep the mirror of `folder` alive as long as we live.

    Raises:
        OSError: there is none: no pipe (ENOENT), or nobody at its other end (ENXIO).
    """
    # Never closed: the kernel does it, however we end. Not inherited: what we start may outlive us.
    os.open(folder / "users", os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)


def _start(folder: Path, transport: Transport) -> str:
    """Start the proxy and give its URL; nobody waits for it: until it accepts, the kernel queues requests."""
    pipe = folder / "users"
    pipe.unlink(missing_ok=True)
    os.mkfifo(pipe, 0o600)
    users = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        _hold(folder)
        with (
            socket.create_server(("127.0.0.1", 0)) as listening,
            (folder / "proxy.log").open("w", encoding="utf-8") as log,
        ):
            url = f"http://127.0.0.1:{listening.getsockname()[1]}/index/"
            (folder / "url").write_text(url, "ascii")
            # Not a child of ours: others may use it when we are gone, and nobody has to wait for it.
            server = [sys.executable, "-m", _SERVER, str(listening.fileno()), str(users), str(folder)]
            subprocess.run(
                ["sh", "-c", '"$@" &', "docwalk-mirror", *server],
                check=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                env=proxy_environ(folder, transport, os.environ),
                cwd="/",
                pass_fds=(users, listening.fileno()),
                start_new_session=True,
            )
    finally:
        os.close(users)
    return url
