"""A block's lines as commands with their expectations.

    transcript   = { blank } command { command | empty prompt }
    command      = prompt line { continuation } { output line } [ "[exit N]" ]
    continuation = line while the command so far is incomplete; "> " stripped from all of them or none

Where a command ends is decided without a shell, by `command_lines.py` and `shell_syntax.py`.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from docwalk.captures import caught_by, earlier_captures
from docwalk.command_lines import split_commands, split_transcript
from docwalk.config import SHELLS
from docwalk.document import BlockKind
from docwalk.errors import ErrorCode, SourceError
from docwalk.expectation import (
    ELISION,
    EXIT_LIKE,
    EXIT_LINE,
    QUOTE,
    REPL_ELISION,
    Captured,
    Literal,
    PlaceholderError,
    captured_names,
    is_prompt_line,
    parse_expected,
    parse_parts,
    parts_of,
    replace_placeholders,
    without_error_lead,
)
from docwalk.json_text import JsonError, parse_json
from docwalk.options import MAX_STATUS, MatchMode, Streams, accepted_prompts, is_repl_prompt
from docwalk.shell_syntax import NO_COMMENT_SHELLS, find_comments
from docwalk.source import Problems, Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docwalk.command_lines import CommandLines
    from docwalk.config import Project
    from docwalk.document import Block, BlockLine, Document
    from docwalk.errors import SourceProblem
    from docwalk.expectation import ExpectedLine

APART_SHELLS: Final = frozenset({"bash", "dash", "sh", "zsh"})
"""Shells whose commands can have standard error of their own and stay in the shell: `{ …; } 2>file`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One complete command of a block, with what it must print."""

    text: str
    """The command as the reader types it: prompts stripped, lines joined by newlines."""
    line: int
    """Source line of its first line, from 1."""
    span: Span
    """From its prompt to the end of its last line."""
    prompt: str
    """The prompt it was written with (`$ `); empty in blocks of commands only."""
    expected: tuple[ExpectedLine, ...] | None
    """Expected output lines; None in blocks of commands only: output is not compared."""
    expected_span: Span
    """The expected output in the source, `[exit N]` included; empty where there is none."""
    exit_status: int
    """The status it must end with."""


def parse_commands(
    block: Block, document: Document, project: Project, *, shell: str | None = None
) -> tuple[Command, ...]:
    """The commands of a transcript or a block of commands, in order; none for a file.

    Args:
        block: A block of `document`.
        document: Its page, for captures of earlier blocks, and redactions.
        project: For redactions and site values.
        shell: Shell of the walk, for blocks that name none; None is the page's, the project's, or bash.

    Raises:
        SourceError: with every problem of the block.
    """
    commands, problems = read_commands(block, document, project, shell=shell)
    if problems:
        raise SourceError(problems)
    return commands


def read_commands(
    block: Block, document: Document, project: Project, *, shell: str | None = None
) -> tuple[tuple[Command, ...], tuple[SourceProblem, ...]]:
    """The commands of a block as far as they can be read, and every problem in it."""
    if block.kind is BlockKind.FILE:
        return (), ()
    own_shell = shell_of(block, document, project, shell=shell)
    problems = Problems(document.source)
    reader = _Reader(block, document, project, own_shell, problems)
    if block.options.stop is not None:
        return (reader.stop(),), tuple(problems.found)
    split = split_transcript if block.kind is BlockKind.TRANSCRIPT else split_commands
    commands = tuple(reader.command(lines) for lines in split(block, own_shell, problems))
    options = block.options
    if (options.answers or options.keys or options.background) and len(commands) != 1 and not problems.found:
        which = "`background`" if options.background else "`answers` or `keys`"
        problems.add(
            ErrorCode.ONE_COMMAND_ONLY,
            f"a block with {which} holds one command, this one has {len(commands)}",
            block.span,
            hint="move the other commands to blocks of their own" if commands else "write that command",
        )
    _check_streams(block, own_shell, problems)
    return commands, tuple(problems.found)


def _check_streams(block: Block, shell: str, problems: Problems) -> None:
    """Standard error can be told apart only where a command may be put in braces, and nobody is asked."""
    options = block.options
    if options.streams is not Streams.APART or block.kind is not BlockKind.TRANSCRIPT:
        return
    message = hint = ""
    if options.prompt is not None and is_repl_prompt(options.prompt):
        message = f"at the prompt `{options.prompt.strip()}` standard error cannot be told apart"
        hint = "remove `streams: apart`"
    elif shell not in APART_SHELLS:
        message = f"{shell} cannot send standard error elsewhere, so it cannot be told apart"
        hint = f"write the block for {', '.join(sorted(APART_SHELLS))}, or remove `streams: apart`"
    elif options.answers or options.keys:
        message = "with `answers` or `keys` standard error cannot be told apart: many prompts go there"
        hint = "remove `streams: apart`"
    if message:
        problems.add(ErrorCode.BAD_VALUE, f"streams: {message}", block.span, hint=hint)


def shell_of(block: Block, document: Document, project: Project, *, shell: str | None = None) -> str:
    """The shell a block is typed in: the one it names, else the walk's, the page's, the project's, bash."""
    if block.language in SHELLS and block.language != "sh":
        return block.language
    return shell or document.shell or project.default_shell or "bash"


