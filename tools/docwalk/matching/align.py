"""Alignment of expected and actual lines that do not match: the rows from which the diff is drawn.

What fits at both ends is taken off first. A middle of moderate size is aligned by dynamic programming; a
large one is cut at lines that occur once on both sides, so that a step that prints 100,000 lines it should
not have printed is still reported in a second.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, assert_never

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from docwalk.expectation import ExpectedLine
    from docwalk.matching.match_line import LineRule

    _Ratio = Callable[[str, str], float]

_MAX_CELLS = 250_000  # about one second of alignment; measured with 500 x 500 lines, none of them equal
_MAX_SEARCHED = 5_000  # lines among which the nearest one is looked for
_MAX_SEARCHES = 20  # missing lines for which that is done
_SIMILAR = 50  # per cent of a line that must agree before two lines are called a changed pair


class RowKind(Enum):
    """How a pair of expected and actual lines relates; the value is what messages say."""

    EQUAL = "equal"
    """The line fits."""
    CHANGED = "changed"
    """A line stands there, and does not fit."""
    MISSING = "missing"
    """Expected, and not printed."""
    UNEXPECTED = "unexpected"
    """Printed, and not expected."""
    ELIDED = "elided"
    """Any lines are allowed here, none too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An aligned pair of expected and actual lines."""

    kind: RowKind
    """How they relate."""
    expected: ExpectedLine | None
    """The expected line; None for unexpected lines, and for lines that the mode lets pass."""
    start: int
    """First actual line, from 0."""
    end: int
    """After the last actual line; `start` where there is none."""
    reason: str = ""
    """The rule that failed, for people; empty where none did."""
    column: int = 1
    """First column, from 1, at which a changed pair differs."""
    expected_column: int = 1
    """The same in the expected line as it is shown."""
    nearest: int | None = None
    """For a missing line the most similar actual line, from 0; None where none is similar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An expected line with its rule."""

    expected: ExpectedLine | None
    """The line; None is an elision that the mode implies."""
    rule: LineRule | None
    """How it is compared; None for elisions."""


def align(items: Sequence[Item], lines: Sequence[str], captures: dict[str, str]) -> tuple[Row, ...]:
    """Rows that pair `items` with `lines` at the least cost.

    Args:
        items: expected lines with their rules.
        lines: the actual lines.
        captures: those of earlier steps; what the fitting rows catch is added.
    """
    known = dict(captures)
    rules = {id(item.expected): item.rule for item in items if item.rule is not None}
    top = 0
    limit = min(len(items), len(lines))
    while top < limit and _fits(items[top], lines[top], known, keep=True):
        top += 1
    bottom = 0
    while bottom < limit - top and _fits(items[-1 - bottom], lines[-1 - bottom], known):
        bottom += 1
    middle = _middle(items[top : len(items) - bottom], lines[top : len(lines) - bottom], known)
    tail = range(len(items) - bottom, len(items))
    shift = len(lines) - len(items)
    rows = [
        *(_equal(items[i], i) for i in range(top)),
        *(replace(row, start=row.start + top, end=row.end + top) for row in middle),
        *(_equal(items[i], i + shift) for i in tail),
    ]
    return explain(_pair_up(rows), rules, lines, captures)


def nearest_line(shown: str, lines: Sequence[str]) -> int | None:
    """Index of the line most like `shown`, None where none is."""
    from rapidfuzz import fuzz, process  # noqa: PLC0415 - only mismatches need it, and it is slow to load

    best = process.extractOne(shown, lines[:_MAX_SEARCHED], scorer=fuzz.ratio, score_cutoff=_SIMILAR + 10)
    return None if best is None else int(best[2])


def _fits(item: Item, line: str, known: dict[str, str], *, keep: bool = False) -> bool:
    if item.rule is None:
        return False
    fit = item.rule.fit(line, known)
    if fit.fits and keep:
        known.update(fit.caught)
    return fit.fits


def _equal(item: Item, index: int) -> Row:
    return Row(kind=RowKind.EQUAL, expected=item.expected, start=index, end=index + 1)


def _middle(items: Sequence[Item], lines: Sequence[str], known: dict[str, str]) -> list[Row]:
    if len(items) * len(lines) <= _MAX_CELLS:
        return _cheapest(items, lines, known)
    anchors = _anchors(items, lines)
    if not anchors:
        return _apart(items, len(lines))
    rows: list[Row] = []
    item_from, line_from = 0, 0
    for item_at, line_at in [*anchors, (len(items), len(lines))]:
        part, block = items[item_from:item_at], lines[line_from:line_at]
        small = len(part) * len(block) <= _MAX_CELLS
        between = _cheapest(part, block, known) if small else _apart(part, len(block))
        rows += (replace(row, start=row.start + line_from, end=row.end + line_from) for row in between)
        if item_at < len(items):
            rows.append(_equal(items[item_at], line_at))
        item_from, line_from = item_at + 1, line_at + 1
    return rows


def _anchors(items: Sequence[Item], lines: Sequence[str]) -> list[tuple[int, int]]:
    """Longest rising sequence of fixed lines that occur once on both sides."""
    fixed = [item.rule.fixed if item.rule is not None else None for item in items]
    counted, printed = Counter(fixed), Counter(lines)
    where = {line: at for at, line in enumerate(lines) if printed[line] == 1}
    pairs = [(i, where[text]) for i, text in enumerate(fixed) if text in where and counted[text] == 1]
    ends: list[int] = []
    tops: list[int] = []
    before: list[int] = []
    for number, (_, line_at) in enumerate(pairs):
        place = bisect_left(ends, line_at)
        before.append(tops[place - 1] if place else -1)
        ends[place : place + 1] = [line_at]
        tops[place : place + 1] = [number]
    chain: list[tuple[int, int]] = []
    number = tops[-1] if tops else -1
    while number >= 0:
        chain.append(pairs[number])
        number = before[number]
    return chain[::-1]


def _apart(items: Sequence[Item], count: int) -> list[Row]:
    """Rows of a region too large to align: all that was expected, then all that was printed."""
    elision = next((item.expected for item in items if item.rule is None), None)
    rows = [
        Row(kind=RowKind.MISSING, expected=item.expected, start=0, end=0)
        for item in items
        if item.rule is not None
    ]
    has_elision = any(item.rule is None for item in items)
    kind = RowKind.ELIDED if has_elision else RowKind.UNEXPECTED
    return [*rows, Row(kind=kind, expected=elision, start=0, end=count)]


def _cheapest(items: Sequence[Item], lines: Sequence[str], known: dict[str, str]) -> list[Row]:
    """Edit distance with similarity: a missing or unexpected line costs 1, a fitting pair earns 2."""
    from rapidfuzz import fuzz  # noqa: PLC0415 - only mismatches need it, and it is slow to load

    width = len(lines) + 1
    above: list[float] = [float(j) for j in range(width)]
    steps: list[bytearray] = [bytearray(b"l" * width)]
    for item in items:
        step = bytearray(b"u" * width)
        if item.rule is None:
            cost = list(above)
            for j in range(1, width):
                if cost[j - 1] <= above[j]:
                    cost[j], step[j] = cost[j - 1], ord("e")
        else:
            cost = [above[0] + 1.0, *([0.0] * (width - 1))]
            for j, line in enumerate(lines, start=1):
                pair = above[j - 1] + _pair_cost(item.rule, line, known, fuzz.ratio)
                best, step[j] = min(
                    (pair, ord("d")), (above[j] + 1.0, ord("u")), (cost[j - 1] + 1.0, ord("l"))
                )
                cost[j] = best
        steps.append(step)
        above = cost
    return _trace(items, steps, len(lines))


def _pair_cost(rule: LineRule, line: str, known: Mapping[str, str], ratio: _Ratio) -> float:
    if rule.fit(line, known).fits:
        return -2.0  # so that an elision does not swallow lines that fit
    similar = ratio(rule.shown, line)
    return 2.0 - 1.9 * similar / 100 if similar >= _SIMILAR else 2.5


def _trace(items: Sequence[Item], steps: Sequence[bytearray], count: int) -> list[Row]:
    """Rows along the cheapest way, walked from its end: (d)own the diagonal, (u)p, (l)eft, (e)lided."""
    rows: list[Row] = []
    i, j = len(items), count
    while i or j:
        step = chr(steps[i][j])
        item = items[i - 1] if i else None
        if step == "e" or (step == "u" and item is not None and item.rule is None):
            end = j
            while chr(steps[i][j]) == "e":
                j -= 1
            i -= 1
            expected = item.expected if item is not None else None
            rows.append(Row(kind=RowKind.ELIDED, expected=expected, start=j, end=end))
        elif step == "l" or item is None:
            j -= 1
            rows.append(Row(kind=RowKind.UNEXPECTED, expected=None, start=j, end=j + 1))
        elif step == "u":
            i -= 1
            rows.append(Row(kind=RowKind.MISSING, expected=item.expected, start=j, end=j))
        else:
            i, j = i - 1, j - 1
            rows.append(Row(kind=RowKind.CHANGED, expected=item.expected, start=j, end=j + 1))
    return rows[::-1]


def _pair_up(rows: Sequence[Row]) -> list[Row]:
    """Rows in which neighbouring missing and unexpected lines stand beside each other."""
    paired: list[Row] = []
    missing: list[Row] = []
    printed: list[int] = []

    def flush() -> None:
        both = min(len(missing), len(printed))
        for row, at in zip(missing[:both], printed, strict=False):
            paired.append(replace(row, kind=RowKind.CHANGED, start=at, end=at + 1))
        place = printed[-1] + 1 if printed else None
        paired.extend(
            row if place is None else replace(row, start=place, end=place) for row in missing[both:]
        )
        if printed[both:]:
            first, last = printed[both], printed[-1]
            paired.append(Row(kind=RowKind.UNEXPECTED, expected=None, start=first, end=last + 1))
        missing.clear()
        printed.clear()

    for row in rows:
        match row.kind:
            case RowKind.MISSING:
                missing.append(row)
            case RowKind.UNEXPECTED:
                printed.extend(range(row.start, row.end))
            case RowKind.EQUAL | RowKind.CHANGED | RowKind.ELIDED:
                flush()
                paired.append(row)
            case _ as unreachable:
                assert_never(unreachable)
    flush()
    return paired


def explain(
    rows: Sequence[Row], rules: Mapping[int, LineRule], lines: Sequence[str], known: dict[str, str]
) -> tuple[Row, ...]:
    """Rows with the rule that failed; fits are judged anew from the top, so that captures reach later lines.

    Args:
        rows: in order of the expectation.
        rules: of the expected lines, by the line's `id`.
        lines: the actual lines.
        known: captures so far; what the fitting rows catch is added.
    """
    explained: list[Row] = []
    searches = _MAX_SEARCHES
    for row in rows:
        rule = rules.get(id(row.expected))
        if row.kind is RowKind.UNEXPECTED:
            explained.append(replace(row, reason="nothing was expected here"))
        elif rule is None or row.kind is RowKind.ELIDED:
            explained.append(row)
        elif row.kind is RowKind.MISSING:
            near = nearest_line(rule.shown, lines) if searches > 0 else None
            searches -= 1
            misplaced = near is not None and rule.fit(lines[near], known).fits
            reason = "printed, but not in this place" if misplaced else "no such line was printed"
            explained.append(replace(row, reason=reason, nearest=near))
        else:
            fit = rule.fit(lines[row.start], known)
            known.update(fit.caught)
            kind = RowKind.EQUAL if fit.fits else RowKind.CHANGED
            explained.append(
                replace(
                    row,
                    kind=kind,
                    reason=fit.reason,
                    column=fit.column,
                    expected_column=fit.expected_column,
                )
            )
    return tuple(explained)
