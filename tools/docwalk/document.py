"""Documents: a page's fences to blocks, each with its span, options, tabs and id.

Input is a `Source`, output a frozen `Document`. What the commands in a block are is read later, by
`transcript.py`, for it may depend on the walk's shell.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import Enum
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from docwalk.axes import ENVIRONMENTS, PageAxis, resolve_axes
from docwalk.errors import ErrorCode, SourceError
from docwalk.expectation import is_prompt_line
from docwalk.markup.block_options import WrittenOptions, read_block_options
from docwalk.markup.directives import FILE_LANGUAGE
from docwalk.markup.front_matter import PageSettings, Recipe, read_front_matter
from docwalk.markup.markdown import Example, Fence, Page, read_page
from docwalk.markup.substitutions import check_substitutions, fill
from docwalk.options import accepted_prompts, did_you_mean, resolve_options
from docwalk.source import Problems, Source, Span, below

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docwalk.config import Project
    from docwalk.errors import SourceProblem
    from docwalk.options import BlockOptions

DIGEST_LENGTH: Final = 12
"""Hexadecimal digits of a block's digest in its id."""


class BlockKind(Enum):
    """What a block holds."""

    TRANSCRIPT = "transcript"
    """Prompts, commands and their output."""
    COMMANDS = "commands"
    """Commands only; each must end with the expected status."""
    FILE = "file"
    """The content of a file the reader edits."""


class FileMode(Enum):
    """What a file block does."""

    CREATE = "create"
    """Write the whole file (the default)."""
    APPEND = "append"
    """Add to its end."""
    CHECK = "check"
    """The file must already hold exactly this."""
    PATCH = "patch"
    """Change it as a unified diff says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockLine:
    """One line of a block's body."""

    text: str
    """Its text without the block's indentation and without newline."""
    span: Span
    """Where that text lies in the source (indentation and newline excluded)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TabChoice:
    """One tab a block lies in."""

    group: str
    """Name of the axis: a declared one, or `page:N` for a local axis, N from 1."""
    label: str
    """The tab's label, the value on that axis."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One shell or file block of a page."""

    id: str
    """page + digest of (kind, options, body) + occurrence; stable under edits of prose."""
    kind: BlockKind
    """What it holds."""
    language: str
    """The fence's word: `console`, `bash`, `file`, …"""
    argument: str
    """What follows a directive's name: the path of a `{file}`; else empty."""
    file_mode: FileMode
    """For file blocks; CREATE otherwise."""
    options: BlockOptions
    """Resolved options."""
    is_directive: bool
    """Whether it was written `{console}` rather than `console`."""
    lines: tuple[BlockLine, ...]
    """The body, options excluded."""
    span: Span
    """From the opening fence's first character to the closing fence's last."""
    body_span: Span
    """The body: whole lines, indentation included, up to the start of the closing fence's line."""
    indent: str
    """What stands before each body line in the source (spaces of a list, `> ` of a quote)."""
    line: int
    """Line of the opening fence, from 1."""
    tabs: tuple[TabChoice, ...]
    """The tabs it lies in, outermost first."""
    section: tuple[str, ...]
    """The headings above it, outermost first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TabGroup:
    """The labels of one tab set of the page, in order of appearance."""

    group: str
    """Name of the axis."""
    labels: tuple[str, ...]
    """Its labels; the first is the default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One parsed page."""

    source: Source
    """The text it was parsed from."""
    page: str
    """Path below the project's root, posix, without suffix: `tutorials/2-packages`; of an example on it
    followed by `:` and the example's name."""
    title: str
    """Text of the first heading; the page's name where there is none."""
    environment: str | None
    """Front matter `docwalk.environment`; None is the project's default."""
    shell: str | None
    """Front matter `docwalk.driver.shell`; None is the environment's default."""
    walk_timeout_s: float
    """Seconds one walk of the page may take."""
    coverage: str
    """`each` or `all`."""
    exclude: tuple[tuple[TabChoice, ...], ...]
    """Combinations that are no walk."""
    redactions: tuple[tuple[str, str], ...]
    """Page's own redactions: name and regular expression."""
    blocks: tuple[Block, ...]
    """In order of the page."""
    tab_groups: tuple[TabGroup, ...]
    """In order of appearance."""
    headings: tuple[str, ...]
    """All headings in order, as plain text."""
    recipes: tuple[Recipe, ...] = ()
    """Tasks that its sections do, for the index of recipes."""
    example: Example | None = None
    """The example on its page that the document is; None for a page."""


