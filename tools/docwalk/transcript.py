"""A block's body and its commands with expectations; parse and print are inverses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docwalk.expectation import ExpectedLine
    from docwalk.source import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One complete command of a block, with what it must print."""

    text: str
    """The command as the reader types it: prompts stripped, lines joined by newlines."""
    line: int
    """Source line of its first line, from 1."""
    span: Span
    """From its prompt to the end of its last line."""
    prompt: str
    """The prompt it was written with (`$ `); empty in blocks of commands only."""
    expected: tuple[ExpectedLine, ...] | None
    """Expected output lines; None in blocks of commands only: output is not compared."""
    expected_span: Span
    """The expected output in the source, `[exit N]` included; empty where there is none."""
    exit_status: int
    """The status it must end with."""
