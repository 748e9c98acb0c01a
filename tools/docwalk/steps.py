"""Steps: the smallest things run, made of a block's commands or of a file block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from docwalk.captures import used_in_command
from docwalk.errors import ErrorCode
from docwalk.expectation import replace_placeholders
from docwalk.source import Span
from docwalk.transcript import shell_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from docwalk.config import Project
    from docwalk.document import Block, Document, FileMode
    from docwalk.expectation import ExpectedLine
    from docwalk.options import Answer, KeyGroup, MatchMode
    from docwalk.source import Problems
    from docwalk.transcript import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeCommand:
    """The reader types a command."""

    command: str
    """What is typed, lines joined by newlines; `[[name]]` of captures still in it."""
    captured_names: tuple[str, ...]
    """Captures whose text replaces `[[name]]` in the command."""
    expected: tuple[ExpectedLine, ...] | None
    """Expected lines; None compares no output (status *ran*)."""
    match: MatchMode
    """How they are compared."""
    exit_status: int
    """The status it must end with."""
    answers: tuple[Answer, ...]
    """What to type when it asks."""
    keys: tuple[KeyGroup, ...]
    """What to press in a full-screen program."""
    prompt: str | None
    """Declared prompt of a shell without marks; None where marks are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditFile:
    """The reader creates, extends or checks a file."""

    path: str
    """As written: absolute, or relative to the home with `~/`, or to the session's folder."""
    content: str
    """Whole text, final newline included."""
    mode: FileMode
    """Create, append or check."""


Action = TypeCommand | EditFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The smallest thing run."""

    index: int
    """Number in the walk, from 0."""
    block_id: str
    """The block it comes from."""
    line: int
    """Source line, from 1, that a failure names."""
    span: Span
    """The command in the source."""
    expected_span: Span
    """The expected output in the source; empty where there is none."""
    session: str
    """Session it runs in."""
    shell: str | None = None
    """Shell of the session, where a block names another than the walk's; None is the walk's."""
    user: str | None
    """Account; None is the environment's."""
    host: str | None = None
    """Host; None is the environment's."""
    timeout_s: float
    """Seconds it may take."""
    action: Action
    """What is done."""


class StepMaker:
    """Makes the steps of one document's blocks, and collects mistakes."""

    def __init__(self, document: Document, project: Project, problems: Problems) -> None:
        """Note mistakes in `problems`."""
        self._document = document
        self._project = project
        self._problems = problems

    def command_step(
        self, block: Block, command: Command, index: int, shell: str | None, captured: Collection[str]
    ) -> Step:
        """The step of one command of `block`; `captured` are the names that earlier steps caught."""
        options = block.options
        own = shell_of(block, self._document, self._project, shell=shell)
        return Step(
            index=index,
            block_id=block.id,
            line=command.line,
            span=command.span,
            expected_span=command.expected_span,
            session=options.session,
            shell=None if own == (shell or "bash") else own,
            user=options.user,
            host=options.host,
            timeout_s=options.timeout_s,
            action=TypeCommand(
                command=command.text,
                captured_names=used_in_command(command.text, captured),
                expected=command.expected,
                match=options.match,
                exit_status=command.exit_status,
                answers=options.answers,
                keys=options.keys,
                prompt=options.prompt,
            ),
        )

    def file_step(self, block: Block, index: int) -> Step:
        """The step of a file block."""
        options = block.options
        return Step(
            index=index,
            block_id=block.id,
            line=block.line,
            span=block.body_span,
            expected_span=Span(start=block.body_span.end, end=block.body_span.end),
            session=options.session,
            user=options.user,
            host=options.host,
            timeout_s=options.timeout_s,
            action=EditFile(
                path=self._with_site_values(block.argument, block),
                content=self._with_site_values("".join(line.text + "\n" for line in block.lines), block),
                mode=block.file_mode,
            ),
        )

    def _with_site_values(self, text: str, block: Block) -> str:
        replaced, _, bad = replace_placeholders(text, site_values=self._project.site_values, captures=())
        for problem in bad:
            wrong = text[problem.start : problem.end]
            start = self._document.source.text.find(wrong, block.span.start)
            where = Span(start=start, end=start + len(wrong))
            self._problems.add(ErrorCode.BAD_PLACEHOLDER, problem.message, where, hint=problem.hint)
        return replaced
