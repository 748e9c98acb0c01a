"""Unmarked: shells and REPLs that print no marks, followed by the prompt that the author declared.

Input: a listener on the terminal and a declared prompt; output: how a command ended, and the lines between
its echo and the next prompt, as a terminal shows them: line editors redraw and wrap what is typed. A prompt
counts at the start of the last line, while a process waits for the terminal. Exit statuses nobody can know.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from docwalk.driver.command_end import TOO_MANY
from docwalk.driver.listener import GRACE_S, QUIET_S, Event
from docwalk.driver.waiting import describe_processes, is_raw
from docwalk.prompts import prompt_pattern
from docwalk.results import Outcome
from docwalk.terminal import render_output, visible_screen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from docwalk.backend import ForegroundProcess, Terminal
    from docwalk.driver.command_end import Failure
    from docwalk.driver.interaction import Interaction
    from docwalk.driver.listener import Listener
    from docwalk.results import OutputLine

_LOOK_S: Final = 0.04  # a program that shows its prompt and waits is looked at after this time
_LOOKED_AT: Final = 16384  # bytes of output that a glance at the screen renders


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What an unmarked shell made of one command."""

    failure: Failure | None
    """Why it did not end; None where a prompt came."""
    lines: tuple[OutputLine, ...]
    """What it printed."""
    is_left: bool
    """Whether the shell around it prompts again, with marks."""


def stands_at(shown: bytes, prompts: Sequence[str]) -> bool:
    """Whether the last line on the screen is one of these prompts."""
    screen = visible_screen(shown[-_LOOKED_AT:])
    return bool(screen) and any(prompt_pattern(each).fullmatch(screen[-1].text) for each in prompts)


def waits_for_terminal(processes: Sequence[ForegroundProcess], *, is_raw_now: bool) -> bool:
    """Whether a process of the foreground waits for what is typed."""
    return any(each.reads_terminal or (each.polls and is_raw_now) for each in processes)


class Unmarked:
    """A shell or REPL at a declared prompt."""

    def __init__(self, listener: Listener, terminal: Terminal, prompt_line: bytes) -> None:
        """Take over.

        Args:
            listener: reads the terminal.
            terminal: the terminal.
            prompt_line: what its last line shows: the prompt.
        """
        self._listener = listener
        self._terminal = terminal
        self._prompt_line = prompt_line

    @property
    def prompt(self) -> str:
        """The prompt that it shows."""
        return "".join(line.text for line in render_output(self._prompt_line))

    def run(
        self,
        lines: list[bytes],
        *,
        prompts: Sequence[str],
        interaction: Interaction,
        send: Callable[[bytes], None],
        reply: Callable[[str], bool],
        timeout_s: float,
    ) -> Said:
        """Type lines one by one and read until a prompt comes.

        Args:
            lines: what is typed, without Enter.
            prompts: the declared prompt of the command, and of the next one.
            interaction: answers and keys for it.
            send: types bytes.
            reply: gives the screen what it asks for, if there is such an answer or key.
            timeout_s: seconds until it has no time left.
        """
        self._listener.begin(drop=True)
        end_s = time.monotonic() + timeout_s
        failure: Failure | None = None
        event = Event.BUSY
        for number, line in enumerate(lines, start=1):
            line_at = self._listener.length
            send(line + b"\r")
            event, failure = self._wait(
                line_at, prompts, interaction, reply, end_s=end_s, is_last=number == len(lines)
            )
            if failure is not None or event is Event.ENDED:
                break
        if event is Event.ENDED and failure is None and number < len(lines):
            failure = Outcome.STEP_BOUNDARY, "the shell ran more than one command"
        if failure is not None and failure[0] is Outcome.TIMED_OUT and self._listener.flood is None:
            failure = failure[0], f"not done after {timeout_s:g} s: {failure[1]}"
        return Said(
            failure=failure,
            lines=self._lines(number, is_prompted=failure is None and event is not Event.ENDED),
            is_left=event is Event.ENDED,
        )

    def _wait(
        self,
        line_at: int,
        prompts: Sequence[str],
        interaction: Interaction,
        reply: Callable[[str], bool],
        *,
        end_s: float,
        is_last: bool,
    ) -> tuple[Event, Failure | None]:
        """Read until the program waits for the next line."""
        while time.monotonic() < end_s:
            look_s = min(time.monotonic() + _LOOK_S, end_s)
            event = self._listener.next(interaction, last_line=True, end_s=look_s)
            if event in {Event.ENDED, Event.CLOSED}:
                return event, None if event is Event.ENDED else (Outcome.SHELL_LOST, "the shell ended")
            if event is Event.ASKED:
                reply(interaction.asks or "")
            if (flood := self._listener.flood) is not None:
                return event, (Outcome.TIMED_OUT, f"stopped after {flood}")
            shown = self._listener.shown()
            if self._listener.quiet_s >= _LOOK_S and b"\n" in shown[line_at:] and self._waits():
                screen = visible_screen((self._prompt_line + shown)[-_LOOKED_AT:])
                said = self._judge([line.text for line in screen], prompts, reply, is_last=is_last)
                if said is not None:
                    return Event.QUIET, said[0]
        return Event.BUSY, (Outcome.TIMED_OUT, describe_processes(self._terminal.foreground()))

    def _judge(
        self, screen: list[str], prompts: Sequence[str], reply: Callable[[str], bool], *, is_last: bool
    ) -> tuple[Failure | None] | None:
        """Whether a line ended, and how, for a program that waits; None while nothing can be said."""
        last = screen[-1] if screen else ""
        if any(prompt_pattern(each).fullmatch(last) for each in prompts):
            return (None if is_last else TOO_MANY,)
        if not is_last and last:
            return (None,)
        if reply("\n".join(screen)):
            return None
        failure = self._stuck(last)
        return None if failure is None else (failure,)

    def _stuck(self, last: str) -> Failure | None:
        """What is wrong with a program that waits for something else than the next command."""
        # The screen was looked at before the process: in between it may have printed its prompt.
        if self._listener.quiet_s < QUIET_S or self._listener.goes_on(GRACE_S):
            return None
        command = next((each.command for each in self._terminal.foreground()), "nothing")
        shown = last or "(it shows no prompt)"
        return Outcome.WAITS_FOR_INPUT, f"waits for input: {shown} (`{command}` reads the terminal)"

    def _waits(self) -> bool:
        return waits_for_terminal(self._terminal.foreground(), is_raw_now=is_raw(self._terminal.fd))

    def _lines(self, echoed: int, *, is_prompted: bool) -> tuple[OutputLine, ...]:
        """What stands between the echo of so many lines and the prompt, or the end."""
        shown = self._listener.output_until_done()
        lines = render_output(self._prompt_line + shown)
        if is_prompted:
            self._prompt_line = shown[shown.rfind(b"\n") + 1 :]
            lines = lines[:-1]
        return lines[echoed:]
