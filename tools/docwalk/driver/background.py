r"""Background: a session's shell in which one command may go on while other sessions are typed in.

ready ──start──▶ echo ──C──▶ output ── TEXT, end of its line ──▶ goes on ──keys──▶ as any command
└─ ends before, waits for input, no time left ─▶ a failure
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from docwalk.driver.command_end import result_of
from docwalk.driver.interaction import Interaction, has_application_keys, key_bytes
from docwalk.driver.keyboard import lines_to_type
from docwalk.driver.listener import Event
from docwalk.driver.pump import Pump
from docwalk.driver.shell import Shell
from docwalk.results import Outcome
from docwalk.terminal import render_output, visible_screen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docwalk.dialects import Dialect
    from docwalk.driver.command_end import Failure
    from docwalk.driver.command_result import CommandResult

_GLANCE_S: Final = 1.0  # the longest look whether a command has ended
_LOOKED_AT: Final = 16384  # bytes of output that a glance at the screen renders


@dataclass(slots=True, kw_only=True)
class _Job:
    """A command that is to go on."""

    command: str
    """What was typed."""
    ready: bytes
    """What it shows once it is ready."""
    dialect: Dialect
    """The shell it was typed into."""
    shown: int = 0
    """Bytes of its output that belong to its start; what comes later belongs to its end."""
    pump: Pump | None = None
    """Reads on while nobody looks; None before it is ready, and while somebody looks."""


class BackgroundShell(Shell):
    """A session's shell that can leave a command running."""

    _job: _Job | None = None
    _seen: Event | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a command goes on in it."""
        return self._job is not None

    def start(self, command: str, *, ready_text: str, timeout_s: float) -> CommandResult:
        """Type `command`, read until it is ready, and leave it running.

        Its output is what it shows up to the end of the line in which `ready_text` is.

        Args:
            command: one complete command.
            ready_text: text that it shows once it is ready.
            timeout_s: seconds until it is interrupted.
        """
        start_s = time.monotonic()
        if not self.is_alive or self._is_unmarked():
            detail = "the session has no shell in which a command can go on"
            return result_of((Outcome.SHELL_LOST, detail), b"", None, start_s)
        dialect, nothing = self._dialect(), Interaction((), ())
        job = self._job = _Job(command=command, ready=ready_text.encode(), dialect=dialect)
        lines = lines_to_type(command, dialect, takes_paste=self._listener.takes_paste, spill=self._spill)
        self._listener.begin()
        self._send_line(lines)
        failure = self._follow(lines, nothing, command, timeout_s)
        if failure is _READY:
            result = result_of(None, self._output(dialect)[: job.shown], None, start_s)
            job.pump = Pump(self._terminal.fd)
            return result
        self._job = None
        if failure is None:
            ended = self._finished(None, command, dialect, lines, nothing, start_s)
            detail = f"it ended{_status(ended)} before it showed `{ready_text}`"
            return replace(ended, outcome=Outcome.STEP_BOUNDARY, detail=detail)
        outcome, detail = failure
        if outcome in {Outcome.TIMED_OUT, Outcome.WAITS_FOR_INPUT}:
            detail = f"`{ready_text}` was not shown; {detail}"
        return self._finished((outcome, detail), command, dialect, lines, nothing, start_s)

    def stop(self, keys: Sequence[str], *, timeout_s: float) -> CommandResult:
        """Press `keys` and read until the command that goes on has ended; what it showed since its start.

        Args:
            keys: as the author wrote them.
            timeout_s: seconds until it is interrupted.
        """
        start_s = time.monotonic()
        job = self._job
        if job is None:
            raise ValueError("nothing goes on in this session")
        failure: Failure | None = None
        event = self._look()
        self._job = self._seen = None
        if event is Event.QUIET:
            output = self._output(job.dialect)
            is_application = has_application_keys(output[-_LOOKED_AT:])
            self._send(b"".join(key_bytes(key, is_application=is_application) for key in keys))
            failure = self._follow([], Interaction((), ()), job.command, timeout_s)
        elif event is Event.CLOSED:
            failure = self._closed(job.command)
        result = self._finished(failure, job.command, job.dialect, [], Interaction((), ()), start_s)
        # Where it ended just before the keys were pressed, they made a prompt of their own.
        self._listener.reader.discard()
        raw = result.raw[job.shown :]
        result = replace(result, raw=raw, lines=render_output(raw))
        if event is not Event.ENDED:
            return result
        detail = f"`{_first_line(job.command)}` had ended before{_status(result)}"
        return replace(result, outcome=Outcome.STEP_BOUNDARY, detail=detail)

    def has_ended(self) -> bool:
        """Whether the command that is to go on has ended; it can be stopped all the same."""
        job = self._job
        if job is None:
            return False
        event = self._look()
        if event is Event.QUIET:
            job.pump = Pump(self._terminal.fd)
            return False
        self._seen = event
        return True

    def let_go(self) -> None:
        """Read no more: somebody else looks at the terminal from here on."""
        self._take_over()

    def close(self) -> None:
        """Hang up."""
        self._take_over()
        super().close()

    def _look(self) -> Event:
        """Read what came meanwhile: ENDED and CLOSED say that the command has, QUIET that it has not."""
        if self._seen is not None:
            return self._seen
        self._take_over()
        end_s = time.monotonic() + _GLANCE_S
        event = Event.BUSY
        while event not in {Event.QUIET, Event.ENDED, Event.CLOSED} and time.monotonic() < end_s:
            event = self._listener.next(Interaction((), ()), last_line=True, end_s=end_s)
        return event if event in {Event.ENDED, Event.CLOSED} else Event.QUIET

    def _take_over(self) -> None:
        if self._job is not None and self._job.pump is not None:
            self._listener.reader.feed(self._job.pump.take())
            self._job.pump = None

    def _react(
        self, event: Event, lines: list[bytes], interaction: Interaction, command: str
    ) -> Failure | None:
        job = self._job
        if job is not None and job.pump is None and not lines:
            job.shown = self._ready_at(job, is_quiet=event is Event.QUIET)
            if job.shown:
                return _READY
        return super()._react(event, lines, interaction, command)

    def _ready_at(self, job: _Job, *, is_quiet: bool) -> int:
        """How much of the output says that the command is ready, with the rest of that line; 0 if none."""
        if job.dialect.marks_commands and not self._listener.has_started():
            return 0  # that is the echo of typing it
        output = self._output(job.dialect)
        at = output.find(job.ready)
        if at >= 0:
            newline = output.find(b"\n", at)
            return newline + 1 if newline >= 0 else len(output) * is_quiet
        # Colours and cursor movements may lie inside of it.
        seen = "\n".join(line.text for line in visible_screen(output[-_LOOKED_AT:])) if is_quiet else ""
        return len(output) if job.ready.decode() in seen else 0


_READY: Final[Failure] = (Outcome.PASSED, "ready")


def _status(result: CommandResult) -> str:
    return "" if result.exit_status is None else f" with exit status {result.exit_status}"


def _first_line(command: str) -> str:
    first, newline, _ = command.partition("\n")
    return first + " …" if newline else first
