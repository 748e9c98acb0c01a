"""Listener: reads a terminal until something happened that the driver has to act on.

Input: a `Reader` and the instance's marks; output: `Event`s, and everything that came since a command was
typed. What a prompt's mark must be followed by before the shell takes a command is its dialect's matter.
"""

from __future__ import annotations

import time
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from docwalk.backend.limits import size_text
from docwalk.dialects import DIALECTS, Ready
from docwalk.driver.reader import HANGUP, NOTHING, Reader
from docwalk.marks import EDITOR_READY, MarkKind

if TYPE_CHECKING:
    from docwalk.dialects import Dialect
    from docwalk.driver.interaction import Interaction
    from docwalk.marks import Mark, Marks

QUIET_S: Final = 0.3
"""Output is quiet after this time; then, and not before, the processes are looked at."""
GRACE_S: Final = 0.05
"""Output that was printed reaches us in this time, on a busy machine."""
MOST_BYTES: Final = 32 << 20
"""A command that prints more is stopped: somebody wrote `yes`."""

_STILL_S: Final = 0.1  # a screen is still, for keys
_REST_S: Final = 1.0  # from the beginning of a mark to its end


class Event(Enum):
    """Why reading stopped."""

    ENDED = auto()
    """A command ended and its shell takes the next one."""
    SECONDARY = auto()
    """The shell wants another line."""
    STARTED = auto()
    """The command starts."""
    ASKED = auto()
    """The prompt that is answered next was shown."""
    CLOSED = auto()
    """The terminal was hung up."""
    QUIET = auto()
    """Nothing came for a while."""
    BUSY = auto()
    """Something came that means nothing yet."""
    QUERIED = auto()
    """A program asked what kind of terminal this is, or where its cursor is."""


ASK_CURSOR: Final = b"\x1b[6n"
"""A program asks where the cursor is."""
_QUERIES: Final = tuple((query, Event.QUERIED) for query in (b"\x1b[c", b"\x1b[0c", ASK_CURSOR))


