"""Waiting: what it means that a terminal is quiet, judged from its foreground processes; pure.

Input: the processes as the backend sees them and what the screen shows; output: an outcome with its one
sentence, or None while there is nothing to say (somebody computes, sleeps, or waits for the network).
"""

from __future__ import annotations

import re
import termios
from typing import TYPE_CHECKING

from docwalk.results import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docwalk.backend import ForegroundProcess

_SHELL = re.compile(
    r"-?(?:\S*/)?(sh|dash|bash|zsh|ksh|mksh|fish|csh|tcsh|python[0-9.]*|ipython3?)((?: -\S+)*)"
)


def judge_waiting(
    processes: Sequence[ForegroundProcess], *, is_raw: bool, shown: str, command: str
) -> tuple[Outcome, str] | None:
    """What is wrong with a quiet terminal for which nothing is left to type; None if nothing can be said yet.

    Args:
        processes: the foreground group.
        is_raw: whether the terminal hands over single keys, as line editors ask it to.
        shown: the last line on the screen.
        command: what was typed.
    """
    for process in processes:
        waits = process.reads_terminal or (process.polls and is_raw)
        if waits and _is_unmarked_shell(process):
            return (
                Outcome.SHELL_LOST,
                f"the shell's marks are lost: `{_first_line(command)}` left `{process.command}` at `{shown}`",
            )
        if process.reads_terminal:
            what = shown or "(it shows no prompt)"
            return (
                Outcome.WAITS_FOR_INPUT,
                f"waits for input: {what} (`{process.command}` reads the terminal)",
            )
    return None


def _is_unmarked_shell(process: ForegroundProcess) -> bool:
    # A shell at its prompt: the session's own in its line editor, or one that was started without a script.
    if process.is_shell:
        return not process.reads_terminal
    match = _SHELL.fullmatch(process.command)
    return match is not None and " -c" not in match[2]


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
