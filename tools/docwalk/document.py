"""Documents: markdown-it tokens to blocks, each with its span, options, tabs and id."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docwalk.options import BlockOptions
    from docwalk.source import Source, Span


class BlockKind(Enum):
    """What a block holds."""

    TRANSCRIPT = "transcript"
    """Prompts, commands and their output."""
    COMMANDS = "commands"
    """Commands only; each must end with the expected status."""
    FILE = "file"
    """The content of a file the reader edits."""


class FileMode(Enum):
    """What a file block does."""

    CREATE = "create"
    """Write the whole file (the default)."""
    APPEND = "append"
    """Add to its end."""
    CHECK = "check"
    """The file must already hold exactly this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockLine:
    """One line of a block's body."""

    text: str
    """Its text without the block's indentation and without newline."""
    span: Span
    """Where that text lies in the source (indentation and newline excluded)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TabChoice:
    """One tab a block lies in."""

    group: str
    """Name of the axis: a declared one, or `page:N` for a local axis, N from 1."""
    label: str
    """The tab's label, the value on that axis."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One shell or file block of a page."""

    id: str
    """page + digest of (kind, options, body) + occurrence; stable under edits of prose."""
    kind: BlockKind
    """What it holds."""
    language: str
    """The fence's word: `console`, `bash`, `file`, …"""
    argument: str
    """What follows a directive's name: the path of a `{file}`; else empty."""
    file_mode: FileMode
    """For file blocks; CREATE otherwise."""
    options: BlockOptions
    """Resolved options."""
    is_directive: bool
    """Whether it was written `{console}` rather than `console`."""
    lines: tuple[BlockLine, ...]
    """The body, options excluded."""
    span: Span
    """From the opening fence's first character to the closing fence's last."""
    body_span: Span
    """The body in the source, from its first line's start (indentation included) to the closing fence's line start."""
    indent: str
    """What stands before each body line in the source (spaces of a list, `> ` of a quote)."""
    line: int
    """Line of the opening fence, from 1."""
    tabs: tuple[TabChoice, ...]
    """The tabs it lies in, outermost first."""
    section: tuple[str, ...]
    """The headings above it, outermost first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TabGroup:
    """The labels of one tab set of the page, in order of appearance."""

    group: str
    """Name of the axis."""
    labels: tuple[str, ...]
    """Its labels; the first is the default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One parsed page."""

    source: Source
    """The text it was parsed from."""
    page: str
    """Path below the project's root, posix, without suffix: `tutorials/2-packages`."""
    title: str
    """Text of the first heading; the page's name where there is none."""
    environment: str | None
    """Front matter `docwalk.environment`; None is the project's default."""
    shell: str | None
    """Front matter `docwalk.shell`; None is the environment's default."""
    walk_timeout_s: float
    """Seconds one walk of the page may take."""
    coverage: str
    """`each` or `all`."""
    exclude: tuple[tuple[TabChoice, ...], ...]
    """Combinations that are no walk."""
    redactions: tuple[tuple[str, str], ...]
    """Page's own redactions: name and regular expression."""
    blocks: tuple[Block, ...]
    """In order of the page."""
    tab_groups: tuple[TabGroup, ...]
    """In order of appearance."""
    headings: tuple[str, ...]
    """All headings in order, as plain text."""
