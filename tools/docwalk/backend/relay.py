"""Relay: joins a listening socket of an instance's own network to one address on this machine.

The socket was made inside, so that whoever connects to it there needs no way out; what accepts is out here.
The inside reaches that one address and nothing else.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docwalk.backend.channel import Channel

_CHUNK_BYTES: Final = 1 << 18
_CONNECT_S: Final = 10.0
_MOST_CONNECTIONS: Final = 64
"""How many there may be at once; who comes then waits. Each takes two descriptors of ours."""
_PAUSE_S: Final = 0.1

INDEX_PORT: Final = 61080
"""Port of the index on the loopback of an instance that reaches nothing else; above what kernels hand out."""


@contextlib.contextmanager
def relay_index(channel: Channel, url: str | None) -> Iterator[None]:
    """Lead `INDEX_PORT` of the loopback inside to the index at `url` while the context lasts.

    Raises:
        BackendError: the instance ended.
        OSError: something inside listens there.
    """
    if url is None:
        yield
        return
    _, descriptor = channel.ask_descriptor("listen", port=INDEX_PORT)
    relay = Relay(descriptor, url)
    try:
        yield
    finally:
        relay.close()


class Relay:
    """Accepts on a socket until it is closed; each connection is joined to the target."""

    def __init__(self, listening_fd: int, url: str) -> None:
        """Take over the socket and begin.

        Args:
            listening_fd: a listening TCP socket, of whatever network namespace.
            url: what it leads to; host and port count.
        """
        parts = urlsplit(url)
        self._target = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._listening = socket.socket(fileno=listening_fd)
        self._listening.setblocking(True)
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(_MOST_CONNECTIONS)
        self._is_closed = False
        self._thread = threading.Thread(target=self._accept, name="docwalk-relay", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Refuse whoever comes, end the connections there are."""
        with self._lock:
            self._is_closed = True
            left = list(self._open)
        # Closing alone would not wake a thread that is inside accept or recv; shutting down does.
        for each in (self._listening, *left):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listening.close()

    def _accept(self) -> None:
        while True:
            self._places.acquire()
            try:
                inner, _ = self._listening.accept()
            except OSError:
                self._places.release()
                if self._is_closed:
                    return
                time.sleep(_PAUSE_S)  # no descriptor is free, which passes
                continue
            threading.Thread(target=self._join, args=(inner,), daemon=True).start()

    def _join(self, inner: socket.socket) -> None:
        with contextlib.ExitStack() as held:
            held.callback(self._places.release)
            held.enter_context(inner)
            held.enter_context(contextlib.suppress(OSError))
            outer = socket.create_connection(self._target, _CONNECT_S)
            outer.settimeout(None)
            with outer, self._kept(inner, outer):
                back = threading.Thread(target=_copy, args=(outer, inner), daemon=True)
                back.start()
                _copy(inner, outer)
                back.join()

    @contextlib.contextmanager
    def _kept(self, *connections: socket.socket) -> Iterator[None]:
        with self._lock:
            if self._is_closed:
                raise OSError("the relay is closed")
            self._open.update(connections)
        try:
            yield
        finally:
            with self._lock:
                self._open.difference_update(connections)


def _copy(source: socket.socket, target: socket.socket) -> None:
    """Send on what comes until one side ends; then the other side is told."""
    with contextlib.suppress(OSError):
        while data := source.recv(_CHUNK_BYTES):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
