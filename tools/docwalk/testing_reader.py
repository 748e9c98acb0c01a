"""For tests: somebody who knows nothing, and follows a built page by copying and pasting what it offers.

Input: the HTML of a page and an instance of its environment; output: what the reader saw otherwise than the
page shows. Not our driver: whole blocks are pasted at once, by a terminal that knows of its program only
whether it takes a paste.
"""

from __future__ import annotations

import os
import re
import select
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from docwalk.driver.keyboard import ENTER
from docwalk.expectation import Elision, Gap
from docwalk.marks import EDITOR_DONE, EDITOR_READY, MarkKind
from docwalk.matching.match_output import match_output
from docwalk.options import MatchMode, Streams
from docwalk.patches import PatchError, apply_patch, read_patch
from docwalk.plan import TypeCommand
from docwalk.redaction import compile_redactions
from docwalk.run import TERMINAL, without_transport
from docwalk.terminal import COLUMNS, ROWS, render_output

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from docwalk.backend import Instance, Terminal
    from docwalk.expectation import ExpectedLine
    from docwalk.plan import Step, Walk
    from docwalk.results import WalkResult
    from docwalk.testing_page import PastedBlock

_QUIET_S: Final = 0.1
_STILL_S: Final = 0.5
_SILENT_S: Final = 10.0
_WAIT_S: Final = 300.0
_SEQUENCES: Final = re.compile(rb"\x1b\[[\d;?]*[a-zA-Z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[=>]")
"""What a terminal does not show: colours, marks, modes."""
_END_OF_FILE: Final = b"\x04"
_REPLIES: Final = {b"\x1b[c": b"\x1b[?62;c", b"\x1b[0c": b"\x1b[?62;c", b"\x1b[6n": b"\x1b[1;1R"}
"""What every terminal says when it is asked what it is, and where its cursor stands."""
_PASTE: Final = b"\x1b[200~%s\x1b[201~"


class ReaderLostError(Exception):
    """The reader does not know what to do."""


@dataclass(slots=True)
class Window:
    """A terminal window of the reader."""

    terminal: Terminal
    """The window."""
    seen: bytearray = field(default_factory=bytearray)
    """All that it showed."""
    is_busy: bool = False
    """Whether a command keeps running in it."""

    @property
    def takes_paste(self) -> bool:
        """Whether the program asked for pastes in brackets: it waits for a command."""
        return self.seen.rfind(EDITOR_READY) > self.seen.rfind(EDITOR_DONE.rstrip())

    def read(self, *, quiet_s: float) -> bool:
        """Read until nothing came for so long; whether anything came."""
        came = False
        while select.select([self.terminal.fd], [], [], quiet_s)[0]:
            try:
                data = os.read(self.terminal.fd, 65536)
            except OSError:
                break  # its shell has ended
            if not data:
                break
            self.seen += data
            came = True
            for query, reply in _REPLIES.items():
                self.send(reply * data.count(query))
        return came

    def wait(self) -> None:
        """Wait until the shell takes a command.

        Raises:
            ReaderLostError: it does not within minutes.
        """
        end_s = time.monotonic() + _WAIT_S
        while time.monotonic() < end_s:
            self.read(quiet_s=_QUIET_S)
            if self.takes_paste or self.terminal.exit_status() is not None:
                return
        tail = bytes(self.seen[-200:]).decode("utf-8", "replace")
        raise ReaderLostError(f"nothing comes any more, and there is no prompt: {tail!r}")

    def wait_for(self, text: str, start: int) -> None:
        """Wait until the window shows a text, or, for an empty one, until it is still.

        Raises:
            ReaderLostError: it does not within minutes.
        """
        end_s = time.monotonic() + _WAIT_S
        quiet_s = 0.0
        while time.monotonic() < end_s:
            quiet_s = 0.0 if self.read(quiet_s=_STILL_S) else quiet_s + _STILL_S
            typed, _, printed = bytes(self.seen[start:]).partition(EDITOR_DONE.rstrip())
            if text and text.encode() in _SEQUENCES.sub(b"", typed + printed):
                return
            # Nobody presses a key while there is nothing to see yet, unless nothing comes for long.
            has_begun = _SEQUENCES.sub(b"", printed).strip()
            if not text and quiet_s >= (_STILL_S if has_begun else _SILENT_S):
                return
        raise ReaderLostError(f"it never shows `{text}`")

    def send(self, data: bytes) -> None:
        """Press keys, or paste."""
        while data:
            data = data[os.write(self.terminal.fd, data) :]

    def close(self) -> None:
        """Close the window."""
        self.terminal.close()


