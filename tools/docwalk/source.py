"""Sources: read a file once; offsets to lines and columns and back; nobody else opens a tutorial.

Lines and columns count from 1, offsets (in characters) from 0, spans are half-open.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from docwalk.errors import ErrorCode, SourceError, SourceProblem

if TYPE_CHECKING:
    from pathlib import Path


def below(path: Path, root: Path) -> Path:
    """`path` relative to `root` where it lies below it, else as it is."""
    return path.relative_to(root) if path.is_relative_to(root) else path


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A half-open range of character offsets in one source."""

    start: int
    """First offset, from 0."""
    end: int
    """Offset after the last character."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A place a person can find."""

    line: int
    """Line, from 1."""
    column: int
    """Column in characters, from 1."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """The text of one file, and where its lines lie."""

    path: Path
    """The file, as messages name it (relative to the project where it can be)."""
    text: str
    """Its whole text; line ends are as in the file."""

    @classmethod
    def read_below(cls, path: Path, root: Path) -> Source:
        """Read `path`, which messages name as it lies below `root`, where it does.

        Raises:
            SourceError: for bytes that are no UTF-8.
        """
        resolved = path.resolve()
        return cls.read(resolved, shown_as=below(resolved, root))

    @classmethod
    def read(cls, path: Path, *, shown_as: Path | None = None) -> Source:
        """Read `path` as UTF-8 without touching its line ends.

        Raises:
            SourceError: for bytes that are no UTF-8.
        """
        shown = shown_as if shown_as is not None else path
        data = path.read_bytes()
        try:
            return cls(path=shown, text=data.decode("utf-8"))
        except UnicodeDecodeError as error:
            source = cls(path=shown, text=data.decode("utf-8", "replace"))
            at = len(data[: error.start].decode("utf-8"))
            problem = source.problem(
                ErrorCode.NOT_UTF8,
                f"byte {error.start} is no UTF-8",
                span=Span(start=at, end=at + 1),
                hint="save the file as UTF-8",
            )
            raise SourceError((problem,)) from error

    @cached_property
    def line_starts(self) -> tuple[int, ...]:
        """Offset at which each line starts; the first is 0."""
        starts = [0]
        starts.extend(i + 1 for i, c in enumerate(self.text) if c == "\n")
        return tuple(starts)

    def position(self, offset: int) -> Position:
        """Line and column of an offset."""
        line = bisect_right(self.line_starts, offset)
        return Position(line=line, column=offset - self.line_starts[line - 1] + 1)

    def line_span(self, line: int) -> Span:
        """Span of a line, from 1, without its line end."""
        start = self.line_starts[line - 1]
        end = self.line_starts[line] - 1 if line < len(self.line_starts) else len(self.text)
        if end > start and self.text[end - 1] == "\r":
            end -= 1
        return Span(start=start, end=end)

    def line_text(self, line: int) -> str:
        """Text of a line, from 1, without its line end."""
        span = self.line_span(line)
        return self.text[span.start : span.end]

    def line_start(self, offset: int) -> int:
        """Offset at which the line of an offset starts."""
        return self.line_starts[bisect_right(self.line_starts, offset) - 1]

    def slice(self, span: Span) -> str:
        """The text of a span."""
        return self.text[span.start : span.end]

    def problem(self, code: ErrorCode, message: str, *, span: Span, hint: str | None = None) -> SourceProblem:
        """A problem located at `span` (its first line is shown)."""
        where = self.position(span.start)
        text = self.line_text(where.line)
        width = min(span.end - span.start, len(text) - where.column + 1)
        return SourceProblem(
            code=code,
            message=message,
            path=self.path,
            line=where.line,
            column=where.column,
            text=text,
            width=max(1, width),
            hint=hint,
        )


class Problems:
    """Collects what is wrong with one source, so that all of it is shown together."""

    def __init__(self, source: Source) -> None:
        """Start without any."""
        self.source = source
        self.found: list[SourceProblem] = []

    def add(self, code: ErrorCode, message: str, span: Span, *, hint: str | None) -> None:
        """Note a problem at `span`."""
        self.found.append(self.source.problem(code, message, span=span, hint=hint))
