"""Expectations and lines → aligned `Match`, from which the diff is drawn and an update is made.

Input: the expected lines of one step and the lines its reader sees. Between two elisions the expected lines
are looked for at the first place where all of them fit, which is exact and takes linear time for fixed lines.
A `[[name=kind]]` keeps the first text that fits it; from there on `[[name]]` is that text. Refuses to know
shells and sources.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, assert_never
from unicodedata import normalize

from docwalk.expectation import Elision
from docwalk.matching.align import Item, Row, RowKind, align, explain, nearest_line
from docwalk.matching.match_json import caught_names, match_json
from docwalk.matching.match_line import LineRule
from docwalk.matching.patience import Patience
from docwalk.options import MatchMode

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator, Mapping, Sequence

    from docwalk.expectation import ExpectedLine

__all__ = ["Match", "Row", "RowKind", "match_lines"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The comparison of one step's lines with what was expected."""

    matched: bool
    """Whether everything fits."""
    rows: tuple[Row, ...]
    """Pairs of lines, in order of the expectation; together they hold every expected and actual line, but
    for JSON, where they hold what differs."""
    captures: Mapping[str, str]
    """What the fitting lines caught, by name; captures of earlier steps are not repeated."""

    @property
    def problem(self) -> Row | None:
        """The first row that failed, None where all fit."""
        good = (RowKind.EQUAL, RowKind.ELIDED)
        return next((row for row in self.rows if row.kind not in good), None)


def match_lines(
    expected: Sequence[ExpectedLine],
    lines: Sequence[str],
    *,
    mode: MatchMode,
    redactions: Mapping[str, re.Pattern[str]],
    captures: Mapping[str, str],
) -> Match:
    """Compare lines with what was expected.

    Args:
        expected: the expected lines in order; an elision stands for any lines, none too.
        lines: what was printed, without newlines.
        mode: LITERAL and REGEX compare in order; CONTAINS allows any lines between and around the expected
            ones; UNORDERED wants the same lines in any order, other lines only where there is an elision;
            JSON compares values.
        redactions: form of each placeholder by name; a placeholder without one is a `KeyError`.
        captures: what earlier steps caught; a name caught anew has its new text from that line on.

    Returns:
        The match; where it fails, its rows align both sides at the least cost.
    """
    # é is one character or two; nobody sees which.
    lines = [line if line.isascii() else normalize("NFC", line) for line in lines]
    caught_here = caught_names(expected)
    captures = {name: text for name, text in captures.items() if name not in caught_here}
    patience = Patience()
    if mode is MatchMode.JSON:
        known = dict(captures)
        rows = match_json(expected, lines, redactions=redactions, known=known, patience=patience)
        return Match(matched=not rows, rows=rows, captures=_caught(known, captures))
    items = [
        Item(
            expected=line,
            rule=None
            if isinstance(line, Elision)
            else LineRule.of(line, mode=mode, redactions=redactions, captures=captures, patience=patience),
        )
        for line in expected
    ]
    match mode:
        case MatchMode.UNORDERED:
            return _match_unordered(items, lines, captures)
        case MatchMode.CONTAINS:
            around: list[Item] = [_ANYTHING]
            for item in items:
                around += () if item.rule is None else (item, _ANYTHING)
            return _match_ordered(around, lines, captures)
        case MatchMode.LITERAL | MatchMode.REGEX:
            return _match_ordered(items, lines, captures)
        case _ as unreachable:
            assert_never(unreachable)


def _caught(known: Mapping[str, str], captures: Mapping[str, str]) -> dict[str, str]:
    """What was caught here: known now, and not before."""
    return {name: text for name, text in known.items() if name not in captures}


_ANYTHING = Item(expected=None, rule=None)


def _match_ordered(items: Sequence[Item], lines: Sequence[str], captures: Mapping[str, str]) -> Match:
    known = dict(captures)
    rows = _first_places(items, lines, known)
    matched = rows is not None
    if rows is None:
        known = dict(captures)
        rows = align(items, lines, known)
        matched = False
    return Match(matched=matched, rows=rows, captures=_caught(known, captures))


