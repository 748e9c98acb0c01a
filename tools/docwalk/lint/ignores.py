"""Where a page says that a finding is meant: front matter for the whole page, a comment for what follows it.

    comment = "<!-- docwalk-lint: ignore " name { "," name } [ ":" reason ] "-->"

The comment stands on a line of its own, and holds for the block, or else the paragraph, below it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from docwalk.errors import ErrorCode
from docwalk.options import did_you_mean
from docwalk.source import Problems, Span

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from docwalk.errors import SourceProblem
    from docwalk.source import Source

_COMMENT: Final = re.compile(r"^[ >]*<!--\s*docwalk-lint:\s*(?P<what>.*?)\s*-->\s*$")
_WHAT: Final = re.compile(r"ignore\s+(?P<names>[\w-]+(?:\s*,\s*[\w-]+)*)\s*(?::.*)?")
_FENCE: Final = re.compile(r"[ >]*(?P<fence>`{3,}|~{3,}|:{3,})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignore:
    """One rule that one comment silences."""

    name: str
    """The rule."""
    span: Span
    """The name in the comment."""
    first: int
    """First line, from 1, that it holds for."""
    last: int
    """Last line, included."""


def read_ignores(
    source: Source, known: Collection[str]
) -> tuple[tuple[Ignore, ...], tuple[SourceProblem, ...]]:
    """All comments of a page, and every mistake in them."""
    problems = Problems(source)
    ignores: list[Ignore] = []
    for number in range(1, len(source.line_starts) + 1):
        comment = _COMMENT.match(source.line_text(number))
        if comment is None:
            continue
        line = source.line_span(number)
        found = _WHAT.fullmatch(comment["what"])
        if found is None:
            where = Span(start=line.start + comment.start("what"), end=line.start + comment.end("what"))
            message = f"`{comment['what']}` is nothing that the linter can be told"
            problems.add(ErrorCode.BAD_VALUE, message, where, hint="write `ignore RULE: reason`")
            continue
        first, last = _scope(source, number)
        base = line.start + comment.start("what") + found.start("names")
        for name in re.finditer(r"[\w-]+", found["names"]):
            span = Span(start=base + name.start(), end=base + name.end())
            if name[0] in known:
                ignores.append(Ignore(name=name[0], span=span, first=first, last=last))
            else:
                problems.found.append(unknown_rule(source, name[0], span, known))
    return tuple(ignores), tuple(problems.found)


def unknown_rule(source: Source, name: str, span: Span, known: Collection[str]) -> SourceProblem:
    """The error for a name that no rule has."""
    hint = did_you_mean(name, known, otherwise="the rules are")
    return source.problem(ErrorCode.BAD_VALUE, f"`{name}` is no rule of the linter", span=span, hint=hint)


def _scope(source: Source, comment: int) -> tuple[int, int]:
    """First and last line of the block or paragraph below the comment in line `comment`."""
    texts = list(_lines_after(source, comment))
    if not texts:
        return comment, comment
    first = texts[0][0]
    opened = _FENCE.match(texts[0][1])
    last = first
    for number, text in texts[1:]:
        if opened is None and not text.strip():
            break
        last = number
        closing = _FENCE.fullmatch(text.rstrip())
        if opened is not None and closing is not None and closing["fence"].startswith(opened["fence"]):
            break
    return first, last


def _lines_after(source: Source, comment: int) -> Iterator[tuple[int, str]]:
    """Lines below a comment with their numbers, from the first that is not blank and no such comment."""
    is_before = True
    for number in range(comment + 1, len(source.line_starts) + 1):
        text = source.line_text(number)
        is_before = is_before and (not text.strip(" >") or _COMMENT.match(text) is not None)
        if not is_before:
            yield number, text
