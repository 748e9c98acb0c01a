"""Offsets, lines and columns of a text."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docwalk.errors import ErrorCode, SourceError
from docwalk.source import Position, Problems, Source, Span


def make_source(text: str) -> Source:
    return Source(path=Path("page.md"), text=text)


@given(st.text(alphabet="ab\r\n", max_size=30))
def test_lines_and_offsets_are_inverse(text: str) -> None:
    source = make_source(text)
    for offset in range(len(text) + 1):
        where = source.position(offset)
        assert source.line_starts[where.line - 1] + where.column - 1 == offset
        assert source.line_start(offset) == source.line_starts[where.line - 1]
    numbers = range(1, len(source.line_starts) + 1)
    assert [source.line_text(n) for n in numbers] == [line.removesuffix("\r") for line in text.split("\n")]


def test_line_ends_stay_as_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_bytes("a\r\né\n".encode())
    source = Source.read(path)
    assert (source.path, source.text) == (path, "a\r\né\n")
    assert source.position(4) == Position(line=2, column=2)


def test_bytes_that_are_no_utf8_are_located(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_bytes("a\né ".encode() + b"\xff")
    with pytest.raises(SourceError) as caught:
        Source.read(path, shown_as=Path("shown.md"))
    (problem,) = caught.value.problems
    assert (problem.path, problem.line, problem.column) == (Path("shown.md"), 2, 3)


def test_a_problem_underlines_its_first_line_only() -> None:
    problems = Problems(make_source("\tone\ntwo\n"))
    problems.add(ErrorCode.BAD_VALUE, "`ne` is wrong", Span(start=2, end=7), hint=None)
    assert str(problems.found[0]) == (
        "page.md:1:3: error[bad-value]: `ne` is wrong\n    1 |     one\n      |      ^^"
    )


def test_a_problem_of_nothing_underlines_one_column() -> None:
    problems = Problems(make_source("one"))
    problems.add(ErrorCode.BAD_VALUE, "something is missing", Span(start=3, end=3), hint="write it")
    assert str(problems.found[0]) == (
        "page.md:1:4: error[bad-value]: something is missing\n    1 | one\n      |    ^\nhint: write it"
    )
