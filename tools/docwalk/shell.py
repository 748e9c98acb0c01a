r"""Shell: the pexpect driver; types one command into a terminal, says what came out and how it ended.

Input: a `Terminal` of some backend and its marks; output: `CommandResult`s. It never sleeps: it reads until a
mark says that the command ended, and looks at the foreground processes only when the output is quiet.

    ready ──type──▶ echo ──C──▶ output ──D,A──▶ ready
                     │            ├─ quiet, a process reads the terminal ─▶ answers, keys │ waits-for-input
                     │            ├─ quiet, a shell without marks         ─▶ shell-lost
                     └──P─▶ step-boundary                    no time left ─▶ timed-out
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import TYPE_CHECKING, Final, assert_never

from docwalk.interaction import Interaction
from docwalk.marks import EDITOR_DONE, EDITOR_READY, Mark, MarkKind
from docwalk.reader import HANGUP, NOTHING, Reader
from docwalk.results import Outcome
from docwalk.terminal import cursor_position, visible_screen
from docwalk.waiting import describe_processes, is_raw, judge_waiting

if TYPE_CHECKING:
    from collections.abc import Callable

    from docwalk.backend import Terminal
    from docwalk.marks import Marks
    from docwalk.options import Answer, KeyGroup

QUIET_S: Final = 0.3
"""Output is quiet after this time; then, and not before, the processes are looked at."""
LONGEST_TYPED: Final = 4095
"""Bytes a terminal takes as one line (n_tty.c: N_TTY_BUF_SIZE - 1); longer commands go through a file."""
MOST_BYTES: Final = 32 << 20
"""A command that prints more is stopped: somebody wrote `yes`."""
MOST_KEPT: Final = 1 << 20
"""Of a command that failed to end, so many of its last bytes are kept and shown."""

_STILL_S: Final = 0.1  # a screen is still, for keys
_RECOVER_S: Final = (0.2, 0.8, 0.5, 0.5)  # waits for a prompt after each way to get one
_ENDED_S: Final = 1.0  # from a closed pty to the status of its shell
_READER_S: Final = 0.3  # from a prompt's text to the read that takes the answer
_TICK_S: Final = 0.01
_GRACE_S: Final = 0.05  # output that was printed reaches us in this time, on a busy machine
_LOOKED_AT: Final = 16384  # bytes of output that a glance at the screen renders
_PASTE_START: Final = b"\x1b[200~"
_PASTE_END: Final = b"\x1b[201~"
_INTERRUPT: Final = b"\x03"
_ENTER: Final = b"\r"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResult:
    """What came of one typed command."""

    outcome: Outcome
    """PASSED if it ended as commands do, whatever its status; MISMATCH if answers or keys were left over."""
    detail: str
    """One sentence for people; empty for PASSED."""
    raw: bytes
    """What the terminal showed between the command's start and its end, marks removed."""
    exit_status: int | None
    """Exit status; None where the command did not end, or a new shell took over."""
    elapsed_s: float
    """Seconds from typing it to its end."""


class _Event(Enum):
    """Why reading stopped."""

    ENDED = auto()
    SECONDARY = auto()
    STARTED = auto()
    ASKED = auto()
    CLOSED = auto()
    QUIET = auto()
    BUSY = auto()
    QUERIED = auto()


_ASK_CURSOR: Final = b"\x1b[6n"
_QUERIES: Final = tuple((query, _Event.QUERIED) for query in (b"\x1b[c", b"\x1b[0c", _ASK_CURSOR))
_DEVICE: Final = b"\x1b[?62;c"  # a VT220 without options, as programs expect of any terminal


