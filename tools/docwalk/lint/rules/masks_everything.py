"""Placeholders and expressions that any line fits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from docwalk.expectation import Capture, Gap, LineExpectation, Literal, Redacted
from docwalk.lint.finding import Found
from docwalk.options import MatchMode
from docwalk.redaction import compile_redactions
from docwalk.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from docwalk.expectation import Part
    from docwalk.lint.page import LintPage

PROBES: Final = (
    "bash: module: command not found",
    "Segmentation fault (core dumped)",
    "ERROR: 42 problems in /home/reader/x.py, line 7",
    "0",
    "Done.",
)
"""Lines that have nothing in common: what fits all of them says nothing."""


def check(page: LintPage) -> Iterator[Found]:
    """Expected lines that every output fits, each at its place."""
    redactions = compile_redactions({**page.project.redactions, **dict(page.document.redactions)}.items())
    for each in page.blocks:
        for command in each.commands:
            for line in command.command.expected or ():
                if not isinstance(line, LineExpectation):
                    continue
                written = page.source.line_text(line.source_line).strip()
                if _says_nothing(line, redactions, each.block.options.match):
                    span = page.source.line_span(line.source_line)
                    start = span.end - len(page.source.slice(span).lstrip(" >"))
                    yield Found(
                        span=Span(start=start, end=span.end),
                        message=f"`{written}` fits any line: whatever is printed here passes",
                        hint="write what does not change, and placeholders only for the rest",
                    )


def _says_nothing(line: LineExpectation, redactions: Mapping[str, re.Pattern[str]], mode: MatchMode) -> bool:
    if mode is MatchMode.REGEX:
        text = "".join(str(part) for part in line.parts)
        return bool(text) and all(re.fullmatch(text, probe) for probe in PROBES)
    if not line.parts or all(isinstance(part, Literal) for part in line.parts):
        return False
    return all(_is_blank(part) or _is_anything(part, redactions) for part in line.parts)


def _is_blank(part: Part) -> bool:
    return isinstance(part, Literal) and not any(char.isalnum() for char in part.text)


def _is_anything(part: Part, redactions: Mapping[str, re.Pattern[str]]) -> bool:
    match part:
        case Gap():
            return True
        case Redacted(name=name) | Capture(kind=name):
            return all(redactions[name].fullmatch(probe) for probe in PROBES)
        case _:
            return False
