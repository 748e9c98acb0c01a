"""What is kept of a long output: all that was compared, and both ends of what nobody looks at.

The comparison comes before this, and is of every line. What is left out is said in its place.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from docwalk.matching.match import RowKind
from docwalk.options import MatchMode
from docwalk.results import OutputLine, Style, StyledText

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from docwalk.matching.match import Match

ELIDED_LINES: Final = 50
"""Of lines that an elision hides, so many are kept at each end."""
UNCOMPARED_LINES: Final = 500
"""The same of an output that is not compared, or is compared as JSON."""
FAILED_LINES: Final = 5_000
"""The same of an output that is not as expected."""


def kept_lines(lines: Sequence[OutputLine], match: Match | None, mode: MatchMode) -> tuple[OutputLine, ...]:
    """The lines that go into the record, and on the page.

    Args:
        lines: all lines, in the order in which `match` counts them.
        match: the comparison; None where there was none.
        mode: how they were compared.
    """
    hidden = [False] * len(lines)
    if match is not None and match.matched and mode is not MatchMode.JSON:
        for row in match.rows:
            if row.kind is RowKind.ELIDED:
                _hide(hidden, row.start, row.end, ELIDED_LINES)
    elif match is not None and not match.matched:
        _hide(hidden, 0, len(lines), FAILED_LINES)
    else:
        _hide(hidden, 0, len(lines), UNCOMPARED_LINES)
    return tuple(_shown(lines, hidden)) if any(hidden) else tuple(lines)


def failed_lines(lines: Sequence[OutputLine]) -> tuple[OutputLine, ...]:
    """The lines that are kept of a command which failed otherwise than by its output."""
    hidden = [False] * len(lines)
    _hide(hidden, 0, len(lines), FAILED_LINES)
    return tuple(_shown(lines, hidden))


def _hide(hidden: list[bool], start: int, end: int, kept: int) -> None:
    if end - start > 2 * kept + 1:  # one line more or less is not worth saying so
        hidden[start + kept : end - kept] = [True] * (end - start - 2 * kept)


def _shown(lines: Sequence[OutputLine], hidden: Sequence[bool]) -> Iterator[OutputLine]:
    for is_hidden, group in groupby(zip(lines, hidden, strict=True), key=lambda pair: pair[1]):
        pairs = list(group)
        if not is_hidden:
            yield from (line for line, _ in pairs)
            continue
        text = StyledText(text=f"… {len(pairs):,} lines left out of the record", style=Style(italics=True))
        yield OutputLine(runs=(text,), is_error=pairs[0][0].is_error, left_out=len(pairs))
