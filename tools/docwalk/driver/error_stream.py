"""Standard error told apart: a second terminal that takes what commands write there, read while they run.

Input: a `SideTerminal` of an instance; output: what one command wrote, whole. A mark written behind it tells
where it ends: a terminal keeps the order of what is written to it, whoever writes.
"""

from __future__ import annotations

import os
import secrets
import select
import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from docwalk.backend import SideTerminal

MOST_BYTES: Final = 32 << 20
"""Of what one command writes to standard error, so much is kept."""

_CHUNK_BYTES: Final = 65536
_MARK_S: Final = 10.0  # from writing the mark to reading it; a moment but on a machine that is overloaded


class ErrorStream:
    """Reads a side terminal from its opening to its closing."""

    def __init__(self, side: SideTerminal) -> None:
        """Take over both descriptors of `side`."""
        self._side = side
        self._mark = b"\x1b]133;E;%s\x07" % secrets.token_hex(8).encode()
        self._taken = bytearray()
        self._changed = threading.Condition()
        stopped, self._stop = os.pipe2(os.O_CLOEXEC)
        self._reader = threading.Thread(
            target=self._read, args=(stopped,), name="standard error", daemon=True
        )
        self._reader.start()

    def wrapped(self, command: str) -> str:
        """`command` with standard error of its own, still run by the shell itself: bash, zsh, dash."""
        is_one_line = not set(command) & {"\n", "#"} and not command.rstrip().endswith(("&", ";"))
        # dash counts the lines it reads, and says so in its messages.
        inner = f" {command}; " if is_one_line else f"\n{command}\n"
        return f"{{{inner}}} 2>{self._side.path}"

    def discard(self) -> None:
        """Forget what was written so far: what earlier commands left in the background."""
        self.take()

    def take(self) -> bytes:
        """What was written since the last call."""
        os.write(self._side.slave, self._mark)
        with self._changed:
            self._changed.wait_for(lambda: self._mark in self._taken, _MARK_S)
            written, _, rest = self._taken.partition(self._mark)
            self._taken = bytearray(rest)
        return bytes(written)

    def close(self) -> None:
        """Let the terminal go."""
        os.close(self._stop)
        self._reader.join()
        os.close(self._side.slave)
        os.close(self._side.master)

    def _read(self, stopped: int) -> None:
        poll = select.poll()
        poll.register(self._side.master, select.POLLIN)
        poll.register(stopped, select.POLLIN)
        while stopped not in {descriptor for descriptor, _ in poll.poll()}:
            try:
                data = os.read(self._side.master, _CHUNK_BYTES)
            except OSError:
                break
            with self._changed:
                self._taken += data
                if len(self._taken) > MOST_BYTES + _CHUNK_BYTES:
                    del self._taken[MOST_BYTES:-_CHUNK_BYTES]
                self._changed.notify_all()
        os.close(stopped)
