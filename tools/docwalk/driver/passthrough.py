"""Passthrough: the user's own terminal joined to a session's pty, as `ssh` joins two machines.

Input is a `Terminal` of some backend; whatever is typed or printed goes by unread, but for the one key
that leaves. The user's terminal is as it was afterwards.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import signal
import sys
import termios
import tty
from enum import Enum
from typing import TYPE_CHECKING, Final

from docwalk.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docwalk.backend import Terminal

LEAVE_KEY: Final = b"\x1d"
"""Ctrl-], as telnet has it."""
LEAVE_KEY_NAME: Final = "Ctrl-]"
_CHUNK_BYTES: Final = 65536
_LOOK_S: Final = 0.5
"""How often we ask whether the shell still lives while nothing is printed."""


class Parting(Enum):
    """How a passthrough ended."""

    ENDED = "ended"
    """The shell ended."""
    LEFT = "left"
    """The user pressed the key that leaves; the shell lives on."""


def require_terminal() -> None:
    """Refuse to go on where our standard input or output is no terminal.

    Raises:
        BackendError: one of them is a file or a pipe.
    """
    if not (os.isatty(sys.stdin.fileno()) and os.isatty(sys.stdout.fileno())):
        raise BackendError(
            "a shell needs a terminal, and this command's input or output is none",
            hint="run it in a terminal window, without a pipe",
        )


def terminal_size() -> tuple[int, int]:
    """Rows and columns of the user's terminal."""
    size = os.get_terminal_size(sys.stdout.fileno())
    return size.lines, size.columns


def pass_through(terminal: Terminal) -> Parting:
    """Join the user's terminal to `terminal` until its shell ends or the user leaves.

    Raises:
        BackendError: standard input or output is no terminal.
    """
    require_terminal()
    keyboard, screen = sys.stdin.fileno(), sys.stdout.fileno()
    sys.stdout.flush()
    waiting = b""
    with _raw(keyboard), _same_size(screen, terminal.fd), _unblocked(terminal.fd):
        while True:
            # A program that prints while much is pasted may read nothing for a while: neither side waits.
            ready, writable, _ = select.select(
                [keyboard, terminal.fd], [terminal.fd] if waiting else [], [], _LOOK_S
            )
            if terminal.fd in ready:
                shown = _read(terminal.fd)
                if not shown:
                    return Parting.ENDED
                _write(screen, shown)
            elif terminal.exit_status() is not None:
                return Parting.ENDED  # what it left in the background holds the pty open
            if keyboard in ready:
                typed, leaves, _ = _read(keyboard).partition(LEAVE_KEY)
                if leaves or not typed:
                    return Parting.LEFT
                waiting += typed
            if writable:
                with contextlib.suppress(
                    OSError
                ):  # full after all, or just hung up, which the next read says
                    waiting = waiting[os.write(terminal.fd, waiting) :]


@contextlib.contextmanager
def _raw(keyboard: int) -> Iterator[None]:
    """Each key as it is pressed, unechoed; put back what was set."""
    before = termios.tcgetattr(keyboard)
    tty.setraw(keyboard)
    try:
        yield
    finally:
        termios.tcsetattr(keyboard, termios.TCSADRAIN, before)


@contextlib.contextmanager
def _unblocked(fd: int) -> Iterator[None]:
    before = os.get_blocking(fd)
    os.set_blocking(fd, False)
    try:
        yield
    finally:
        os.set_blocking(fd, before)


@contextlib.contextmanager
def _same_size(screen: int, fd: int) -> Iterator[None]:
    """Give `fd` the size of the user's window, now and whenever it changes."""

    def copy(*_: object) -> None:
        fcntl.ioctl(fd, termios.TIOCSWINSZ, fcntl.ioctl(screen, termios.TIOCGWINSZ, bytes(8)))

    before = signal.signal(signal.SIGWINCH, copy)
    copy()
    try:
        yield
    finally:
        signal.signal(signal.SIGWINCH, before)


def _read(fd: int) -> bytes:
    """What there is; nothing at the end, which Linux reports of a pty's master as an error."""
    try:
        return os.read(fd, _CHUNK_BYTES)
    except OSError:
        return b""


def _write(fd: int, content: bytes) -> None:
    while content:
        content = content[os.write(fd, content) :]
