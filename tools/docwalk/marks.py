r"""Marks: what a shell prints around prompts and commands, unseen, so that the driver knows where it is.

OSC 133 control sequences as terminals know them, each with the nonce of its instance (against accident: a
page that prints a mark must not end its own step) and the process id of the shell:

    S   a shell read its start-up files        A   its prompt comes next
    P   its secondary prompt                   C   a complete command was read and starts
    D   that command ended; with its status

Input: bytes of a terminal; output: `Mark`s. Prompts themselves stay as they are: no PS1 is changed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum

EDITOR_READY = b"\x1b[?2004h"
"""The line editor takes pasted text in brackets, and waits for it: readline prints it before each prompt."""
EDITOR_DONE = b"\x1b[?2004l\r"
"""The line editor took a line."""


class MarkKind(Enum):
    """What a mark says; the value is its letter."""

    START = b"S"
    """A shell read its start-up files."""
    PROMPT = b"A"
    """A prompt comes next."""
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
    status: int | None
    """Exit status of a DONE mark; None of others."""
    pid: int
    """The shell that printed it."""
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
    prompt: bytes = field(init=False)
    """What a PROMPT mark begins with."""
    secondary: bytes = field(init=False)
    """What a SECONDARY mark begins with."""
    command: bytes = field(init=False)
    """What a COMMAND mark begins with."""

    def __post_init__(self) -> None:
        """Derive the byte forms, which are searched in every output."""
        nonce = self.nonce.encode()
        pattern = re.compile(rb"\x1b\]133;([SAPCD]);%s;(?:(\d+);)?(\d+)\x07" % nonce)
        object.__setattr__(self, "pattern", pattern)
        object.__setattr__(self, "prompt", b"\x1b]133;A;%s;" % nonce)
        object.__setattr__(self, "secondary", b"\x1b]133;P;%s;" % nonce)
        object.__setattr__(self, "command", b"\x1b]133;C;%s;" % nonce)

    def find(self, output: bytes) -> tuple[Mark, ...]:
        """All marks in `output`, in order."""
        return tuple(
            Mark(
                kind=_KINDS[match[1]],
                status=None if match[2] is None else int(match[2]),
                pid=int(match[3]),
                start=match.start(),
                end=match.end(),
            )
            for match in self.pattern.finditer(output)
        )

    def strip(self, output: bytes) -> bytes:
        """`output` without marks."""
        return self.pattern.sub(b"", output)

    def bash(self) -> str:
        """Start-up code for interactive bash, 5.1 or newer.

        PROMPT_COMMAND is an array whose first element is left to the reader: an assignment replaces that one
        only. bash keeps `$?`, `$_` and PIPESTATUS around it. The redirections keep a trace (`set -x`) and a
        DEBUG trap of the reader's quiet; /dev/tty serves a shell whose own output went elsewhere. A shell
        that reads the code again (`. /etc/profile`) did not start again: its status counts.
        """
        done = rf"\e]133;D;{self.nonce};%s;%s\a\e]133;A;{self.nonce};%s\a"
        return f"""\
case $- in *i*)
    set +o history
    [[ -n ${{PROMPT_COMMAND[9]-}} ]] || printf '\\e]133;S;{self.nonce};%s\\a' $$ >/dev/tty
    PROMPT_COMMAND[9]='{{ printf "{done}" "$?" $$ $$ >/dev/tty; }} >/dev/null 2>&1'
    PS0='\\e]133;C;{self.nonce};$$\\a'
    PS2='\\[\\e]133;P;{self.nonce};$$\\a\\]> ' ;;
esac
"""
