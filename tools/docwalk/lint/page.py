"""What rules see of a page: its blocks with the commands in them, each character with its place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from docwalk.command_lines import split_commands, split_transcript
from docwalk.document import BlockKind, read_document
from docwalk.markup.front_matter import read_front_matter
from docwalk.markup.markdown import markdown_parser, read_page
from docwalk.plan import read_plan
from docwalk.source import Problems, Span
from docwalk.transcript import read_commands, shell_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from docwalk.config import Project
    from docwalk.document import Block, Document
    from docwalk.errors import SourceProblem
    from docwalk.markup.markdown import Page
    from docwalk.plan import Walk
    from docwalk.record import Record
    from docwalk.source import Source
    from docwalk.transcript import Command

_SHEBANG: Final = re.compile(r"#!\s*\S*?(?:/|env\s+(?:-S\s+)?)(?P<shell>bash|sh|dash|ksh|zsh)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedLine:
    """One line of a command as it is typed."""

    text: str
    """The line, prompts stripped."""
    start: int
    """Offset of its first character in the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellText:
    """What a shell reads: a command, or a script."""

    lines: tuple[TypedLine, ...]
    """Its lines, where they are written."""
    shell: str
    """The shell that reads it."""
    is_failing: bool
    """Whether the page says that it fails."""

    @property
    def text(self) -> str:
        """What is typed, as written: site values and captures not put in."""
        return "\n".join(line.text for line in self.lines)

    def place(self, start: int, end: int) -> Span:
        """Where `text[start:end]` is written, up to the end of its first line."""
        for line in self.lines:
            if start <= len(line.text):
                return Span(start=line.start + start, end=line.start + min(end, len(line.text)))
            start, end = start - len(line.text) - 1, end - len(line.text) - 1
        last = self.lines[-1]
        return Span(start=last.start, end=last.start + len(last.text))


@dataclass(frozen=True, slots=True, kw_only=True)
class LintCommand:
    """One command of a block."""

    command: Command
    """The command with its expectations."""
    typed: ShellText
    """What is typed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LintBlock:
    """One block of a page."""

    block: Block
    """The block."""
    shell: str
    """The shell it is typed in, in the first walk that runs it."""
    commands: tuple[LintCommand, ...]
    """Its commands in order; none for a file."""
    script: ShellText | None
    """For a file that is a script of a shell: its text."""

    @property
    def is_run(self) -> bool:
        """Whether a walk runs it."""
        return self.block.options.skip is None

    def shell_texts(self) -> Iterator[ShellText]:
        """What shells read of it, in order."""
        yield from (command.typed for command in self.commands)
        if self.script is not None:
            yield self.script


@dataclass(frozen=True, slots=True, kw_only=True)
class LintPage:
    """One page, and what is known of where it is walked."""

    project: Project
    """Its project."""
    document: Document
    """Its blocks."""
    page: Page
    """Its tabs."""
    ignored: tuple[tuple[str, Span], ...]
    """Rules its front matter ignores."""
    walks: tuple[Walk, ...]
    """Its walks."""
    blocks: tuple[LintBlock, ...]
    """Blocks with their commands."""
    modules: Callable[[str], tuple[str, ...] | None]
    """Modules of an environment by its name; None where nobody knows."""
    records: Mapping[str, Record]
    """Records by name of walk."""
    shellcheck: Path | None
    """The program; None where it is not installed."""

    @property
    def source(self) -> Source:
        """Its text."""
        return self.document.source

    @property
    def is_tutorial(self) -> bool:
        """Whether it has to have what tutorials have."""
        return any(matches(self.source.path, each) for each in self.project.lint.tutorial_pages)

    @property
    def heading_line(self) -> int:
        """Line of the first heading, from 1; where there is none, 1."""
        first = next(iter(self._headings()), None)
        return 1 if first is None else first[0]

    @property
    def introduction(self) -> str:
        """The page's text between its title and its first section."""
        headings = list(self._headings())
        last = len(self.source.line_starts)
        start = headings[0][0] + 1 if headings else 1
        stop = next((line for line, level in headings[1:] if level > 1), last + 1)
        return "\n".join(self.source.line_text(number) for number in range(start, stop))

    def _headings(self) -> Iterator[tuple[int, int]]:
        """Line, from 1, and level of each heading of the page itself."""
        for token in markdown_parser().parse("\n".join(markdown_lines(self.source)) + "\n"):
            if token.type == "heading_open" and token.level == 0 and token.map is not None:
                yield token.map[0] + 1, int(token.tag[1:])

    def commands(self) -> Iterator[LintCommand]:
        """All commands in order of the page, those of skipped blocks too."""
        for block in self.blocks:
            yield from block.commands

    def shell_texts(self) -> Iterator[ShellText]:
        """Everything that shells read, scripts too, in order of the page."""
        for block in self.blocks:
            yield from block.shell_texts()

    def files(self) -> Iterator[Block]:
        """All file blocks in order of the page."""
        for block in self.blocks:
            if block.block.kind is BlockKind.FILE:
                yield block.block


