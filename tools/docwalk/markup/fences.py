"""Fence tokens of the Markdown parser, located: the span of every line of their bodies in the page.

A token's map counts lines of the text it was parsed from, which may itself be the body of another fence; what
stands before those lines on the page (of lists, quotes, tabs) is no part of the body.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from docwalk.errors import ErrorCode
from docwalk.source import Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.token import Token

    from docwalk.source import Problems, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class LocatedFence:
    """One fence token, located."""

    info: str
    """What follows the opening characters, stripped."""
    info_span: Span
    """Where that stands."""
    span: Span
    """From the opening fence's first character to the closing fence's last."""
    lines: tuple[Span, ...]
    """Text of each line between the fences."""
    end: int
    """Offset at which the line of the closing fence starts."""
    indent: str
    """What stands before a body line."""
    is_colon: bool
    """Whether it is made of colons."""


def line_text(source: Source, span: Span) -> str:
    """The text of a line as the Markdown parser is to see it: as many characters as the line has."""
    # as MyST: one newline more than the lines have; CR and NUL may not shift the parser's offsets
    return source.slice(span).replace("\r", " ").replace("\0", "\ufffd")


def locate_fence(
    token: Token, lines: Sequence[Span], texts: Sequence[str], problems: Problems
) -> LocatedFence:
    """Spans of a fence token; a fence without end is a problem.

    `- ` before a fence belongs to its first line only: a body line's text is what the parser left of
    it, that is its end; only a tab that the parser split stays whole.

    Args:
        token: The parser's fence or colon fence.
        lines: Where the lines that were parsed lie on the page.
        texts: What the parser was given of them.
        problems: Of the page.
    """
    source = problems.source
    first, after = token.map or [0, 0]
    opening = lines[first].end - len(token.markup + token.info)
    contents = token.content.split("\n")[:-1]
    is_closed = after - first - 1 > len(contents)
    body: list[Span] = []
    for number, content in enumerate(contents, start=first + 1):
        width = _kept_width(texts[number], content)
        body.append(Span(start=lines[number].end - width, end=lines[number].end))
    last = lines[after - 1] if is_closed else lines[min(first + len(contents), len(lines) - 1)]
    end = source.line_start(last.start) if is_closed else last.end
    closing = last.start + len(line_text(source, last).rstrip()) if is_closed else last.end
    located = LocatedFence(
        info=token.info.strip(),
        info_span=stripped(source, Span(start=opening + len(token.markup), end=lines[first].end)),
        span=Span(start=opening, end=max(opening, closing)),
        lines=tuple(body),
        end=end,
        indent=_indent(source, opening, body),
        is_colon=token.type == "colon_fence",
    )
    if not is_closed:
        problems.add(
            ErrorCode.UNCLOSED_FENCE,
            f"the fence {token.markup}{located.info} has no end",
            Span(start=opening, end=lines[first].end),
            hint=f"close it with {token.markup}; a fence around others needs more characters than theirs",
        )
    return located


def stripped(source: Source, span: Span) -> Span:
    """A span without the blanks at its ends."""
    text = source.slice(span)
    start = span.start + len(text) - len(text.lstrip())
    return Span(start=start, end=max(start, span.start + len(text.rstrip())))


def _indent(source: Source, opening: int, body: Sequence[Span]) -> str:
    for line in body:
        if line.end > line.start:
            return source.text[source.line_start(line.start) : line.start]
    before = source.text[source.line_start(opening) : opening]
    return "".join(char if char in "> \t" else " " for char in before)


def _kept_width(text: str, content: str) -> int:
    r"""How many characters at the end of a line the parser kept as `content`.

    A tab that it split into spaces is kept whole: of `\tx` read as `  x` two characters.
    """
    if text.endswith(content):
        return len(content)
    return next(
        n + 1 for n in range(len(content), -1, -1) if text.endswith("\t" + content[len(content) - n :])
    )
