"""Dialect: how one kind of shell is started, typed to and understood."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from docwalk.marks import MarkKind

if TYPE_CHECKING:
    import re
    from collections.abc import Callable

    from docwalk.marks import Mark


class Typing(Enum):
    """How a command of several lines is typed."""

    PASTE = auto()
    """Pasted as a whole."""
    PASTE_LINES = auto()
    """Each line pasted for itself: of a paste, the shell would not say where one command ends."""
    LINES = auto()
    """Each line typed: there is no paste."""


class Ready(Enum):
    """What says, after the mark of a prompt, that the shell takes a command."""

    EDITOR = auto()
    """Its line editor announces that it takes a paste; without that it takes typed lines only."""
    PROMPT_END = auto()
    """A mark at the end of the prompt: only then does an echo not get mixed up with it."""
    AT_ONCE = auto()
    """Nothing more is needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What a terminal showed since a command was typed."""

    shown: bytes
    """The bytes, marks included."""
    marks: tuple[Mark, ...]
    """The marks in them."""
    line: bytes
    """The last line that was typed, without its end."""
    line_at: int
    """How many bytes had come when that line was typed."""

    def first_command(self) -> Mark | None:
        """The first COMMAND mark."""
        return next((mark for mark in self.marks if mark.kind is MarkKind.COMMAND), None)

    def after_echo(self) -> int:
        """Offset after the terminal's echo of the last line; where that was typed if there is none."""
        echo = self.line + b"\r\n"
        found = self.shown.find(echo, self.line_at)
        return self.line_at if found < 0 else found + len(echo)

    def after_editor(self, done: bytes) -> int | None:
        """Offset after what a line editor prints when it takes the last line; None if it did not."""
        command = self.first_command()
        found = self.shown.rfind(done, 0, len(self.shown) if command is None else command.start)
        return None if found < 0 else found + len(done)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One kind of shell."""

    name: str
    """As marks and messages say it."""
    program: str
    """Its path in an environment."""
    argv: tuple[str, ...]
    """What makes it a login shell."""
    start_up: str
    """Name of the file in /run/docwalk that the environment's start-up files read."""
    code: Callable[[str], str]
    """That file's content, for a nonce: it makes interactive shells print marks."""
    typing: Typing
    """How commands of several lines are typed."""
    ready: Ready
    """When it takes a command."""
    source: str
    """The command that runs the commands of a file in the shell itself."""
    find_output: Callable[[Typed], int]
    """Where, in what was shown, the echo of typing ends and the output begins."""
    marks_commands: bool = True
    """Whether a COMMAND mark precedes what a command prints."""
    counts_commands: bool = True
    """Whether there is exactly one COMMAND mark for each command that was typed."""
    shows_prompt_on_exit: bool = False
    """Whether it shows one more prompt when it is told to end."""
    pastes_tabs: bool = True
    """Whether a tab in a paste is taken as it is."""
    keeps_wrong_lines: bool = False
    """Whether a line with a syntax error stays in its editor."""
    notices_follow_marks: bool = False
    """Whether it tells of ended jobs between the mark of its prompt and its line editor."""
    own_trace: re.Pattern[bytes] | None = None
    """What a trace (`set -x`) says of our code; None where it says nothing."""
    polls_at_prompt: bool = False
    """Whether it polls the terminal at its prompt, and nowhere else: without marks there, they are lost."""
    holds_marks: str = ""
    """What a reader changes to make it lose its marks; empty where there is another way to tell."""