def parse_document(source: Source, project: Project) -> Document:
    """A page as blocks, without the examples on it.

    Raises:
        SourceError: with every problem of the page but those inside commands: `parse_commands` finds them.
    """
    document, problems = read_document(source, project)
    if problems:
        raise SourceError(problems)
    return document


def parse_documents(source: Source, project: Project) -> tuple[Document, ...]:
    """A page as blocks, then each example on it, which is a page of its own.

    Raises:
        SourceError: as `parse_document`.
    """
    read = read_documents(source, project)
    problems = tuple(problem for _, found in read for problem in found)
    if problems:
        raise SourceError(problems)
    return tuple(document for document, _ in read)


def read_document(source: Source, project: Project) -> tuple[Document, tuple[SourceProblem, ...]]:
    """A page as far as it can be read, without the examples on it, and every problem of it."""
    return read_documents(source, project)[0]


def read_documents(
    source: Source, project: Project
) -> tuple[tuple[Document, tuple[SourceProblem, ...]], ...]:
    """A page, then each example on it, as far as they can be read, each with every problem of it."""
    page = read_page(source)
    examples = ((read_page(source, example=example), example) for example in page.examples)
    return tuple(_read_document(source, project, *each) for each in ((page, None), *examples))


def _read_document(
    source: Source, project: Project, page: Page, example: Example | None
) -> tuple[Document, tuple[SourceProblem, ...]]:
    settings, problems = read_front_matter(source, page.front_matter, project)
    axes, axis_problems = resolve_axes(page.tab_sets, project.axes, source)
    if settings.environments:
        axes = (*axes, PageAxis(group=ENVIRONMENTS, labels=settings.environments, tab_sets=()))
    name = page_name(source, project) + (f":{example.name}" if example is not None else "")
    builder = _Builder(source, project, settings, axes, name)
    for fence in page.fences:
        builder.add(fence)
    exclude = builder.check_exclude()
    builder.check_recipes(page.headings)
    substitution_problems = check_substitutions(
        page.substitutions,
        source=source,
        front_matter=page.front_matter,
        site_values=project.site_values,
    )
    document = Document(
        source=source,
        page=name,
        title=fill(page.headings[0], project.site_values) if page.headings else name,
        environment=settings.environment,
        shell=settings.shell,
        walk_timeout_s=settings.walk_timeout_s or project.walk_timeout_s,
        coverage=settings.coverage or project.coverage,
        exclude=exclude,
        redactions=settings.redactions,
        blocks=tuple(builder.blocks),
        tab_groups=tuple(TabGroup(group=axis.group, labels=axis.labels) for axis in axes),
        headings=page.headings,
        recipes=settings.recipes,
        example=example,
    )
    found = (*page.problems, *problems, *axis_problems, *builder.problems.found, *substitution_problems)
    return document, found


def page_name(source: Source, project: Project) -> str:
    """The page's name: its path below the project's root, posix, without suffix."""
    return PurePosixPath(below(source.path, project.root).as_posix()).with_suffix("").as_posix()


