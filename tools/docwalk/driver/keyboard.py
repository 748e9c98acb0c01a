"""Keyboard: a command as the bytes that are typed; one that is too long is put into a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from docwalk.dialects import Typing

if TYPE_CHECKING:
    from collections.abc import Callable

    from docwalk.dialects import Dialect

LONGEST_TYPED: Final = 4095
"""Bytes a terminal takes as one line (n_tty.c: N_TTY_BUF_SIZE - 1); longer commands go through a file."""
ENTER: Final = b"\r"
"""What the key Enter sends."""

_PASTE_START: Final = b"\x1b[200~"
_PASTE_END: Final = b"\x1b[201~"


def lines_to_type(
    command: str, dialect: Dialect, *, takes_paste: bool, spill: Callable[[bytes], str]
) -> list[bytes]:
    """What is typed, each piece to be followed by Enter: a paste, or line by line where there is none.

    Args:
        command: one complete command.
        dialect: the shell it is typed to.
        takes_paste: whether its line editor is on.
        spill: writes text to a file inside and gives its path, for commands that cannot be typed.
    """
    text = command.encode()
    is_pasted = takes_paste and dialect.typing is not Typing.LINES
    if len(text) > LONGEST_TYPED or (b"\t" in text and not (is_pasted and dialect.pastes_tabs)):
        # A typed tab completes, and a terminal drops what a line has too much.
        path = spill(text + b"\n")
        text = f"{dialect.source} {path}".encode()
    lines = [text] if is_pasted and dialect.typing is Typing.PASTE else text.split(b"\n")
    return [_PASTE_START + line + _PASTE_END for line in lines] if is_pasted else lines


def without_paste(line: bytes) -> bytes:
    """A piece of `lines_to_type` as the terminal echoes it."""
    return line.removeprefix(_PASTE_START).removesuffix(_PASTE_END)
