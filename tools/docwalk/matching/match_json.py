"""Expected JSON against printed JSON: objects by the keys that are named, arrays element by element.

Strings of the expectation may hold placeholders; one that is a placeholder and nothing else stands for a
number, `true` or `null` too, and `"[[...]]"` for any value. An element `"..."` stands for any elements, none
too, an entry `"..."` tells readers that there are more keys. Input: expected lines and lines; output: the
places that differ, as rows for the diff.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Final

from docwalk.expectation import ELISION, QUOTE, parse_parts, parts_of
from docwalk.json_text import JsonArray, JsonError, JsonObject, JsonScalar, parse_json
from docwalk.matching.align import Row, RowKind
from docwalk.matching.match_line import LineRule
from docwalk.options import MatchMode, close_match
from docwalk.placeholder import Capture, Captured, Gap, Literal

if TYPE_CHECKING:
    import re
    from collections.abc import Collection, Mapping, Sequence

    from docwalk.expectation import ExpectedLine
    from docwalk.json_text import JsonValue
    from docwalk.matching.patience import Patience
    from docwalk.placeholder import Part

LARGEST: Final = 8 << 20
"""Characters of JSON that are compared; a larger output is a mismatch that says so."""

_CANDIDATES: Final = 200  # elements among which the nearest one is looked for
_SHOWN: Final = 60  # characters of a value in a message


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One place at which the printed value is not the expected one."""

    reason: str
    """What differs, for people, with the path of the value."""
    expected_at: int | None
    """Offset in the expected text; None for what was not expected."""
    printed_at: int | None
    """Offset in the printed text; None for what is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparer:
    """Compares values of two texts."""

    expected: str
    """Text of the expectation."""
    printed: str
    """Text that was printed."""
    redactions: Mapping[str, re.Pattern[str]]
    """Forms of placeholders by name."""
    patience: Patience
    """Time for regular expressions."""
    captured: Collection[str] = ()
    """Names that the expectation captures, or compares with what was captured."""
    site_values: Mapping[str, str] = field(default_factory=dict)
    """Values of `[[site:NAME]]`, where the expected text still has them."""

    def sequence(
        self, wanted: Sequence[JsonValue], found: Sequence[JsonValue], path: str, known: dict[str, str]
    ) -> list[Difference]:
        """What differs between elements; what they catch is added to `known`.

        Between two `"..."` the elements stand at the first place where all of them fit.
        """
        gaps = [index for index, value in enumerate(wanted) if is_more(value)]
        if not gaps:
            return self._pairs(wanted, found, path, known)
        head, tail = wanted[: gaps[0]], wanted[gaps[-1] + 1 :]
        limit = len(found) - len(tail)
        if limit < len(head):
            return self._pairs([*head, *tail], found, path, known)
        differences = self._pairs(head, found[: len(head)], path, known)
        at = len(head)
        for start, end in pairwise(gaps):
            group = wanted[start + 1 : end]
            place = self.place(group, found[:limit], at, known) if group else at
            if place is None:
                differences.append(self._nowhere(group[0], found[at:limit], at, path, known))
            else:
                at = place + len(group)
        return differences + self._pairs(tail, found[limit:], path, known, start=limit)

    def place(
        self, group: Sequence[JsonValue], found: Sequence[JsonValue], start: int, known: dict[str, str]
    ) -> int | None:
        """First index from `start` at which all of `group` fits; what it catches is added to `known`."""
        for at in range(start, len(found) - len(group) + 1):
            trial = dict(known)
            if not self._pairs(group, found[at : at + len(group)], "", trial):
                known.update(trial)
                return at
        return None

    def value(
        self, wanted: JsonValue, found: JsonValue, path: str, known: dict[str, str]
    ) -> list[Difference]:
        """What differs between two values; what the expected one catches is added to `known`."""
        if isinstance(wanted, JsonScalar) and wanted.text is not None:
            return self._string(wanted, wanted.text, found, path, known)
        match wanted, found:
            case JsonObject(), JsonObject():
                return self._members(wanted, found, path, known)
            case JsonArray(), JsonArray():
                return self.sequence(wanted.items, found.items, path, known)
            case JsonScalar(), JsonScalar() if _same(wanted, found):
                return []
            case _:
                return [self._other(wanted, found, path)]

    def _pairs(
        self,
        wanted: Sequence[JsonValue],
        found: Sequence[JsonValue],
        path: str,
        known: dict[str, str],
        *,
        start: int = 0,
    ) -> list[Difference]:
        differences: list[Difference] = []
        for index, (one, other) in enumerate(zip(wanted, found, strict=False), start=start):
            differences += self.value(one, other, f"{path}[{index}]", known)
        if len(wanted) > len(found):
            reason = f"at `{path or '.'}`: {_elements(len(found))}, expected {len(wanted)}"
            at = wanted[len(found)].start
            differences.append(Difference(reason=reason, expected_at=at, printed_at=None))
        elif len(found) > len(wanted):
            reason = f"at `{path or '.'}`: {_elements(len(found))}, expected {len(wanted)}"
            at = found[len(wanted)].start
            differences.append(Difference(reason=reason, expected_at=None, printed_at=at))
        return differences

    def _members(
        self, wanted: JsonObject, found: JsonObject, path: str, known: dict[str, str]
    ) -> list[Difference]:
        printed = {member.key: member.value for member in found.members}
        differences: list[Difference] = []
        for member in wanted.members:
            if member.key == ELISION:
                continue
            if member.key in printed:
                below = f"{path}.{member.key}"
                differences += self.value(member.value, printed[member.key], below, known)
                continue
            near = close_match(member.key, printed)
            reason = f"at `{path or '.'}`: there is no key `{member.key}`"
            reason += f", the nearest is `{near}`" if near is not None else ""
            differences.append(Difference(reason=reason, expected_at=member.start, printed_at=None))
        return differences

    def _string(
        self, wanted: JsonScalar, text: str, found: JsonValue, path: str, known: dict[str, str]
    ) -> list[Difference]:
        parts = self.parts(text, known)
        if parts == (Gap(),):
            return []
        if all(isinstance(part, Literal) for part in parts):
            literal = "".join(str(part) for part in parts)
            fits = isinstance(found, JsonScalar) and found.text == literal
            return [] if fits else [self._other(wanted, found, path)]
        value = _as_text(found, is_alone=len(parts) == 1)
        if value is None:
            return [self._other(wanted, found, path)]
        rule = LineRule(
            shown=text,
            fixed=None,
            parts=parts,
            mode=MatchMode.LITERAL,
            redactions=self.redactions,
            patience=self.patience,
        )
        fit = rule.fit(value, known)
        if fit.fits:
            known.update(fit.caught)
            return []
        reason = f"at `{path or '.'}`: {fit.reason}"
        return [Difference(reason=reason, expected_at=wanted.start, printed_at=found.start)]

    def parts(self, text: str, known: Mapping[str, str]) -> tuple[Part, ...]:
        """Literals and placeholders of an expected string."""
        if text.startswith(QUOTE):
            return (Literal(text=text[len(QUOTE) :]),)
        return parse_parts(
            text,
            redactions=self.redactions,
            captures={*known, *self.captured},
            site_values=self.site_values,
        )

    def _other(self, wanted: JsonValue, found: JsonValue, path: str) -> Difference:
        reason = (
            f"at `{path or '.'}`: `{_shorten(self.expected[wanted.start : wanted.end])}` was expected, "
            f"found `{_shorten(self.printed[found.start : found.end])}`"
        )
        return Difference(reason=reason, expected_at=wanted.start, printed_at=found.start)

    def _nowhere(
        self,
        wanted: JsonValue,
        found: Sequence[JsonValue],
        start: int,
        path: str,
        known: Mapping[str, str],
    ) -> Difference:
        """An element that was expected somewhere; says what is wrong with the nearest one."""
        tried = [
            self.value(wanted, each, f"{path}[{start + index}]", dict(known))
            for index, each in enumerate(found[:_CANDIDATES])
        ]
        # The fewest differences, and rather inside than of the whole element.
        near = min(tried, key=lambda each: (len(each), each[0].expected_at == wanted.start), default=None)
        reason = f"at `{path or '.'}`: no element fits"
        reason += f"; the nearest differs {near[0].reason}" if near else ""
        at = near[0].printed_at if near is not None else None
        return Difference(reason=reason, expected_at=wanted.start, printed_at=at)


def is_more(value: JsonValue) -> bool:
    """Whether an element stands for any elements."""
    return isinstance(value, JsonScalar) and value.written == f'"{ELISION}"'


def json_of(expected: Sequence[ExpectedLine]) -> str:
    """The text of an expectation in JSON, site values put in."""
    return "\n".join("".join(map(str, parts_of(line))) for line in expected)


def caught_names(expected: Sequence[ExpectedLine]) -> frozenset[str]:
    """Names that expected lines capture."""
    return frozenset(part.name for line in expected for part in parts_of(line) if isinstance(part, Capture))


def captured_in(expected: Sequence[ExpectedLine]) -> frozenset[str]:
    """Names that expected lines capture, or compare with what was captured."""
    parts = (part for line in expected for part in parts_of(line))
    return frozenset(part.name for part in parts if isinstance(part, Capture | Captured))


def match_json(
    expected: Sequence[ExpectedLine],
    lines: Sequence[str],
    *,
    redactions: Mapping[str, re.Pattern[str]],
    known: dict[str, str],
    patience: Patience,
) -> tuple[Row, ...]:
    """Rows for what differs, none where everything fits; what the expectation catches is added to `known`.

    Args:
        expected: lines that are JSON together.
        lines: what was printed, without newlines.
        redactions: form of each placeholder by name.
        known: captures so far.
        patience: time for regular expressions.
    """
    wanted_text, found_text = json_of(expected), "\n".join(lines)
    if len(found_text) > LARGEST:
        reason = f"{len(found_text) >> 20} MiB are too much to be compared as JSON"
        return (Row(kind=RowKind.UNEXPECTED, expected=None, start=0, end=len(lines), reason=reason),)
    wanted = parse_json(wanted_text)
    comparer = Comparer(
        expected=wanted_text,
        printed=found_text,
        redactions=redactions,
        patience=patience,
        captured=captured_in(expected),
    )
    wanted_lines, found_lines = _starts(expected, wanted_text), _starts(lines, found_text)
    try:
        found = parse_json(found_text)
    except JsonError as error:
        at = bisect_right(found_lines, error.offset) - 1
        reason = f"the output is no JSON: {error.message}"
        return (Row(kind=RowKind.UNEXPECTED, expected=None, start=at, end=at + 1, reason=reason),)
    differences = (
        comparer.value(wanted[0], found[0], "", known)
        if len(wanted) == len(found) == 1
        else comparer.sequence(wanted, found, "", known)
    )
    rows: dict[tuple[int, int], Row] = {}
    for each in differences:
        row = _row(each, expected, wanted_lines, found_lines)
        rows.setdefault((row.expected.source_line if row.expected else -1, row.start), row)
    return tuple(rows.values())


def _row(
    difference: Difference,
    expected: Sequence[ExpectedLine],
    wanted_lines: Sequence[int],
    found_lines: Sequence[int],
) -> Row:
    line: ExpectedLine | None = None
    column = expected_column = 1
    start = end = 0
    kind = RowKind.UNEXPECTED
    if difference.expected_at is not None:
        index = bisect_right(wanted_lines, difference.expected_at) - 1
        line, expected_column = expected[index], difference.expected_at - wanted_lines[index] + 1
        kind = RowKind.MISSING
    if difference.printed_at is not None:
        start = bisect_right(found_lines, difference.printed_at) - 1
        end, column = start + 1, difference.printed_at - found_lines[start] + 1
        kind = RowKind.CHANGED if line is not None else RowKind.UNEXPECTED
    return Row(
        kind=kind,
        expected=line,
        start=start,
        end=end,
        reason=difference.reason,
        column=column,
        expected_column=expected_column,
    )


def _starts(lines: Sequence[object], text: str) -> list[int]:
    """Offsets at which the lines of a text begin."""
    starts = list(accumulate((len(line) + 1 for line in text.split("\n")), initial=0))
    return starts[: max(len(lines), 1)]


def _same(one: JsonScalar, other: JsonScalar) -> bool:
    if one.number is not None or other.number is not None:
        return one.number == other.number
    return one.written == other.written


def _as_text(value: JsonValue, *, is_alone: bool) -> str | None:
    """The text that placeholders are compared with; None where no text is meant."""
    if not isinstance(value, JsonScalar):
        return None
    return value.written if value.text is None and is_alone else value.text


def _elements(count: int) -> str:
    return f"{count} element{'' if count == 1 else 's'}"


def _shorten(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _SHOWN else f"{flat[: _SHOWN - 1]}…"