def matches(path: Path, pattern: str) -> bool:
    """Whether a path below the project's root fits a pattern; `**` at its end stands for any depth."""
    if pattern.endswith("/**"):
        return path.is_relative_to(pattern.removesuffix("/**"))
    return path.match(pattern)


def markdown_lines(source: Source) -> list[str]:
    """The lines of a page as the parser may have them: a stray CR would be a line of its own to it."""
    numbers = range(1, len(source.line_starts) + 1)
    return [source.line_text(number).replace("\r", " ").replace("\0", "\ufffd") for number in numbers]


def read_lint_page(
    source: Source,
    project: Project,
    *,
    modules: Callable[[str], tuple[str, ...] | None],
    records: Callable[[Walk], Record | None],
    shellcheck: Path | None,
) -> tuple[LintPage, tuple[SourceProblem, ...]]:
    """A page for rules as far as it can be read, and every source error of it."""
    page = read_page(source)
    document, problems = read_document(source, project)
    plan, found = read_plan([document], project)
    settings, _ = read_front_matter(source, page.front_matter, project)
    kept = {walk.name: record for walk in plan.walks if (record := records(walk)) is not None}
    lint_page = LintPage(
        project=project,
        document=document,
        page=page,
        ignored=settings.lint_ignore,
        walks=plan.walks,
        blocks=tuple(_block(block, document, project, plan.walks) for block in document.blocks),
        modules=modules,
        records=kept,
        shellcheck=shellcheck,
    )
    return lint_page, tuple(dict.fromkeys((*problems, *found)))


def _block(block: Block, document: Document, project: Project, walks: tuple[Walk, ...]) -> LintBlock:
    walk = next((walk for walk in walks if set(block.tabs) <= set(walk.choices)), None)
    shell = shell_of(block, document, project, shell=None if walk is None else walk.shell)
    if block.kind is BlockKind.FILE:
        return LintBlock(block=block, shell=shell, commands=(), script=_script(block))
    split = split_transcript if block.kind is BlockKind.TRANSCRIPT else split_commands
    commands, _ = read_commands(block, document, project, shell=None if walk is None else walk.shell)
    pieces = split(block, shell, Problems(document.source))
    return LintBlock(
        block=block,
        shell=shell,
        commands=tuple(
            LintCommand(
                command=command,
                typed=ShellText(
                    lines=tuple(
                        TypedLine(text=text, start=block.lines[at].span.end - len(text))
                        for at, text in enumerate(piece.texts, start=piece.first)
                    ),
                    shell=shell,
                    is_failing=command.exit_status != 0,
                ),
            )
            for command, piece in zip(commands, pieces, strict=True)
        ),
        script=None,
    )


def _script(block: Block) -> ShellText | None:
    """The script that a file block holds; None for other files."""
    found = _SHEBANG.match(block.lines[0].text) if block.lines else None
    if found is None:
        return None
    lines = tuple(TypedLine(text=line.text, start=line.span.start) for line in block.lines)
    return ShellText(lines=lines, shell=found["shell"], is_failing=False)
