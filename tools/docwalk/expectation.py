"""One expected line: its text, its rule, parse and print as inverses.

A line is an elision, a line quoted by `[[=]]`, or literal text with placeholders:

    line        = elision | "[[=]]" text | { literal | placeholder }
    elision     = "..."            (a line `[[...]]` in REPL blocks, where `...` is a prompt)
    placeholder = as `placeholder.py` has it
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from docwalk.json_text import STRING
from docwalk.options import MatchMode
from docwalk.placeholder import (
    PLACEHOLDER,
    BadPlaceholder,
    Capture,
    Captured,
    Gap,
    Literal,
    Part,
    PlaceholderError,
    Redacted,
    Tolerance,
    read_placeholder,
    replace_placeholders,
)
from docwalk.prompts import shown_prompt

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

__all__ = [
    "PLACEHOLDER",
    "BadPlaceholder",
    "Capture",
    "Captured",
    "Elision",
    "ExpectedLine",
    "Gap",
    "LineExpectation",
    "Literal",
    "Part",
    "PlaceholderError",
    "Redacted",
    "Tolerance",
    "captured_names",
    "is_prompt_line",
    "parse_expected",
    "parse_parts",
    "parts_of",
    "quote_output_line",
    "replace_placeholders",
    "without_error_lead",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineExpectation:
    """One line of output."""

    parts: tuple[Part, ...]
    """Left to right; neighbouring literals are joined."""
    source_line: int
    """Line in the source, from 1."""
    is_error: bool = False
    """Whether it must come from standard error, in a block that tells the streams apart."""

    def __str__(self) -> str:
        """The line as an author writes it, quoted where it has to be."""
        lead = ERROR_LEAD if self.is_error else ""
        match self.parts:
            case ():
                return lead
            case (Literal(text=text),):
                return lead + quote_output_line(text)
            case parts:
                return lead + "".join(str(part) for part in parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Elision:
    """A line `...`: any lines, none too."""

    source_line: int
    """Line in the source, from 1."""
    is_error: bool = False
    """Whether it stands for lines of standard error, in a block that tells the streams apart."""

    def __str__(self) -> str:
        """The line as an author writes it."""
        return f"{ERROR_LEAD}{ELISION}" if self.is_error else ELISION


ExpectedLine = LineExpectation | Elision

ELISION: Final = "..."
"""The line that stands for any lines."""
REPL_ELISION: Final = "[[...]]"
"""The same in REPL blocks, where `...` is a prompt."""
QUOTE: Final = "[[=]]"
"""At the start of a line: all after it is literal."""
ERROR_LEAD: Final = "[[stderr]] "
"""Where the streams are told apart: at the start of a line of standard error."""
EXIT_LINE: Final = re.compile(r"\[exit (\d{1,3})\]")
"""A line that states an exit status."""
EXIT_LIKE: Final = re.compile(r"\[exit\b[^\]]*\]\s*")
"""A line that means to state an exit status, well-formed or not."""

FENCE_LIKE: Final = re.compile(r"\s*(?:`{3}|~{3}|:{3})")
"""A line that could close the fence it stands in."""


def parse_expected(
    text: str,
    *,
    line: int,
    redactions: Collection[str] = (),
    captures: Collection[str] = (),
    site_values: Mapping[str, str] | None = None,
    elision: str = ELISION,
    match: MatchMode = MatchMode.LITERAL,
) -> ExpectedLine:
    """The expectation of one line of a transcript.

    Args:
        text: The line, without newline; not an `[exit N]` line.
        line: Its line in the source, from 1.
        redactions: Names of all declared redactions.
        captures: Names captured before this line.
        site_values: Values of `[[site:NAME]]`.
        elision: The line that stands for any lines: `ELISION` or `REPL_ELISION`.
        match: With `REGEX` a line has no placeholders: it is one regular expression. With `JSON` it is a
            part of a text, and only strings hold placeholders.

    Raises:
        PlaceholderError: with every placeholder of the line that names nothing.
    """
    if match is MatchMode.JSON:
        parts = _parse_json_line(
            text, redactions=redactions, captures=captures, site_values=site_values or {}
        )
        return LineExpectation(parts=parts, source_line=line)
    if text == elision:
        return Elision(source_line=line)
    if text.startswith(QUOTE):
        quoted = text[len(QUOTE) :]
        if match is MatchMode.REGEX:
            quoted = re.escape(quoted)
        return LineExpectation(parts=_joined([Literal(text=quoted)]), source_line=line)
    if match is MatchMode.REGEX:
        return LineExpectation(parts=_joined([Literal(text=text)]), source_line=line)
    parts = parse_parts(text, redactions=redactions, captures=captures, site_values=site_values or {})
    return LineExpectation(parts=parts, source_line=line)


def parse_parts(
    text: str,
    *,
    redactions: Collection[str],
    captures: Collection[str],
    site_values: Mapping[str, str],
) -> tuple[Part, ...]:
    """Literals and placeholders of a text, arguments as those of `parse_expected`.

    Raises:
        PlaceholderError: with every placeholder of the text that names nothing.
    """
    parts: list[Part] = []
    problems: list[BadPlaceholder] = []
    end = 0
    for found in PLACEHOLDER.finditer(text):
        part = read_placeholder(found, redactions=redactions, captures=captures, site_values=site_values)
        if isinstance(part, BadPlaceholder):
            problems.append(part)
            continue
        parts += [Literal(text=text[end : found.start()]), part]
        end = found.end()
    if problems:
        raise PlaceholderError(tuple(problems))
    return _joined([*parts, Literal(text=text[end:])])


def _parse_json_line(
    text: str,
    *,
    redactions: Collection[str],
    captures: Collection[str],
    site_values: Mapping[str, str],
) -> tuple[Part, ...]:
    """Literals and placeholders of one line of JSON: only strings hold placeholders."""
    escaped = {name: json.dumps(value)[1:-1] for name, value in site_values.items()}
    parts: list[Part] = []
    problems: list[BadPlaceholder] = []
    end = 0
    for string in STRING.finditer(text):
        parts.append(Literal(text=text[end : string.start()]))
        end = string.end()
        if string[0].startswith(f'"{QUOTE}'):
            parts.append(Literal(text=string[0]))
            continue
        try:
            parts += parse_parts(string[0], redactions=redactions, captures=captures, site_values=escaped)
        except PlaceholderError as error:
            problems += (
                replace(problem, start=problem.start + string.start(), end=problem.end + string.start())
                for problem in error.problems
            )
    if problems:
        raise PlaceholderError(tuple(problems))
    return _joined([*parts, Literal(text=text[end:])])


def parts_of(line: ExpectedLine) -> tuple[Part, ...]:
    """Literals and placeholders of a line; none of an elision."""
    return () if isinstance(line, Elision) else line.parts


def quote_output_line(
    text: str,
    *,
    prompts: Collection[str] = ("$ ",),
    elision: str = ELISION,
    match: MatchMode = MatchMode.LITERAL,
) -> str:
    """How `update` writes one line of output so that it parses back as itself.

    Args:
        text: The line as the reader saw it, without newline.
        prompts: Prompts of the block.
        elision: The block's elision line.
        match: The block's way to match; a `REGEX` block gets an escaped line where it needs one.
    """
    is_special = (
        text.startswith(QUOTE)
        or text == elision
        or is_prompt_line(text, prompts)
        or EXIT_LIKE.fullmatch(text) is not None
        or FENCE_LIKE.match(text) is not None
    )
    if match is MatchMode.REGEX:
        is_special = is_special or re.escape(text).replace("\\ ", " ") != text
    else:
        is_special = is_special or PLACEHOLDER.search(text) is not None
    return QUOTE + text if is_special else text


def without_error_lead(text: str) -> str | None:
    """A line of standard error without what marks it as one; None for other lines."""
    if text == ERROR_LEAD.rstrip():
        return ""
    return text[len(ERROR_LEAD) :] if text.startswith(ERROR_LEAD) else None


def is_prompt_line(text: str, prompts: Collection[str]) -> bool:
    """Whether a line starts a command, or shows an empty prompt."""
    return shown_prompt(text, prompts) is not None


def captured_names(text: str) -> Iterator[str]:
    """Names that one expected line captures."""
    if not text.startswith(QUOTE):
        for found in PLACEHOLDER.finditer(text):
            if found["kind"] is not None:
                yield found["name"]


def _joined(parts: list[Part]) -> tuple[Part, ...]:
    """Parts without empty literals, neighbouring literals joined."""
    joined: list[Part] = []
    for part in parts:
        match part, joined[-1:]:
            case Literal(text=""), _:
                pass
            case Literal(text=text), [Literal(text=before)]:
                joined[-1] = Literal(text=before + text)
            case _:
                joined.append(part)
    return tuple(joined)