def _first_places(
    items: Sequence[Item], lines: Sequence[str], known: dict[str, str]
) -> tuple[Row, ...] | None:
    """Rows where every group between elisions stands at the first place it fits; None if one fits nowhere."""
    elisions = [index for index, item in enumerate(items) if item.rule is None]
    if not elisions:
        is_equal = len(items) == len(lines) and _group_fits(items, lines, 0, known)
        return _rows(items, 0) if is_equal else None
    head, tail = items[: elisions[0]], items[elisions[-1] + 1 :]
    limit = len(lines) - len(tail)
    if len(head) > limit or not _group_fits(head, lines, 0, known):
        return None
    rows = list(_rows(head, 0))
    at = len(head)
    text = _Joined(lines)
    for this, following in zip(elisions, [*elisions[1:], len(items)], strict=True):
        group = items[this + 1 : following]
        if following == len(items):
            found = limit if _group_fits(group, lines, limit, known) else None
        else:
            found = _find(group, text, at, limit, known)
        if found is None:
            return None
        rows.append(Row(kind=RowKind.ELIDED, expected=items[this].expected, start=at, end=found))
        rows += _rows(group, found)
        at = found + len(group)
    return tuple(rows)


def _rows(items: Sequence[Item], start: int) -> tuple[Row, ...]:
    return tuple(
        Row(kind=RowKind.EQUAL, expected=item.expected, start=at, end=at + 1)
        for at, item in enumerate(items, start=start)
    )


def _group_fits(group: Sequence[Item], lines: Sequence[str], start: int, known: dict[str, str]) -> bool:
    """Whether `group` fits the lines from `start`; what it catches is added to `known` only if so."""
    trial = known
    for item, line in zip(group, lines[start : start + len(group)], strict=True):
        fit = item.rule.fit(line, trial) if item.rule is not None else None
        if fit is None or not fit.fits:
            return False
        if fit.caught:
            trial = {**trial, **fit.caught}
    known.update(trial)
    return True


