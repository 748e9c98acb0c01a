"""Plans: documents to walks, each with its environment, sessions, ordered steps and limits; and as JSON."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Final

from docwalk.axes import PageAxis, choose_walks
from docwalk.document import BlockKind, FileMode, TabChoice, read_document
from docwalk.errors import ErrorCode, SourceError
from docwalk.expectation import Capture, Captured, LineExpectation, replace_placeholders
from docwalk.options import did_you_mean
from docwalk.source import Source, Span
from docwalk.transcript import read_commands, shell_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from docwalk.config import AxisValue, Project
    from docwalk.document import Block, Document
    from docwalk.errors import SourceProblem
    from docwalk.expectation import ExpectedLine
    from docwalk.options import Answer, KeyGroup, MatchMode
    from docwalk.transcript import Command

PLAN_SCHEMA: Final = 1
"""Version of the JSON that `plan_as_json` writes."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class NotRun:
    """A block that is shown and not run."""

    block_id: str
    """The block."""
    line: int
    """Its fence, line from 1."""
    reason: str
    """What the reader is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """One reader's way through a page."""

    name: str
    """Page and axis values: `tutorials/2-packages` or `tutorials/2-packages[zsh,Lmod]`; unique."""
    page: str
    """The page, as `Document.page`."""
    source_path: Path
    """Its file, as messages name it."""
    is_default: bool
    """Whether this is the page's default walk, whose output a page shows first."""
    choices: tuple[TabChoice, ...]
    """One value for each axis of the page."""
    environment: str
    """Name of the environment."""
    shell: str | None
    """Shell of the reader; None is the environment's default."""
    variables: tuple[tuple[str, str], ...]
    """Variables an axis value sets."""
    timeout_s: float
    """Seconds the whole walk may take."""
    redactions: tuple[tuple[str, str], ...]
    """Declared redactions: name and regular expression, page's after project's."""
    steps: tuple[Step, ...]
    """In the order they run."""
    not_run: tuple[NotRun, ...]
    """Blocks that are not run in any case (a `skip`); lacking `requires` are found at run time."""
    requires: tuple[tuple[str, tuple[str, ...]], ...]
    """Block id and what that block requires."""
    digest: str
    """sha256 of everything that is run, expected, and where (environment name, shell); not of prose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All walks of some documents."""

    walks: tuple[Walk, ...]
    """In order of page and of walk."""


def load_plan(paths: Iterable[Path], project: Project) -> tuple[tuple[Document, ...], Plan]:
    """Read pages and plan their walks.

    Raises:
        SourceError: with every problem of all pages.
    """
    documents: list[Document] = []
    problems: list[SourceProblem] = []
    for path in paths:
        resolved = path.resolve()
        shown = resolved.relative_to(project.root) if resolved.is_relative_to(project.root) else resolved
        try:
            source = Source.read(resolved, shown_as=shown)
        except SourceError as error:
            problems.extend(error.problems)
            continue
        document, found = read_document(source, project)
        documents.append(document)
        problems.extend(found)
    plan, found = read_plan(documents, project)
    problems.extend(found)
    if problems:
        raise SourceError(tuple(dict.fromkeys(problems)))
    return tuple(documents), plan


def make_plan(documents: Sequence[Document], project: Project) -> Plan:
    """The walks of some documents.

    Raises:
        SourceError: with every problem of all documents.
    """
    plan, problems = read_plan(documents, project)
    if problems:
        raise SourceError(problems)
    return plan


def read_plan(documents: Sequence[Document], project: Project) -> tuple[Plan, tuple[SourceProblem, ...]]:
    """The walks of some documents as far as they can be planned, and every problem found on the way."""
    walks: list[Walk] = []
    problems: list[SourceProblem] = []
    for document in documents:
        planner = _Planner(document, project)
        walks.extend(planner.walks())
        problems.extend(planner.problems)
    return Plan(walks=tuple(walks)), tuple(dict.fromkeys(problems))


def plan_as_json(plan: Plan) -> str:
    """The plan for people and programs: a schema number, sorted keys, one level of indentation a line."""
    return json.dumps({"schema": PLAN_SCHEMA, "walks": _as_data(plan.walks)}, indent=2, sort_keys=True) + "\n"


