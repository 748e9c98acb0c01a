"""What a rule finds, and how it prints: as a source error, but a warning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from docwalk.errors import underlined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from docwalk.lint.page import LintPage
    from docwalk.source import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a rule says of a place."""

    span: Span
    """The place in the page."""
    message: str
    """What is wrong; names the offending text in backticks."""
    hint: str
    """One thing to do."""
    is_secret: bool = False
    """Whether the place must not be shown in full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One thing that is looked for."""

    name: str
    """What authors write to select or ignore it."""
    summary: str
    """What it finds, one line."""
    check: Callable[[LintPage], Iterator[Found]]
    """Everything it finds on a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One located thing, for people and programs."""

    rule: str
    """Name of the rule."""
    message: str
    """What is wrong."""
    path: Path
    """The page."""
    line: int
    """Line, from 1."""
    column: int
    """Column, from 1."""
    text: str
    """The whole source line, without newline; secrets covered."""
    width: int
    """Columns to underline, at least 1."""
    hint: str
    """One thing to do."""

    def __str__(self) -> str:
        """`path:line:col: warning[rule]: message`, the line with the span underlined, the hint."""
        head = f"{self.path}:{self.line}:{self.column}: warning[{self.rule}]: {self.message}"
        place = underlined(self.text, line=self.line, column=self.column, width=self.width)
        return "\n".join((head, *place, f"hint: {self.hint}"))
