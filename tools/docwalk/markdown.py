"""Markdown as MyST reads it: the shell and file fences of a page, their tabs, and the headings.

Input is a `Source`; everything found is a `Span` of it, so that positions are exact by construction.
Directives whose body is Markdown are parsed again from the lines of their body, as MyST does; a line of
such a body is the span of its text in the page, whatever list, quote or fence it lies in.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt
from markdown_it.rules_block import make_fence_rule
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.front_matter import front_matter_plugin
from mdit_py_plugins.myst_blocks import myst_block_plugin
from mdit_py_plugins.myst_role import myst_role_plugin

from docwalk.directives import (
    CODE_DIRECTIVES,
    FILE_LANGUAGE,
    LEXER_NAMES,
    LITERAL_DIRECTIVES,
    SET_DIRECTIVES,
    SHELL_ALIASES,
    SHELL_LANGUAGES,
    TAB_DIRECTIVES,
    count_option_lines,
    hides_shell_blocks,
)
from docwalk.errors import ErrorCode
from docwalk.source import Problems, Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.token import Token

    from docwalk.errors import SourceProblem
    from docwalk.source import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """One tab that a fence lies in."""

    tab_set: int
    """Number of its set on the page, from 0."""
    label: str
    """Its label as written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TabSet:
    """The tabs of one set."""

    number: int
    """Number on the page, from 0."""
    is_synchronised: bool
    """Whether choosing a label chooses it in all sets of the page."""
    labels: tuple[str, ...]
    """Its labels in order."""
    spans: tuple[Span, ...]
    """Where each label is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fence:
    """One fence that is run, or writes a file."""

    language: str
    """Its word in lower case: a shell language, `console` or `file`."""
    argument: str
    """What follows a directive's name."""
    is_directive: bool
    """Whether it may begin with options."""
    is_presented: bool
    """Whether it is a code directive of Sphinx, with options of its own about its looks."""
    info_span: Span
    """The info string in the source."""
    span: Span
    """From the opening fence's first character to the closing fence's last."""
    body_lines: tuple[Span, ...]
    """Text of each line between the fences, options included."""
    end: int
    """Offset at which the line of the closing fence starts."""
    indent: str
    """What stands before a body line."""
    tabs: tuple[Tab, ...]
    """Outermost first."""
    section: tuple[str, ...]
    """Headings above it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What was found in one source."""

    front_matter: tuple[Span, ...] | None
    """Lines between the `---` of the front matter; None where there is none."""
    fences: tuple[Fence, ...]
    """In order of the page."""
    tab_sets: tuple[TabSet, ...]
    """In order of appearance; number is index."""
    headings: tuple[str, ...]
    """Text of all headings of the page itself, in order."""
    problems: tuple[SourceProblem, ...]
    """Unclosed fences, tabs outside sets."""


@cache
def markdown_parser() -> MarkdownIt:
    """The parser that MyST builds, with colon fences and without what changes text only."""
    parser = (
        MarkdownIt("commonmark")
        .enable("table")
        .use(front_matter_plugin)
        .use(myst_block_plugin)
        .use(myst_role_plugin)
        .use(footnote_plugin, inline=False, move_to_end=False, always_match_refs=True)
    )
    parser.block.ruler.before(
        "fence",
        "colon_fence",
        make_fence_rule(markers=(":",), token_type="colon_fence"),  # noqa: S106  # a name, not a secret
        {"alt": ["paragraph", "reference", "blockquote", "list", "footnote_def"]},
    )
    return parser


def read_page(source: Source) -> Page:
    """Everything of a page that matters to a walk."""
    lines = [source.line_span(number) for number in range(1, len(source.line_starts) + 1)]
    if source.text.startswith("\ufeff"):
        lines[0] = Span(start=1, end=max(1, lines[0].end))
    reader = _Reader(source)
    reader.read(tuple(lines), _Place())
    return Page(
        front_matter=reader.front_matter,
        fences=tuple(reader.fences),
        tab_sets=tuple(
            TabSet(
                number=s.number,
                is_synchronised=s.is_synchronised,
                labels=tuple(s.labels),
                spans=tuple(s.spans),
            )
            for s in reader.tab_sets
        ),
        headings=tuple(reader.headings),
        problems=tuple(reader.problems.found),
    )