class _Builder:
    """Makes blocks of fences, and collects mistakes."""

    def __init__(
        self, source: Source, project: Project, settings: PageSettings, axes: tuple[PageAxis, ...], page: str
    ) -> None:
        self.blocks: list[Block] = []
        self.problems = Problems(source)
        self._source = source
        self._settings = settings
        self._axes = axes
        self._group_of = {number: axis.group for axis in axes for number in axis.tab_sets}
        self._project = project
        self._page = page
        self._occurrences: dict[str, int] = {}

    def add(self, fence: Fence) -> None:
        """Make one fence a block, unless it cannot be."""
        written = WrittenOptions()
        if fence.is_directive:
            written, problems = read_block_options(
                self._source, fence.body_lines, directive=fence.language, is_presented=fence.is_presented
            )
            self.problems.found.extend(problems)
        spans = fence.body_lines[written.line_count :]
        lines = tuple(BlockLine(text=self._source.text[s.start : s.end], span=s) for s in spans)
        options = resolve_options(written.fields, self._settings.options, self._project.option_defaults)
        self._check_argument(fence)
        kind = self._kind(fence, lines, options)
        body_start = self._source.line_start(spans[0].start) if spans else fence.end
        self.blocks.append(
            Block(
                id=self._id(fence, kind, written, lines),
                kind=kind,
                language=fence.language,
                argument=fence.argument,
                file_mode=FileMode(written.mode),
                options=options,
                is_directive=fence.is_directive,
                lines=lines,
                span=fence.span,
                body_span=Span(start=body_start, end=max(body_start, fence.end)),
                indent=fence.indent,
                line=self._source.position(fence.span.start).line,
                tabs=tuple(TabChoice(group=self._group_of[t.tab_set], label=t.label) for t in fence.tabs),
                section=fence.section,
            )
        )

    def check_exclude(self) -> tuple[tuple[TabChoice, ...], ...]:
        """The page's excluded combinations, each axis and label known."""
        labels = {axis.group: axis.labels for axis in self._axes}
        for exclusion in self._settings.exclude:
            for group, label in exclusion.choices.items():
                wrong, message, hint = "", "", ""
                if group not in labels:
                    wrong, message = group, f"exclude: `{group}` is no axis of this page"
                    hint = did_you_mean(
                        group, labels, otherwise="its axes are" if labels else "it has no tabs"
                    )
                elif label not in labels[group]:
                    wrong, message = label, f"exclude: `{label}` is no label of `{group}` on this page"
                    hint = did_you_mean(label, labels[group], otherwise="its labels are")
                if wrong:
                    start = max(self._source.text.find(wrong, exclusion.span.start), exclusion.span.start)
                    where = Span(start=start, end=start + len(wrong))
                    self.problems.add(ErrorCode.UNKNOWN_TAB, message, where, hint=hint)
        return tuple(
            tuple(TabChoice(group=group, label=label) for group, label in exclusion.choices.items())
            for exclusion in self._settings.exclude
        )

    def check_recipes(self, headings: Sequence[str]) -> None:
        """Each recipe names a section of the page."""
        for recipe in self._settings.recipes:
            if recipe.heading not in headings:
                message = f"recipes: `{recipe.heading}` is no heading of this page"
                hint = did_you_mean(recipe.heading, headings, otherwise="its headings are")
                self.problems.add(ErrorCode.BAD_VALUE, message, recipe.span, hint=hint)

    def _kind(self, fence: Fence, lines: tuple[BlockLine, ...], options: BlockOptions) -> BlockKind:
        if fence.language == FILE_LANGUAGE:
            return BlockKind.FILE
        if options.stop is not None or options.sessions or options.users:
            return BlockKind.TRANSCRIPT
        first = next((line.text for line in lines if line.text.strip()), "")
        if fence.language == "console" or is_prompt_line(first, accepted_prompts(options)):
            return BlockKind.TRANSCRIPT
        return BlockKind.COMMANDS

    def _check_argument(self, fence: Fence) -> None:
        if fence.language == FILE_LANGUAGE and not fence.argument:
            self.problems.add(
                ErrorCode.BAD_VALUE,
                "`{file}` names no file",
                fence.info_span,
                hint="write its path: `{file} ~/.bashrc`",
            )
        elif fence.language != FILE_LANGUAGE and fence.argument:
            self.problems.add(
                ErrorCode.BAD_VALUE,
                f"`{{{fence.language}}}` takes no argument, found `{fence.argument}`",
                fence.info_span,
                hint="write options below it: `:option: value`",
            )

    def _id(
        self, fence: Fence, kind: BlockKind, written: WrittenOptions, lines: tuple[BlockLine, ...]
    ) -> str:
        content = [kind.value, fence.language, fence.argument, written.written, [line.text for line in lines]]
        text = json.dumps(content, sort_keys=True, default=str, ensure_ascii=True)
        digest = hashlib.sha256(text.encode()).hexdigest()[:DIGEST_LENGTH]
        count = self._occurrences[digest] = self._occurrences.get(digest, 0) + 1
        return f"{self._page}#{digest}-{count}"
