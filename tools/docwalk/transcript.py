"""A block's lines as commands with their expectations.

    transcript   = { blank } command { command | empty prompt }
    command      = prompt line { continuation } { output line } [ "[exit N]" ]
    continuation = line while the command so far is incomplete; "> " stripped from all of them or none

Where a command ends is decided here, without a shell, by `shell_syntax.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from docwalk.config import SHELLS
from docwalk.document import BlockKind
from docwalk.errors import ErrorCode, SourceError
from docwalk.expectation import (
    ELISION,
    EXIT_LIKE,
    EXIT_LINE,
    QUOTE,
    REPL_ELISION,
    PlaceholderError,
    captured_names,
    is_prompt_line,
    parse_expected,
    replace_placeholders,
)
from docwalk.options import MAX_STATUS, MatchMode, accepted_prompts, is_repl_prompt
from docwalk.shell_syntax import NO_COMMENT_SHELLS, find_comments, is_comment_only, is_complete, is_open
from docwalk.source import Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docwalk.config import Project
    from docwalk.document import Block, BlockLine, Document
    from docwalk.errors import SourceProblem
    from docwalk.expectation import ExpectedLine

CONTINUATION: Final = "> "
"""The secondary prompt of a shell."""
REPL_CONTINUATION: Final = "... "
"""The secondary prompt of a REPL."""
OTHER_PROMPTS: Final = ("% ", "# ", "> ", ">>> ")
"""Prompts that have to be declared."""


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
    reader = _Reader(block, document, project, shell_of(block, document, project, shell=shell))
    commands = reader.transcript() if block.kind is BlockKind.TRANSCRIPT else reader.commands()
    if (block.options.answers or block.options.keys) and len(commands) != 1 and not reader.problems:
        reader.add(
            ErrorCode.ONE_COMMAND_ONLY,
            f"a block with `answers` or `keys` holds one command, this one has {len(commands)}",
            block.span,
            "move the other commands to blocks of their own" if commands else "write the command to answer",
        )
    return tuple(commands), tuple(reader.problems)


def shell_of(block: Block, document: Document, project: Project, *, shell: str | None = None) -> str:
    """The shell a block is typed in: the one it names, else the walk's, the page's, the project's, bash."""
    if block.language in SHELLS and block.language != "sh":
        return block.language
    return shell or document.shell or project.default_shell or "bash"


