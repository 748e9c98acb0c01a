"""What an author can do about a failed step: one or two things, the likeliest first."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final, assert_never

from docwalk.matching.match import RowKind
from docwalk.options import MatchMode
from docwalk.placeholder import NUMBER, Tolerance
from docwalk.plan import EditFile, TypeCommand
from docwalk.redaction import compile_redactions
from docwalk.report.diff import differing_part, shown_expectation
from docwalk.results import Outcome

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator, Mapping

    from docwalk.matching.match import Match
    from docwalk.plan import Step, Walk
    from docwalk.results import StepResult

_TELLING: Final = (
    "int",
    "percent",
    "duration",
    "size",
    "date",
    "time",
    "version",
    "number",
    "url",
    "path",
    "hash",
)
_NEAR: Final = ("5%", "20%")  # tolerances worth proposing


def hints(walk: Walk, step: Step, outcome: StepResult, match: Match | None) -> Iterator[str]:
    """What to try.

    Args:
        walk: what was planned.
        step: the step that failed.
        outcome: how.
        match: the comparison of its output; None where there was none.
    """
    update = f"docwalk update {shlex.quote(str(walk.source_path))}"
    match outcome.outcome:
        case Outcome.MISMATCH:
            yield from _after_mismatch(walk, step, outcome, match, update)
        case Outcome.WRONG_STATUS:
            shell = step.shell or walk.shell or "bash"
            yield from _after_wrong_status(step, outcome, update, shell)
        case Outcome.TIMED_OUT:
            yield f"if it needs longer than {step.timeout_s:g} s, give its block a longer `timeout`"
        case Outcome.WAITS_FOR_INPUT:
            yield "say what the reader types: `answers` for questions, `keys` for a full-screen program"
        case Outcome.STEP_BOUNDARY if _goes_on(step):
            yield "look at what it printed for why it ended; one that ends by itself needs no `background`"
        case Outcome.STEP_BOUNDARY:
            yield "write one complete command after each prompt, continuation lines with `> `"
        case Outcome.SHELL_LOST:
            if "marks are lost" in outcome.detail:
                yield "if the command starts another shell or a REPL, declare its `prompt`"
            else:
                yield "if the shell shall end here, let the next block log in again with `relogin`"
        case Outcome.PASSED | Outcome.NOT_RUN:
            pass
        case _ as unreachable:
            assert_never(unreachable)


def _goes_on(step: Step) -> bool:
    """Whether the step starts or stops a command in the background."""
    action = step.action
    return isinstance(action, TypeCommand) and (action.ready_text is not None or bool(action.stop_keys))


def _after_mismatch(
    walk: Walk, step: Step, outcome: StepResult, match: Match | None, update: str
) -> Iterator[str]:
    if isinstance(step.action, EditFile):
        if match is not None and not match.matched:
            yield f"if the file is right as it is, accept it: {update}"
            return
        yield "correct the block, or what should have made the file so: `update` does not write files"
        return
    if match is None or match.matched:
        yield "correct the block's `answers` or `keys`: what it prints is as expected"
        return
    placeholder = _placeholder(match, outcome, compile_redactions(walk.redactions))
    if placeholder is not None:
        yield placeholder
    if step.action.match is MatchMode.JSON and any("is no JSON" in row.reason for row in match.rows):
        yield "if it prints something besides JSON, compare it otherwise than with `match: json`"
        return
    if step.action.match is MatchMode.CONTAINS:
        yield "correct the line, or remove it: with `contains` it says what matters, and `update` keeps it"
        return
    yield f"if the new output is right, accept it: {update}"


def _after_wrong_status(step: Step, outcome: StepResult, update: str, shell: str) -> Iterator[str]:
    status, action = outcome.exit_status, step.action
    if status is None:
        yield "expect no status: the command starts a shell, and ends when that shell does"
    elif isinstance(action, TypeCommand) and action.expected is not None:
        yield f"if it should end so, write `[exit {status}]` below its output: {update}"
    elif status == 0:
        yield "if it should end so, remove `exit` from the block's options"
    else:
        yield f"if it should end so, make the block a `{{{shell}}}` with `exit: {status}`"


def _placeholder(match: Match, outcome: StepResult, redactions: Mapping[str, re.Pattern[str]]) -> str | None:
    """The placeholder that would have let the first changed line pass, if one is obvious."""
    row = match.problem
    if row is None or row.kind is not RowKind.CHANGED:
        return None
    expected, actual = shown_expectation(row.expected), outcome.lines[row.start].text
    one, other = _differing_words(expected, actual)
    for name in _TELLING:
        pattern = redactions.get(name)
        if pattern is not None and pattern.fullmatch(one) and pattern.fullmatch(other):
            near = _tolerance(one, other)
            either = f", or `{near}` if it is measured" if near is not None else ""
            return f"if it differs from run to run, write `[[{name}]]` for `{one}`{either}"
    return None


def _tolerance(one: str, other: str) -> str | None:
    """A number with the tolerance that lets another one pass, if they are near to each other."""
    if NUMBER.fullmatch(one) is None or "," in one:
        return None
    tolerances = (Tolerance(number=one, sign="±", margin=margin) for margin in _NEAR)
    return next((str(each) for each in tolerances if each.holds(other)), None)


def _differing_words(expected: str, actual: str) -> tuple[str, str]:
    """What differs between two lines, extended to whole words on both sides."""
    start, end, other_end = differing_part(expected, actual)
    while start > 0 and not expected[start - 1].isspace():
        start -= 1
    while end < len(expected) and not expected[end].isspace():
        end += 1
        other_end += 1
    return expected[start:end], actual[start:other_end]
