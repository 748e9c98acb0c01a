"""Reader: pexpect on a pty, set up so that it costs little more than reading.

Input: a descriptor; output: the index of the pattern that came first, and the bytes up to its end. Exact
strings only, no delays, large reads; pexpect keeps what a search that timed out has read.
"""

from __future__ import annotations

import select
import time
from typing import TYPE_CHECKING, Any, Final

from pexpect import EOF, TIMEOUT
from pexpect.expect import Expecter, searcher_string
from pexpect.fdpexpect import fdspawn
from pexpect.spawnbase import SpawnBase

if TYPE_CHECKING:
    _FdSpawn = fdspawn[bytes]
else:
    _FdSpawn = fdspawn

NOTHING: Final = -1
"""Index of a search in which nothing was found in time."""
HANGUP: Final = -2
"""Index of a search at the terminal's end."""

_AT_ONCE_S: Final = 0.01


class Reader(_FdSpawn):
    """pexpect on the master of a pty."""

    def __init__(self, fd: int) -> None:
        """Read from `fd`, the master."""
        super().__init__(fd, timeout=None, maxread=65536)
        self.delayafterread = None
        self._poll = select.poll()
        self._poll.register(fd, select.POLLIN)
        self.last_data_s = time.monotonic()
        """When something came last, on the clock of `time.monotonic`."""
        self.pending = b""
        """What came since the last match, after a search that found nothing."""
        self._fed = b""

    def feed(self, data: bytes) -> None:
        """What somebody else read of the same terminal; it is read next."""
        if data:
            self._fed += data
            self.last_data_s = time.monotonic()

    def read_nonblocking(self, size: int = 1, timeout: float | None = -1) -> bytes:
        """Wait for something to read, and read it."""
        if self._fed:
            fed, self._fed = self._fed, b""
            return fed
        # fdspawn's own makes and fills a new poll object for each read: a tenth of what a command costs here.
        if timeout is not None and not self._poll.poll(timeout * 1000):
            raise TIMEOUT("nothing came")
        data: bytes = SpawnBase.read_nonblocking(self, size, timeout)
        self.last_data_s = time.monotonic()
        return data

    def search(self, patterns: list[bytes], timeout_s: float) -> tuple[int, bytes]:
        """Read until one of `patterns` came: its index, and everything up to its end.

        The index is NOTHING where none came in time (what came so far is `pending`, and is searched again),
        and HANGUP at the terminal's end.
        """
        wanted: list[Any] = [*patterns, TIMEOUT, EOF]
        index = Expecter(self, searcher_string(wanted), None).expect_loop(max(timeout_s, 0))
        before = self.before or b""
        if index == len(patterns):
            self.pending = before
            return NOTHING, b""
        self.pending = b""
        if index > len(patterns):
            return HANGUP, before
        return index, before + patterns[index]

    def discard(self) -> None:
        """Forget what came, and what still comes at once: the rest of prompts and their doubles."""
        index, length = NOTHING, -1
        while index == NOTHING and len(self.pending) > length:
            length = len(self.pending)
            index, _ = self.search([], _AT_ONCE_S)
        if self.pending:
            self.search([self.pending], 0)
