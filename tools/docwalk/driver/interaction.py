"""Interaction: what an author says to type and press while a command runs, and the bytes for it."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from docwalk.options import Answer, KeyGroup

_PLAIN: Final = {
    "Enter": b"\r",
    "Esc": b"\x1b",
    "Tab": b"\t",
    "Space": b" ",
    "Backspace": b"\x7f",
    "lt": b"<",
    "Delete": b"\x1b[3~",
    "PageUp": b"\x1b[5~",
    "PageDown": b"\x1b[6~",
}
_CURSOR: Final = {"Up": b"A", "Down": b"B", "Right": b"C", "Left": b"D", "Home": b"H", "End": b"F"}
_SIGNALS: Final = frozenset({"<C-c>", "<C-z>", "<C-\\>"})
_CONTROL: Final = re.compile(r"C-([a-z@\[\\\]^_])")

_APPLICATION_ON: Final = b"\x1b[?1h"
_APPLICATION_OFF: Final = b"\x1b[?1l"


def has_application_keys(output: bytes) -> bool:
    """Whether a program has switched the cursor keys to application mode, as curses programs do."""
    return output.rfind(_APPLICATION_ON) > output.rfind(_APPLICATION_OFF)


def key_bytes(key: str, *, is_application: bool) -> bytes:
    """What a terminal sends for one key: a character, `<Down>`, `<C-c>`.

    Args:
        key: as the author wrote it.
        is_application: whether cursor keys are in application mode.

    Raises:
        ValueError: there is no such key.
    """
    if not (key.startswith("<") and key.endswith(">") and len(key) > 1):
        return key.encode()
    name = key[1:-1]
    if name in _PLAIN:
        return _PLAIN[name]
    if name in _CURSOR:
        return (b"\x1bO" if is_application else b"\x1b[") + _CURSOR[name]
    control = _CONTROL.fullmatch(name)
    if control is not None:
        return bytes([ord(control[1].upper()) - ord("@")])
    raise ValueError(f"no key is called `{key}`")


class Interaction:
    """The answers and keys that are still to come for one command."""

    def __init__(self, answers: tuple[Answer, ...], keys: tuple[KeyGroup, ...]) -> None:
        """Start with all of them, in order."""
        self._answers = list(answers)
        self._groups = list(keys)
        self.is_started = self.is_over
        """Whether what is asked and shown comes from the command, no longer from the echo of typing it."""

    @property
    def asks(self) -> str | None:
        """The prompt that is answered next; None if there is none."""
        return self._answers[0].prompt if self._answers else None

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to type or press."""
        return not self._answers and not self._groups

    def take_answer(self) -> bytes:
        """What to type now, Enter included."""
        return self._answers.pop(0).text.encode() + b"\r"

    def can_press(self, screen: str) -> bool:
        """Whether the next keys may be pressed over what the screen shows."""
        return bool(self._groups) and (self._groups[0].until is None or self._groups[0].until in screen)

    @property
    def is_signal(self) -> bool:
        """Whether the terminal itself acts on all of the next keys: no program reads them."""
        return bool(self._groups) and _SIGNALS.issuperset(self._groups[0].keys)

    @property
    def has_sign(self) -> bool:
        """Whether a text on the screen says when the next keys are pressed."""
        return bool(self._groups) and self._groups[0].until is not None

    def take_keys(self, output: bytes) -> bytes:
        """What the next keys send, after `output` set the terminal's modes."""
        is_application = has_application_keys(output)
        return b"".join(key_bytes(key, is_application=is_application) for key in self._groups.pop(0).keys)

    @property
    def texts_to_press(self) -> tuple[str, ...]:
        """The characters among the next keys, without the named keys that part them."""
        keys = self._groups[0].keys if self._groups else ()
        texts = groupby(keys, key=lambda key: len(key) == 1)
        return tuple("".join(text) for is_text, text in texts if is_text)

    @property
    def unpressed(self) -> str:
        """What was not pressed yet, and what that waits for, in words; empty if nothing is left to press."""
        if not self._groups:
            return ""
        keys, until = " ".join(self._groups[0].keys), self._groups[0].until
        why = "" if until is None else f" and `{until}` to be shown"
        what = "quiet" if self.is_signal else "something to read the terminal"
        return f"the keys `{keys}` still wait for {what}{why}"

    def left(self) -> str:
        """What was not needed, in words; empty if all was."""
        if self._answers:
            return f"it never asked `{self._answers[0].prompt}`"
        if self._groups:
            return f"it ended before the keys `{' '.join(self._groups[0].keys)}` were pressed"
        return ""
