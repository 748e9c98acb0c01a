r"""Shell: the pexpect driver; types one command into a terminal, says what came out and how it ended.

Input: a `Terminal` of some backend and its marks; output: `CommandResult`s. It never sleeps: it reads until a
mark says that the command ended, and looks at the foreground processes only when the output is quiet.

    ready ──type──▶ echo ──C──▶ output ──D,A──▶ ready
                     │            ├─ quiet, a process reads the terminal ─▶ answers, keys │ waits-for-input
                     │            ├─ quiet, a shell without marks         ─▶ shell-lost
                     └──P─▶ step-boundary                    no time left ─▶ timed-out
"""

from __future__ import annotations

import re
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final, assert_never

from docwalk.dialects import DIALECTS, Typed
from docwalk.driver.command_end import TOO_MANY, judge_boundary, last_done, refused, result_of
from docwalk.driver.dialogue import LOOKED_AT, Dialogue
from docwalk.driver.interaction import Interaction
from docwalk.driver.keyboard import ENTER, lines_to_type, without_paste
from docwalk.driver.listener import GRACE_S, MOST_BYTES, Event, Listener
from docwalk.driver.recovery import recover
from docwalk.driver.unmarked import Unmarked, stands_at, waits_for_terminal
from docwalk.driver.waiting import Waiting, describe_end, describe_processes, is_raw, judge_waiting
from docwalk.marks import EDITOR_READY, MarkKind
from docwalk.results import Outcome
from docwalk.terminal import visible_screen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from docwalk.backend import ForegroundProcess, Terminal
    from docwalk.dialects import Dialect
    from docwalk.driver.command_end import Failure
    from docwalk.driver.command_result import CommandResult
    from docwalk.marks import Mark, Marks
    from docwalk.options import Answer, KeyGroup

MOST_KEPT: Final = 1 << 20
"""Of a command that failed to end, so many of its last bytes are kept and shown."""

_ENDED_S: Final = 1.0  # from a closed pty to the status of its shell
_AT_WORK_S: Final = 1.0  # what reads nothing until then is a program at work
_LEAVES: Final = re.compile(r"\s*(?:exit|logout)\b")


