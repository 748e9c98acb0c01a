"""For tests: pages from text, and results as if a shell had printed what a test says.

Nothing here starts a process; the comparison is the real one, so that a made-up result fails where a real
one would.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from docwalk.config import Project
from docwalk.document import FileMode, parse_document
from docwalk.expectation import without_error_lead
from docwalk.matching.match_output import as_expected, match_output
from docwalk.options import MatchMode, Streams
from docwalk.plan import EditFile, TypeCommand, make_plan
from docwalk.redaction import compile_redactions
from docwalk.results import Outcome, OutputLine, StepResult, Style, StyledText, WalkResult
from docwalk.source import Source
from docwalk.steps import checked_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from docwalk.document import Document
    from docwalk.plan import Step, Walk

DIGEST = "sha256:" + "0" * 64
"""Digest of the environment of made-up results."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """What a command prints, and how it ends."""

    lines: tuple[str, ...] = ()
    """Lines, without newlines."""
    exit_status: int = 0
    """Its status."""


class MatchesFile(Protocol):
    """Compares text with a file beside a test's input."""

    def __call__(self, actual: str, expected_path: Path) -> None:
        """Fail where they differ; write the file where its expectations are regenerated."""
        ...


def made_up_project(root: Path = Path("/nowhere")) -> Project:
    """A project of defaults with the environment `login`."""
    return Project(
        root=root,
        environments_dir=root / "environments",
        environments=("login",),
        records_dir=root / "build" / "records",
        site_values={"prefix": "/opt/apps"},
    )


def planned(text: str, *, path: str = "page.md") -> tuple[Document, tuple[Walk, ...]]:
    """A page's document and its walks.

    Raises:
        SourceError: the text is no page.
    """
    project = made_up_project()
    document = parse_document(Source(path=Path(path), text=text), project)
    return document, make_plan([document], project).walks


def result_of(walk: Walk, printed: Sequence[Printed], *, goes_on: bool = False) -> WalkResult:
    """The result of a walk whose commands print, in order, what `printed` says; files are written.

    Args:
        walk: what is run.
        printed: one for each command of the walk, and for each file that is checked: what it holds.
        goes_on: whether later steps are run after one that failed.
    """
    outputs = iter(printed)
    captures: dict[str, str] = {}
    steps: list[StepResult] = []
    for step in walk.steps:
        result = _step_result(step, outputs, walk, captures)
        if not goes_on and any(r.outcome is not Outcome.PASSED for r in steps):
            detail = "an earlier step of the walk failed"
            result = replace(result, outcome=Outcome.NOT_RUN, detail=detail, lines=(), exit_status=None)
        captures.update(result.captures)
        steps.append(result)
    return WalkResult(
        walk_name=walk.name,
        started_at="2026-11-22T10:00:00+00:00",
        elapsed_s=1.5,
        environment_digest=DIGEST,
        manifest={"os": "Debian 12"},
        mode="sandbox/plain",
        terminal={"TERM": "xterm-256color"},
        steps=tuple(steps),
    )


def printed_in(text: str) -> tuple[Printed, ...]:
    """What the commands of a test's page print: its `text` fences, in order; `text 3` ends with status 3."""
    fences = re.finditer(r"^```text(?: (\d+))?\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return tuple(
        Printed(lines=tuple(fence[2].splitlines()), exit_status=int(fence[1] or 0)) for fence in fences
    )


def output_lines(texts: Sequence[str]) -> tuple[OutputLine, ...]:
    """Lines without any rendition."""
    return tuple(OutputLine(runs=(StyledText(text=text, style=Style()),) if text else ()) for text in texts)


def _printed_lines(action: TypeCommand, printed: Printed) -> tuple[OutputLine, ...]:
    """Lines as a run gives them: those of standard error, where it is told apart, behind the others."""
    if action.streams is not Streams.APART:
        return output_lines(printed.lines)
    errors = [text for line in printed.lines if (text := without_error_lead(line)) is not None]
    others = [line for line in printed.lines if without_error_lead(line) is None]
    return (
        *output_lines(others),
        *(replace(line, is_error=True) for line in output_lines(errors)),
    )


def _checked(base: StepResult, action: EditFile, held: Printed, captures: Mapping[str, str]) -> StepResult:
    """The result of a check of a file that holds some lines."""
    lines = output_lines(held.lines)
    match = match_output(
        checked_lines(action, captures), lines, mode=MatchMode.LITERAL, redactions={}, captures=captures
    )
    if match.matched:
        return replace(base, lines=lines)
    detail = f"`{action.path}` holds something else"
    return replace(base, outcome=Outcome.MISMATCH, detail=detail, lines=lines)


def _step_result(
    step: Step, outputs: Iterator[Printed], walk: Walk, captures: Mapping[str, str]
) -> StepResult:
    base = StepResult(
        index=step.index, block_id=step.block_id, outcome=Outcome.PASSED, started_s=0.1, elapsed_s=0.2
    )
    action = step.action
    if isinstance(action, EditFile):
        return _checked(base, action, next(outputs), captures) if action.mode is FileMode.CHECK else base
    printed = next(outputs)
    lines = _printed_lines(action, printed)
    match = match_output(
        action.expected if action.expected is not None else (),
        lines if action.expected is not None else (),
        mode=action.match,
        redactions=compile_redactions(walk.redactions),
        captures=captures,
    )
    outcome, detail = Outcome.PASSED, ""
    if printed.exit_status != action.exit_status:
        outcome = Outcome.WRONG_STATUS
        detail = f"exit status {printed.exit_status}, expected {action.exit_status}"
    elif match.problem is not None:
        outcome, detail = Outcome.MISMATCH, match.problem.reason
    return replace(
        base,
        outcome=outcome,
        detail=detail,
        command_sent=action.command,
        raw="\r\n".join(printed.lines).encode(),
        lines=as_expected(lines, match, action.match) if action.expected is not None else lines,
        exit_status=printed.exit_status,
        captures=match.captures,
    )
