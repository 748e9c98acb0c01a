"""Markdown as MyST reads it: the shell and file fences of a page, their tabs, and the headings.

Input is a `Source`; everything found is a `Span` of it, so that positions are exact by construction.
Directives whose body is Markdown are parsed again from the lines of their body, as MyST does; a line of
such a body is the span of its text in the page, whatever list, quote or fence it lies in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt
from markdown_it.rules_block import make_fence_rule
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.field_list import fieldlist_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.front_matter import front_matter_plugin
from mdit_py_plugins.myst_blocks import myst_block_plugin
from mdit_py_plugins.myst_role import myst_role_plugin
from mdit_py_plugins.substitution import substitution_plugin

from docwalk.errors import ErrorCode
from docwalk.markup.directives import (
    CODE_DIRECTIVES,
    EXAMPLE_DIRECTIVE,
    FAILS_DIRECTIVE,
    FILE_LANGUAGE,
    LEXER_NAMES,
    LITERAL_DIRECTIVES,
    SET_DIRECTIVES,
    SHELL_ALIASES,
    SHELL_LANGUAGES,
    TAB_DIRECTIVES,
    count_option_lines,
    hides_shell_blocks,
    meant_shell,
)
from docwalk.markup.fences import line_text, locate_fence, stripped
from docwalk.markup.substitutions import find_substitutions
from docwalk.source import Problems, Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.token import Token

    from docwalk.errors import SourceProblem
    from docwalk.markup.fences import LocatedFence
    from docwalk.markup.substitutions import Substitution
    from docwalk.source import Source


_EXAMPLE_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


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
class Example:
    """A page within the page: shown as its source and as what becomes of it."""

    name: str
    """Its name, one of its page's."""
    fence: LocatedFence
    """Its fence; the body is the whole of that page."""
    failing: tuple[tuple[Span, ...], ...]
    """Bodies of the `{fails}` that follow it: a change, and what is printed then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What was found in one source, or in one example of it."""

    front_matter: tuple[Span, ...] | None
    """Lines between the `---` of the front matter; None where there is none."""
    fences: tuple[Fence, ...]
    """In order of the page."""
    tab_sets: tuple[TabSet, ...]
    """In order of appearance; number is index."""
    headings: tuple[str, ...]
    """Text of all headings of the page itself, in order."""
    examples: tuple[Example, ...]
    """Pages within this one, in order; nothing of them is in the other fields."""
    substitutions: tuple[Substitution, ...]
    """`{{ name }}`s in prose, in order."""
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
        .use(substitution_plugin)
        .use(deflist_plugin)
        .use(fieldlist_plugin)
        .use(footnote_plugin, inline=False, move_to_end=False, always_match_refs=True)
    )
    parser.block.ruler.before(
        "fence",
        "colon_fence",
        make_fence_rule(markers=(":",), token_type="colon_fence"),  # noqa: S106  # a name, not a secret
        {"alt": ["paragraph", "reference", "blockquote", "list", "footnote_def"]},
    )
    return parser


def read_page(source: Source, *, example: Example | None = None) -> Page:
    """Everything of a page, or of an example on it, that matters to a walk."""
    reader = _Reader(source)
    reader.read(_page_lines(source) if example is None else example.fence.lines, _Place())
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
        examples=tuple(reader.examples),
        substitutions=tuple(reader.substitutions),
        problems=tuple(reader.problems.found),
    )


def _page_lines(source: Source) -> tuple[Span, ...]:
    lines = [source.line_span(number) for number in range(1, len(source.line_starts) + 1)]
    if source.text.startswith("\ufeff"):
        lines[0] = Span(start=1, end=max(1, lines[0].end))
    return tuple(lines)


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


