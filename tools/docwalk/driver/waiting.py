"""Waiting: what it means that a terminal is quiet, judged from its foreground processes; pure.

Input: the processes as the backend sees them and what the screen shows; output: an outcome with its one
sentence, or None while there is nothing to say (somebody computes, sleeps, or waits for the network).
"""

from __future__ import annotations

import re
import termios
from dataclasses import dataclass
from typing import TYPE_CHECKING

from docwalk.results import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docwalk.backend import ForegroundProcess
    from docwalk.dialects import Dialect

_SHELL = re.compile(
    r"-?(?:\S*/)?(sh|dash|bash|zsh|ksh|mksh|fish|csh|tcsh|python[0-9.]*|ipython3?)((?: -\S+)*)"
)

_PROMPTING = re.compile(r"(?:\S*/)?(sqlite3|psql|mysql|mariadb|R|julia|lua|node|irb|ghci|gdb)(?: .*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A quiet terminal for which nothing is left to type."""

    processes: Sequence[ForegroundProcess]
    """The foreground group."""
    is_raw: bool
    """Whether the terminal hands over single keys, as line editors ask it to."""
    shown: str
    """The last line on the screen."""
    command: str
    """What was typed."""
    dialect: Dialect
    """The shell it was typed to."""
    pid: int | None
    """That shell's process; None before its first prompt."""
    has_started: bool
    """Whether the shell said that it runs the command."""


def judge_waiting(waiting: Waiting) -> tuple[Outcome, str] | None:
    """What is wrong with a quiet terminal; None if nothing can be said yet."""
    for process in waiting.processes:
        if not (process.reads_terminal or (process.polls and waiting.is_raw)):
            continue
        if _is_own(process, waiting):
            if waiting.is_raw and not waiting.has_started and waiting.dialect.marks_commands:
                return Outcome.STEP_BOUNDARY, "the shell waits for the rest of the command"
            is_lost = _has_lost_marks(process, waiting)
        else:
            is_lost = _is_unmarked_shell(process)
        if is_lost:
            left = f"`{_first_line(waiting.command)}` left `{process.command}` at `{waiting.shown}`"
            return Outcome.SHELL_LOST, f"the shell's marks are lost: {left}"
        if process.reads_terminal or _is_own(process, waiting):
            what = waiting.shown or "(it shows no prompt)"
            return (
                Outcome.WAITS_FOR_INPUT,
                f"waits for input: {what} (`{process.command}` reads the terminal)",
            )
    return None


def _is_own(process: ForegroundProcess, waiting: Waiting) -> bool:
    return process.is_shell or process.pid == waiting.pid


def _has_lost_marks(process: ForegroundProcess, waiting: Waiting) -> bool:
    # At its prompt, not in a `read` of its own; where the system sees no difference, by what was typed.
    dialect = waiting.dialect
    if dialect.polls_at_prompt:
        return not process.reads_terminal
    return dialect.holds_marks in waiting.command


def _is_unmarked_shell(process: ForegroundProcess) -> bool:
    # One that was started without a script; or a program that has nothing but a prompt.
    if _PROMPTING.fullmatch(process.command) is not None:
        return True
    match = _SHELL.fullmatch(process.command)
    return match is not None and " -c" not in match[2]


def describe_end(command: str, status: int | None, *, is_strict: bool) -> str:
    """How a shell ended, in words.

    Args:
        command: what was typed.
        status: its exit status, negative for a signal; None if unknown.
        is_strict: whether it ends with the first command that fails (`set -e`).
    """
    how = "" if status is None else f" with exit status {status}" if status >= 0 else f" by signal {-status}"
    why = ": `set -e` is on" if is_strict and (status or 0) > 0 else ""
    return f"`{_first_line(command)}` ended the shell{how}{why}"


def _first_line(command: str) -> str:
    first, newline, _ = command.partition("\n")
    return first + " …" if newline else first


def describe_processes(processes: Sequence[ForegroundProcess]) -> str:
    """What the foreground processes are doing, in words, for a step that ran out of time."""
    return ", ".join(_describe(process) for process in processes) or "nothing runs in the foreground"


def _describe(process: ForegroundProcess) -> str:
    if process.reads_terminal:
        doing = "reads the terminal"
    elif process.polls:
        doing = "polls, maybe the terminal"
    elif "sleep" in process.waits_in:
        doing = "sleeps"
    elif process.waits_in:
        doing = f"waits in {process.waits_in}"
    else:
        doing = "computes"
    return f"`{process.command}` {doing}"


def is_raw(descriptor: int) -> bool:
    """Whether the terminal with this master hands over single keys; False where it is gone."""
    try:
        return not termios.tcgetattr(descriptor)[3] & termios.ICANON
    except termios.error:
        return False


def hides_input(descriptor: int) -> bool:
    """Whether the terminal with this master takes whole lines unseen, as for a password."""
    try:
        flags = termios.tcgetattr(descriptor)[3]
    except termios.error:
        return False
    return bool(flags & termios.ICANON) and not flags & termios.ECHO
