"""Elisions that leave nothing of an output to compare."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docwalk.expectation import Elision
from docwalk.lint.finding import Found
from docwalk.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docwalk.lint.page import LintPage


def check(page: LintPage) -> Iterator[Found]:
    """Commands all of whose expected output is `...`."""
    for command in page.commands():
        expected = command.command.expected
        if expected and all(isinstance(line, Elision) for line in expected):
            span = page.source.line_span(expected[0].source_line)
            text = page.source.slice(span)
            yield Found(
                span=Span(start=span.end - len(text.lstrip(" >")), end=span.end),
                message=f"`{text.strip()}` hides the whole output: whatever is printed passes",
                hint="keep one line that says the command worked, or write the command in a `bash` block",
            )
