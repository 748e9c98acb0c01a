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
_SETTLED_S: Final = 0.5


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
                # What was pressed last may still be on its way, and would take the next command with it.
                # An empty line is answered after it, by one more prompt.
                listener.read_on()
                press(_ENTER)
                _wait(listener, _SETTLED_S)
            listener.reader.discard()
            return True
        if event is Event.CLOSED:
            return False
    return False


def _wait(listener: Listener, wait_s: float) -> Event:
    end_s = time.monotonic() + wait_s
    event = Event.BUSY
    while time.monotonic() < end_s and event not in {Event.ENDED, Event.CLOSED}:
        event = listener.next(Interaction((), ()), last_line=True, end_s=end_s)
        if event is Event.QUIET:
            listener.reader.last_data_s = time.monotonic()
    return event
