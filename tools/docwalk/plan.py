"""Plans: documents to walks, each with its environment, sessions, ordered steps and limits; and as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from docwalk.axes import ENVIRONMENTS, PageAxis, choose_walks
from docwalk.busy import check_busy
from docwalk.captures import caught_by, earlier_captures, used_in_command, used_in_lines
from docwalk.config import environment_hint
from docwalk.document import BlockKind, TabChoice, read_documents
from docwalk.errors import ErrorCode, SourceError
from docwalk.options import Purpose
from docwalk.plan_json import as_data, digest
from docwalk.source import Problems, Source, Span
from docwalk.steps import Action, EditFile, Step, StepMaker, TypeCommand
from docwalk.transcript import read_commands

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from docwalk.config import Project
    from docwalk.document import Block, Document
    from docwalk.errors import SourceProblem
    from docwalk.transcript import Command

__all__ = [
    "PLAN_SCHEMA",
    "Action",
    "EditFile",
    "NotRun",
    "Plan",
    "Step",
    "TypeCommand",
    "Walk",
    "load_plan",
    "make_plan",
    "plan_as_json",
    "read_plan",
]

PLAN_SCHEMA: Final = 2
"""Version of the JSON that `plan_as_json` writes."""


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
        try:
            source = Source.read_below(path, project.root)
        except SourceError as error:
            problems.extend(error.problems)
            continue
        for document, found in read_documents(source, project):
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
        problems.extend(planner.problems.found)
    return Plan(walks=tuple(walks)), tuple(dict.fromkeys(problems))


def plan_as_json(plan: Plan) -> str:
    """The plan for people and programs: a schema number, sorted keys."""
    return json.dumps({"schema": PLAN_SCHEMA, "walks": as_data(plan.walks)}, indent=2, sort_keys=True) + "\n"


class _Planner:
    """Plans one document, and collects mistakes."""

    def __init__(self, document: Document, project: Project) -> None:
        self.problems = Problems(document.source)
        self._document = document
        self._project = project
        self._maker = StepMaker(document, project, self.problems)
        self._uncaptured: set[tuple[str, Span]] = set()

    def walks(self) -> list[Walk]:
        """The document's walks, the default first; none for a page without blocks."""
        document = self._document
        wanted: dict[tuple[tuple[str, str], ...], Block] = {}
        for block in document.blocks:
            wanted.setdefault(tuple((tab.group, tab.label) for tab in block.tabs), block)
        if not wanted:
            return []
        self._check_environments()
        chosen, impossible = choose_walks(
            [PageAxis(group=g.group, labels=g.labels, tab_sets=()) for g in document.tab_groups],
            coverage=document.coverage,
            exclude=[{c.group: c.label for c in choices} for choices in document.exclude],
            wanted=[dict(tabs) for tabs in wanted],
        )
        for tabs, block in wanted.items():
            labels = " and ".join(f"`{label}`" for _, label in tabs)
            if dict(tabs) in impossible or len(dict(tabs)) < len(set(tabs)):
                self.problems.add(
                    ErrorCode.UNKNOWN_TAB,
                    f"no walk shows this block, which lies in {labels}"
                    if labels
                    else "no walk is left: every combination of tabs is excluded",
                    block.span,
                    hint="change the page's `exclude`, or move the block",
                )
        return [self._walk(choice, is_default=index == 0) for index, choice in enumerate(chosen)]

    def _check_environments(self) -> None:
        """Tabs and the page's `environments` cannot both say where a walk takes place."""
        groups = {group.group: group.labels for group in self._document.tab_groups}
        if ENVIRONMENTS not in groups:
            return
        for group, labels in groups.items():
            axis = self._project.axes.get(group)
            choosing = [
                label
                for label in labels
                if axis and label in axis.values and axis.values[label].environment is not None
            ]
            if choosing:
                start = self._document.source.text.find(ENVIRONMENTS)
                self.problems.add(
                    ErrorCode.UNKNOWN_TAB,
                    f"the tab `{choosing[0]}` chooses an environment, and so does the page's `environments`",
                    Span(start=start, end=start + len(ENVIRONMENTS)),
                    hint="remove `environments`, or the tabs",
                )

    def _walk(self, choice: Mapping[str, str], *, is_default: bool) -> Walk:
        document, project = self._document, self._project
        choices = tuple(TabChoice(group=group, label=label) for group, label in choice.items())
        values = [project.axes[c.group].values[c.label] for c in choices if self._is_declared(c)]
        environment = self._environment([choice.get(ENVIRONMENTS), *(value.environment for value in values)])
        shells = [document.shell or project.default_shell, *(value.shell for value in values)]
        shell = next((name for name in reversed(shells) if name is not None), None)
        blocks = [block for block in document.blocks if set(block.tabs) <= set(choices)]
        steps, not_run = self._steps(blocks, shell, choices)
        redactions = tuple({**project.redactions, **dict(document.redactions)}.items())
        variables = tuple(dict(pair for value in values for pair in value.variables).items())
        requires = tuple(
            (b.id, b.options.requires) for b in blocks if b.options.requires and not b.options.skip
        )
        labels = ",".join(c.label for c in choices)
        where = (choices, environment, shell, variables)
        return Walk(
            name=f"{document.page}[{labels}]" if labels else document.page,
            page=document.page,
            source_path=document.source.path,
            is_default=is_default,
            choices=choices,
            environment=environment,
            shell=shell,
            variables=variables,
            timeout_s=document.walk_timeout_s,
            redactions=redactions,
            steps=steps,
            not_run=not_run,
            requires=requires,
            digest=digest([*where, document.walk_timeout_s, redactions, steps, not_run, requires]),
        )

    def _is_declared(self, choice: TabChoice) -> bool:
        axis = self._project.axes.get(choice.group)
        return axis is not None and choice.label in axis.values

    def _environment(self, chosen: Sequence[str | None]) -> str:
        """The environment that the axis values choose, else the page's, else the project's.

        Only the project's is checked here: the others were, where they are written.
        """
        named = [self._document.environment, *chosen]
        own = next((name for name in reversed(named) if name is not None), None)
        if own is not None:
            return own
        name, known = self._project.default_environment, self._project.environments
        if name not in known:
            self.problems.add(
                ErrorCode.UNKNOWN_ENVIRONMENT,
                f"`{name}`, the project's environment, is not defined",
                Span(start=0, end=0),
                hint=environment_hint(name, self._project),
            )
        return name

    def _steps(
        self, blocks: Sequence[Block], shell: str | None, choices: Sequence[TabChoice]
    ) -> tuple[tuple[Step, ...], tuple[NotRun, ...]]:
        steps: list[Step] = []
        not_run: list[NotRun] = []
        captured: set[str] = set()
        # what tidies up comes last, wherever it is written
        for block in sorted(blocks, key=lambda block: block.options.purpose is Purpose.TEARDOWN):
            # a skipped block is read too: what the reader sees must be well-formed
            commands, problems = read_commands(block, self._document, self._project, shell=shell)
            self.problems.found.extend(problems)
            if block.options.skip is not None:
                not_run.append(NotRun(block_id=block.id, line=block.line, reason=block.options.skip))
            elif block.kind is BlockKind.FILE:
                step = self._maker.file_step(block, len(steps), captured)
                self._check_file_captured(block, captured, choices)
                steps.append(step)
            else:
                earlier = earlier_captures(block, self._document)
                logged_in: set[str] = set()
                for command in commands:
                    self._check_captured(command, captured, earlier, choices)
                    relogin = block.options.relogin and command.prompt not in logged_in
                    logged_in.add(command.prompt)
                    step = self._maker.command_step(
                        block, command, len(steps), shell=shell, captured=captured, relogin=relogin
                    )
                    steps.append(step)
                    captured |= caught_by(command.expected)
        check_busy(steps, self.problems)
        return tuple(steps), tuple(not_run)

    def _check_captured(
        self, command: Command, captured: set[str], earlier: Sequence[str], choices: Sequence[TabChoice]
    ) -> None:
        """What only another tab or a skipped block captures is unknown in this walk."""
        source = self._document.source
        used = [(name, command.span) for name in used_in_command(command.text, earlier)]
        used += [(name, source.line_span(line)) for name, line in used_in_lines(command.expected)]
        self._check_used(used, captured, choices)

    def _check_file_captured(self, block: Block, captured: set[str], choices: Sequence[TabChoice]) -> None:
        earlier = earlier_captures(block, self._document)
        used = [(name, block.span) for name in used_in_command(block.argument, earlier)]
        used += [(name, line.span) for line in block.lines for name in used_in_command(line.text, earlier)]
        self._check_used(used, captured, choices)

    def _check_used(
        self, used: Sequence[tuple[str, Span]], captured: set[str], choices: Sequence[TabChoice]
    ) -> None:
        for name, where in used:
            if name not in captured and (name, where) not in self._uncaptured:
                self._uncaptured.add((name, where))
                labels = " and ".join(f"`{choice.label}`" for choice in choices)
                self.problems.add(
                    ErrorCode.BAD_PLACEHOLDER,
                    f"`[[{name}]]` is not captured in the walk with {labels}"
                    if labels
                    else f"`[[{name}]]` is captured only by what is not run",
                    where,
                    hint="capture it in a block that every walk runs",
                )
