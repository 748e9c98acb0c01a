"""Matching, against naive oracles: all cuts of a line, all places of a group, all permutations."""

from __future__ import annotations

import re
from itertools import permutations
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docwalk.expectation import (
    Capture,
    Captured,
    Elision,
    Gap,
    LineExpectation,
    Literal,
    Redacted,
    Tolerance,
)
from docwalk.matching.match import Match, RowKind, match_lines
from docwalk.options import MatchMode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from docwalk.expectation import ExpectedLine, Part

FORMS = {
    "int": re.compile(r"\d+"),
    "word": re.compile(r"\w+"),
    "text": re.compile(".+"),
    "ab": re.compile("a|ab|b+"),
}

FAST = settings(max_examples=80, deadline=None)


def line(*parts: Part | str) -> LineExpectation:
    """An expected line; texts are literals."""
    made = tuple(Literal(text=part) if isinstance(part, str) else part for part in parts)
    return LineExpectation(parts=made, source_line=1)


def elision() -> Elision:
    return Elision(source_line=1)


def match(
    expected: Sequence[ExpectedLine],
    lines: Sequence[str],
    *,
    mode: MatchMode = MatchMode.LITERAL,
    captures: Mapping[str, str] | None = None,
) -> Match:
    return match_lines(expected, lines, mode=mode, redactions=FORMS, captures=captures or {})


def naive_cut(parts: Sequence[Part], text: str) -> bool:
    """Whether `text` can be cut into the parts: every cut is tried."""
    if not parts:
        return not text
    first, rest = parts[0], parts[1:]
    return any(naive_fit(first, text[:end]) and naive_cut(rest, text[end:]) for end in range(len(text) + 1))


def naive_fit(part: Part, text: str) -> bool:
    if isinstance(part, Literal):
        return part.text == text
    return isinstance(part, Gap) or (isinstance(part, Redacted) and bool(FORMS[part.name].fullmatch(text)))


def naive_lines(expected: Sequence[ExpectedLine], lines: Sequence[str]) -> bool:
    """Whether the lines fit: an elision is tried with every number of lines."""
    if not expected:
        return not lines
    first, rest = expected[0], expected[1:]
    if isinstance(first, Elision):
        return any(naive_lines(rest, lines[start:]) for start in range(len(lines) + 1))
    return bool(lines) and naive_cut(first.parts, lines[0]) and naive_lines(rest, lines[1:])


PARTS = st.one_of(
    st.text("ab1", min_size=1, max_size=3).map(lambda text: Literal(text=text)),
    st.just(Gap()),
    st.sampled_from(sorted(FORMS)).map(lambda name: Redacted(name=name)),
)
LINES = st.lists(st.text("ab1", max_size=5), max_size=6)
EXPECTED_LINE = st.lists(PARTS, max_size=4).map(lambda parts: line(*parts))
EXPECTED = st.lists(st.one_of(EXPECTED_LINE, st.builds(elision)), max_size=5)
NO_ELISION = st.lists(EXPECTED_LINE, max_size=4)


@FAST
@given(st.lists(PARTS, max_size=6), st.text("ab1", max_size=9))
def test_a_line_fits_exactly_if_it_can_be_cut(parts: list[Part], text: str) -> None:
    assert match([line(*parts)], [text]).matched == naive_cut(parts, text)


@FAST
@given(EXPECTED, LINES)
def test_lines_fit_exactly_if_elisions_can_be_filled(expected: list[ExpectedLine], lines: list[str]) -> None:
    assert match(expected, lines).matched == naive_lines(expected, lines)


@FAST
@given(NO_ELISION, LINES)
def test_contains_is_an_elision_everywhere(expected: list[ExpectedLine], lines: list[str]) -> None:
    around: list[ExpectedLine] = [elision()]
    around += (each for one in expected for each in (one, elision()))
    assert match(expected, lines, mode=MatchMode.CONTAINS).matched == naive_lines(around, lines)