class _Reader:
    """Reads the commands of one block, one after the other: what one captures the next may use."""

    def __init__(
        self, block: Block, document: Document, project: Project, shell: str, problems: Problems
    ) -> None:
        self._block = block
        self._source = document.source
        self._shell = shell
        self._problems = problems
        self._site_values = project.site_values
        self._redactions = {**project.redactions, **dict(document.redactions)}
        self._captures = set(earlier_captures(block, document))
        prompt = block.options.prompt
        self._elision = REPL_ELISION if prompt is not None and is_repl_prompt(prompt) else ELISION

    def command(self, lines: CommandLines) -> Command:
        """One command with its expectations."""
        text = "\n".join(lines.texts)
        self._check_comments(text, lines)
        typed, _, bad = replace_placeholders(text, site_values=self._site_values, captures=self._captures)
        for problem in bad:
            self._problems.add(
                ErrorCode.BAD_PLACEHOLDER,
                problem.message,
                self._span_in(lines, text, problem.start, problem.end),
                hint=problem.hint,
            )
        expected: tuple[ExpectedLine, ...] | None = None
        status: int | None = None
        if self._block.kind is BlockKind.TRANSCRIPT:
            expected, status = self._expected(self._block.lines[lines.end : lines.stop])
        first = self._block.lines[lines.first].span
        return Command(
            text=typed,
            line=self._source.position(first.start).line,
            span=Span(start=first.start, end=self._block.lines[lines.end - 1].span.end),
            prompt=lines.prompt,
            expected=expected,
            expected_span=Span(start=self._line_start(lines.end), end=self._line_start(lines.stop)),
            exit_status=self._block.options.exit_status if status is None else status,
        )

    def stop(self) -> Command:
        """What the terminal shows when the command is stopped that goes on in the session; no command."""
        lines = self._block.lines
        prompts = accepted_prompts(self._block.options)
        for line in lines:
            if is_prompt_line(line.text, prompts):
                self._problems.add(
                    ErrorCode.ONE_COMMAND_ONLY,
                    f"`{line.text}`: a block with `stop` holds only what the terminal shows then",
                    line.span,
                    hint="move the command to a block of its own, or quote it with `[[=]]` if it is output",
                )
        expected, status = self._expected(lines)
        start = self._line_start(0)
        return Command(
            text="",
            line=self._source.position(self._block.span.start).line,
            span=Span(start=self._block.span.start, end=max(self._block.span.start, start - 1)),
            prompt="",
            expected=expected,
            expected_span=self._block.body_span,
            exit_status=self._block.options.exit_status if status is None else status,
        )

    def _line_start(self, index: int) -> int:
        """Offset at which a line of the block starts, indentation included; after the last the body's end."""
        if index == len(self._block.lines):
            return self._block.body_span.end
        return self._source.line_start(self._block.lines[index].span.start)

    def _span_in(self, lines: CommandLines, text: str, start: int, end: int) -> Span:
        """Where a part of a command lies in the source; it lies on one line."""
        before = text[:start].split("\n")
        row = len(before) - 1
        line = self._block.lines[lines.first + row].span
        at = line.end - len(lines.texts[row]) + len(before[-1])
        return Span(start=at, end=min(at + end - start, line.end))

    def _expected(self, lines: Sequence[BlockLine]) -> tuple[tuple[ExpectedLine, ...], int | None]:
        """Expected lines, and the exit status where one is stated."""
        expected: list[ExpectedLine] = []
        status: int | None = None
        for line in lines:
            if EXIT_LIKE.fullmatch(line.text) is not None and self._block.options.background:
                self._problems.add(
                    ErrorCode.BAD_EXIT_LINE,
                    f"`{line.text}`: a command in the background has not ended yet",
                    line.span,
                    hint="state it in the block with `stop`, or quote it with `[[=]]` if it is output",
                )
            elif EXIT_LIKE.fullmatch(line.text) is not None:
                status = self._exit_status(line, status)
            elif status is not None:
                self._problems.add(
                    ErrorCode.BAD_EXIT_LINE,
                    f"`{line.text}` follows the exit status of its command",
                    line.span,
                    hint="make `[exit N]` the last line, or quote it with `[[=]]` if it is output",
                )
                break
            else:
                expected += self._expected_line(line)
        if self._block.options.match is MatchMode.UNORDERED:
            self._check_unordered(expected)
        if self._block.options.match is MatchMode.JSON and len(expected) == len(lines) - (status is not None):
            self._check_json(expected, lines)
        return tuple(expected), status

    def _expected_line(self, line: BlockLine) -> list[ExpectedLine]:
        is_apart = self._block.options.streams is Streams.APART
        error_text = without_error_lead(line.text) if is_apart else None
        text = line.text if error_text is None else error_text
        mode = self._block.options.match
        if error_text is not None and mode is MatchMode.JSON:
            mode = MatchMode.LITERAL
        shift = len(line.text) - len(text)
        if mode is MatchMode.REGEX:
            self._check_regex(text, line)
        try:
            parsed = parse_expected(
                text,
                line=self._source.position(line.span.start).line,
                redactions=self._redactions,
                captures={*self._captures, *captured_names(line.text)},
                site_values=self._site_values,
                elision=self._elision,
                match=mode,
            )
        except PlaceholderError as error:
            for bad in error.problems:
                start = line.span.start + shift
                where = Span(start=start + bad.start, end=start + bad.end)
                self._problems.add(ErrorCode.BAD_PLACEHOLDER, bad.message, where, hint=bad.hint)
            return []
        finally:
            self._captures.update(captured_names(line.text))
        return [replace(parsed, is_error=True) if error_text is not None else parsed]

    def _exit_status(self, line: BlockLine, before: int | None) -> int:
        found = EXIT_LINE.fullmatch(line.text.rstrip())
        if found is None or int(found[1]) > MAX_STATUS:
            self._problems.add(
                ErrorCode.BAD_EXIT_LINE,
                f"`{line.text.strip()}` states no exit status from 0 to 255",
                line.span,
                hint="write `[exit 1]`, or begin the line with `[[=]]` if it is output",
            )
            return 0
        if before is not None:
            self._problems.add(
                ErrorCode.BAD_EXIT_LINE,
                f"`{line.text}` is the second exit status of one command",
                line.span,
                hint="keep one of them, or begin the line with `[[=]]` if it is output",
            )
        return int(found[1])

    def _check_regex(self, text: str, line: BlockLine) -> None:
        if text.startswith(QUOTE):
            return
        try:
            parts = parse_parts(
                text,
                redactions=self._redactions,
                captures={*self._captures, *captured_names(text)},
                site_values=self._site_values,
            )
        except PlaceholderError:
            parts = ()  # a set of characters, in doubled brackets
        placeholder = next((part for part in parts if not isinstance(part, Literal)), None)
        if placeholder is not None:
            self._problems.add(
                ErrorCode.BAD_PLACEHOLDER,
                f"`{placeholder}` is no placeholder here: a line of `match: regex` is one regular expression",
                line.span,
                hint="write what it stands for as a regular expression, or match in another way",
            )
            return
        try:
            with warnings.catch_warnings(action="ignore", category=FutureWarning):  # of `[[` in a set
                re.compile(text)
        except re.error as error:
            self._problems.add(
                ErrorCode.BAD_VALUE,
                f"`{text}` is no regular expression: {error}",
                line.span,
                hint="begin the line with `[[=]]` to have it literal",
            )

    def _check_unordered(self, expected: Sequence[ExpectedLine]) -> None:
        """Which line a capture takes decides what another must be: in any order that has no one answer."""
        own = caught_by(expected)
        for line in expected:
            for part in parts_of(line):
                if isinstance(part, Captured) and part.name in own:
                    self._problems.add(
                        ErrorCode.BAD_PLACEHOLDER,
                        f"`{part}` is captured by the same output, whose lines may come in any order",
                        self._source.line_span(line.source_line),
                        hint="compare it in a later command, or without `match: unordered`",
                    )

    def _check_json(self, expected: Sequence[ExpectedLine], lines: Sequence[BlockLine]) -> None:
        pairs = [pair for pair in zip(expected, lines, strict=False) if not pair[0].is_error]
        text = "\n".join("".join(map(str, parts_of(line))) for line, _ in pairs)
        try:
            parse_json(text)
        except JsonError as error:
            before = text[: error.offset].split("\n")
            line = pairs[min(len(before), len(pairs)) - 1][1].span
            start = min(line.start + len(before[-1]), line.end)
            self._problems.add(
                ErrorCode.BAD_VALUE,
                f"the expected output is no JSON: {error.message}",
                Span(start=start, end=line.end),
                hint='write `"..."` for more elements, and placeholders in strings: `"[[int]]"`',
            )

    def _check_comments(self, text: str, lines: CommandLines) -> None:
        if self._shell not in NO_COMMENT_SHELLS:
            return
        for start in find_comments(text):
            self._problems.add(
                ErrorCode.TRAILING_COMMENT,
                f"{self._shell} has no comments at its prompt: it would take this for arguments",
                self._span_in(lines, text, start, len(text)),
                hint="write the comment as prose, or on a line of its own",
            )
