"""Dialogue: what is typed while a command runs: answers, keys, and what terminals say by themselves.

Input: the interaction that the author declared and the screen; output: bytes for the terminal, and which of
them nobody saw: passwords.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from docwalk.driver.listener import ASK_CURSOR
from docwalk.driver.waiting import hides_input, is_raw
from docwalk.terminal import cursor_position, render_output

if TYPE_CHECKING:
    from collections.abc import Callable

    from docwalk.backend import Terminal
    from docwalk.driver.command_result import CommandResult
    from docwalk.driver.interaction import Interaction
    from docwalk.driver.listener import Listener

LOOKED_AT: Final = 16384
"""Bytes of output that a glance at the screen renders."""

_READER_S: Final = 0.3  # from a prompt's text to the read that takes the answer
_TICK_S: Final = 0.01
_DEVICE: Final = b"\x1b[?62;c"  # a VT220 without options, as programs expect of any terminal


class Dialogue:
    """Answers one terminal."""

    def __init__(
        self,
        listener: Listener,
        terminal: Terminal,
        *,
        send: Callable[[bytes], None],
        output: Callable[[], bytes],
    ) -> None:
        """Say nothing yet.

        Args:
            listener: reads the terminal.
            terminal: the terminal.
            send: types bytes.
            output: what the command printed so far.
        """
        self._listener = listener
        self._terminal = terminal
        self._send = send
        self._output = output
        self._secrets: list[str] = []
        self._unseen: set[int] = set()  # numbers of the lines at whose end they were typed

    def begin(self) -> None:
        """Forget what was typed to the command before."""
        self._secrets, self._unseen = [], set()

    def with_secrets(self, result: CommandResult) -> CommandResult:
        """A result that says what was typed unseen, and where."""
        if not self._secrets:
            return result
        lines = (
            replace(line, is_typed_unseen=True) if number in self._unseen else line
            for number, line in enumerate(result.lines)
        )
        return replace(result, secrets=tuple(self._secrets), lines=tuple(lines))

    def answer_query(self, own_pid: int | None) -> None:
        """Say what terminal this is, or where its cursor, to a program that asks.

        Args:
            own_pid: the shell that has prompted; None before the first prompt.
        """
        # A program that wants to know its terminal has made it raw; `cat` of a strange file has not, but the
        # shell's editor, which follows it, has.
        if not is_raw(self._terminal.fd) or (own_pid is not None and not self._runs_other_than(own_pid)):
            return
        if self._listener.shown().endswith(ASK_CURSOR):
            row, column = cursor_position(self._output()[-LOOKED_AT:])
            self._send(b"\x1b[%d;%dR" % (row, column))
        else:
            self._send(_DEVICE)

    def answer(self, interaction: Interaction) -> None:
        """Type the next answer."""
        # Programs that ask for passwords drop what was typed before they read: wait for the read.
        end_s = time.monotonic() + _READER_S
        while time.monotonic() < end_s:
            if any(each.reads_terminal or each.polls for each in self._terminal.foreground()):
                break
            self._listener.goes_on(_TICK_S)
        answer = interaction.take_answer()
        if hides_input(self._terminal.fd):
            self._note_unseen(answer.decode().rstrip())
        self._send(answer)

    def reply(self, interaction: Interaction, screen: str) -> bool:
        """Type what the screen asks for; False if it asks for nothing that we have."""
        if interaction.can_press(screen):
            if hides_input(self._terminal.fd):
                self._note_unseen(*interaction.texts_to_press)
            self._send(interaction.take_keys(self._output()[-LOOKED_AT:]))
            return True
        if interaction.asks is not None and screen.endswith(interaction.asks.rstrip()):
            self.answer(interaction)
            return True
        return False

    def _note_unseen(self, *texts: str) -> None:
        if texts:
            self._secrets += texts
            self._unseen.add(len(render_output(self._output())) - 1)

    def _runs_other_than(self, own_pid: int) -> bool:
        """Whether something else than the shell itself has the terminal."""
        processes = self._terminal.foreground()
        return bool(processes) and not any(each.is_shell or each.pid == own_pid for each in processes)