@FAST
@given(NO_ELISION, st.lists(st.text("ab1", max_size=3), max_size=4))
def test_unordered_is_any_permutation(expected: list[ExpectedLine], lines: list[str]) -> None:
    found = match(expected, lines, mode=MatchMode.UNORDERED).matched
    assert found == any(naive_lines(expected, order) for order in permutations(lines))


REGEXES = st.lists(st.sampled_from(["a", "b", "1", ".", "a*", "(b|1)", "[ab]", ".*", "b+?"]), max_size=4).map(
    "".join
)


def naive_regexes(expected: Sequence[str | None], lines: Sequence[str]) -> bool:
    """Whether the lines fit the patterns; None stands for any lines."""
    if not expected:
        return not lines
    first, rest = expected[0], expected[1:]
    if first is None:
        return any(naive_regexes(rest, lines[start:]) for start in range(len(lines) + 1))
    return bool(lines) and bool(re.fullmatch(first, lines[0])) and naive_regexes(rest, lines[1:])


@FAST
@given(st.lists(st.one_of(REGEXES, st.none()), max_size=4), LINES)
def test_regular_expressions_fit_as_re_says(expected: list[str | None], lines: list[str]) -> None:
    wanted = [elision() if each is None else line(each) for each in expected]
    assert match(wanted, lines, mode=MatchMode.REGEX).matched == naive_regexes(expected, lines)


@FAST
@given(st.integers(-500, 500), st.integers(0, 50), st.sampled_from(["", "%"]), st.integers(-600, 600))
def test_a_number_fits_exactly_within_its_tolerance(
    middle: int, margin: int, unit: str, printed: int
) -> None:
    tolerance = Tolerance(
        number=f"{middle / 10}", sign="±", margin=f"{margin}%" if unit else f"{margin / 10}"
    )
    # All in hundredths or finer, as whole numbers, so that no float decides.
    allowed = abs(middle) * margin * 10 if unit else margin * 1000
    found = match([line("took ", tolerance, " s")], [f"took {printed / 10} s"]).matched
    assert found == (abs(printed - middle) * 1000 <= allowed)


@FAST
@given(EXPECTED, LINES, st.sampled_from([MatchMode.LITERAL, MatchMode.CONTAINS]))
def test_rows_hold_every_line_once_and_in_order(
    expected: list[ExpectedLine], lines: list[str], mode: MatchMode
) -> None:
    rows = match(expected, lines, mode=mode).rows
    covered = [at for row in rows for at in range(row.start, row.end)]
    shown = [row.expected for row in rows if row.expected is not None]
    wanted = [one for one in expected if mode is MatchMode.LITERAL or not isinstance(one, Elision)]
    assert (covered, shown) == (list(range(len(lines))), wanted)


@FAST
@given(EXPECTED, LINES, st.sampled_from([MatchMode.LITERAL, MatchMode.CONTAINS, MatchMode.UNORDERED]))
def test_a_match_has_no_problem_and_a_mismatch_has_one(
    expected: list[ExpectedLine], lines: list[str], mode: MatchMode
) -> None:
    found = match(expected, lines, mode=mode)
    assert (found.problem is None) == found.matched


@FAST
@given(EXPECTED, LINES)
def test_every_failed_row_says_why(expected: list[ExpectedLine], lines: list[str]) -> None:
    quiet = (RowKind.EQUAL, RowKind.ELIDED)
    assert all(bool(row.reason) == (row.kind not in quiet) for row in match(expected, lines).rows)


@pytest.mark.parametrize(("parts", "text"), [((Gap(), "aa"), "aaa"), ((Gap(), "ab", Gap(), "ba"), "abababa")])
def test_text_after_a_gap_may_overlap_an_earlier_place(parts: tuple[Part | str, ...], text: str) -> None:
    assert match([line(*parts)], [text]).matched
    assert not match([line(*parts)], [f"{text}x"]).matched