class Shell:
    """A session's shell: takes commands one after the other."""

    def __init__(self, terminal: Terminal, marks: Marks, *, spill: Callable[[bytes], str]) -> None:
        """Drive `terminal`.

        Args:
            terminal: with a shell that was just started.
            marks: what that shell prints.
            spill: writes text to a file inside and gives its path, for commands that cannot be typed.
        """
        self._terminal = terminal
        self._marks = marks
        self._spill = spill
        self._spawn = Reader(terminal.fd)
        self._takes_paste = True
        self._taken: list[bytes] = []
        self.is_alive = True
        """Whether it takes another command."""

    def wait_until_ready(self, timeout_s: float) -> CommandResult:
        """Read up to the first prompt; what was shown before it (a message of the day) is the output."""
        start_s = time.monotonic()
        failure = self._follow([], Interaction((), ()), "the login shell", timeout_s)
        self.is_alive = failure is None
        return self._result(failure, self._output(), None, start_s)

    def run(
        self,
        command: str,
        *,
        timeout_s: float,
        answers: tuple[Answer, ...] = (),
        keys: tuple[KeyGroup, ...] = (),
    ) -> CommandResult:
        """Type `command` and read until it ended.

        Args:
            command: one complete command; lines are joined by newlines.
            timeout_s: seconds until it is interrupted.
            answers: what to type when it asks, in order.
            keys: what to press when it waits, in order.
        """
        start_s = time.monotonic()
        if not self.is_alive:
            return self._result((Outcome.SHELL_LOST, "the shell of this session is gone"), b"", None, start_s)
        self._taken = []
        interaction = Interaction(answers, keys)
        lines = self._typed(command)
        self._send(lines.pop(0))
        failure = self._follow(lines, interaction, command, timeout_s)
        if failure is not None:
            result = self._result(failure, self._output()[-MOST_KEPT:], None, start_s)
            return replace(result, exit_status=self._recover())
        return self._ended(lines, interaction, start_s)

    def close(self) -> None:
        """Hang up."""
        self._terminal.close()

    # -- typing

    def _typed(self, command: str) -> list[bytes]:
        """What is typed, Enter included: a paste, or line by line where the editor takes none."""
        text = command.encode()
        if not self._takes_paste:
            self._spawn.search([], 0)
            self._takes_paste = EDITOR_READY in self._spawn.pending
        if len(text) > LONGEST_TYPED or (b"\t" in text and not self._takes_paste):
            # A typed tab completes, and a terminal drops what a line has too much.
            text = b". " + self._spill(text + b"\n").encode()
        if self._takes_paste:
            return [_PASTE_START + text + _PASTE_END + _ENTER]
        return [line + _ENTER for line in text.split(b"\n")]

    def _send(self, data: bytes) -> None:
        self._spawn.last_data_s = time.monotonic()
        try:
            self._spawn.send(data)
        except OSError:
            # The shell is gone; reading tells so next.
            self.is_alive = False

    # -- reading

    def _follow(
        self, lines: list[bytes], interaction: Interaction, command: str, timeout_s: float
    ) -> tuple[Outcome, str] | None:
        """Read until the command ended (None) or cannot end (why)."""
        end_s = time.monotonic() + timeout_s
        while (event := self._next_event(interaction, end_s)) is not _Event.ENDED:
            failure = self._react(event, lines, interaction, command)
            if failure is not None:
                return failure
            if len(self._spawn.pending) > MOST_BYTES:
                return Outcome.TIMED_OUT, f"stopped after {len(self._spawn.pending) >> 20} MiB of output"
            if time.monotonic() >= end_s:
                doing = describe_processes(self._terminal.foreground())
                return Outcome.TIMED_OUT, f"not done after {timeout_s:g} s: {doing}"
        return None

    def _react(
        self, event: _Event, lines: list[bytes], interaction: Interaction, command: str
    ) -> tuple[Outcome, str] | None:
        match event:
            case _Event.SECONDARY if lines:
                self._send(lines.pop(0))
            case _Event.SECONDARY:
                return Outcome.STEP_BOUNDARY, "the shell waits for the rest of the command"
            case _Event.STARTED:
                interaction.is_started = True
            case _Event.ASKED:
                self._answer(interaction)
            case _Event.QUIET:
                return self._when_quiet(interaction, command)
            case _Event.CLOSED:
                return self._closed()
            case _Event.QUERIED:
                self._answer_query()
            case _Event.BUSY | _Event.ENDED:
                pass
            case _:
                assert_never(event)
        return None

    def _next_event(self, interaction: Interaction, end_s: float) -> _Event:
        spawn, marks = self._spawn, self._marks
        quiet_s = QUIET_S if interaction.is_over else _STILL_S
        timeout_s = min(spawn.last_data_s + quiet_s, end_s) - time.monotonic()
        ready = EDITOR_READY if self._takes_paste else marks.prompt
        wanted = [(ready, _Event.ENDED), (marks.secondary, _Event.SECONDARY), *_QUERIES]
        if not interaction.is_started:
            wanted.append((marks.command, _Event.STARTED))
        elif interaction.asks is not None:
            wanted.append((interaction.asks.encode(), _Event.ASKED))
        index, consumed = spawn.search([pattern for pattern, _ in wanted], timeout_s)
        if index == NOTHING:
            is_quiet = time.monotonic() - spawn.last_data_s >= quiet_s or time.monotonic() >= end_s
            return self._quiet_event() if is_quiet else _Event.BUSY
        self._taken.append(consumed)
        if index == HANGUP:
            return _Event.CLOSED
        event = wanted[index][1]
        if event is _Event.ENDED and self._takes_paste and marks.prompt not in consumed:
            return _Event.BUSY
        return event

    def _quiet_event(self) -> _Event:
        # A prompt after which no editor came: this shell takes no paste. The next search finds the prompt.
        if self._takes_paste and self._marks.prompt in self._spawn.pending:
            self._takes_paste = False
            return _Event.BUSY
        return _Event.QUIET

    # -- answering

    def _answer_query(self) -> None:
        # A program that wants to know its terminal has made it raw; `cat` of a strange file has not.
        if not is_raw(self._terminal.fd):
            return
        if self._taken[-1].endswith(_ASK_CURSOR):
            row, column = cursor_position(self._output()[-_LOOKED_AT:])
            self._send(b"\x1b[%d;%dR" % (row, column))
        else:
            self._send(_DEVICE)

    def _answer(self, interaction: Interaction) -> None:
        # Programs that ask for passwords drop what was typed before they read: wait for the read.
        end_s = time.monotonic() + _READER_S
        while time.monotonic() < end_s:
            if any(each.reads_terminal or each.polls for each in self._terminal.foreground()):
                break
            self._spawn.search([], _TICK_S)
        self._send(interaction.take_answer())

    def _when_quiet(self, interaction: Interaction, command: str) -> tuple[Outcome, str] | None:
        processes = self._terminal.foreground()
        if not processes and self._terminal.exit_status() is not None:
            return self._closed()  # what it left in the background keeps the terminal open
        self._spawn.last_data_s = time.monotonic()  # look again after the same time
        seen = self._output()[-_LOOKED_AT:]
        screen = visible_screen(seen)
        text = "\n".join(line.text for line in screen)
        if any(each.reads_terminal or each.polls for each in processes):
            if interaction.can_press(text):
                self._send(interaction.take_keys(seen))
                return None
            if interaction.asks is not None and text.endswith(interaction.asks.rstrip()):
                self._answer(interaction)
                return None
        shown = screen[-1].text if screen else ""
        failure = judge_waiting(processes, is_raw=is_raw(self._terminal.fd), shown=shown, command=command)
        if failure is None or self._goes_on():
            return None
        if not interaction.is_over:
            return failure[0], f"{failure[1]}; {interaction.left()}"
        return failure

    def _goes_on(self) -> bool:
        # The processes were looked at after the output: in between they may have printed a prompt and marks.
        before = len(self._spawn.pending)
        index, consumed = self._spawn.search([], _GRACE_S)
        self._taken.append(consumed)
        return index == HANGUP or len(self._spawn.pending) > before

    # -- ending

    def _ended(self, lines: list[bytes], interaction: Interaction, start_s: float) -> CommandResult:
        taken = b"".join(self._taken)
        found = self._marks.find(taken)
        commands = [mark for mark in found if mark.kind is MarkKind.COMMAND]
        done = next(mark for mark in reversed(found) if mark.kind is MarkKind.DONE)
        output = self._cut(taken, found)
        failure: tuple[Outcome, str] | None = None
        if not commands and not done.status:
            said = visible_screen(output)
            detail = f"the shell ran nothing: {said[-1].text if said else 'no command'}"
            failure = Outcome.STEP_BOUNDARY, detail
        elif lines or any(mark.pid == commands[0].pid for mark in commands[1:]):
            failure = Outcome.STEP_BOUNDARY, "the shell ran more than one command"
        elif not interaction.is_over:
            failure = Outcome.MISMATCH, interaction.left()
        # A shell that was started meanwhile and now shows its first prompt: the command goes on in it.
        is_new = any(mark.kind is MarkKind.START and mark.pid == done.pid for mark in found)
        return self._result(failure, output, None if is_new else done.status, start_s)

    def _closed(self) -> tuple[Outcome, str]:
        self.is_alive = False
        status = self._exit_status()
        said = (
            ""
            if status is None
            else f" with exit status {status}"
            if status >= 0
            else f" by signal {-status}"
        )
        return Outcome.SHELL_LOST, f"the shell ended{said}"

    def _exit_status(self) -> int | None:
        # The pty closes a moment before the shell can be waited for.
        end_s = time.monotonic() + _ENDED_S
        status = self._terminal.exit_status()
        while status is None and time.monotonic() < end_s:
            status = self._terminal.exit_status()
        return status

    def _recover(self) -> int | None:
        """Get back to a prompt, first as a reader would; gives the status of a shell that ended."""
        if not self.is_alive:
            return self._exit_status()
        # Twice: bash 5.2 may take the first between two looks for signals, and act on it at the next key.
        acts = (self._interrupt, self._interrupt, self._terminal.kill_foreground, self._press_enter)
        for act, wait_s in zip(acts, _RECOVER_S, strict=True):
            act()
            if self._reaches_prompt(wait_s):
                self._spawn.discard()
                return None
        self.is_alive = False
        return None

    def _interrupt(self) -> None:
        self._send(_INTERRUPT)

    def _press_enter(self) -> None:
        self._send(_ENTER)

    def _reaches_prompt(self, wait_s: float) -> bool:
        end_s = time.monotonic() + wait_s
        while time.monotonic() < end_s:
            event = self._next_event(Interaction((), ()), end_s)
            if event is _Event.ENDED:
                return True
            if event is _Event.CLOSED:
                self.is_alive = False
                return False
            if event is _Event.QUIET:
                self._spawn.last_data_s = time.monotonic()
        return False

    def _output(self) -> bytes:
        """What the command printed so far."""
        taken = b"".join((*self._taken, self._spawn.pending))
        return self._cut(taken, self._marks.find(taken))

    def _cut(self, taken: bytes, found: tuple[Mark, ...]) -> bytes:
        start, end = _start(found, taken), _end(found, taken)
        inside = any(start <= mark.start < end for mark in found)
        return self._marks.strip(taken[start:end]) if inside else taken[start:end]

    def _result(
        self, failure: tuple[Outcome, str] | None, raw: bytes, status: int | None, start_s: float
    ) -> CommandResult:
        outcome, detail = (Outcome.PASSED, "") if failure is None else failure
        return CommandResult(
            outcome=outcome,
            detail=detail,
            raw=raw,
            exit_status=status,
            elapsed_s=time.monotonic() - start_s,
        )


def _start(found: tuple[Mark, ...], taken: bytes) -> int:
    for mark in found:
        if mark.kind is MarkKind.COMMAND:
            return mark.end
    # Nothing was run (a syntax error): what follows the echo, which ends with the editor or its line.
    edited = taken.rfind(EDITOR_DONE)
    return edited + len(EDITOR_DONE) if edited >= 0 else 0


def _end(found: tuple[Mark, ...], taken: bytes) -> int:
    return next((mark.start for mark in reversed(found) if mark.kind is MarkKind.DONE), len(taken))
