"""Recovery: from a command that failed to end back to a prompt, first as a reader would."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Final

from docwalk.driver.interaction import Interaction
from docwalk.driver.listener import Event, Listener

if TYPE_CHECKING:
    from collections.abc import Callable

    from docwalk.backend import Terminal

_INTERRUPT: Final = b"\x03"
_ENTER: Final = b"\r"
_KILL_LINE: Final = b"\x15"
_SETTLED_S: Final = 0.5
_QUIET_S: Final = 0.1
_MOST_OWED: Final = 4


def recover(listener: Listener, terminal: Terminal) -> bool:
    """Get the shell to show a prompt; False where it is gone or does not."""

    def press(key: bytes) -> None:
        try:
            listener.reader.send(key)
        except OSError:
            return  # the shell is gone; reading tells so next

    # Twice: bash 5.2 may take the first between two looks for signals, and act on it at the next key.
    ways: tuple[tuple[Callable[[], None], float], ...] = (
        (partial(press, _INTERRUPT), 0.2),
        (partial(press, _INTERRUPT), 0.8),
        (terminal.kill_foreground, 0.5),
        (partial(press, _ENTER), 0.5),
    )
    listener.begin()
    for number, (act, wait_s) in enumerate(ways):
        act()
        event = _wait(listener, wait_s)
        if event is Event.ENDED:
            if number:
                _settle(listener, press)
            listener.reader.discard()
            return True
        if event is Event.CLOSED:
            return False
    return False


def _settle(listener: Listener, press: Callable[[bytes], None]) -> None:
    """Read until nothing is owed any more: each key that was pressed may bring a prompt of its own.

    A second interrupt on its way would take the next command with it. An empty line is answered after it.
    """
    press(_KILL_LINE + _ENTER)  # what was typed to a program that read nothing is no command
    wait_s = _SETTLED_S
    for _ in range(_MOST_OWED):
        listener.read_on()
        if _wait(listener, wait_s) is not Event.ENDED:
            return
        wait_s = _QUIET_S


def _wait(listener: Listener, wait_s: float) -> Event:
    end_s = time.monotonic() + wait_s
    event = Event.BUSY
    while time.monotonic() < end_s and event not in {Event.ENDED, Event.CLOSED}:
        event = listener.next(Interaction((), ()), last_line=True, end_s=end_s)
        if event is Event.QUIET:
            listener.reader.last_data_s = time.monotonic()
    return event