@dataclass(slots=True)
class Reader:
    """Somebody who follows one page."""

    instance: Instance
    """Where."""
    walk: Walk
    """The walk that the page's default choice is; says what the page compares."""
    recorded: WalkResult
    """What the page shows of it."""
    shell: str
    """The reader's shell."""
    windows: dict[tuple[str, str | None], Window] = field(default_factory=dict)
    """Open windows, by name and account."""
    captures: dict[str, str] = field(default_factory=dict)
    """Values of the reader's own."""
    findings: list[str] = field(default_factory=list)
    """What was otherwise than on the page."""

    def follow(self, blocks: Sequence[PastedBlock], *, before: bytes = b"") -> tuple[str, ...]:
        """Follow blocks in order; what was otherwise than on the page, a sentence each.

        Args:
            blocks: of the page, as it is shown.
            before: what is typed first, for tests of this test.
        """
        if before:
            window = self._window("main", None)
            window.send(before + ENTER)
            window.wait()
        for block in blocks:
            steps = [step for step in self.walk.steps if step.block_id == block.id]
            ran = [self.recorded.steps[step.index] for step in steps]
            if not steps or any(result.outcome.value == "not-run" for result in ran):
                continue  # the page says that nobody ran it
            try:
                self._follow(block, steps)
            except ReaderLostError as error:
                self._note(steps[0], str(error))
                break
        for window in self.windows.values():
            window.close()
        return tuple(self.findings)

    def _window(self, name: str, user: str | None) -> Window:
        key = (name, user)
        if key not in self.windows:
            terminal = self.instance.open_terminal(
                shell=self.shell, user=user, rows=ROWS, columns=COLUMNS, environ=dict(TERMINAL)
            )
            self.windows[key] = Window(terminal=terminal)
            self.windows[key].wait()
        return self.windows[key]

    def _follow(self, block: PastedBlock, steps: Sequence[Step]) -> None:
        if block.logs_in_again and (old := self.windows.pop((block.window, block.user), None)):
            old.close()
        window = self._window(block.window, block.user)
        if block.stop_keys:
            start = len(window.seen)
            window.send(block.stop_keys)
            window.wait()
            window.is_busy = False
            self._compare(steps, window, start, asks_status=True)
            return
        if block.path:
            self._write(block, window, steps)
            return
        waiting = list(steps)
        for template, text in block.pieces:
            pasted = self._filled(template) if template else text
            taken = self._steps_of(text, waiting)
            start = len(window.seen)
            self._paste(window, pasted)
            if block.keeps_running:
                window.is_busy = True
                ready = next((s.action.ready_text for s in taken if isinstance(s.action, TypeCommand)), None)
                window.wait_for(ready or "", start)
                continue
            for when, what in block.typing:
                window.wait_for(when, start)
                window.send(what)
            window.wait()
            self._compare(taken, window, start, asks_status=not block.typing)
        if waiting:
            raise ReaderLostError(f"no button copies what ran at line {waiting[0].line}")

    def _paste(self, window: Window, text: str) -> None:
        """Paste, as a terminal does, and press Enter."""
        data = text.encode().replace(b"\n", b"\r")
        window.send((_PASTE % data if window.takes_paste else data) + ENTER)
        # The mode of before must not be taken for that of the next prompt.
        self._wait_until_taken(window)

    def _wait_until_taken(self, window: Window) -> None:
        end_s = time.monotonic() + _WAIT_S
        begun = window.seen.count(EDITOR_DONE.rstrip())
        while window.seen.count(EDITOR_DONE.rstrip()) == begun and time.monotonic() < end_s:
            if not window.read(quiet_s=_QUIET_S) and window.terminal.exit_status() is not None:
                return

    def _write(self, block: PastedBlock, window: Window, steps: Sequence[Step]) -> None:
        """Put a text into a file, by what is there on any cluster."""
        template, text = block.pieces[0] if block.pieces else ("", "")
        text = self._filled(template) if template else text
        path = self._filled(block.path)
        start = len(window.seen)
        if block.file_mode == "check":
            self._paste(window, f"cat {path}")
            window.wait()
            shown = "\n".join(self._output(window, start))
            if shown.rstrip("\n") != text.rstrip("\n"):
                self._note(steps[0], f"{path} holds something else: {shown!r}")
            return
        if block.file_mode == "patch":
            # By hand, in an editor: not every cluster has `patch`.
            found = (self.instance.read_file(path, user=block.user) or b"").decode()
            try:
                changed = apply_patch(read_patch(text), found)
            except PatchError as error:
                raise ReaderLostError(error.message) from error
            self.instance.write_file(path, changed.encode(), append=False, user=block.user)
            return
        if block.download is not None:
            self.instance.write_file(path, block.download, append=False, user=block.user)
        else:
            folder = path.rpartition("/")[0]
            if folder.startswith("~/"):
                self._paste(window, f"mkdir -p {folder}")
                window.wait()
            self._paste(window, f"cat {'>>' if block.file_mode == 'append' else '>'}{path}")
            window.send(text.encode().replace(b"\n", b"\r") + _END_OF_FILE)
            window.wait()
        for command in block.afterwards:
            self._paste(window, self._filled(command))
            window.wait()

    def _filled(self, text: str) -> str:
        for name, value in self.captures.items():
            text = text.replace(f"[[{name}]]", value)
        return text

    def _steps_of(self, text: str, waiting: list[Step]) -> list[Step]:
        """The steps that a piece is made of, taken from those that are left."""
        taken: list[Step] = []
        while waiting:
            taken.append(waiting.pop(0))
            if "\n".join(self.recorded.steps[step.index].command_sent for step in taken) == text:
                return taken
        line = next((step.line for step in taken), 0)
        raise ReaderLostError(f"what the button copies is not what ran at line {line}: {text!r}")

    def _output(self, window: Window, start: int) -> tuple[str, ...]:
        return tuple(line.text for line in without_transport(render_output(self._raw(window, start))))

    def _raw(self, window: Window, start: int) -> bytes:
        """What came out between the line editor's last word and the mark of the next prompt."""
        raw = bytes(window.seen[start:])
        marks = self.instance.marks
        taken = raw.find(EDITOR_DONE.rstrip())
        begin = taken + len(EDITOR_DONE.rstrip()) if taken >= 0 else 0
        done = [mark for mark in marks.find(raw) if mark.kind is MarkKind.DONE and mark.start >= begin]
        return marks.strip(raw[begin : done[-1].start if done else len(raw)]).lstrip(b"\r")

    def _compare(self, steps: Sequence[Step], window: Window, start: int, *, asks_status: bool) -> None:
        """Hold what the window shows against what the page says."""
        actions = [step.action for step in steps if isinstance(step.action, TypeCommand)]
        done = [
            mark
            for mark in self.instance.marks.find(bytes(window.seen[start:]))
            if mark.kind is MarkKind.DONE
        ]
        recorded = self.recorded.steps[steps[-1].index].exit_status
        if asks_status and done and recorded is not None and done[-1].status != recorded:
            self._note(steps[-1], f"status {done[-1].status}, on the page {recorded}")
        expected = tuple(_expected(actions))
        mode = actions[-1].match
        is_apart = any(action.streams is Streams.APART for action in actions)
        if is_apart or not expected or (mode is MatchMode.JSON and len(actions) > 1):
            return
        lines = tuple(without_transport(render_output(self._raw(window, start))))
        redactions = compile_redactions(self.walk.redactions)
        matches = (
            match_output(each, lines, mode=mode, redactions=redactions, captures=self.captures)
            for each in (expected, *_run_together(actions))
        )
        first = next(matches)
        match = first if first.matched else next((each for each in matches if each.matched), first)
        self.captures.update(match.captures)
        if not match.matched:
            reason = match.problem.reason if match.problem is not None else "the output differs"
            shown = "\n".join(line.text for line in lines[:20])
            self._note(steps[0], f"{reason}, the window shows\n{shown}")

    def _note(self, step: Step, said: str) -> None:
        self.findings.append(f"{self.walk.source_path}:{step.line}: {said}")


def _run_together(actions: Sequence[TypeCommand]) -> Iterator[tuple[ExpectedLine, ...]]:
    """The same, where the output of one command has no newline at its end: the next goes on in its line."""
    for at in range(1, len(actions)):
        before, after = tuple(_expected(actions[:at])), tuple(_expected(actions[at:]))
        if before and after and not isinstance(before[-1], Elision) and not isinstance(after[0], Elision):
            parts = (*before[-1].parts, Gap(), *after[0].parts)
            yield (*before[:-1], replace(before[-1], parts=parts), *after[1:])


def _expected(actions: Sequence[TypeCommand]) -> Iterator[ExpectedLine]:
    """What some commands print together; anything for those of which the page says nothing."""
    for action in actions:
        if action.expected is None:
            yield Elision(source_line=1)
        else:
            yield from action.expected


def without_last_line(block: PastedBlock) -> PastedBlock:
    """A block whose button forgets a line, for tests of this test."""
    pieces = tuple((template, text.rpartition("\n")[0]) for template, text in block.pieces)
    return replace(block, pieces=pieces)