class _Joined:
    """Lines as one text, so that several fixed lines are found by one linear search."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines
        self.text: str | None = None
        self.starts: list[int] = []

    def places(self, wanted: Sequence[str], start: int) -> Iterator[int]:
        """Indexes of lines, from `start`, at which the lines `wanted` stand."""
        if self.text is None:
            self.text = "\n" + "".join(f"{line}\n" for line in self.lines)
            self.starts = [0, *accumulate(len(line) + 1 for line in self.lines)]
        needle = "\n" + "".join(f"{line}\n" for line in wanted)
        at = start
        while at < len(self.lines):
            found = self.text.find(needle, self.starts[at])
            if found < 0:
                return
            at = bisect_left(self.starts, found)
            yield at
            at += 1


def _find(group: Sequence[Item], text: _Joined, start: int, limit: int, known: dict[str, str]) -> int | None:
    """First index from `start` at which `group` fits and ends before `limit`."""
    last = limit - len(group)
    if not group:
        return start if start <= limit else None
    run_at, run = _longest_fixed(group)
    places = text.places(run, start + run_at) if run else iter(range(start, last + 1))
    for place in places:
        at = place - run_at
        if at > last:
            return None
        if _group_fits(group, text.lines, at, known):
            return at
    return None


def _longest_fixed(group: Sequence[Item]) -> tuple[int, list[str]]:
    """Where the longest run of fixed lines begins, and its lines."""
    fixed = [item.rule.fixed if item.rule is not None else None for item in group]
    bounds = [-1, *(index for index, text in enumerate(fixed) if text is None), len(fixed)]
    start, end = max(pairwise(bounds), key=lambda bound: bound[1] - bound[0])
    return start + 1, [text for text in fixed[start + 1 : end] if text is not None]


def _match_unordered(items: Sequence[Item], lines: Sequence[str], captures: Mapping[str, str]) -> Match:
    """Compare without regard to order: fixed lines first, then placeholders by augmenting paths."""
    rules = [(item, item.rule) for item in items if item.rule is not None]
    elision = next((item for item in items if item.rule is None), None)
    free: dict[str, list[int]] = {}
    for at in range(len(lines) - 1, -1, -1):
        free.setdefault(lines[at], []).append(at)
    place: dict[int, int] = {}
    open_rules: dict[int, LineRule] = {}
    for number, (_, rule) in enumerate(rules):
        if rule.fixed is None:
            open_rules[number] = rule
        elif free.get(rule.fixed):
            place[number] = free[rule.fixed].pop()
    left = sorted(at for places in free.values() for at in places)
    place |= _assign(open_rules, left, lines, captures)
    taken = set(place.values())
    left = [at for at in left if at not in taken]
    unplaced = [number for number in range(len(rules)) if number not in place]
    matched = not unplaced and (not left or elision is not None)
    rows: list[Row] = []
    for number, (item, rule) in enumerate(rules):
        kind, at = RowKind.EQUAL, place.get(number, -1)
        if at < 0:
            near = nearest_line(rule.shown, [lines[i] for i in left]) if not elision else None
            at = left.pop(near) if near is not None else -1
            kind = RowKind.CHANGED if near is not None else RowKind.MISSING
        rows.append(Row(kind=kind, expected=item.expected, start=max(at, 0), end=at + 1))
    kind = RowKind.UNEXPECTED if elision is None else RowKind.ELIDED
    rest = elision.expected if elision is not None else None
    rows += (Row(kind=kind, expected=rest, start=start, end=end) for start, end in _runs(left))
    known = dict(captures)
    for number in _capturing_first(open_rules, captures):
        if number in place:
            known.update(open_rules[number].fit(lines[place[number]], known).caught)
    explained = explain(rows, {id(item.expected): rule for item, rule in rules}, lines, known)
    # What a line captured may contradict a later line, which is known only now.
    matched = matched and all(row.kind in {RowKind.EQUAL, RowKind.ELIDED} for row in explained)
    return Match(matched=matched, rows=explained, captures=_caught(known, captures))


def _runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Half-open ranges of a rising sequence: 1, 2, 5 are (1, 3) and (5, 6)."""
    breaks = [0, *(i for i in range(1, len(numbers)) if numbers[i] != numbers[i - 1] + 1), len(numbers)]
    return ((numbers[a], numbers[b - 1] + 1) for a, b in pairwise(breaks) if a < b)


def _assign(
    rules: Mapping[int, LineRule], free: Sequence[int], lines: Sequence[str], captures: Mapping[str, str]
) -> dict[int, int]:
    """A line for as many rules as possible: a largest bipartite matching, built path by path.

    Rules that need a capture of this same step are given a line after the others.
    """
    known = dict(captures)
    fitting: dict[int, list[int]] = {}
    owner: dict[int, int] = {}
    for number in _capturing_first(rules, captures):
        fitting[number] = [at for at in free if rules[number].fit(lines[at], known).fits]
        came_from: dict[int, int] = {}
        queue = deque([number])
        while queue:
            this = queue.popleft()
            for at in fitting[this]:
                if at in came_from:
                    continue
                came_from[at] = this
                if at in owner:
                    queue.append(owner[at])
                    continue
                _shift(number, at, came_from, owner)
                known.update(rules[number].fit(lines[_line_of(owner, number)], known).caught)
                queue.clear()
                break
    return {number: at for at, number in owner.items()}


def _capturing_first(rules: Mapping[int, LineRule], captures: Mapping[str, str]) -> list[int]:
    """Numbers of the rules, those last that need a capture of this same step."""
    return sorted(rules, key=lambda number: (rules[number].needs(captures), number))


def _shift(number: int, at: int, came_from: Mapping[int, int], owner: dict[int, int]) -> None:
    """Give the free line `at` to the rule that reached it, its line to the one before, up to `number`."""
    while True:
        taker = came_from[at]
        given_up = next((line for line, holder in owner.items() if holder == taker), None)
        owner[at] = taker
        if taker == number or given_up is None:
            return
        at = given_up


def _line_of(owner: Mapping[int, int], number: int) -> int:
    return next(at for at, holder in owner.items() if holder == number)
