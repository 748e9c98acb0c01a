"""What a person reads of a run: a failing step with its diff and what to try, and the summary of many walks.

Results and plans in, styled lines out; the caller prints them.
"""

from __future__ import annotations

import shlex
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, assert_never

from rich.console import Console
from rich.text import Text

from docwalk.document import FileMode
from docwalk.expectation import ERROR_LEAD
from docwalk.matching.match import RowKind
from docwalk.matching.match_output import match_output
from docwalk.options import MatchMode
from docwalk.plan import EditFile, TypeCommand
from docwalk.redaction import compile_redactions
from docwalk.report.diff import diff_lines, visible
from docwalk.report.hints import hints
from docwalk.report.services import service_lines
from docwalk.results import Outcome
from docwalk.status import Status
from docwalk.steps import checked_lines

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from pathlib import Path

    from docwalk.matching.match import Match
    from docwalk.plan import Step, Walk
    from docwalk.record import Record
    from docwalk.results import StepResult, WalkResult
    from docwalk.status import BlockStatus

_FITTING: Final = frozenset({RowKind.EQUAL, RowKind.ELIDED})
_TAIL: Final = 15  # lines of output shown where there is no diff
_SLOWEST: Final = 3  # steps named in the summary
_SLOW_S: Final = 1.0  # seconds from which a step is worth naming


def failure_lines(
    walk: Walk,
    result: WalkResult,
    *,
    width_cols: int = 100,
    good: Collection[Outcome] = (Outcome.PASSED, Outcome.NOT_RUN),
) -> Iterator[Text]:
    """The report of the step at which a walk failed; nothing for a walk that did not.

    Args:
        walk: what was planned.
        result: what happened.
        width_cols: columns of the terminal.
        good: outcomes that are no failure.
    """
    steps = zip(walk.steps, result.steps, strict=True)
    failed = next(((step, outcome) for step, outcome in steps if outcome.outcome not in good), None)
    if failed is None:
        return
    step, outcome = failed
    match = _match(walk, result, step, outcome)
    line = _failing_line(step, outcome, match)
    after = f" (command in line {step.line})" if line != step.line else ""
    where = f"{' · '.join(choice.label for choice in walk.choices)}: " if walk.choices else ""
    yield Text(
        f"{walk.source_path}:{line}: {where}{outcome.outcome.value}: {outcome.detail}{after}",
        style="bold red",
    )
    yield Text()
    for typed in _command_lines(step, outcome):
        yield Text(f"    {typed}", style="bold")
    yield Text()
    if match is not None and not match.matched:
        yield from diff_lines(match.rows, _texts(outcome), width_cols=width_cols)
        yield from _reasons(match, outcome)
        yield from _screen(outcome)
    else:
        yield from _output(outcome)
    yield from service_lines(result.services)
    yield Text()
    for hint in hints(walk, step, outcome, match):
        yield Text(f"  try: {hint}", style="cyan")
    yield Text(f"  run this walk again: {rerun_command(walk)}", style="cyan")


def rerun_command(walk: Walk) -> str:
    """The command that runs just this walk."""
    return f"docwalk run {shlex.quote(str(walk.source_path))} --walk {shlex.quote(walk.name)}"


def walk_line(record: Record) -> Text:
    """One line saying how a walk went."""
    ran = sum(step.outcome is not Outcome.NOT_RUN for step in record.result.steps)
    failed = record.failing_step
    verdict, style = ("passed", "green") if failed is None else (failed.outcome.value, "red")
    took = duration(record.result.elapsed_s)
    return Text.assemble(f"{record.walk_name}: ", (verdict, style), f", {count(ran, 'step')}, {took}")


def _failing_line(step: Step, outcome: StepResult, match: Match | None) -> int:
    """The source line to look at: the first expected line that does not hold, else the command's."""
    if outcome.outcome is not Outcome.MISMATCH or match is None or match.matched:
        return step.line
    wrong = next((row for row in match.rows if row.kind not in _FITTING), None)
    return step.line if wrong is None or wrong.expected is None else wrong.expected.source_line


def _texts(outcome: StepResult) -> list[str]:
    return [f"{ERROR_LEAD}{line.text}" if line.is_error else line.text for line in outcome.lines]


def _command_lines(step: Step, outcome: StepResult) -> Iterator[str]:
    match step.action:
        case TypeCommand(stop_keys=keys) if keys:
            yield f"stop with {' '.join(keys)}"
        case TypeCommand() as action:
            first, *rest = (outcome.command_sent or action.command).split("\n")
            yield f"{action.prompt or '$ '}{first}"
            yield from (f"> {line}" for line in rest)
        case EditFile() as action:
            yield f"{action.mode.value} {action.path}"
        case _ as unreachable:
            assert_never(unreachable)


def _match(walk: Walk, result: WalkResult, step: Step, outcome: StepResult) -> Match | None:
    """The comparison of the step, made again from what was planned and what came out."""
    action = step.action
    if outcome.outcome not in {Outcome.MISMATCH, Outcome.WRONG_STATUS}:
        return None
    captures: dict[str, str] = {}
    for earlier in result.steps[: step.index]:
        captures.update(earlier.captures)
    if isinstance(action, EditFile):
        if action.mode is not FileMode.CHECK:
            return None
        return match_output(
            checked_lines(action, captures),
            outcome.lines,
            mode=MatchMode.LITERAL,
            redactions={},
            captures=captures,
        )
    if action.expected is None:
        return None
    return match_output(
        action.expected,
        outcome.lines,
        mode=action.match,
        redactions=compile_redactions(walk.redactions),
        captures=captures,
    )