class Shell:
    """A session's shell: takes commands one after the other."""

    def __init__(
        self,
        terminal: Terminal,
        marks: Marks,
        *,
        spill: Callable[[bytes], str],
        most_bytes: int = MOST_BYTES,
    ) -> None:
        """Drive `terminal`.

        Args:
            terminal: with a shell that was just started.
            marks: what that shell prints.
            spill: writes text to a file inside and gives its path, for commands that cannot be typed.
            most_bytes: bytes of output after which a command is stopped.
        """
        self._terminal = terminal
        self._marks = marks
        self._spill = spill
        self._listener = Listener(terminal.fd, marks, most_bytes=most_bytes)
        self._dialogue = Dialogue(self._listener, terminal, send=self._send, output=self._output)
        self._at: Mark | None = None  # the DONE mark before the prompt that it stands at
        self._unmarked: Unmarked | None = None
        self._next_prompt: str | None = None
        self._last_line = b""
        self._last_line_at = 0
        self._typed_s = 0.0  # when the last line of the command was
        self.is_alive = True
        """Whether it takes another command."""

    def wait_until_ready(self, timeout_s: float) -> CommandResult:
        """Read up to the first prompt; what was shown before it (a message of the day) is the output."""
        start_s = time.monotonic()
        failure = self._follow([], Interaction((), ()), "the login shell", timeout_s)
        self.is_alive = failure is None
        shown, found = self._listener.shown(), self._listener.found()
        self._at = last_done(found)
        raw = self._marks.strip(shown[: self._at.start if self._at is not None else len(shown)])
        return result_of(failure, raw, None, start_s)

    def run(
        self,
        command: str,
        *,
        timeout_s: float,
        answers: tuple[Answer, ...] = (),
        keys: tuple[KeyGroup, ...] = (),
        prompt: str | None = None,
        next_prompt: str | None = None,
    ) -> CommandResult:
        """Type `command` and read until it ended.

        Args:
            command: one complete command; lines are joined by newlines.
            timeout_s: seconds until it is interrupted.
            answers: what to type when it asks, in order.
            keys: what to press when it waits, in order.
            prompt: the prompt declared for it; only a shell or REPL without marks is followed by it.
            next_prompt: the prompt declared for the next command of this session: a shell without marks that
                shows it was entered on purpose.
        """
        self._dialogue.begin()
        result = self._run(command, timeout_s, Interaction(answers, keys), prompt, next_prompt)
        return self._dialogue.with_secrets(result)

    def _run(
        self,
        command: str,
        timeout_s: float,
        interaction: Interaction,
        prompt: str | None,
        next_prompt: str | None,
    ) -> CommandResult:
        start_s = time.monotonic()
        if not self.is_alive:
            return result_of((Outcome.SHELL_LOST, "the shell of this session is gone"), b"", None, start_s)
        self._next_prompt = next_prompt
        unmarked = self._unmarked
        if unmarked is not None:
            return self._run_unmarked(unmarked, command, interaction, prompt, timeout_s)
        dialect = self._dialect()
        self._listener.look_for_editor()
        lines = lines_to_type(command, dialect, takes_paste=self._listener.takes_paste, spill=self._spill)
        self._listener.begin()
        self._send_line(lines)
        failure = self._follow(lines, interaction, command, timeout_s)
        return self._finished(failure, command, dialect, lines, interaction, start_s)

    def close(self) -> None:
        """Hang up."""
        self._terminal.close()

    def _is_unmarked(self) -> bool:
        return self._unmarked is not None

    def _run_unmarked(
        self,
        unmarked: Unmarked,
        command: str,
        interaction: Interaction,
        prompt: str | None,
        timeout_s: float,
    ) -> CommandResult:
        """Type a command at a declared prompt."""
        start_s = time.monotonic()
        if prompt is None:
            detail = (
                f"`{unmarked.prompt}` is no prompt of a shell with marks: leave it, or declare its `prompt`"
            )
            return result_of((Outcome.SHELL_LOST, detail), b"", None, start_s)
        said = unmarked.run(
            command.encode().split(b"\n"),
            prompts=[each for each in (prompt, self._next_prompt) if each is not None],
            interaction=interaction,
            send=self._send,
            reply=partial(self._dialogue.reply, interaction),
            timeout_s=timeout_s,
        )
        failure = said.failure
        if failure is None and not interaction.is_over:
            failure = Outcome.MISMATCH, interaction.left()
        result = result_of(failure, self._listener.output_until_done(), None, start_s)
        result = replace(result, lines=said.lines, is_status_known=said.is_left)
        if said.is_left:
            self._unmarked = None
            self._at = last_done(self._listener.found()) or self._at
            return replace(result, exit_status=None if self._at is None else self._at.status)
        if failure is not None and failure[0] is not Outcome.MISMATCH:
            self._unmarked = None
            self._recover()
        return result

    # -- typing

    def _dialect(self) -> Dialect:
        # What prompted last; a shell that is alive has prompted.
        return self._listener.dialect or DIALECTS["bash"]

    def _send_line(self, lines: list[bytes]) -> None:
        self._last_line = lines.pop(0)
        self._last_line_at = self._listener.length
        self._typed_s = time.monotonic()
        self._send(self._last_line + ENTER)

    def _send(self, data: bytes) -> None:
        self._listener.reader.last_data_s = time.monotonic()
        try:
            self._listener.reader.send(data)
        except OSError:
            # The shell is gone; reading tells so next.
            self.is_alive = False

    # -- reading

    def _follow(
        self, lines: list[bytes], interaction: Interaction, command: str, timeout_s: float
    ) -> Failure | None:
        """Read until the command ended (None) or cannot end (why)."""
        end_s = time.monotonic() + timeout_s
        while True:
            event = self._listener.next(interaction, last_line=not lines, end_s=end_s)
            if event is Event.ENDED:
                return None
            failure = self._react(event, lines, interaction, command)
            if failure is not None or self._is_unmarked():
                return failure
            if (flood := self._listener.flood) is not None:
                return Outcome.TIMED_OUT, f"stopped after {flood}"
            if time.monotonic() >= end_s:
                doing = describe_processes(self._terminal.foreground())
                said = (f"not done after {timeout_s:g} s: {doing}", interaction.unpressed)
                return Outcome.TIMED_OUT, "; ".join(filter(None, said))

    def _react(
        self, event: Event, lines: list[bytes], interaction: Interaction, command: str
    ) -> Failure | None:
        match event:
            case Event.SECONDARY if lines:
                self._send_line(lines)
            case Event.SECONDARY:
                return Outcome.STEP_BOUNDARY, "the shell waits for the rest of the command"
            case Event.STARTED:
                interaction.is_started = True
            case Event.ASKED:
                self._dialogue.answer(interaction)
            case Event.QUIET:
                return self._when_quiet(lines, interaction, command)
            case Event.CLOSED:
                return self._closed(command)
            case Event.QUERIED:
                self._dialogue.answer_query(None if self._at is None else self._at.pid)
            case Event.BUSY | Event.ENDED:
                pass
            case _:
                assert_never(event)
        return None

    # -- waiting

    def _enters(self, processes: Sequence[ForegroundProcess], seen: bytes) -> bool:
        """Whether a shell or REPL without marks shows the prompt that the next command declares."""
        waits = waits_for_terminal(processes, is_raw_now=is_raw(self._terminal.fd))
        if self._next_prompt is None or not waits or not stands_at(seen, [self._next_prompt]):
            return False
        if not self._listener.goes_on(GRACE_S):
            self._unmarked = Unmarked(self._listener, self._terminal, seen[seen.rfind(b"\n") + 1 :])
        return True

    def _takes_signal(self, interaction: Interaction) -> bool:
        """Whether Ctrl-C or Ctrl-Z may be pressed to a program that reads nothing."""
        if not (interaction.is_signal and interaction.is_started):
            return False
        return interaction.has_sign or time.monotonic() - self._typed_s >= _AT_WORK_S

    def _when_quiet(self, lines: list[bytes], interaction: Interaction, command: str) -> Failure | None:
        processes = self._terminal.foreground()
        if not processes and self._terminal.exit_status() is not None:
            return self._closed(command)  # what it left in the background keeps the terminal open
        self._listener.reader.last_data_s = time.monotonic()  # look again after the same time
        seen = self._output()[-LOOKED_AT:]
        screen = visible_screen(seen)
        is_waiting = any(each.reads_terminal or each.polls for each in processes)
        takes_keys = is_waiting or self._takes_signal(interaction)
        if takes_keys and self._dialogue.reply(interaction, "\n".join(line.text for line in screen)):
            return None
        if is_waiting and not lines and self._enters(processes, seen):
            return None
        waiting = Waiting(
            processes=processes,
            is_raw=is_raw(self._terminal.fd),
            shown=screen[-1].text if screen else "",
            command=command,
            dialect=self._dialect(),
            pid=None if self._at is None else self._at.pid,
            has_started=self._at is None or self._listener.has_started(),
        )
        failure = judge_waiting(waiting)
        # The processes were looked at after the output: in between they may have printed a prompt and marks.
        if failure is None or self._listener.goes_on(GRACE_S):
            return None
        return self._quiet_failure(failure, lines, interaction, [line.text for line in screen])

    def _quiet_failure(
        self, failure: Failure, lines: list[bytes], interaction: Interaction, said: list[str]
    ) -> Failure | None:
        if failure[0] is Outcome.STEP_BOUNDARY and lines:
            self._send_line(lines)  # its secondary prompt goes where we do not see it
            return None
        if failure[0] is Outcome.STEP_BOUNDARY:
            return refused(said) or failure
        if not interaction.is_over:
            return failure[0], f"{failure[1]}; {interaction.left()}"
        return failure

    # -- ending

    def _finished(  # noqa: PLR0917 - all of what one command is
        self,
        failure: Failure | None,
        command: str,
        dialect: Dialect,
        lines: list[bytes],
        interaction: Interaction,
        start_s: float,
    ) -> CommandResult:
        """What came of a command; after a failure, back to a prompt."""
        if failure is None and self._is_unmarked():
            output = self._output(dialect)
            return result_of(None, output[: output.rfind(b"\n") + 1], None, start_s)
        if failure is None:
            return self._ended(command, dialect, lines, interaction, start_s)
        result = result_of(failure, self._output(dialect)[-MOST_KEPT:], None, start_s)
        return replace(result, exit_status=self._recover())

    def _ended(
        self, command: str, dialect: Dialect, lines: list[bytes], interaction: Interaction, start_s: float
    ) -> CommandResult:
        before, found = self._at, self._listener.found()
        done = last_done(found)
        if done is None or before is None:
            raise AssertionError("a prompt without a DONE mark ends nothing")
        output = self._output(dialect)
        self._at = done
        if done.pid == before.pid and dialect.shows_prompt_on_exit and _LEAVES.match(command):
            if self._leave() is Event.CLOSED:
                return result_of(self._closed(command), output, self._exit_status(), start_s)
            found = self._listener.found()
            self._at = done = last_done(found) or done
        if dialect.keeps_wrong_lines and not self._listener.has_started():
            self._recover()

        def said() -> list[str]:
            return [line.text for line in visible_screen(output[-LOOKED_AT:])]

        failure = TOO_MANY if lines else judge_boundary(before, done, found, dialect=dialect, said=said)
        if failure is None and not interaction.is_over:
            failure = Outcome.MISMATCH, interaction.left()
        # A shell that was started meanwhile and now shows its first prompt: the command goes on in it.
        is_new = any(mark.kind is MarkKind.START and mark.pid == done.pid for mark in found)
        return result_of(failure, output, None if is_new else done.status, start_s)

    def _leave(self) -> Event:
        """Read on, after the prompt of a shell that was told to end, to the next one or to a hang-up."""
        end_s = time.monotonic() + _ENDED_S
        event = Event.BUSY
        self._listener.read_on()
        while event not in {Event.ENDED, Event.CLOSED} and time.monotonic() < end_s:
            event = self._listener.next(Interaction((), ()), last_line=True, end_s=end_s)
        return event

    def _closed(self, command: str) -> Failure:
        self.is_alive = False
        is_strict = self._at is not None and "e" in self._at.flags and not _LEAVES.match(command)
        return Outcome.SHELL_LOST, describe_end(command, self._exit_status(), is_strict=is_strict)

    def _recover(self) -> int | None:
        """Get back to a prompt with marks; gives the status of a shell that ended."""
        if not self.is_alive:
            return self._exit_status()
        self.is_alive = recover(self._listener, self._terminal)
        self._at = last_done(self._listener.found()) or self._at
        return None

    def _exit_status(self) -> int | None:
        # The pty closes a moment before the shell can be waited for.
        end_s = time.monotonic() + _ENDED_S
        status = self._terminal.exit_status()
        while status is None and time.monotonic() < end_s:
            status = self._terminal.exit_status()
        return status

    def _output(self, dialect: Dialect | None = None) -> bytes:
        """What the command printed so far, marks removed."""
        dialect = self._dialect() if dialect is None else dialect
        shown, found = self._listener.shown(), self._listener.found()
        line = without_paste(self._last_line)
        start = dialect.find_output(Typed(shown=shown, marks=found, line=line, line_at=self._last_line_at))
        done = last_done(found)
        output = shown[start : len(shown) if done is None else done.start]
        if done is not None and self._dialect().notices_follow_marks:
            prompt = next((m for m in found if m.kind is MarkKind.PROMPT and m.start >= done.end), done)
            notices, editor, _ = shown[prompt.end :].partition(EDITOR_READY)
            output += notices if editor and prompt is not done else b""
        output = self._marks.strip(output)
        return output if dialect.own_trace is None else dialect.own_trace.sub(b"", output)
