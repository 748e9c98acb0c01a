"""Pump: keeps reading a terminal in which a command goes on, so that it never waits for a full terminal."""

from __future__ import annotations

import os
import select
from threading import Thread
from typing import Final

MOST_BYTES: Final = 32 << 20
"""What prints more has to wait until somebody looks."""

_CHUNK: Final = 65536


class Pump:
    """Reads a descriptor in a thread of its own until it is asked for what came."""

    def __init__(self, fd: int) -> None:
        """Begin to read `fd`; nobody else may, until `take`."""
        self._fd = fd
        self._came: list[bytes] = []
        self._woken, self._wake = os.pipe()
        self._thread = Thread(target=self._run, name="docwalk-pump", daemon=True)
        self._thread.start()

    def take(self) -> bytes:
        """End, and give what came."""
        os.write(self._wake, b"x")
        self._thread.join()
        os.close(self._wake)
        os.close(self._woken)
        return b"".join(self._came)

    def _run(self) -> None:
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        poll.register(self._woken, select.POLLIN)
        length = 0
        while self._woken not in dict(poll.poll()):
            try:
                data = os.read(self._fd, _CHUNK)
            except OSError:
                data = b""
            length += len(data)
            self._came.append(data)
            if not data or length > MOST_BYTES:
                poll.unregister(self._fd)  # hung up, or too much: whoever takes it finds out
