"""Code blocks of any Markdown, with their language in whatever way it is written, and where their lines lie.

    ```bash   ```{.bash .numberLines}   ```{code-block} bash   ```{bash eval=FALSE}
    ~~~ … ~~~ and {: .language-bash} below it

Indented code counts too. The bodies of MkDocs' admonitions and tabs, which are indented Markdown, and of
directives are read as Markdown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from markdown_it import MarkdownIt
from mdit_py_plugins.front_matter import front_matter_plugin

from docwalk.markup.directives import CODE_DIRECTIVES
from docwalk.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it.token import Token

    from docwalk.source import Source

_ATTRIBUTES: Final = re.compile(r"\s*\{:?\s*(?P<inside>[^}]*)\}\s*")
_CLASS: Final = re.compile(r"\.(?P<name>[\w-]+)")
_TITLE: Final = re.compile(r"""\b(?:title|caption|filename)=["']?(?P<name>[^"'\s}]+)""")
_CONTAINER: Final = re.compile(r"(?P<indent> *)(?:!!!|\?\?\?\+?|===\+?!?)\s+\S")
_CODE_SPAN: Final = re.compile(r"`(?P<code>[^`]+)`")


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLine:
    """One line of a block."""

    text: str
    """Its text, indentation of the block removed."""
    span: Span
    """Where it is written."""
    number: int
    """Its line in the source, from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeBlock:
    """One code block."""

    language: str
    """Its language in lower case; empty where none is written."""
    lines: tuple[TextLine, ...]
    """Its body."""
    line: int
    """Line of its fence, or its first line, from 1."""
    title: str
    """The file name that it, or the text above it, gives; else empty."""
    lead: str
    """The line of text above it, empty where there is none."""


def read_blocks(source: Source) -> tuple[CodeBlock, ...]:
    """Every code block of a page, in order."""
    lines = [
        TextLine(text=_readable(source.line_text(number)), span=source.line_span(number), number=number)
        for number in range(1, len(source.line_starts) + 1)
    ]
    return tuple(sorted(_blocks(lines), key=lambda block: block.line))


def _readable(text: str) -> str:
    """A line as the parser may have it: a stray CR would be a line of its own to it."""
    return text.replace("\r", " ").replace("\0", "\ufffd")


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark").enable("table").use(front_matter_plugin)


def _blocks(lines: list[TextLine]) -> Iterator[CodeBlock]:
    outer, bodies = _without_containers(lines)
    for inner in bodies:
        yield from _blocks(inner)
    for token in _parser().parse("\n".join(line.text for line in outer) + "\n"):
        if token.type not in {"fence", "code_block"} or token.map is None:
            continue
        body = _body(token, outer)
        if not body:
            continue
        info = _info(token, outer)
        is_directive = re.match(r"\{[\w-]+\}", info) is not None
        language = _language(info)
        if is_directive and language == "":
            yield from _blocks(list(body))
            continue
        first = token.map[0] if token.type == "fence" else body[0].number - outer[0].number
        lead = _lead(outer, token.map[0])
        yield CodeBlock(
            language=language,
            lines=body,
            line=outer[first].number,
            title=_title(info, lead),
            lead=lead,
        )


def _without_containers(lines: list[TextLine]) -> tuple[list[TextLine], list[list[TextLine]]]:
    """The lines with the bodies of MkDocs' containers blanked, and those bodies without their indentation."""
    outer: list[TextLine] = []
    bodies: list[list[TextLine]] = []
    width: int | None = None
    for line in lines:
        is_blank = not line.text.strip()
        if width is not None and (is_blank or line.text.startswith(" " * width)):
            text = line.text[width:]
            start = line.span.end - len(text)
            bodies[-1].append(
                TextLine(text=text, span=Span(start=start, end=line.span.end), number=line.number)
            )
            outer.append(TextLine(text="", span=line.span, number=line.number))
            continue
        container = _CONTAINER.match(line.text)
        width = None if container is None else len(container["indent"]) + 4
        if container is not None:
            bodies.append([])
        outer.append(line)
    return outer, [body for body in bodies if body]


def _body(token: Token, lines: list[TextLine]) -> tuple[TextLine, ...]:
    """Lines of a block; what the parser removed stands before what it kept."""
    start = (token.map or [0, 0])[0] + (1 if token.type == "fence" else 0)
    body: list[TextLine] = []
    for line, text in zip(lines[start:], token.content.split("\n")[:-1], strict=False):
        at = max(line.span.start, line.span.end - len(text))
        body.append(TextLine(text=text, span=Span(start=at, end=line.span.end), number=line.number))
    return tuple(body)


def _info(token: Token, lines: list[TextLine]) -> str:
    """The info string, or the attributes in the line below the block, as kramdown has them."""
    info = token.info.strip()
    after = (token.map or [0, 0])[1]
    if not info and after < len(lines):
        below = _ATTRIBUTES.fullmatch(lines[after].text.lstrip(" >"))
        if below is not None:
            return "{" + below["inside"].strip() + "}"
    return info


def _language(info: str) -> str:
    """The language of an info string; empty where it has none, or is a directive that holds Markdown."""
    attributes = _ATTRIBUTES.match(info)
    if attributes is None:
        return (info.split(maxsplit=1) or [""])[0].lower().rstrip(",;")
    found = _CLASS.search(attributes["inside"])
    if found is not None:
        return found["name"].lower().removeprefix("language-")
    word = (re.split(r"[\s,]", attributes["inside"].strip(), maxsplit=1) or [""])[0].lower()
    rest = info[attributes.end() :].split()
    if word in CODE_DIRECTIVES:
        return rest[0].lower() if rest else ""
    return "" if not rest and word in _MARKDOWN_DIRECTIVES else word


_MARKDOWN_DIRECTIVES: Final = frozenset(
    {
        "admonition",
        "attention",
        "caution",
        "danger",
        "dropdown",
        "error",
        "hint",
        "important",
        "note",
        "seealso",
    }
    | {
        "tab",
        "tab-item",
        "tab-set",
        "tabs",
        "tip",
        "warning",
        "group-tab",
        "exercise",
        "solution",
        "challenge",
    }
)
"""Directives whose body is Markdown."""


def _lead(lines: list[TextLine], first: int) -> str:
    """The nearest line of text above a block."""
    for line in reversed(lines[:first]):
        if line.text.strip():
            return line.text.strip()
    return ""


def _title(info: str, lead: str) -> str:
    """The file that a block shows: named at the fence, or last in backticks above it."""
    written = _TITLE.search(info)
    if written is not None:
        return written["name"]
    spans = [found["code"] for found in _CODE_SPAN.finditer(lead)]
    return next((span for span in reversed(spans) if re.fullmatch(r"[\w~./-]*\w\.\w+", span)), "")
