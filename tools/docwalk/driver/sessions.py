"""Sessions: the terminal windows of one walk, each opened when a step first needs it.

Input: an instance and what a terminal's variables are; output: `Session`s, by name, shell and account.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from docwalk.driver.background import BackgroundShell
from docwalk.driver.command_result import CommandResult
from docwalk.driver.error_stream import ErrorStream
from docwalk.driver.listener import MOST_BYTES
from docwalk.results import Outcome
from docwalk.terminal import COLUMNS, ROWS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from docwalk.backend import Instance, Terminal
    from docwalk.plan import TypeCommand

LOGIN_S: Final = 30.0
"""Seconds a login shell may take to its first prompt."""

_LOGOUTS: Final = 3  # a shell with stopped jobs wants to be told twice, a nested one ends by itself
_LOGOUT_S: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionKey:
    """What tells one terminal window from another."""

    name: str
    """The session's name."""
    shell: str
    """Name of its shell."""
    user: str | None
    """Account; None is the environment's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A terminal window with its shell."""

    terminal: Terminal
    """The window."""
    shell: BackgroundShell
    """Drives the shell in it."""


def drive(
    session: Session, action: TypeCommand, command: str, *, timeout_s: float, next_prompt: str | None
) -> CommandResult:
    """Type `command`, leave it running, or stop the one that runs.

    Args:
        session: where.
        action: says which of the three, and how.
        command: what is typed, captures put in.
        timeout_s: seconds it may take.
        next_prompt: the prompt that the next command of the session declares.
    """
    shell = session.shell
    if action.stop_keys:
        return shell.stop(action.stop_keys, timeout_s=timeout_s)
    if action.ready_text is not None:
        return shell.start(command, ready_text=action.ready_text, timeout_s=timeout_s)
    return shell.run(
        command,
        timeout_s=timeout_s,
        answers=action.answers,
        keys=action.keys,
        prompt=action.prompt,
        next_prompt=next_prompt,
    )


class Sessions:
    """The terminal windows of one walk."""

    def __init__(
        self, instance: Instance, *, environ: Mapping[str, str], most_bytes: int = MOST_BYTES
    ) -> None:
        """Open none yet.

        Args:
            instance: where they are opened.
            environ: variables of every terminal, besides those of a login.
            most_bytes: bytes of output after which a command is stopped.
        """
        self._instance = instance
        self._environ = environ
        self._most_bytes = most_bytes
        self._open: dict[SessionKey, Session] = {}
        self._errors: ErrorStream | None = None
        self._ended: dict[SessionKey, int] = {}

    def log_out(self, key: SessionKey) -> None:
        """End a session as its reader would, so that it is opened anew when it is next asked for."""
        session = self._open.pop(key, None)
        self._ended.pop(key, None)
        if session is None:
            return
        for _ in range(_LOGOUTS):
            if session.shell.is_alive:
                session.shell.run("exit", timeout_s=_LOGOUT_S)
        session.shell.close()

    def hang_up(self, key: SessionKey) -> None:
        """Close a session's terminal, whatever runs in it; it is opened anew when it is next asked for."""
        session = self._open.pop(key, None)
        self._ended.pop(key, None)
        if session is not None:
            session.shell.close()

    def ended_jobs(self) -> tuple[str, ...]:
        """Names of the sessions in which a command that is to go on has ended."""
        return tuple(key.name for key, session in self._open.items() if session.shell.has_ended())

    def note_end(self, key: SessionKey, line: int) -> None:
        """Remember that the step at `line` ended the session's shell, if it did."""
        if key in self._open and not self._open[key].shell.is_alive:
            self._ended.setdefault(key, line)

    def find(self, key: SessionKey) -> Session | None:
        """The session, if it was opened."""
        return self._open.get(key)

    def get(self, key: SessionKey, *, timeout_s: float) -> Session | CommandResult:
        """The session, opened when it is first asked for; else why it takes no command."""
        if key in self._ended:
            detail = f"the session's shell ended at line {self._ended[key]}: log in again with `relogin`"
            return CommandResult(
                outcome=Outcome.SHELL_LOST, detail=detail, raw=b"", exit_status=None, elapsed_s=0.0
            )
        if key in self._open:
            return self._open[key]
        terminal = self._instance.open_terminal(
            shell=key.shell, user=key.user, rows=ROWS, columns=COLUMNS, environ=self._environ
        )
        shell = BackgroundShell(
            terminal,
            self._instance.marks,
            spill=lambda text: self._spill(text, key.user),
            most_bytes=self._most_bytes,
        )
        session = self._open[key] = Session(terminal=terminal, shell=shell)
        greeting = shell.wait_until_ready(max(0.0, min(LOGIN_S, timeout_s)))
        return session if greeting.outcome is Outcome.PASSED else greeting

    def error_stream(self) -> ErrorStream:
        """Where commands of any session write standard error when it is told apart; opened when needed."""
        if self._errors is None:
            self._errors = ErrorStream(self._instance.open_side(rows=ROWS, columns=COLUMNS))
        return self._errors

    def close(self) -> None:
        """Hang up in every session."""
        for session in self._open.values():
            session.shell.close()
        if self._errors is not None:
            self._errors.close()

    def _spill(self, text: bytes, user: str | None) -> str:
        path = self._instance.scratch if user is None else f"{self._instance.scratch}-{user}"
        self._instance.write_file(path, text, append=False, user=user)
        return path