class _Reader:
    """Goes through the lines of one block, and collects mistakes."""

    def __init__(self, block: Block, document: Document, project: Project, shell: str) -> None:
        self.problems: list[SourceProblem] = []
        self._block = block
        self._source = document.source
        self._shell = shell
        self._lines = block.lines
        self._prompts = accepted_prompts(block.options)
        self._repl = block.options.prompt is not None and is_repl_prompt(block.options.prompt)
        self._site_values = project.site_values
        self._redactions = {**project.redactions, **dict(document.redactions)}
        self._captures = set(earlier_captures(block, document))

    def commands(self) -> list[Command]:
        """Commands typed one by one; blank lines and comments between them are shown only."""
        commands: list[Command] = []
        first = next((line for line in self._lines if line.text.strip()), None)
        if first is not None and first.text.startswith("#!"):
            self.add(
                ErrorCode.SCRIPT_IN_SHELL_BLOCK,
                f"`{first.text}` begins a file, not commands to type",
                first.span,
                "write `{file} job.sh` instead of the language, and run the file in a block of its own",
            )
            return commands
        at = 0
        while at < len(self._lines):
            if is_comment_only(self._lines[at].text):
                at += 1
                continue
            end = self._command_end([line.text for line in self._lines[at:]])
            if end is None:
                self._incomplete(at)
                break
            texts = [line.text for line in self._lines[at : at + end]]
            commands += self._command(texts, at, at + end, prompt="", expected=None, stop=at + end)
            at += end
        return commands

    def transcript(self) -> list[Command]:
        """Commands at prompts, each with the lines up to the next prompt."""
        commands: list[Command] = []
        at = 0
        while at < len(self._lines) and not self._lines[at].text.strip():
            at += 1
        if at == len(self._lines) or not is_prompt_line(self._lines[at].text, self._prompts):
            self._no_prompt(at)
            return commands
        while at < len(self._lines):
            text = self._lines[at].text
            prompt = next((p for p in self._prompts if text.startswith(p)), None)
            if prompt is None:
                # an empty prompt, as terminals end with: it closes the output above
                at = self._skip_output(at + 1)
                continue
            read = self._typed(at, prompt)
            if read is None:
                break
            texts, end = read
            stop = self._skip_output(end, reports=False)
            if is_comment_only("\n".join(texts)):
                self._skip_output(end)
            else:
                commands += self._command(texts, at, end, prompt=prompt, expected=(end, stop), stop=stop)
            at = stop
        return commands

    def _typed(self, at: int, prompt: str) -> tuple[list[str], int] | None:
        """Lines of the command that starts at line `at`, prompts stripped, and the line after it."""
        first = self._lines[at].text[len(prompt) :]
        following = [line.text for line in self._lines[at + 1 :]]
        if self._repl:
            count = next(
                (i for i, text in enumerate(following) if not _is_continued(text, REPL_CONTINUATION)),
                len(following),
            )
            return [first, *(text[len(REPL_CONTINUATION) :] for text in following[:count])], at + 1 + count
        is_marked = bool(following) and _is_continued(following[0], CONTINUATION)
        stripped = [
            t[len(CONTINUATION) :] if is_marked and _is_continued(t, CONTINUATION) else t for t in following
        ]
        end = self._command_end([first, *stripped])
        if end is None:
            mixed = [i for i, text in enumerate(following) if _is_continued(text, CONTINUATION)]
            self._incomplete(at) if not mixed or is_marked else self._mixed(at + 1 + mixed[0])
            return None
        if is_marked:
            for index in range(at + 1, at + end):
                if not _is_continued(self._lines[index].text, CONTINUATION):
                    self._mixed(index)
                    break
        return [first, *stripped[: end - 1]], at + end

    def _command_end(self, texts: Sequence[str]) -> int | None:
        """How many of the lines make the first complete command; None where they never do.

        Where the grammar knows no end, our own coarse rules may: a construct of zsh must not swallow a block.
        """
        for is_done in (
            lambda text: is_complete(text, shell=self._shell),
            lambda text: not is_open(text, shell=self._shell),
        ):
            for count in range(1, len(texts) + 1):
                if is_done("\n".join(texts[:count])):
                    return count
        return None

    def _command(
        self,
        texts: list[str],
        first: int,
        end: int,
        *,
        prompt: str,
        expected: tuple[int, int] | None,
        stop: int,
    ) -> list[Command]:
        start = self._lines[first].span.start
        span = Span(start=start, end=self._lines[end - 1].span.end)
        text = "\n".join(texts)
        self._check_comments(text, first)
        command, _, problems = replace_placeholders(
            text, site_values=self._site_values, captures=self._captures
        )
        for problem in problems:
            row = text.count("\n", 0, problem.start)
            column = problem.start - (text.rfind("\n", 0, problem.start) + 1)
            line = self._lines[first + row].span
            at = line.end - len(texts[row]) + column
            self.add(
                ErrorCode.BAD_PLACEHOLDER,
                problem.message,
                Span(start=at, end=at + problem.end - problem.start),
                problem.hint,
            )
        exit_status = self._block.options.exit_status
        lines: tuple[ExpectedLine, ...] | None = None
        if expected is not None:
            lines, exit_status = self._expected(*expected)
        return [
            Command(
                text=command,
                line=self._source.position(start).line,
                span=span,
                prompt=prompt,
                expected=lines,
                expected_span=self._whole_lines(end, stop),
                exit_status=exit_status,
            )
        ]

    def _expected(self, start: int, stop: int) -> tuple[tuple[ExpectedLine, ...], int]:
        """Expected lines and exit status of the lines from `start` to `stop`."""
        expected: list[ExpectedLine] = []
        status: int | None = None
        caught: list[str] = []
        for line in self._lines[start:stop]:
            if EXIT_LIKE.fullmatch(line.text) is not None:
                status = self._exit_status(line, status)
                continue
            if status is not None:
                self.add(
                    ErrorCode.BAD_EXIT_LINE,
                    f"`{line.text}` follows the exit status of its command",
                    line.span,
                    "make `[exit N]` the last line, or begin it with `[[=]]` if it is output",
                )
                break
            try:
                expected.append(
                    parse_expected(
                        line.text,
                        line=self._source.position(line.span.start).line,
                        redactions=self._redactions,
                        captures=self._captures,
                        site_values=self._site_values,
                        elision=REPL_ELISION if self._repl else ELISION,
                        match=self._block.options.match,
                    )
                )
            except PlaceholderError as error:
                for problem in error.problems:
                    where = Span(start=line.span.start + problem.start, end=line.span.start + problem.end)
                    self.add(ErrorCode.BAD_PLACEHOLDER, problem.message, where, problem.hint)
            self._check_regex(line)
            caught += captured_names(line.text)
            self._captures.update(caught)
        return tuple(expected), self._block.options.exit_status if status is None else status

    def _exit_status(self, line: BlockLine, before: int | None) -> int:
        found = EXIT_LINE.fullmatch(line.text)
        if found is None or int(found[1]) > MAX_STATUS:
            self.add(
                ErrorCode.BAD_EXIT_LINE,
                f"`{line.text.strip()}` states no exit status from 0 to 255",
                line.span,
                "write `[exit 1]`, or begin the line with `[[=]]` if it is output",
            )
            return 0
        if before is not None:
            self.add(
                ErrorCode.BAD_EXIT_LINE,
                f"`{line.text}` is the second exit status of one command",
                line.span,
                "keep one of them, or begin the line with `[[=]]` if it is output",
            )
        return int(found[1])

    def _check_regex(self, line: BlockLine) -> None:
        if self._block.options.match is not MatchMode.REGEX or line.text.startswith(QUOTE):
            return
        try:
            re.compile(line.text)
        except re.error as error:
            self.add(
                ErrorCode.BAD_VALUE,
                f"`{line.text}` is no regular expression: {error}",
                line.span,
                "begin the line with `[[=]]` to have it literal",
            )

    def _check_comments(self, text: str, first: int) -> None:
        if self._shell not in NO_COMMENT_SHELLS:
            return
        for offset in find_comments(text):
            row = text.count("\n", 0, offset)
            line = self._lines[first + row].span
            length = len(text.split("\n")[row])
            at = line.end - length + offset - (text.rfind("\n", 0, offset) + 1)
            self.add(
                ErrorCode.TRAILING_COMMENT,
                f"{self._shell} has no comments at its prompt: it would run this as words",
                Span(start=at, end=line.end),
                "write the comment as prose, or on a line of its own",
            )

    def _skip_output(self, at: int, *, reports: bool = True) -> int:
        """The next prompt's line from `at` on; lines before it belong to no command where `reports` is set."""
        while at < len(self._lines) and not is_prompt_line(self._lines[at].text, self._prompts):
            if reports and self._lines[at].text.strip():
                self.add(
                    ErrorCode.NO_PROMPT,
                    f"`{self._lines[at].text}` is the output of no command",
                    self._lines[at].span,
                    "write the command above it",
                )
                reports = False
            at += 1
        return at

    def _whole_lines(self, start: int, stop: int) -> Span:
        """Whole source lines from `start` to `stop`, indentation and newlines included."""
        starts = [self._line_start(line.span.start) for line in self._lines] + [self._block.body_span.end]
        return Span(start=starts[start], end=starts[stop])

    def _line_start(self, offset: int) -> int:
        return self._source.line_starts[self._source.position(offset).line - 1]

    def _no_prompt(self, at: int) -> None:
        prompt = self._prompts[0]
        if at == len(self._lines):
            self.add(
                ErrorCode.NO_PROMPT,
                "this transcript is empty",
                self._block.span,
                f"write a command after `{prompt}`",
            )
            return
        line = self._lines[at]
        hint = f"begin it with `{prompt}`"
        other = next((p for p in OTHER_PROMPTS if line.text.startswith(p)), None)
        if other is not None:
            hint = f"begin it with `{prompt}`, or write `{{console}}` with `:prompt: {other.strip()}`"
        elif not self._block.is_directive and line.text.startswith(":"):
            hint = f"options need braces: `{{{self._block.language}}}`"
        self.add(
            ErrorCode.NO_PROMPT, f"a transcript begins with `{prompt}`, found `{line.text}`", line.span, hint
        )

    def _incomplete(self, at: int) -> None:
        line = self._lines[at]
        self.add(
            ErrorCode.INCOMPLETE_COMMAND,
            f"`{line.text.strip()}` is not complete where its block ends",
            line.span,
            "close its quotes, brackets, blocks or heredocs",
        )

    def _mixed(self, at: int) -> None:
        self.add(
            ErrorCode.MIXED_CONTINUATION,
            f"`{self._lines[at].text}` breaks the rule of its command: `> ` on all continuation lines or on none",
            self._lines[at].span,
            "begin every line after the first with `> `, or none",
        )

    def add(self, code: ErrorCode, message: str, span: Span, hint: str | None) -> None:
        """Note one mistake."""
        self.problems.append(self._source.problem(code, message, span=span, hint=hint))


def earlier_captures(block: Block, document: Document) -> tuple[str, ...]:
    """Names that blocks before `block` capture, in any tab."""
    names: list[str] = []
    for other in document.blocks:
        if other.id == block.id:
            break
        if other.kind is BlockKind.TRANSCRIPT:
            names.extend(name for line in other.lines for name in captured_names(line.text))
    return tuple(dict.fromkeys(names))


def _is_continued(text: str, mark: str) -> bool:
    return text.startswith(mark) or text == mark.rstrip()