def test_a_gap_is_tried_again_from_further_left() -> None:
    assert match([line(Redacted(name="word"), Gap(), "b")], ["ab"]).matched
    assert not match([line(Redacted(name="word"), Gap(), "b")], ["b"]).matched


def test_a_capture_takes_as_much_as_has_its_form() -> None:
    found = match([line("job ", Capture(name="id", kind="int"), Gap())], ["job 123 queued"])
    assert found.captures == {"id": "123"}


def test_the_first_line_that_fits_is_captured() -> None:
    found = match([elision(), line(Capture(name="id", kind="int")), elision()], ["a", "1", "2"])
    assert found.captures == {"id": "1"}


def test_a_captured_text_is_compared_in_the_same_step() -> None:
    expected = [line(Capture(name="id", kind="int")), line("again ", Captured(name="id"))]
    assert match(expected, ["7", "again 7"]).matched
    assert match(expected, ["7", "again 8"]).rows[1].reason == (
        "`[[id]]` is `7`, which was expected at column 7, found `8`"
    )


def test_a_captured_text_is_compared_in_the_same_line() -> None:
    expected = [line(Capture(name="n", kind="int"), " of ", Captured(name="n"))]
    assert match(expected, ["3 of 3"]).captures == {"n": "3"}
    assert match(expected, ["3 of 4"]).rows[0].reason == "`[[n]]` was `3` before, and is `4` here"


def test_a_name_can_be_caught_anew_by_a_later_step() -> None:
    found = match([line(Capture(name="id", kind="int"))], ["8"], captures={"id": "7"})
    assert (found.matched, found.captures) == (True, {"id": "8"})


def test_an_earlier_capture_is_compared_and_not_returned() -> None:
    found = match([line("job ", Captured(name="id"))], ["job 7"], captures={"id": "7"})
    assert (found.matched, found.captures) == (True, {})


def test_a_name_never_caught_is_said_to_be_so() -> None:
    found = match([line("job ", Captured(name="id"))], ["job 7"])
    assert found.rows[0].reason == "nothing was captured as `[[id]]` before this line"


def test_a_mismatch_keeps_what_its_fitting_lines_caught() -> None:
    found = match([line(Capture(name="id", kind="int")), line("x")], ["7", "y"])
    assert (found.matched, found.captures) == (False, {"id": "7"})


def test_captures_of_unordered_lines_reach_the_lines_that_need_them() -> None:
    expected = [line("end ", Captured(name="id")), line("start ", Capture(name="id", kind="int"))]
    assert match(expected, ["end 7", "start 7"], mode=MatchMode.UNORDERED).matched
    assert not match(expected, ["end 7", "start 8"], mode=MatchMode.UNORDERED).matched


def test_unordered_gives_a_line_up_to_a_rule_that_has_no_other() -> None:
    expected = [line(Redacted(name="word")), line(Redacted(name="int")), line(Redacted(name="text"))]
    assert match(expected, ["1", "a", "b c"], mode=MatchMode.UNORDERED).matched
    assert not match(expected, ["a", "b", "b c"], mode=MatchMode.UNORDERED).matched


def test_regular_expressions_catch_and_compare() -> None:
    expected = [line("[jJ]ob ", Capture(name="id", kind="int"), " .*"), line(Captured(name="id"), "+", Gap())]
    assert match(expected, ["Job 7 runs", "7777 x"], mode=MatchMode.REGEX).captures == {"id": "7"}
    twice = [line(Capture(name="id", kind="int"), "-", Captured(name="id"))]
    assert match(twice, ["5-5"], mode=MatchMode.REGEX).matched
    assert not match(twice, ["5-6"], mode=MatchMode.REGEX).matched


def test_a_regular_expression_without_its_capture_says_so() -> None:
    found = match([line("x ", Captured(name="id"))], ["x 1"], mode=MatchMode.REGEX)
    assert found.rows[0].reason == "nothing was captured as `[[id]]` before this line"


