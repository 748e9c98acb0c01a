"""What a step printed against what was expected, standard error by itself where it is told apart.

Input: expected lines and lines as the reader sees them, each of which may be of standard error; output: one
`Match` over all of them. Each stream keeps its own order; how both interleaved is not known.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from docwalk.expectation import parts_of
from docwalk.matching.match import Match, RowKind, match_lines
from docwalk.options import MatchMode

if TYPE_CHECKING:
    import re
    from collections.abc import Mapping, Sequence

    from docwalk.expectation import ExpectedLine
    from docwalk.matching.match import Row
    from docwalk.results import OutputLine

_STREAMS: Final = {False: "standard output", True: "standard error"}


def match_output(
    expected: Sequence[ExpectedLine],
    lines: Sequence[OutputLine],
    *,
    mode: MatchMode,
    redactions: Mapping[str, re.Pattern[str]],
    captures: Mapping[str, str],
) -> Match:
    """Compare lines with what was expected; arguments and result are those of `match_lines`.

    What standard output captures is known to the lines of standard error. They are compared literally
    where the block's output is JSON.
    """
    if not any(line.is_error for line in (*expected, *lines)):
        texts = [line.text for line in lines]
        return match_lines(expected, texts, mode=mode, redactions=redactions, captures=captures)
    known = dict(captures)
    caught: dict[str, str] = {}
    matches: list[Match] = []
    rows: list[Row] = []
    for is_error in (False, True):
        places = [at for at, line in enumerate(lines) if line.is_error is is_error]
        match = match_lines(
            [line for line in expected if line.is_error is is_error],
            [lines[at].text for at in places],
            mode=MatchMode.LITERAL if is_error and mode is MatchMode.JSON else mode,
            redactions=redactions,
            captures=known,
        )
        matches.append(match)
        known.update(match.captures)
        caught.update(match.captures)
        rows = _merged(rows, [_moved(row, places) for row in match.rows])
    rows = _explained(rows, lines)
    return Match(matched=all(match.matched for match in matches), rows=tuple(rows), captures=caught)


def as_expected(lines: Sequence[OutputLine], match: Match, mode: MatchMode) -> tuple[OutputLine, ...]:
    """The lines of two streams in the order in which the page shows them, as far as it says one."""
    is_ordered = mode in {MatchMode.LITERAL, MatchMode.CONTAINS, MatchMode.REGEX}
    order = [at for row in match.rows for at in range(row.start, row.end)]
    if not match.matched or not is_ordered or sorted(order) != list(range(len(lines))):
        return tuple(lines)
    return tuple(lines[at] for at in order)


def _explained(rows: Sequence[Row], lines: Sequence[OutputLine]) -> list[Row]:
    """Rows in which a line that came from the other stream is said to."""
    new = {
        (lines[at].text, lines[at].is_error)
        for row in rows
        if row.kind in {RowKind.UNEXPECTED, RowKind.CHANGED}
        for at in range(row.start, row.end)
    }
    missing = {
        (_text(row), row.expected.is_error)
        for row in rows
        if row.kind in {RowKind.MISSING, RowKind.CHANGED} and row.expected is not None
    }
    explained: list[Row] = []
    for row in rows:
        reason = row.reason
        if row.kind is RowKind.MISSING and row.expected is not None:
            wanted = row.expected.is_error
            if (_text(row), not wanted) in new:
                reason = f"came from {_STREAMS[not wanted]}, and was expected from {_STREAMS[wanted]}"
        elif row.kind is RowKind.UNEXPECTED:
            line = lines[row.start]
            if (line.text, not line.is_error) in missing:
                stream, other = _STREAMS[line.is_error], _STREAMS[not line.is_error]
                reason = f"came from {stream}, and was expected from {other}"
        explained.append(replace(row, reason=reason))
    return explained


def _text(row: Row) -> str:
    return "".join(map(str, parts_of(row.expected))) if row.expected is not None else ""


def _moved(row: Row, places: Sequence[int]) -> Row:
    """A row of one stream, its lines counted among those of both; a stream's lines stand together."""
    start = places[row.start] if row.start < len(places) else (places[-1] + 1 if places else 0)
    nearest = None if row.nearest is None else places[row.nearest]
    return replace(row, start=start, end=start + row.end - row.start, nearest=nearest)


def _merged(rows: Sequence[Row], others: Sequence[Row]) -> list[Row]:
    """Rows of two streams in order of the page; what was not expected stays behind the row before it."""
    keyed: list[tuple[int, int, Row]] = []
    for stream, each in enumerate((rows, others)):
        line = 0
        for row in each:
            line = max(line, row.expected.source_line) if row.expected is not None else line
            keyed.append((line, stream, row))
    return [row for _, _, row in sorted(keyed, key=lambda entry: entry[:2])]