@dataclass(slots=True, kw_only=True)
class _OpenSet:
    """A tab set while its tabs are read."""

    number: int
    is_synchronised: bool = False
    labels: list[str] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where on the page some lines lie."""

    depth: int = 0
    tabs: tuple[Tab, ...] = ()
    tab_set: _OpenSet | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Body:
    """One fence token, located."""

    info: str
    info_span: Span
    span: Span
    lines: tuple[Span, ...]
    end: int
    indent: str
    is_colon: bool


class _Reader:
    """Walks tokens, and the tokens of nested bodies."""

    def __init__(self, source: Source) -> None:
        self.front_matter: tuple[Span, ...] | None = None
        self.fences: list[Fence] = []
        self.tab_sets: list[_OpenSet] = []
        self.headings: list[str] = []
        self.problems = Problems(source)
        self._source = source
        self._section: list[tuple[int, str]] = []

    def read(self, lines: tuple[Span, ...], place: _Place) -> None:
        """Read some lines of the page as one Markdown text."""
        # as MyST: one newline more than the lines have; CR and NUL may not shift the parser's offsets
        texts = [self._text(line) for line in lines]
        tokens = markdown_parser().parse("\n".join(texts) + "\n")
        for index, token in enumerate(tokens):
            match token.type:
                case "front_matter" if place.depth == 0 and token.map is not None:
                    self.front_matter = lines[token.map[0] + 1 : token.map[1] - 1]
                case "heading_open" if place.depth == 0 and token.level == 0:
                    self._heading(int(token.tag[1:]), _plain_text(tokens[index + 1]))
                case "fence" | "colon_fence":
                    self._fence(self._locate(token, lines, texts), place)
                case _:
                    pass

    def _text(self, span: Span) -> str:
        return self._source.text[span.start : span.end].replace("\r", " ").replace("\0", "\ufffd")

    def _heading(self, level: int, text: str) -> None:
        self.headings.append(text)
        self._section = [entry for entry in self._section if entry[0] < level]
        self._section.append((level, text))

    def _locate(self, token: Token, lines: tuple[Span, ...], texts: list[str]) -> _Body:
        """Spans of a fence token; its map counts lines of the text it was parsed from.

        `- ` before a fence belongs to its first line only: a body line's text is what the parser left of
        it, that is its end; only a tab that the parser split stays whole.
        """
        first, after = token.map or [0, 0]
        opening = lines[first].end - len(token.markup + token.info)
        contents = token.content.split("\n")[:-1]
        is_closed = after - first - 1 > len(contents)
        body: list[Span] = []
        for number, content in enumerate(contents, start=first + 1):
            width = _kept_width(texts[number], content)
            body.append(Span(start=lines[number].end - width, end=lines[number].end))
        last = lines[after - 1] if is_closed else lines[min(first + len(contents), len(lines) - 1)]
        end = self._source.line_start(last.start) if is_closed else last.end
        closing = last.start + len(self._text(last).rstrip()) if is_closed else last.end
        located = _Body(
            info=token.info.strip(),
            info_span=self._stripped(Span(start=opening + len(token.markup), end=lines[first].end)),
            span=Span(start=opening, end=max(opening, closing)),
            lines=tuple(body),
            end=end,
            indent=self._indent(opening, body),
            is_colon=token.type == "colon_fence",
        )
        if not is_closed:
            self.problems.add(
                ErrorCode.UNCLOSED_FENCE,
                f"the fence {token.markup}{located.info} has no end",
                Span(start=opening, end=lines[first].end),
                hint=f"close it with {token.markup}; a fence around others needs more characters than theirs",
            )
        return located

    def _stripped(self, span: Span) -> Span:
        text = self._source.text[span.start : span.end]
        start = span.start + len(text) - len(text.lstrip())
        return Span(start=start, end=max(start, span.start + len(text.rstrip())))

    def _indent(self, opening: int, body: Sequence[Span]) -> str:
        for line in body:
            if line.end > line.start:
                return self._source.text[self._source.line_start(line.start) : line.start]
        before = self._source.text[self._source.line_start(opening) : opening]
        return "".join(char if char in "> \t" else " " for char in before)

    def _fence(self, body: _Body, place: _Place) -> None:
        word, argument = (*body.info.split(maxsplit=1), "", "")[:2]
        is_directive = len(word) > 2 and word.startswith("{") and word.endswith("}")  # noqa: PLR2004  # braces
        name = word[1:-1].lower() if is_directive else word.lower()
        argument_language = SHELL_ALIASES.get(argument.lower(), argument.lower())
        if not is_directive:
            name = SHELL_ALIASES.get(name, name)
            if body.is_colon:
                self.read(body.lines, replace(place, depth=place.depth + 1))
            elif name in SHELL_LANGUAGES:
                self._add(body, name, "", place)
        elif name in SHELL_LANGUAGES or name == FILE_LANGUAGE:
            self._add(body, name, argument, place, is_directive=True)
        elif name in CODE_DIRECTIVES and argument_language in SHELL_LANGUAGES:
            self._add(body, argument_language, "", place, is_directive=True, is_presented=True)
        elif name in SET_DIRECTIVES:
            opened = _OpenSet(number=len(self.tab_sets))
            self.tab_sets.append(opened)
            self.read(
                _skip_options(body.lines, self._source), replace(place, depth=place.depth + 1, tab_set=opened)
            )
        elif name in TAB_DIRECTIVES:
            self._tab(name, argument, body, place)
        elif hides_shell_blocks(name, map(self._source.slice, body.lines)):
            self.problems.add(
                ErrorCode.UNREAD_DIRECTIVE,
                f"what `{{{name}}}` puts on the page is not read, so its shell blocks would not be run",
                body.info_span,
                hint="write its shell blocks on the page itself",
            )
        elif name not in LITERAL_DIRECTIVES:
            self.read(_skip_options(body.lines, self._source), replace(place, depth=place.depth + 1))

    def _tab(self, name: str, argument: str, body: _Body, place: _Place) -> None:
        if place.tab_set is None:
            self.problems.add(
                ErrorCode.UNKNOWN_TAB,
                f"`{{{name}}}` lies in no set of tabs",
                body.info_span,
                hint="put it into `{tab-set}`" if name == "tab-item" else "put it into `{tabs}`",
            )
            return
        lines = body.lines
        language = ""
        if name == "code-tab":
            language, label = (*argument.split(maxsplit=1), "", "")[:2]
            label = label or LEXER_NAMES.get(language.lower(), language)
            label_span = body.info_span
        elif argument:
            label = argument
            label_span = Span(start=body.info_span.end - len(argument), end=body.info_span.end)
        else:
            # sphinx-tabs takes the first line of the body
            lines = _skip_blank(lines)
            label_span = self._stripped(lines[0]) if lines else body.info_span
            label = self._source.text[label_span.start : label_span.end] if lines else ""
            lines = lines[1:]
        if not label:
            self.problems.add(
                ErrorCode.UNKNOWN_TAB,
                f"`{{{name}}}` has no label",
                body.info_span,
                hint=f"write it after the directive: `{{{name}}} Label`",
            )
            return
        opened = place.tab_set
        is_synchronised = name in {"group-tab", "code-tab"} or (name == "tab-item" and self._has_sync(lines))
        opened.is_synchronised = opened.is_synchronised or is_synchronised
        opened.labels.append(label)
        opened.spans.append(label_span)
        tabs = (*place.tabs, Tab(tab_set=opened.number, label=label))
        inside = _Place(depth=place.depth + 1, tabs=tabs)
        if name != "code-tab":
            self.read(_skip_options(lines, self._source) if name == "tab-item" else lines, inside)
        elif language.lower() in SHELL_LANGUAGES:
            self._add(body, language.lower(), "", inside, is_directive=True, is_presented=True)

    def _has_sync(self, lines: Sequence[Span]) -> bool:
        options = lines[: len(lines) - len(_skip_options(lines, self._source))]
        return any(self._source.text[o.start : o.end].lstrip(" :").startswith("sync:") for o in options)

    def _add(
        self,
        body: _Body,
        language: str,
        argument: str,
        place: _Place,
        *,
        is_directive: bool = False,
        is_presented: bool = False,
    ) -> None:
        self.fences.append(
            Fence(
                language=language,
                argument=argument,
                is_directive=is_directive,
                is_presented=is_presented,
                info_span=body.info_span,
                span=body.span,
                body_lines=body.lines,
                end=body.end,
                indent=body.indent,
                tabs=place.tabs,
                section=tuple(text for _, text in self._section),
            )
        )


def _skip_options(lines: Sequence[Span], source: Source) -> tuple[Span, ...]:
    return tuple(lines[count_option_lines([source.text[line.start : line.end] for line in lines]) :])


def _skip_blank(lines: tuple[Span, ...]) -> tuple[Span, ...]:
    """Without the first line if it is empty; more than one is not skipped by MyST."""
    return lines[1:] if lines and lines[0].end == lines[0].start else lines


def _kept_width(text: str, content: str) -> int:
    r"""How many characters at the end of a line the parser kept as `content`.

    A tab that it split into spaces is kept whole: of `\tx` read as `  x` two characters.
    """
    if text.endswith(content):
        return len(content)
    return next(
        n + 1 for n in range(len(content), -1, -1) if text.endswith("\t" + content[len(content) - n :])
    )


def _plain_text(inline: Token) -> str:
    return "".join(
        " " if "break" in child.type else child.content
        for child in inline.children or ()
        if "break" in child.type or child.type in {"text", "code_inline"}
    ).strip()
