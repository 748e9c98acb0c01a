"""One expected line: its text, its rule, parse and print as inverses."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal:
    """Text that must stand there exactly."""

    text: str
    """The text, placeholders excluded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """`[[...]]`: any text within a line, none too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Redacted:
    """`[[version]]`: what the redaction of that name would replace."""

    name: str
    """Name of a declared redaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """`[[jobid=int]]`: catches text for later steps."""

    name: str
    """What it is called afterwards."""
    kind: str
    """Redaction or type whose pattern it must have (`int`, `version`, `text`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Captured:
    """`[[jobid]]` after its capture: the text that was caught."""

    name: str
    """Name of the capture."""


Part = Literal | Gap | Redacted | Capture | Captured


@dataclass(frozen=True, slots=True, kw_only=True)
class LineExpectation:
    """One line of output."""

    parts: tuple[Part, ...]
    """Left to right; neighbouring literals are joined."""
    source_line: int
    """Line in the source, from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Elision:
    """A line `...`: any lines, none too."""

    source_line: int
    """Line in the source, from 1."""


ExpectedLine = LineExpectation | Elision
