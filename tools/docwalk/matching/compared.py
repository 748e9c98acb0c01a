"""A recorded output, line by line: what was compared with the page, and what the page leaves open.

The comparison is made again, from the lines that the record keeps: what a record leaves out was elided, or of
an output that nobody compared. Says nothing of an output that did not fit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never
from unicodedata import normalize

from docwalk.expectation import Elision
from docwalk.matching.match import RowKind
from docwalk.matching.match_line import LineRule
from docwalk.matching.match_output import match_output
from docwalk.options import MatchMode
from docwalk.placeholder import Capture, Captured, Gap, Literal, Redacted, Tolerance

if TYPE_CHECKING:
    import re
    from collections.abc import Mapping, Sequence

    from docwalk.expectation import ExpectedLine
    from docwalk.placeholder import Part
    from docwalk.results import OutputLine


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSpan:
    """A piece of a line which may be another each time."""

    start: int
    """Offset of its first character."""
    end: int
    """Offset after its last; after `start`."""
    form: str
    """What it has to look like: `path`, `within 12±3`; empty where anything will do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedLine:
    """What a page says of one line of output."""

    is_compared: bool
    """Whether the page says anything of it."""
    spans: tuple[OpenSpan, ...] = ()
    """Pieces of a compared line that are compared by their form only, left to right."""


NOT_COMPARED = ComparedLine(is_compared=False)
"""A line of which the page says nothing."""
COMPARED = ComparedLine(is_compared=True)
"""A line that is on the page as it was printed."""


def compared_lines(
    expected: Sequence[ExpectedLine] | None,
    lines: Sequence[OutputLine],
    *,
    mode: MatchMode,
    redactions: Mapping[str, re.Pattern[str]],
    captures: Mapping[str, str],
) -> tuple[ComparedLine, ...] | None:
    """One for each line; None where the lines do not fit, or were compared as the values they mean.

    Args:
        expected: the expected lines; None compares nothing.
        lines: as recorded.
        mode: how they were compared.
        redactions: form of each placeholder by name.
        captures: what earlier steps caught.
    """
    if expected is None:
        return (NOT_COMPARED,) * len(lines)
    if mode is MatchMode.JSON:
        return None
    match = match_output(expected, lines, mode=mode, redactions=redactions, captures=captures)
    if not match.matched:
        return None
    known = {**captures, **match.captures}
    found = [NOT_COMPARED] * len(lines)
    for row in match.rows:
        if row.kind is not RowKind.EQUAL or row.expected is None or isinstance(row.expected, Elision):
            continue
        if mode is MatchMode.REGEX:
            span = OpenSpan(start=0, end=len(lines[row.start].text), form="a pattern")
            found[row.start] = ComparedLine(is_compared=True, spans=(span,) if span.end else ())
            continue
        rule = LineRule.of(row.expected, mode=mode, redactions=redactions, captures=captures)
        found[row.start] = _compared(rule, lines[row.start].text, known)
    return tuple(found)


def _compared(rule: LineRule, text: str, known: Mapping[str, str]) -> ComparedLine:
    if rule.fixed is not None:
        return COMPARED
    shown = normalize("NFC", text)
    own = {part.name for part in rule.parts if isinstance(part, Capture)}
    places = rule.places(shown, {name: caught for name, caught in known.items() if name not in own})
    if places is None or len(shown) != len(text):
        # Which characters were left open cannot be told: none is then said to be compared.
        return ComparedLine(is_compared=True, spans=(OpenSpan(start=0, end=len(text), form=""),))
    return ComparedLine(
        is_compared=True,
        spans=tuple(
            OpenSpan(start=start, end=end, form=form)
            for part, start, end in zip(rule.parts, places, places[1:], strict=False)
            if (form := _form(part)) is not None and end > start
        ),
    )


def _form(part: Part) -> str | None:
    """What a part asks of its text; None where it asks for one text."""
    match part:
        case Literal() | Captured():
            return None
        case Gap():
            return ""
        case Redacted(name=name):
            return name
        case Capture(kind=kind):
            return kind
        case Tolerance():
            return f"within {str(part).strip('[]')}"
        case _ as unreachable:
            assert_never(unreachable)
