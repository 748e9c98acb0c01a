r"""Marks: what a shell prints around prompts and commands, unseen, so that the driver knows where it is.

OSC 133 control sequences as terminals know them, each with the nonce of its instance (against accident: a
page that prints a mark must not end its own step), the kind of shell (`zsh`) and its process id:

    S   a shell read its start-up files        A   its prompt comes next
    P   its secondary prompt                   B   its prompt is complete
    C   a complete command was read and starts
    D   that command ended; with its status, the shell's flags and how many commands it has run

Input: bytes of a terminal; output: `Mark`s. Which shell prints which of them: `dialects`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum

EDITOR_READY = b"\x1b[?2004h"
"""The line editor takes pasted text in brackets, and waits for it: it prints this around each prompt."""
EDITOR_DONE = b"\x1b[?2004l\r"
"""The line editor took a line."""


class MarkKind(Enum):
    """What a mark says; the value is its letter."""

    START = b"S"
    """A shell read its start-up files."""
    PROMPT = b"A"
    """A prompt comes next."""
    PROMPT_END = b"B"
    """The prompt is complete."""
    SECONDARY = b"P"
    """A secondary prompt comes next."""
    COMMAND = b"C"
    """A command starts."""
    DONE = b"D"
    """A command ended."""


_KINDS = {kind.value: kind for kind in MarkKind}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One mark in a piece of terminal output."""

    kind: MarkKind
    """What it says."""
    shell: str
    """Kind of the shell that printed it, as `dialects` names it."""
    pid: int
    """The shell that printed it."""
    status: int | None
    """Exit status of a DONE mark; None of others."""
    flags: str
    """The shell's `$-` in a DONE mark, where it has one; else empty."""
    count: int | None
    """How many commands the shell has run, in a DONE mark, where it counts them; else None."""
    start: int
    """Offset of its first byte."""
    end: int
    """Offset after its last byte."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """The marks of one instance."""

    nonce: str
    """Letters and digits that no tutorial prints."""
    pattern: re.Pattern[bytes] = field(init=False)
    """Any of these marks."""

    def __post_init__(self) -> None:
        """Derive what is searched in every output."""
        pattern = re.compile(
            rb"\x1b\]133;([SABPCD]);%s;([a-z]+);(\d+)(?:;(\d+);(\w*);(\d*))?\x07" % self.nonce.encode()
        )
        object.__setattr__(self, "pattern", pattern)

    def begin(self, kind: MarkKind, shell: str = "") -> bytes:
        """What a mark of this kind begins with; of one kind of shell, where it is given."""
        shell_part = f"{shell};" if shell else ""
        return b"\x1b]133;%s;%s;%s" % (kind.value, self.nonce.encode(), shell_part.encode())

    def find(self, output: bytes) -> tuple[Mark, ...]:
        """All marks in `output`, in order; a DONE mark without a status is none."""
        return tuple(
            Mark(
                kind=_KINDS[match[1]],
                shell=match[2].decode(),
                pid=int(match[3]),
                status=int(match[4]) if match[4] else None,
                flags=(match[5] or b"").decode(),
                count=int(match[6]) if match[6] else None,
                start=match.start(),
                end=match.end(),
            )
            for match in self.pattern.finditer(output)
            if match[1] != MarkKind.DONE.value or match[4]
        )

    def strip(self, output: bytes) -> bytes:
        """`output` without marks."""
        return self.pattern.sub(b"", output)