def test_a_pattern_that_runs_away_is_named_and_given_up() -> None:
    found = match([line("(a|aa)+"), line("b+")], ["a" * 80 + "!", "b"], mode=MatchMode.REGEX)
    reason = "`(a|aa)+` was given up after 1 s: it can match in too many ways"
    assert found.rows[0].reason == reason
    assert match([line("(a|aa)+")], ["a" * 80], mode=MatchMode.REGEX).matched


def test_a_broken_regular_expression_is_a_mismatch_that_says_so() -> None:
    found = match([line("(")], ["("], mode=MatchMode.REGEX)
    assert found.rows[0].reason.startswith("`(` is no regular expression: missing ), unterminated subpattern")


def test_a_placeholder_that_follows_a_gap_is_named_where_it_is_not_found() -> None:
    found = match([line("a", Gap(), Redacted(name="int"), "x")], ["abc"])
    assert found.rows[0].reason == "`[[int]]` does not fit at column 4, the line ends"


def test_a_line_that_goes_on_after_its_end_is_told_so() -> None:
    found = match([line("a", Gap(), "c")], ["abcd"])
    assert found.rows[0].reason == "nothing more was expected from column 4, found `d`"


def test_a_missing_line_names_the_nearest() -> None:
    found = match([line("one"), elision(), line("numpy 1.26.4")], ["one", "numpy 1.27.0", "two"])
    assert [row.kind for row in found.rows] == [RowKind.EQUAL, RowKind.ELIDED, RowKind.MISSING]
    assert found.rows[2].nearest == 1


def test_blanks_at_the_end_of_an_actual_line_count() -> None:
    # Terminals give none; the content of a file may.
    found = match([line("a")], ["a "])
    assert found.rows[0].reason == "differs only in white space at the end of the line"


AMBIGUOUS: list[Part | str] = [Gap(), Redacted(name="int")]
GAPS: list[Part | str] = [Gap(), "a"]
TEXTS: list[Part | str] = [Redacted(name="text"), " "]
LARGE = [f"line {number}" for number in range(10_000)]


@pytest.mark.parametrize(
    ("expected", "lines", "mode", "matched"),
    [
        ([line(text) for text in LARGE], LARGE, MatchMode.LITERAL, True),
        ([line(text) for text in LARGE[::10]], LARGE, MatchMode.CONTAINS, True),
        ([line("line ", Redacted(name="int")) for _ in LARGE], LARGE, MatchMode.LITERAL, True),
        ([line("line 0"), elision(), *map(line, LARGE[-500:])], LARGE, MatchMode.LITERAL, True),
        ([elision(), *[line("x")] * 999, line("y"), elision()], ["x"] * 10_000, MatchMode.LITERAL, False),
        ([line("other")], LARGE, MatchMode.LITERAL, False),
        ([*map(line, LARGE)], ["other", *LARGE[1:5_000], "new", *LARGE[5_001:]], MatchMode.LITERAL, False),
        ([line(*AMBIGUOUS * 8, "x", Gap())], ["1" * 99 + "y"], MatchMode.LITERAL, False),
        ([line(*GAPS * 40, "b")], ["a" * 500], MatchMode.LITERAL, False),
        ([line(*TEXTS * 8, "x")], [" " * 150 + "y"], MatchMode.LITERAL, False),
    ],
    ids=[
        "equal", "contains", "placeholders", "elision", "repeated", "unexpected", "changed", "ambiguous",
        "gaps", "texts",
    ],
)  # fmt: skip
def test_large_and_hostile_input_is_judged(
    expected: list[ExpectedLine], lines: list[str], mode: MatchMode, *, matched: bool
) -> None:
    # What this costs is measured in tests/bench/matcher.py; an exponential matcher would not end at all.
    assert match(expected, lines, mode=mode).matched is matched
