"""Fences and indented blocks of a page that are no blocks of ours: nobody runs them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from docwalk.lint.page import markdown_lines
from docwalk.markup.directives import (
    CODE_DIRECTIVES,
    FAILS_DIRECTIVE,
    FILE_LANGUAGE,
    LITERAL_DIRECTIVES,
    SHELL_ALIASES,
    SHELL_LANGUAGES,
)
from docwalk.markup.markdown import markdown_parser
from docwalk.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docwalk.source import Source

_NO_MARKDOWN: Final = LITERAL_DIRECTIVES | {FAILS_DIRECTIVE}
_RUN: Final = frozenset((*SHELL_LANGUAGES, *SHELL_ALIASES, FILE_LANGUAGE))


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherFence:
    """One fence that is not run."""

    language: str
    """Its word in lower case, braces removed; empty where it has none."""
    is_directive: bool
    """Whether the word stands in braces."""
    is_indented: bool
    """Whether it is no fence, but four blanks before each line."""
    info_span: Span
    """The word in the page."""
    span: Span
    """The line of the opening fence."""
    lines: tuple[str, ...]
    """Its body."""


def other_fences(source: Source) -> Iterator[OtherFence]:
    """Fences and indented blocks that are not run, those in tabs, notes and other directives too."""
    lines = markdown_lines(source)
    yield from _fences(source, lines, 1, is_markdown=True)


def _fences(source: Source, texts: list[str], first: int, *, is_markdown: bool) -> Iterator[OtherFence]:
    """Fences of some lines of the page, `first` being the number of the first of them.

    Where they are no Markdown, what is indented in them is no block.
    """
    kinds = {"fence", "colon_fence", *(["code_block"] if is_markdown else [])}
    for token in markdown_parser().parse("\n".join(texts) + "\n"):
        if token.type not in kinds or token.map is None:
            continue
        line = first + token.map[0]
        word = (token.info.split(maxsplit=1) or [""])[0]
        is_directive = word.startswith("{") and word.endswith("}")
        language = (word[1:-1] if is_directive else word).lower()
        body = token.content.split("\n")[:-1]
        if language in _RUN:
            continue
        if is_directive and language in CODE_DIRECTIVES:
            continue
        span = source.line_span(line)
        start = span.end - len(source.slice(span).lstrip(" >"))
        at = source.text.find(word, start, span.end) if word else start
        yield OtherFence(
            language=language,
            is_directive=is_directive,
            is_indented=token.type == "code_block",
            info_span=Span(start=at, end=at + max(1, len(word))),
            span=Span(start=start, end=span.end),
            lines=tuple(body),
        )
        if is_directive or token.type == "colon_fence":
            is_inner = is_markdown and language not in _NO_MARKDOWN
            yield from _fences(source, body, line + 1, is_markdown=is_inner)
