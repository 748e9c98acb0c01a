"""Steps: the smallest things run, made of a block's commands or of a file block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from docwalk.captures import used_in_command
from docwalk.document import FileMode
from docwalk.errors import ErrorCode
from docwalk.expectation import LineExpectation, Literal, replace_placeholders
from docwalk.options import MatchMode, Purpose, Streams
from docwalk.patches import PatchError, read_patch
from docwalk.source import Span
from docwalk.transcript import shell_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from docwalk.config import Project
    from docwalk.document import Block, Document
    from docwalk.expectation import ExpectedLine
    from docwalk.options import Answer, KeyGroup
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
    streams: Streams = Streams.TOGETHER
    """Whether standard error is told apart."""
    ready_text: str | None = None
    """Text that shows that the command is ready: it then goes on; None awaits its end."""
    stop_keys: tuple[str, ...] = ()
    """Keys that end the command which goes on in this session; nothing is typed then, `command` is empty."""

    @classmethod
    def plain(cls, command: str) -> TypeCommand:
        """A command of which nothing is asked but that it ends with status 0."""
        return cls(
            command=command,
            captured_names=(),
            expected=None,
            match=MatchMode.LITERAL,
            exit_status=0,
            answers=(),
            keys=(),
            prompt=None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """A file beside the page, which readers download."""

    name: str
    """Its path below the page's folder, as written."""
    data: bytes
    """Its content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditFile:
    """The reader creates, extends, changes or checks a file."""

    path: str
    """As written: absolute, or relative to the home with `~/`, or to the session's folder; `[[name]]` of
    captures still in it."""
    content: str
    """Whole text, final newline included, `[[name]]` of captures still in it; empty with a `source`."""
    mode: FileMode
    """Create, append, check or patch."""
    source_line: int
    """Source line of the content's first line, from 1."""
    captured_names: tuple[str, ...] = ()
    """Captures whose text replaces `[[name]]` in path and content."""
    permissions: int | None = None
    """Permission bits it gets; None leaves them as they are, 644 for a new file."""
    source: SourceFile | None = None
    """What is put there in place of a text; None for text."""


Action = TypeCommand | EditFile


def checked_lines(action: EditFile, captures: Mapping[str, str]) -> tuple[LineExpectation, ...]:
    """What a file that a block checks must hold, line by line: literal text, captures put in."""
    lines: list[LineExpectation] = []
    for at, line in enumerate(action.content.removesuffix("\n").split("\n") if action.content else ()):
        text = line
        for name in action.captured_names:
            text = text.replace(f"[[{name}]]", captures.get(name, f"[[{name}]]"))
        parts = (Literal(text=text),) if text else ()
        lines.append(LineExpectation(parts=parts, source_line=action.source_line + at))
    return tuple(lines)


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
    relogin: bool = False
    """Whether the session's shell ends before, and a new login shell is opened."""
    timeout_s: float
    """Seconds it may take."""
    purpose: Purpose = Purpose.MAIN
    """What its block is for."""
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
        self,
        block: Block,
        command: Command,
        index: int,
        *,
        shell: str | None,
        captured: Collection[str],
        relogin: bool,
    ) -> Step:
        """The step of one command.

        Args:
            block: its block.
            command: what is typed.
            index: number of the step.
            shell: shell of the walk; None is the environment's.
            captured: names that earlier steps caught.
            relogin: whether the reader logs in again before.
        """
        options = block.options
        own = shell_of(block, self._document, self._project, shell=shell)
        is_named = bool(options.sessions or options.users)
        return Step(
            index=index,
            block_id=block.id,
            line=command.line,
            span=command.span,
            expected_span=command.expected_span,
            session=command.prompt[:-2] if is_named else options.session,
            shell=None if own == (shell or "bash") else own,
            user=command.prompt[:-2] if options.users else options.user,
            host=options.host,
            relogin=relogin,
            timeout_s=options.timeout_s,
            purpose=options.purpose,
            action=TypeCommand(
                command=command.text,
                captured_names=used_in_command(command.text, captured),
                expected=command.expected,
                match=options.match,
                exit_status=command.exit_status,
                answers=options.answers,
                keys=options.keys,
                prompt=options.prompt,
                streams=options.streams,
                ready_text=options.ready_text,
                stop_keys=options.stop or (),
            ),
        )

    def file_step(self, block: Block, index: int, captured: Collection[str]) -> Step:
        """The step of a file block; `captured` are the names that earlier steps caught."""
        options = block.options
        path = self._with_site_values(block.argument, block)
        content = self._with_site_values("".join(line.text + "\n" for line in block.lines), block)
        if block.file_mode is FileMode.PATCH:
            self._check_patch(block, content)
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
            purpose=options.purpose,
            action=EditFile(
                path=path,
                content=content,
                mode=block.file_mode,
                source_line=self._document.source.position(block.body_span.start).line,
                captured_names=used_in_command(f"{path}\n{content}", captured),
                permissions=options.permissions,
                source=None if options.source is None else self._source_file(block, options.source),
            ),
        )

    def _check_patch(self, block: Block, content: str) -> None:
        try:
            read_patch(content)
        except PatchError as error:
            where = block.lines[error.line].span if block.lines else block.span
            message = f"this is no unified diff: {error.message}"
            self._problems.add(
                ErrorCode.BAD_VALUE, message, where, hint="write what `diff -u OLD NEW` prints"
            )

    def _source_file(self, block: Block, name: str) -> SourceFile | None:
        """The file beside the page that a block names; None, and a problem, where there is none."""
        text = self._document.source.text
        start = text.find(name, text.find("\n", block.span.start))
        where = Span(start=start, end=start + len(name))
        folder = (self._project.root / self._document.source.path).parent.resolve()
        path = (folder / name).resolve()
        if block.lines:
            self._problems.add(
                ErrorCode.BAD_VALUE,
                f"source: the content is that of `{name}`, and this block has a body",
                block.lines[0].span,
                hint="remove the body, or `:source:`",
            )
        if not path.is_relative_to(folder):
            message = f"source: `{name}` lies outside the folder of its page"
            self._problems.add(ErrorCode.BAD_VALUE, message, where, hint="put the file beside the page")
            return None
        try:
            return SourceFile(name=name, data=path.read_bytes())
        except OSError as error:
            message = f"source: `{name}` cannot be read: {error.strerror}"
            self._problems.add(
                ErrorCode.BAD_VALUE,
                message,
                where,
                hint="name a file beside the page, relative to its folder",
            )
            return None

    def _with_site_values(self, text: str, block: Block) -> str:
        replaced, _, bad = replace_placeholders(text, site_values=self._project.site_values, captures=())
        for problem in bad:
            wrong = text[problem.start : problem.end]
            start = self._document.source.text.find(wrong, block.span.start)
            where = Span(start=start, end=start + len(wrong))
            self._problems.add(ErrorCode.BAD_PLACEHOLDER, problem.message, where, hint=problem.hint)
        return replaced
