"""What a page says of each recorded line: compared, compared but for some spans, or not compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from docwalk.matching.compared import COMPARED, NOT_COMPARED, ComparedLine, OpenSpan, compared_lines
from docwalk.options import MatchMode
from docwalk.redaction import compile_redactions
from docwalk.steps import TypeCommand
from docwalk.testing import output_lines, planned

if TYPE_CHECKING:
    from collections.abc import Mapping


def compared(
    expected: str,
    printed: str,
    mode: MatchMode = MatchMode.LITERAL,
    captures: Mapping[str, str] | None = None,
    before: str = "",
) -> tuple[ComparedLine, ...] | None:
    """What is said of the lines of a last command, `before` being what stands on the page before it."""
    _, (walk,) = planned(f"{before}```{{console}}\n:match: {mode.value}\n\n$ x\n{expected}\n```\n")
    action = walk.steps[-1].action
    assert isinstance(action, TypeCommand)
    return compared_lines(
        action.expected,
        output_lines(printed.split("\n")),
        mode=mode,
        redactions=compile_redactions(walk.redactions),
        captures=captures or {},
    )


def spans(line: ComparedLine) -> list[tuple[int, int, str]]:
    return [(span.start, span.end, span.form) for span in line.spans]


def test_literal_lines_are_compared_and_elided_ones_are_not() -> None:
    assert compared("1\n...\n4", "1\n2\n3\n4") == (COMPARED, NOT_COMPARED, NOT_COMPARED, COMPARED)


def test_an_elision_of_nothing_leaves_every_line_compared() -> None:
    assert compared("1\n...\n2", "1\n2") == (COMPARED, COMPARED)


@pytest.mark.parametrize(
    ("expected", "printed", "found"),
    [
        ("at [[path]] now", "at /opt/a now", [(3, 9, "path")]),
        ("a[[...]]c", "abc", [(1, 2, "")]),
        ("a[[...]]c", "ac", []),
        ("[[42±3]] C, [[int]] W", "41 C, 7 W", [(0, 2, "within 42±3"), (6, 7, "int")]),
        ("job [[job=int]]", "job 17", [(4, 6, "int")]),
        ("caf\u00e9 [[word]]", "caf\u00e9 x", [(5, 6, "word")]),
    ],
)
def test_placeholders_are_spans_with_their_form(
    expected: str, printed: str, found: list[tuple[int, int, str]]
) -> None:
    (line,) = compared(expected, printed) or ()
    assert line.is_compared
    assert spans(line) == found


def test_what_was_captured_before_is_compared() -> None:
    before = "```console\n$ first\n[[job=int]]\n```\n\n"
    (line,) = compared("[[job]] of [[int]]", "17 of 20", captures={"job": "17"}, before=before) or ()
    assert spans(line) == [(6, 8, "int")]


def test_a_capture_used_in_its_own_line_is_compared_with_it() -> None:
    (line,) = compared("[[a=int]] and [[a]]", "5 and 5") or ()
    assert spans(line) == [(0, 1, "int")]


def test_characters_that_are_composed_leave_the_whole_line_open() -> None:
    (line,) = compared("cafe\u0301 [[word]]", "cafe\u0301 x") or ()
    assert line == ComparedLine(is_compared=True, spans=(OpenSpan(start=0, end=7, form=""),))


def test_a_regular_expression_leaves_its_whole_line_open() -> None:
    (line,) = compared("a+", "aaa", MatchMode.REGEX) or ()
    assert spans(line) == [(0, 3, "a pattern")]


def test_lines_around_what_an_output_contains_are_not_compared() -> None:
    assert compared("b", "a\nb\nc", MatchMode.CONTAINS) == (NOT_COMPARED, COMPARED, NOT_COMPARED)


def test_unordered_lines_are_compared_where_they_stand() -> None:
    assert compared("b\n...", "a\nb", MatchMode.UNORDERED) == (NOT_COMPARED, COMPARED)


def test_nothing_is_said_of_lines_that_do_not_fit() -> None:
    assert compared("1", "2") is None


def test_nothing_is_said_line_by_line_of_values() -> None:
    assert compared('{"a": 1}', '{"a": 1}', MatchMode.JSON) is None


def test_without_expectation_nothing_is_compared() -> None:
    _, (walk,) = planned("```bash\nx\n```\n")
    action = walk.steps[0].action
    assert isinstance(action, TypeCommand)
    lines = output_lines(["1", "2"])
    assert compared_lines(
        action.expected, lines, mode=action.match, redactions=compile_redactions(()), captures={}
    ) == (NOT_COMPARED, NOT_COMPARED)