def _reasons(match: Match, outcome: StepResult) -> Iterator[Text]:
    """Why the first row that failed did, where that is not said yet, and the line most like it."""
    row = match.problem
    if row is None:
        return
    if row.reason != outcome.detail:
        where = f"line {row.expected.source_line}: " if row.expected is not None else ""
        yield Text(f"\n  {where}{row.reason}")
    if row.nearest is not None:
        nearest = visible(outcome.lines[row.nearest].text)
        yield Text(f"\n  nearest: line {row.nearest + 1} of the output, `{nearest}`")


def _screen(outcome: StepResult) -> Iterator[Text]:
    """The last picture of a full-screen program, whole: the diff shows only what differs."""
    if outcome.screen:
        yield Text("\n  the screen:")
        yield from (Text(f"  │ {line.text}".rstrip()) for line in outcome.screen)


def _output(outcome: StepResult) -> Iterator[Text]:
    lines = [line.text for line in outcome.screen] or _texts(outcome)
    if not lines:
        yield Text("  it printed nothing", style="dim")
        return
    if len(lines) > _TAIL:
        yield Text(f"  … {len(lines) - _TAIL} lines before", style="dim")
    for line in lines[-_TAIL:]:
        yield Text(f"  │ {line}".rstrip())


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a maintainer wants to know after a run."""

    records: tuple[Record, ...]
    """Records of the walks that were run, in order."""
    statuses: tuple[BlockStatus, ...]
    """Status of every block of the pages walked."""
    elapsed_s: float
    """Seconds the whole took."""
    records_dir: Path
    """Where the records are."""
    errors: int = 0
    """Walks that could not be started."""


def summary_lines(summary: Summary) -> Iterator[Text]:
    """The summary, a few lines; the first one says whether all is well."""
    failed = [record for record in summary.records if record.failing_step is not None]
    passed = len(summary.records) - len(failed)
    steps = [step for record in summary.records for step in record.result.steps]
    ran = sum(step.outcome is not Outcome.NOT_RUN for step in steps)
    good = not failed and not summary.errors
    verdict = f"{passed} of {count(len(summary.records) + summary.errors, 'walk')} passed"
    verdict += f", {summary.errors} could not start" if summary.errors else ""
    line = f"{verdict}, {count(ran, 'step')} in {duration(summary.elapsed_s)}"
    yield Text(line, style="bold green" if good else "bold red")
    if summary.statuses:
        yield _row("blocks", _status_counts(summary.statuses))
    yield from _not_run(summary.statuses)
    yield from _rows("slowest", _slowest(summary.records))
    used = Counter(
        (record.environment, record.result.environment_digest[:19], _how(record))
        for record in summary.records
    )
    yield from _rows("environment", [f"{name} {digest}… ({how})" for name, digest, how in used])
    if summary.records:
        yield _row("records", str(summary.records_dir))
    for record in failed:
        step = record.failing_step
        if step is not None:
            place = f"{record.source_path}:{record.steps[step.index].line}"
            yield Text(f"  failed       {record.walk_name} ({place}): {step.outcome.value}", style="red")


def _slowest(records: Iterable[Record]) -> list[str]:
    """The steps that took longest, each with its place."""
    timed = [(result, record) for record in records for result in record.result.steps]
    timed = sorted(
        (pair for pair in timed if pair[0].elapsed_s >= _SLOW_S), key=lambda pair: -pair[0].elapsed_s
    )
    shown: list[str] = []
    for result, record in timed[:_SLOWEST]:
        place = f"{record.source_path}:{record.steps[result.index].line}"
        shown.append(f"{duration(result.elapsed_s)} `{_shorten(result.command_sent)}` ({place})")
    return shown


def _how(record: Record) -> str:
    """What a walk was run in, and whether the GPUs it saw exist."""
    mode = record.result.mode
    return f"{mode}, simulated GPU" if record.result.saw_simulated_gpu else mode


def _status_counts(statuses: Iterable[BlockStatus]) -> str:
    counts = Counter(status.status for status in statuses)
    return ", ".join(f"{counts[each]} {each.value}" for each in Status if counts[each])


def _not_run(statuses: Iterable[BlockStatus]) -> Iterator[Text]:
    reasons = Counter(s.reason for s in statuses if s.status is Status.NOT_RUN)
    shown = [f"{reason} ({count(number, 'block')})" for reason, number in reasons.most_common()]
    yield from _rows("not run", shown)


def _rows(label: str, values: Sequence[str]) -> Iterator[Text]:
    for index, value in enumerate(values):
        yield _row(label if index == 0 else "", value)


def _row(label: str, value: str) -> Text:
    return Text.assemble((f"  {label:<13}", "dim"), value)


def count(number: int, noun: str) -> str:
    """A number of things: `1 step`, `2 steps`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _shorten(command: str, limit: int = 40) -> str:
    first = command.split("\n", maxsplit=1)[0]
    return first if len(first) <= limit and "\n" not in command else f"{first[: limit - 1]}…"


def duration(seconds: float) -> str:
    """Seconds for people: `0.3 s`, `12 s`, `2 min 5 s`."""
    if seconds < 10:  # noqa: PLR2004 - from here on tenths tell nothing
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def render(lines: Iterable[Text], *, width_cols: int, colour: bool) -> str:
    """Styled lines as one text with newlines; ANSI sequences only with `colour`."""
    console = Console(
        width=max(width_cols, 40),
        force_terminal=colour,
        color_system="standard" if colour else None,
        no_color=not colour,
        legacy_windows=False,
    )
    with console.capture() as capture:
        for line in lines:
            console.print(line, soft_wrap=True, highlight=False)
    return capture.get()
