"""Plans: a document to walks, each with its environment, sessions, ordered steps and limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from docwalk.document import FileMode, TabChoice
    from docwalk.expectation import ExpectedLine
    from docwalk.options import Answer, KeyGroup, MatchMode
    from docwalk.source import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeCommand:
    """The reader types a command."""

    command: str
    """What is typed, lines joined by newlines; `[[name]]` of captures still in it."""
    captured_names: tuple[str, ...]
    """Captures whose text replaces `[[name]]` in the command."""
    expected: tuple[ExpectedLine, ...] | None
    """Expected lines; None compares no output (status *ran*)."""
    match: MatchMode
    """How they are compared."""
    exit_status: int
    """The status it must end with."""
    answers: tuple[Answer, ...]
    """What to type when it asks."""
    keys: tuple[KeyGroup, ...]
    """What to press in a full-screen program."""
    prompt: str | None
    """Declared prompt of a shell without marks; None where marks are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditFile:
    """The reader creates, extends or checks a file."""

    path: str
    """As written: absolute, or relative to the home with `~/`, or to the session's folder."""
    content: str
    """Whole text, final newline included."""
    mode: FileMode
    """Create, append or check."""


Action = TypeCommand | EditFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The smallest thing run."""

    index: int
    """Number in the walk, from 0."""
    block_id: str
    """The block it comes from."""
    line: int
    """Source line, from 1, that a failure names."""
    span: Span
    """The command in the source."""
    expected_span: Span
    """The expected output in the source; empty where there is none."""
    session: str
    """Session it runs in."""
    user: str | None
    """Account; None is the environment's."""
    timeout_s: float
    """Seconds it may take."""
    action: Action
    """What is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotRun:
    """A block that is shown and not run."""

    block_id: str
    """The block."""
    line: int
    """Its fence, line from 1."""
    reason: str
    """What the reader is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """One reader's way through a page."""

    name: str
    """Page and axis values: `tutorials/2-packages` or `tutorials/2-packages[zsh,Lmod]`; unique."""
    page: str
    """The page, as `Document.page`."""
    source_path: Path
    """Its file, as messages name it."""
    is_default: bool
    """Whether this is the page's default walk, whose output a page shows first."""
    choices: tuple[TabChoice, ...]
    """One value for each axis of the page."""
    environment: str
    """Name of the environment."""
    shell: str | None
    """Shell of the reader; None is the environment's default."""
    variables: tuple[tuple[str, str], ...]
    """Variables an axis value sets."""
    timeout_s: float
    """Seconds the whole walk may take."""
    redactions: tuple[tuple[str, str], ...]
    """Declared redactions: name and regular expression, page's after project's."""
    steps: tuple[Step, ...]
    """In the order they run."""
    not_run: tuple[NotRun, ...]
    """Blocks that are not run in any case (a `skip`); lacking `requires` are found at run time."""
    requires: tuple[tuple[str, tuple[str, ...]], ...]
    """Block id and what that block requires."""
    digest: str
    """sha256 of everything that is run, expected, and where (environment name, shell); not of prose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All walks of some documents."""

    walks: tuple[Walk, ...]
    """In order of page and of walk."""