class Listener:
    """Reads what one terminal shows."""

    def __init__(self, fd: int, marks: Marks, *, most_bytes: int = MOST_BYTES) -> None:
        """Listen to the pty with this master.

        Args:
            fd: the master.
            marks: what its shells print.
            most_bytes: bytes of output that one command may print.
        """
        self.reader = Reader(fd)
        self._most_bytes = most_bytes
        self.takes_paste = True
        """Whether the shell's line editor takes a paste, where its dialect has one that says so."""
        self.dialect: Dialect | None = None
        """The shell that prompted last; None before the first prompt."""
        self._marks = marks
        self._taken: list[bytes] = []
        self._length = 0
        self._found: tuple[int, tuple[Mark, ...]] = -1, ()  # the marks in so many bytes
        self._prompted: Dialect | None = None
        self._prompts = [(marks.begin(MarkKind.PROMPT, name), each) for name, each in DIALECTS.items()]
        self._secondary = marks.begin(MarkKind.SECONDARY)
        self._command = marks.begin(MarkKind.COMMAND)
        self._prompt_end = marks.begin(MarkKind.PROMPT_END)
        self._beginnings = (*(mark for mark, _ in self._prompts), self._secondary, self._prompt_end)

    @property
    def length(self) -> int:
        """How many bytes were taken since `begin`."""
        return self._length

    @property
    def flood(self) -> str | None:
        """How much a command has printed, where that is too much; else None."""
        count = len(self.reader.pending)
        return f"{size_text(count)} of output" if count > self._most_bytes else None

    @property
    def quiet_s(self) -> float:
        """Seconds since something came last."""
        return time.monotonic() - self.reader.last_data_s

    def begin(self, *, drop: bool = False) -> None:
        """A command is typed next: forget what came so far.

        Args:
            drop: forget as well what was read and is not judged yet, such as the prompt it stands at.
        """
        if drop and self.reader.pending:
            self.reader.search([self.reader.pending], 0)
        self._taken = []
        self._length = 0
        self._found = -1, ()
        self._prompted = None

    def shown(self) -> bytes:
        """Everything that came since `begin`."""
        return b"".join((*self._taken, self.reader.pending))

    def has_started(self) -> bool:
        """Whether a COMMAND mark came since `begin`."""
        return self._command in self.shown()

    def found(self) -> tuple[Mark, ...]:
        """The marks that came since `begin`."""
        read = self._length + len(self.reader.pending)
        if self._found[0] != read:
            self._found = read, self._marks.find(self.shown())
        return self._found[1]

    def output_until_done(self) -> bytes:
        """Everything that came since `begin`, up to the last DONE mark, without marks."""
        shown = self.shown()
        done = [mark.start for mark in self.found() if mark.kind is MarkKind.DONE]
        return self._marks.strip(shown[: done[-1] if done else len(shown)])

    def next(self, interaction: Interaction, *, last_line: bool, end_s: float) -> Event:
        """Read until something happened, or until `end_s` on the clock of `time.monotonic`.

        Args:
            interaction: what may be asked.
            last_line: whether the whole command was typed.
            end_s: when to give up.
        """
        wanted: list[tuple[bytes, Event | Dialect]] = [*_QUERIES]
        if self._prompted is None:
            wanted += [*self._prompts, (self._secondary, Event.SECONDARY)]
            wanted += self._of_command(interaction, last_line=last_line)
        else:
            ready = EDITOR_READY if self._prompted.ready is Ready.EDITOR else self._prompt_end
            wanted.append((ready, Event.ENDED))
        quiet_s = QUIET_S if interaction.is_over else _STILL_S
        timeout_s = min(quiet_s - self.quiet_s, end_s - time.monotonic())
        index, consumed = self.reader.search([pattern for pattern, _ in wanted], timeout_s)
        if index == NOTHING:
            return self._nothing(is_quiet=self.quiet_s >= quiet_s or time.monotonic() >= end_s)
        self._take(consumed)
        if index == HANGUP:
            return Event.CLOSED
        event = wanted[index][1]
        if not isinstance(event, Event):
            event = self._prompt(event)
        if self._prompted is None or event is Event.ENDED:
            self._finish_mark(consumed)
        return event

    def goes_on(self, wait_s: float) -> bool:
        """Whether more comes within a moment; it is kept."""
        before = len(self.reader.pending)
        index, consumed = self.reader.search([], wait_s)
        self._take(consumed)
        return index == HANGUP or len(self.reader.pending) > before

    def read_on(self) -> None:
        """What prompted last is not ready after all: read up to the next prompt."""
        self._prompted = None

    def look_for_editor(self) -> None:
        """Find out whether a shell that took no paste has switched its line editor on."""
        if not self.takes_paste:
            self.reader.search([], 0)
            self.takes_paste = EDITOR_READY in self.reader.pending

    def _of_command(self, interaction: Interaction, *, last_line: bool) -> list[tuple[bytes, Event]]:
        if interaction.asks is not None and interaction.is_started:
            return [(interaction.asks.encode(), Event.ASKED)]
        if interaction.is_started:
            return []
        if self.dialect is None or self.dialect.marks_commands:
            return [(self._command, Event.STARTED)]
        # Without such marks the output begins after the echo of the last line.
        return [(b"\n", Event.STARTED)] if last_line else []

    def _take(self, consumed: bytes) -> None:
        self._taken.append(consumed)
        self._length += len(consumed)

    def _finish_mark(self, consumed: bytes) -> None:
        # Marks are searched by what they begin with; the rest comes in the same write.
        if consumed.endswith(self._beginnings):
            self._take(self.reader.search([b"\x07"], _REST_S)[1])

    def _prompt(self, dialect: Dialect) -> Event:
        # A prompt that follows no DONE mark is text that somebody prints: dash has its marks in variables.
        kinds = {mark.kind for mark in self.found()}
        if MarkKind.DONE not in kinds:
            return Event.BUSY
        if dialect is not self.dialect or MarkKind.START in kinds:
            self.takes_paste = True
        self.dialect = dialect
        if dialect.ready is Ready.AT_ONCE or (dialect.ready is Ready.EDITOR and not self.takes_paste):
            return Event.ENDED
        self._prompted = dialect
        return Event.BUSY

    def _nothing(self, *, is_quiet: bool) -> Event:
        if not is_quiet:
            return Event.BUSY
        if self._prompted is None:
            return Event.QUIET
        # A prompt after which no editor came: this shell takes no paste.
        self.takes_paste = False
        self._take(self.reader.search([b"\x07"], _REST_S)[1])
        return Event.ENDED