def _as_data(value: object) -> object:
    """A dataclass as a dictionary with the name of its type, an enum as its value, a path as text."""
    match value:
        case Enum():
            return value.value
        case Path():
            return value.as_posix()
        case tuple() | list():
            return [_as_data(item) for item in value]
        case _ if is_dataclass(value) and not isinstance(value, type):
            data = {f.name: _as_data(getattr(value, f.name)) for f in fields(value)}
            return {"type": type(value).__name__, **data}
        case _:
            return value


class _Planner:
    """Plans one document, and collects mistakes."""

    def __init__(self, document: Document, project: Project) -> None:
        self.problems: list[SourceProblem] = []
        self._document = document
        self._project = project
        self._source = document.source

    def walks(self) -> list[Walk]:
        """The document's walks, the default first; none for a page without blocks."""
        document = self._document
        if not document.blocks:
            return []
        axes = [PageAxis(group=g.group, labels=g.labels, tab_sets=()) for g in document.tab_groups]
        wanted: dict[tuple[tuple[str, str], ...], Block] = {}
        for block in document.blocks:
            wanted.setdefault(tuple((tab.group, tab.label) for tab in block.tabs), block)
        chosen, impossible = choose_walks(
            axes,
            coverage=document.coverage,
            exclude=[{c.group: c.label for c in choices} for choices in document.exclude],
            wanted=[dict(tabs) for tabs in wanted],
        )
        for tabs, block in wanted.items():
            if dict(tabs) in impossible or len(dict(tabs)) < len(set(tabs)):
                shown = ", ".join(f"`{label}`" for _, label in tabs)
                self._add(
                    ErrorCode.UNKNOWN_TAB,
                    f"no walk shows this block: it lies in {shown}",
                    block.span,
                    "move it to another tab, or change `exclude`",
                )
        return [self._walk(choice, is_default=index == 0) for index, choice in enumerate(chosen)]

    def _walk(self, choice: Mapping[str, str], *, is_default: bool) -> Walk:
        document, project = self._document, self._project
        choices = tuple(TabChoice(group=group, label=label) for group, label in choice.items())
        values = [project.axes[c.group].values[c.label] for c in choices if self._is_declared(c)]
        environment = (
            _last(v.environment for v in values) or document.environment or project.default_environment
        )
        shell = _last(v.shell for v in values) or document.shell or project.default_shell
        self._check_environment(environment, values)
        blocks = [block for block in document.blocks if set(block.tabs) <= set(choices)]
        steps, not_run = self._steps(blocks, shell, choices)
        redactions = tuple({**project.redactions, **dict(document.redactions)}.items())
        variables = tuple(dict(pair for value in values for pair in value.variables).items())
        labels = ",".join(c.label for c in choices)
        digested = {
            "environment": environment,
            "shell": shell,
            "variables": variables,
            "choices": choice,
            "redactions": redactions,
            "timeout_s": document.walk_timeout_s,
            "steps": [_digest_data(step) for step in steps],
            "not_run": [(entry.block_id, entry.reason) for entry in not_run],
            "requires": [(block.id, block.options.requires) for block in blocks if block.options.requires],
        }
        text = json.dumps(_as_data_deep(digested), sort_keys=True)
        return Walk(
            name=f"{document.page}[{labels}]" if labels else document.page,
            page=document.page,
            source_path=self._source.path,
            is_default=is_default,
            choices=choices,
            environment=environment,
            shell=shell,
            variables=variables,
            timeout_s=document.walk_timeout_s,
            redactions=redactions,
            steps=steps,
            not_run=not_run,
            requires=tuple(
                (b.id, b.options.requires) for b in blocks if b.options.requires and b.options.skip is None
            ),
            digest="sha256:" + hashlib.sha256(text.encode()).hexdigest(),
        )

    def _is_declared(self, choice: TabChoice) -> bool:
        axis = self._project.axes.get(choice.group)
        return axis is not None and choice.label in axis.values

    def _check_environment(self, environment: str, values: Sequence[AxisValue]) -> None:
        """The project's default only: those of pages and axes were checked where they are written."""
        known = self._project.environments
        is_default = self._document.environment is None and all(v.environment is None for v in values)
        if is_default and environment not in known:
            self._add(
                ErrorCode.UNKNOWN_ENVIRONMENT,
                f"`{environment}`, the project's environment, is not defined",
                Span(start=0, end=0),
                did_you_mean(
                    environment, known, otherwise="name one of" if known else "no environment is defined yet"
                ),
            )

    def _steps(
        self, blocks: Sequence[Block], shell: str | None, choices: tuple[TabChoice, ...]
    ) -> tuple[tuple[Step, ...], tuple[NotRun, ...]]:
        steps: list[Step] = []
        not_run: list[NotRun] = []
        captured: set[str] = set()
        for block in blocks:
            # a skipped block is read too: what the reader sees must be well-formed
            commands, problems = read_commands(block, self._document, self._project, shell=shell)
            self.problems.extend(problems)
            if block.options.skip is not None:
                not_run.append(NotRun(block_id=block.id, line=block.line, reason=block.options.skip))
            elif block.kind is BlockKind.FILE:
                steps.append(self._file_step(block, len(steps)))
            else:
                for command in commands:
                    steps.append(self._command_step(block, command, len(steps), shell, captured))
                    self._check_captured(command, captured, choices)
        return tuple(steps), tuple(not_run)

    def _command_step(
        self, block: Block, command: Command, index: int, shell: str | None, captured: set[str]
    ) -> Step:
        options = block.options
        _, used, _ = replace_placeholders(
            command.text, site_values=self._project.site_values, captures=captured
        )
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
                captured_names=used,
                expected=command.expected,
                match=options.match,
                exit_status=command.exit_status,
                answers=options.answers,
                keys=options.keys,
                prompt=options.prompt,
            ),
        )

    def _file_step(self, block: Block, index: int) -> Step:
        options = block.options
        content = "".join(line.text + "\n" for line in block.lines)
        end = Span(start=block.body_span.end, end=block.body_span.end)
        return Step(
            index=index,
            block_id=block.id,
            line=block.line,
            span=block.body_span,
            expected_span=end,
            session=options.session,
            shell=None,
            user=options.user,
            host=options.host,
            timeout_s=options.timeout_s,
            action=EditFile(
                path=self._with_site_values(block.argument, block),
                content=self._with_site_values(content, block),
                mode=block.file_mode,
            ),
        )

    def _with_site_values(self, text: str, block: Block) -> str:
        replaced, _, problems = replace_placeholders(text, site_values=self._project.site_values, captures=())
        for problem in problems:
            wrong = text[problem.start : problem.end]
            start = self._source.text.find(wrong, block.span.start, block.span.end)
            self._add(
                ErrorCode.BAD_PLACEHOLDER,
                problem.message,
                Span(start=start, end=start + len(wrong)),
                problem.hint,
            )
        return replaced

    def _check_captured(self, command: Command, captured: set[str], choices: tuple[TabChoice, ...]) -> None:
        """A name captured in one tab is unknown in the walks of the others."""
        for line in command.expected or ():
            if isinstance(line, LineExpectation):
                for part in line.parts:
                    if isinstance(part, Captured) and part.name not in captured:
                        shown = ", ".join(f"`{choice.label}`" for choice in choices)
                        self._add(
                            ErrorCode.BAD_PLACEHOLDER,
                            f"`{part}` is not captured in the walk {shown or 'of this page'}",
                            self._source.line_span(line.source_line),
                            "capture it outside the tabs, in a block that runs",
                        )
                captured.update(part.name for part in line.parts if isinstance(part, Capture))

    def _add(self, code: ErrorCode, message: str, span: Span, hint: str | None) -> None:
        self.problems.append(self._source.problem(code, message, span=span, hint=hint))


def _last(values: Iterable[str | None]) -> str | None:
    """The last value that is not None."""
    return next((value for value in reversed(list(values)) if value is not None), None)


def _digest_data(step: Step) -> object:
    """What of a step is run and expected: its places in the source left out."""
    data = _as_data(step)
    return _without_places(data)


_PLACES: Final = frozenset({"line", "span", "expected_span", "source_line"})


def _without_places(data: object) -> object:
    if isinstance(data, dict):
        return {key: _without_places(value) for key, value in data.items() if key not in _PLACES}
    if isinstance(data, list):
        return [_without_places(item) for item in data]
    return data


def _as_data_deep(data: Mapping[str, object]) -> object:
    return {key: _as_data(value) if isinstance(value, tuple) else value for key, value in data.items()}
