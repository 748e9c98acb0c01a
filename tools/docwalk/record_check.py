"""A record against the walk it claims to be of: whatever can be told from both is told again.

A walk's digest says what was planned when it was recorded. Whether the steps of the record are those of the
plan, and whether what it calls passed is what the page expects, is looked at here, each time it is used: a
file that somebody edited is evidence of nothing.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from docwalk.matching.match_output import match_output
from docwalk.options import MatchMode
from docwalk.record import recorded_step
from docwalk.redaction import compile_redactions
from docwalk.results import Outcome
from docwalk.steps import TypeCommand

if TYPE_CHECKING:
    import re
    from collections.abc import Mapping

    from docwalk.plan import Walk
    from docwalk.record import Record, RecordedStep
    from docwalk.results import StepResult
    from docwalk.steps import Step


def contradiction(walk: Walk, record: Record) -> str:
    """What a record says that cannot be, given a walk of its digest; empty where nothing is.

    Args:
        walk: as planned now.
        record: of the same digest.
    """
    if record.environment != walk.environment:
        return f"it is of the environment `{record.environment}`"
    redactions = compile_redactions(walk.redactions)
    captures: dict[str, str] = {}
    steps = zip_longest(walk.steps, record.steps, record.result.steps)
    for at, (step, recorded, result) in enumerate(steps):
        if step is None or recorded is None or result is None or not _is_of(step, recorded, result, at):
            return f"its step {at + 1} is none of this walk"
        if result.outcome is Outcome.PASSED and (
            why := _why_not_passed(step, result, redactions=redactions, captures=captures)
        ):
            return f"line {step.line} is said to have passed, and {why}"
        captures.update(result.captures)
    return ""


def is_of(walk: Walk, record: Record) -> bool:
    """Whether a record is of this very walk, and nothing in it speaks against that."""
    return record.walk_digest == walk.digest and not contradiction(walk, record)


def _is_of(step: Step, recorded: RecordedStep, result: StepResult, at: int) -> bool:
    planned = recorded_step(step)
    return (
        (result.index, result.block_id) == (at, step.block_id)
        # Lines and spans move with the prose around them.
        and (recorded.block_id, recorded.session) == (planned.block_id, planned.session)
        and recorded.expectation_digest == planned.expectation_digest
        and recorded.is_compared == planned.is_compared
    )


def _why_not_passed(
    step: Step,
    result: StepResult,
    *,
    redactions: Mapping[str, re.Pattern[str]],
    captures: Mapping[str, str],
) -> str:
    """Why a command cannot have passed with this record of it; empty where it can."""
    action = step.action
    if not isinstance(action, TypeCommand):
        return ""
    if result.exit_status not in {action.exit_status, None}:
        return f"ended with exit status {result.exit_status}"
    sent = action.command
    for name in action.captured_names:
        sent = sent.replace(f"[[{name}]]", captures.get(name, f"[[{name}]]"))
    if result.command_sent not in {sent, action.command}:
        return "another command was sent"
    if action.expected is None or action.match is MatchMode.JSON:
        return ""  # of a long JSON only both ends are kept
    match = match_output(
        action.expected, result.lines, mode=action.match, redactions=redactions, captures=captures
    )
    return "" if match.matched else "printed something else"