class _Reader:
    """Walks tokens, and the tokens of nested bodies."""

    def __init__(self, source: Source) -> None:
        self.front_matter: tuple[Span, ...] | None = None
        self.fences: list[Fence] = []
        self.tab_sets: list[_OpenSet] = []
        self.headings: list[str] = []
        self.examples: list[Example] = []
        self.substitutions: list[Substitution] = []
        self.problems = Problems(source)
        self._source = source
        self._section: list[tuple[int, str]] = []

    def read(self, lines: tuple[Span, ...], place: _Place) -> None:
        """Read some lines of the page as one Markdown text."""
        texts = [line_text(self._source, line) for line in lines]
        tokens = markdown_parser().parse("\n".join(texts) + "\n")
        self.substitutions += find_substitutions(tokens, lines, texts)
        for index, token in enumerate(tokens):
            match token.type:
                case "front_matter" if place.depth == 0 and token.map is not None:
                    self.front_matter = lines[token.map[0] + 1 : token.map[1] - 1]
                case "heading_open" if place.depth == 0 and token.level == 0:
                    self._heading(int(token.tag[1:]), _plain_text(tokens[index + 1]))
                case "fence" | "colon_fence":
                    self._fence(locate_fence(token, lines, texts, self.problems), place)
                case _:
                    pass

    def _heading(self, level: int, text: str) -> None:
        self.headings.append(text)
        self._section = [entry for entry in self._section if entry[0] < level]
        self._section.append((level, text))

    def _fence(self, body: LocatedFence, place: _Place) -> None:
        word, argument = (*body.info.split(maxsplit=1), "", "")[:2]
        is_directive = len(word) > 2 and word.startswith("{") and word.endswith("}")  # noqa: PLR2004  # braces
        if is_directive:
            self._directive(word[1:-1].lower(), argument, body, place)
            return
        name = SHELL_ALIASES.get(word.lower(), word.lower())
        if body.is_colon:
            self.read(body.lines, replace(place, depth=place.depth + 1))
        elif name in SHELL_LANGUAGES:
            self._add(body, name, "", place)
        else:
            self._check_known(body, word, name)

    def _directive(self, name: str, argument: str, body: LocatedFence, place: _Place) -> None:
        argument_language = SHELL_ALIASES.get(argument.lower(), argument.lower())
        deeper = replace(place, depth=place.depth + 1)
        if name in SHELL_LANGUAGES or name == FILE_LANGUAGE:
            self._add(body, name, argument, place, is_directive=True)
        elif name in CODE_DIRECTIVES and argument_language in SHELL_LANGUAGES:
            self._add(body, argument_language, "", place, is_directive=True, is_presented=True)
        elif name in SET_DIRECTIVES:
            opened = _OpenSet(number=len(self.tab_sets))
            self.tab_sets.append(opened)
            self.read(_skip_options(body.lines, self._source), replace(deeper, tab_set=opened))
        elif name in TAB_DIRECTIVES:
            self._tab(name, argument, body, place)
        elif name == EXAMPLE_DIRECTIVE:
            self._example(argument, body)
        elif name == FAILS_DIRECTIVE:
            self._failing(body)
        elif hides_shell_blocks(name, map(self._source.slice, body.lines)):
            self.problems.add(
                ErrorCode.UNREAD_DIRECTIVE,
                f"what `{{{name}}}` puts on the page is not read, so its shell blocks would not be run",
                body.info_span,
                hint="write its shell blocks on the page itself",
            )
        elif name not in LITERAL_DIRECTIVES:
            self._check_known(body, f"{{{name}}}", name)
            self.read(_skip_options(body.lines, self._source), deeper)

    def _check_known(self, body: LocatedFence, word: str, name: str) -> None:
        """A misspelt shell fence would silently not be run."""
        texts = [self._source.slice(line) for line in body.lines]
        meant = meant_shell(name, texts, is_directive=word.startswith("{"))
        if meant is not None:
            self.problems.add(
                ErrorCode.UNKNOWN_DIRECTIVE,
                f"`{word}` is no block that is run, and this one looks like a shell's",
                body.info_span,
                hint=f"did you mean `{word.replace(name, meant)}`?",
            )

    def _example(self, name: str, body: LocatedFence) -> None:
        problem, hint = "", f"write `{{{EXAMPLE_DIRECTIVE}}} some-name`"
        if _EXAMPLE_NAME.fullmatch(name) is None:
            problem = f"`{name}` is no name of an example" if name else "the example has no name"
            hint += ", of a-z, 0-9 and `-`"
        elif any(each.name == name for each in self.examples):
            problem = f"two examples of this page are called `{name}`"
        if problem:
            self.problems.add(ErrorCode.BAD_VALUE, problem, body.info_span, hint=hint)
        else:
            self.examples.append(Example(name=name, fence=body, failing=()))

    def _failing(self, body: LocatedFence) -> None:
        if self.examples:
            last = self.examples.pop()
            self.examples.append(replace(last, failing=(*last.failing, body.lines)))
        else:
            self.problems.add(
                ErrorCode.BAD_VALUE,
                f"`{{{FAILS_DIRECTIVE}}}` follows no example",
                body.info_span,
                hint=f"put it below the `{{{EXAMPLE_DIRECTIVE}}}` that it changes",
            )

    def _tab(self, name: str, argument: str, body: LocatedFence, place: _Place) -> None:
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
            label_span = stripped(self._source, lines[0]) if lines else body.info_span
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
        body: LocatedFence,
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


def _plain_text(inline: Token) -> str:
    return "".join(
        " "
        if "break" in child.type
        else f"{{{{ {child.content} }}}}"
        if child.attrGet("text")
        else child.content
        for child in inline.children or ()
        if "break" in child.type or child.type in {"text", "code_inline", "substitution_inline"}
    ).strip()
