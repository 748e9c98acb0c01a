"""Our exception types, and how a located error prints.

A `SourceError` is the author's to fix, a `BackendError` the operator's. What a step did wrong is
never an exception: it is data (`results.py`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_READ_MORE = re.compile(r"\s*dmesg\(1\) may have|Try '.* --help'|Run 'docker ")


class ErrorCode(Enum):
    """What is wrong with a source; the value is the code printed, and its section in the docs."""

    UNKNOWN_OPTION = "unknown-option"
    """A block, page or project option that does not exist."""
    BAD_VALUE = "bad-value"
    """An option whose value has the wrong type or range."""
    BAD_FRONT_MATTER = "bad-front-matter"
    """Front matter that is no YAML mapping, or a `docwalk` key that is none."""
    UNCLOSED_FENCE = "unclosed-fence"
    """A fence without an end."""
    NO_PROMPT = "no-prompt"
    """A transcript that does not begin with its prompt."""
    INCOMPLETE_COMMAND = "incomplete-command"
    """A command that is not complete where its block ends."""
    MIXED_CONTINUATION = "mixed-continuation"
    """Continuation lines of which some carry the secondary prompt and some do not."""
    SCRIPT_IN_SHELL_BLOCK = "script-in-shell-block"
    """A block that begins with `#!`: a file, not commands to type."""
    UNREAD_DIRECTIVE = "unread-directive"
    """A directive that could bring shell blocks onto the page which nobody reads or runs."""
    UNKNOWN_DIRECTIVE = "unknown-directive"
    """A fence whose name is no shell's, though it looks like one: it would silently not be run."""
    TRAILING_COMMENT = "trailing-comment"
    """A comment after a command in a shell that has no interactive comments."""
    BAD_PLACEHOLDER = "bad-placeholder"
    """A `[[name]]` that is no redaction, capture or site value; a `{{ name }}` that is no site value."""
    BAD_EXIT_LINE = "bad-exit-line"
    """An `[exit N]` line that is misplaced, repeated, or without a number."""
    UNKNOWN_TAB = "unknown-tab"
    """A tab label that belongs to no axis, a tab outside a set, or a combination that no walk has."""
    UNKNOWN_ENVIRONMENT = "unknown-environment"
    """An environment that is not defined."""
    ONE_COMMAND_ONLY = "one-command-only"
    """`answers` or `keys` on a block with more or less than one command."""
    BUSY_SESSION = "busy-session"
    """A block that types in a session whose command goes on, or stops one where none does."""
    NOT_UTF8 = "not-utf8"
    """A file that is not UTF-8."""
    BAD_CONFIGURATION = "bad-configuration"
    """A configuration file that is no TOML, or has a wrong key or value."""
    BAD_ENVIRONMENT = "bad-environment"
    """An `environment.toml` with a wrong key or value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceProblem:
    """One located thing an author has to mend."""

    code: ErrorCode
    """What kind of problem it is."""
    message: str
    """Names the offending text in backticks, and what was expected."""
    path: Path
    """The file."""
    line: int
    """Line, from 1."""
    column: int
    """Column, from 1."""
    text: str
    """The whole source line, without newline."""
    width: int
    """Columns to underline, at least 1."""
    hint: str | None
    """One thing to do; None where nothing better than the message can be said."""

    def __str__(self) -> str:
        """`path:line:col: error[code]: message`, the line with the span underlined, the hint."""
        head = f"{self.path}:{self.line}:{self.column}: error[{self.code.value}]: {self.message}"
        lines = [head, *underlined(self.text, line=self.line, column=self.column, width=self.width)]
        if self.hint is not None:
            lines.append(f"hint: {self.hint}")
        return "\n".join(lines)


def underlined(text: str, *, line: int, column: int, width: int) -> tuple[str, str]:
    """A source line with its number, and carets below `width` columns from `column` (both from 1)."""
    gutter = f"{line:>5} | "
    before = len(text[: column - 1].expandtabs(4))
    carets = " " * (len(gutter) - 2) + "| " + " " * before + "^" * max(1, width)
    return f"{gutter}{text.expandtabs(4)}", carets


class SourceError(Exception):
    """All problems of one or more sources, shown together, before anything runs."""

    def __init__(self, problems: tuple[SourceProblem, ...]) -> None:
        """Keep the problems in order of path and position."""
        self.problems = tuple(sorted(problems, key=lambda p: (str(p.path), p.line, p.column)))
        super().__init__("\n\n".join(str(problem) for problem in self.problems))


class BackendError(Exception):
    """The machine cannot do what was asked; never part of a record.

    `hint` is the one thing that mends it, preferably a command.
    """

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        """Keep the hint apart, so that the command line can set it off."""
        self.hint = hint
        super().__init__(message)


def last_line(said: str | bytes) -> str:
    """The last line of what a program said that failed, which tells why; empty where it said nothing.

    Lines that only tell where to read more are no reason, colours are no text.
    """
    text = _COLOUR.sub("", said if isinstance(said, str) else said.decode("utf-8", "replace"))
    lines = [line for line in text.strip().splitlines() if line.strip() and not _READ_MORE.match(line)]
    return lines[-1] if lines else ""
