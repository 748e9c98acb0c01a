"""An aligned diff, expected beside actual, with what differs marked: rows to styled lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len, chop_cells
from rich.text import Text

from docwalk.expectation import ERROR_LEAD, LineExpectation
from docwalk.matching.match import RowKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from docwalk.expectation import ExpectedLine
    from docwalk.matching.match import Row

_CONTEXT: Final = 3  # fitting lines shown around those that do not
_MAX_ROWS: Final = 40  # rows shown of one diff
_MAX_LINES: Final = 10  # lines shown of one row that spans many
_MAX_WRAPPED: Final = 6  # pieces shown of one long line
_EVIDENT: Final = {"", "nothing was expected here", "no such line was printed"}  # what the signs say already
_SIGNS: Final = {
    RowKind.EQUAL: (" ", "dim"),
    RowKind.ELIDED: (" ", "dim"),
    RowKind.CHANGED: ("~", "yellow"),
    RowKind.MISSING: ("-", "red"),
    RowKind.UNEXPECTED: ("+", "green"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cells:
    """One row made ready for the two columns."""

    kind: RowKind
    """How both sides relate."""
    number: int | None
    """Source line of the expectation, from 1."""
    expected: str
    """Left side."""
    actual: str
    """Right side."""
    starts: tuple[int, int] = (0, 0)
    """Offsets on both sides at which a changed pair begins to differ."""


def diff_lines(rows: Sequence[Row], lines: Sequence[str], *, width_cols: int) -> Iterator[Text]:
    """The diff of a mismatch; where several rows differ, each says by which rule.

    Args:
        rows: of the match.
        lines: the actual lines.
        width_cols: columns there are, gutter included.
    """
    numbers = [row.expected.source_line for row in rows if row.expected is not None]
    gutter = max(len(str(max(numbers, default=0))), 1)
    column = max((width_cols - gutter - 7) // 2, 16)
    frame = f" {'':>{gutter}} │ "
    yield Text(f"   {frame[1:]}{_pad('expected (the page)', column)} │ actual (this run)", style="bold")
    is_many = sum(row.kind not in {RowKind.EQUAL, RowKind.ELIDED} for row in rows) > 1
    shown = 0
    for hidden, row in _with_context(rows):
        if hidden:
            yield Text(f"   {frame[1:]}{_pad(f'… {hidden} more that fit', column)} │", style="dim")
        if row is None:
            continue
        if shown >= _MAX_ROWS:
            left = sum(1 for each in rows if each.kind not in {RowKind.EQUAL, RowKind.ELIDED})
            yield Text(f"   … the diff goes on; {left} rows differ in all", style="dim")
            return
        shown += 1
        for cells in _cells(row, lines):
            yield from _side_by_side(cells, gutter, column)
        reason = _reason(row)
        if is_many and reason not in _EVIDENT:
            yield Text(f"   {frame[1:]}└ {reason}", style="dim")


def _reason(row: Row) -> str:
    near = f", the nearest is line {row.nearest + 1} of the output" if row.nearest is not None else ""
    return row.reason + near


def differing_part(expected: str, actual: str) -> tuple[int, int, int]:
    """First offset at which two texts differ, and where that part ends in each of them."""
    limit = min(len(expected), len(actual))
    start = next((i for i in range(limit) if expected[i] != actual[i]), limit)
    same = 0
    while same < limit - start and expected[-1 - same] == actual[-1 - same]:
        same += 1
    return start, len(expected) - same, len(actual) - same


def shown_expectation(line: ExpectedLine | None) -> str:
    """An expected line without the quoting that the source needs."""
    lead = ERROR_LEAD if line is not None and line.is_error else ""
    if isinstance(line, LineExpectation):
        return lead + "".join(str(part) for part in line.parts)
    return f"{lead}..."


def visible(text: str) -> str:
    """Text with what cannot be seen made visible: tabs, control characters, blanks at the end."""
    stripped = text.rstrip(" ")
    shown = stripped.replace("\t", "→") + "·" * (len(text) - len(stripped))
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in shown)


def _with_context(rows: Sequence[Row]) -> Iterator[tuple[int, Row | None]]:
    """Rows to show, each with the number of fitting rows left out before it; None ends the list."""
    quiet = (RowKind.EQUAL, RowKind.ELIDED)
    loud = [index for index, row in enumerate(rows) if row.kind not in quiet]
    near = {at for index in loud for at in range(index - _CONTEXT, index + _CONTEXT + 1)}
    hidden = 0
    for index, row in enumerate(rows):
        if index in near:
            yield hidden, row
            hidden = 0
        else:
            hidden += 1
    if hidden:
        yield hidden, None


def _cells(row: Row, lines: Sequence[str]) -> Iterator[_Cells]:
    number = row.expected.source_line if row.expected is not None else None
    expected = shown_expectation(row.expected) if row.expected is not None else ""
    count = row.end - row.start
    if row.kind is RowKind.ELIDED:
        actual = f"({count} line{'s' if count != 1 else ''})"
        yield _Cells(kind=row.kind, number=number, expected=expected or "(anything)", actual=actual)
        return
    if row.kind is RowKind.MISSING:
        yield _Cells(kind=row.kind, number=number, expected=expected, actual="")
        return
    for at in range(row.start, min(row.end, row.start + _MAX_LINES)):
        shift = len(ERROR_LEAD) if row.expected is not None and row.expected.is_error else 0
        starts = (shift + row.expected_column - 1, shift + row.column - 1)
        yield _Cells(kind=row.kind, number=number, expected=expected, actual=lines[at], starts=starts)
    if count > _MAX_LINES:
        rest = f"… {count - _MAX_LINES} more lines"
        yield _Cells(kind=row.kind, number=None, expected="", actual=rest)


def _side_by_side(cells: _Cells, gutter: int, column: int) -> Iterator[Text]:
    sign, style = _SIGNS[cells.kind]
    loud = cells.kind not in {RowKind.EQUAL, RowKind.ELIDED}
    left = visible(cells.expected) if loud else visible(cells.expected.rstrip())
    right = visible(cells.actual) if loud else visible(cells.actual.rstrip())
    number = "" if cells.number is None else str(cells.number)
    pieces = zip_long(_wrap(left, column), _wrap(right, column))
    marks = zip_long(*_marks(cells, left, right, column)) if cells.kind is RowKind.CHANGED else []
    for index, (one, other) in enumerate(pieces):
        head = f" {sign} {number if index == 0 else '':>{gutter}} │ "
        yield Text(f"{head}{_pad(one, column)} │ {other}".rstrip(), style=style)
        if index < len(marks) and any(mark.strip() for mark in marks[index]):
            frame = f"   {'':>{gutter}} │ "
            yield Text(f"{frame}{_pad(marks[index][0], column)} │ {marks[index][1]}".rstrip(), style="bold")


def _marks(cells: _Cells, left: str, right: str, column: int) -> tuple[list[str], list[str]]:
    """Carets below what differs, wrapped as the texts are."""
    start, other_start = cells.starts
    limit = max(min(len(left) - start, len(right) - other_start), 0)
    same = next((i for i in range(limit) if left[-1 - i] != right[-1 - i]), limit)
    return (
        _underline(left, start, len(left) - same, column),
        _underline(right, other_start, len(right) - same, column),
    )


def _underline(text: str, start: int, end: int, column: int) -> list[str]:
    marks: list[str] = []
    at = 0
    for piece in _wrap(text, column):
        marks.append(
            "".join(
                ("^" if start <= at + i < max(end, start + 1) else " ") * cell_len(c)
                for i, c in enumerate(piece)
            )
        )
        at += len(piece)
    if start >= len(text) and marks and cell_len(marks[-1]) < column:
        marks[-1] += "^"  # something is missing at the end
    return marks


def zip_long(left: Sequence[str], right: Sequence[str]) -> list[tuple[str, str]]:
    """Pairs of two lists, the shorter one filled with empty texts."""
    size = max(len(left), len(right))
    return list(zip([*left, *[""] * (size - len(left))], [*right, *[""] * (size - len(right))], strict=True))


def _wrap(text: str, column: int) -> list[str]:
    if cell_len(text) <= column:
        return [text]
    pieces = chop_cells(text, column)
    return pieces if len(pieces) <= _MAX_WRAPPED else [*pieces[: _MAX_WRAPPED - 1], "…"]


def _pad(text: str, column: int) -> str:
    return text + " " * max(column - cell_len(text), 0)
