"""Command end: whether a shell ran exactly the command that was typed, by the marks it printed; pure."""

from __future__ import annotations

import re
import time
from itertools import takewhile
from typing import TYPE_CHECKING, Final

from docwalk.driver.command_result import CommandResult
from docwalk.marks import MarkKind
from docwalk.results import Outcome
from docwalk.terminal import render_output

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from docwalk.dialects import Dialect
    from docwalk.marks import Mark

Failure = tuple[Outcome, str]
"""Why a command failed to end well, and one sentence about it."""

TOO_MANY: Final[Failure] = (Outcome.STEP_BOUNDARY, "the shell ran more than one command")
"""The parser saw one command, the shell several."""

_NO_EVENT: Final = re.compile("[Ee]vent not found")


def judge_boundary(
    before: Mark, done: Mark, found: Sequence[Mark], *, dialect: Dialect, said: Callable[[], Sequence[str]]
) -> Failure | None:
    """What is wrong with the number of commands that the shell ran.

    Args:
        before: the DONE mark of the prompt at which the command was typed.
        done: the last DONE mark.
        found: all marks since it was typed.
        dialect: the shell it was typed to.
        said: gives the lines it printed, or the last of them.
    """
    # A shell that replaces this one (`exec`) has its number.
    own = takewhile(lambda mark: mark.kind is not MarkKind.START, found)
    commands = sum(mark.kind is MarkKind.COMMAND and mark.pid == before.pid for mark in own)
    if before.pid == done.pid and before.count is not None and done.count is not None:
        commands = max(commands, done.count - before.count)
    if dialect.marks_commands and not commands:
        lines = said()
        is_status_old = dialect.keeps_wrong_lines or not done.status or refused(lines) is not None
        nothing = Outcome.STEP_BOUNDARY, f"the shell ran nothing: {lines[0] if lines else 'no command'}"
        return nothing if is_status_old else None
    return TOO_MANY if commands > 1 and dialect.counts_commands else None


def refused(said: Sequence[str]) -> Failure | None:
    """What is wrong with a line that the shell took for an event of its history, and did not find."""
    lines = [text for text in said if _NO_EVENT.search(text)]
    return (Outcome.STEP_BOUNDARY, f"the shell ran nothing: {lines[0]}") if lines else None


def last_done(found: Sequence[Mark]) -> Mark | None:
    """The last DONE mark."""
    return next((mark for mark in reversed(found) if mark.kind is MarkKind.DONE), None)


def result_of(failure: Failure | None, raw: bytes, status: int | None, start_s: float) -> CommandResult:
    """The result of a command that was typed at `start_s`, on the clock of `time.monotonic`."""
    outcome, detail = (Outcome.PASSED, "") if failure is None else failure
    return CommandResult(
        outcome=outcome,
        detail=detail,
        raw=raw,
        exit_status=status,
        elapsed_s=time.monotonic() - start_s,
        lines=render_output(raw),
    )
