r"""Unified diffs: read strictly, and applied exactly where they say; nothing is searched for.

patch = [ header ] hunk { hunk }
hunk  = "@@ -START[,COUNT] +START[,COUNT] @@" { " " line | "-" line | "+" line | "\ No newline …" }
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from unidiff.errors import UnidiffParseError
from unidiff.patch import PatchSet

if TYPE_CHECKING:
    from unidiff.patch import Hunk as ReadHunk

_LINES: Final = re.compile(r"[^\n]*\n|[^\n]+")


class PatchError(ValueError):
    """A text that is no diff of one file, or a diff that does not fit its file."""

    def __init__(self, message: str, *, line: int) -> None:
        """Say what is wrong, and in which line of the diff, from 0."""
        self.message = message
        self.line = line
        super().__init__(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunk:
    """One place that a diff changes."""

    number: int
    """Which of the diff's hunks, from 1."""
    line: int
    """Its line `@@ … @@` in the diff, from 0."""
    start: int
    """How many lines of the old text come before it."""
    lines: tuple[tuple[str, str], ...]
    """Lines, each a sign (blank, `-` or `+`) and its text, newline included where there is one."""

    def problem(self, message: str) -> PatchError:
        """Why it cannot be applied."""
        return PatchError(f"hunk {self.number} does not fit: {message}", line=self.line)


def read_patch(text: str) -> tuple[Hunk, ...]:
    """The hunks of a unified diff of one file; its `---` and `+++` lines may be left out.

    Raises:
        PatchError: it is none, or holds lines that belong to no hunk.
    """
    lines = text.split("\n")
    first = next((at for at, line in enumerate(lines) if line.startswith("@@")), None)
    if first is None:
        raise PatchError("there is no line such as `@@ -1,3 +1,3 @@`", line=0)
    try:
        files = PatchSet("--- a\n+++ b\n" + "\n".join(lines[first:]))
    except UnidiffParseError as error:
        raise PatchError(f"the counts of a hunk do not fit its lines ({error})", line=first) from error
    if len(files) != 1:
        raise PatchError("it changes more than one file", line=first)
    hunks: list[Hunk] = []
    at = first
    for number, hunk in enumerate(files[0], start=1):
        if not lines[at].startswith("@@"):
            break
        start = hunk.source_start - (1 if hunk.source_length else 0)
        hunks.append(Hunk(number=number, line=at, start=start, lines=_lines(hunk)))
        at += 1 + len(hunk)
    if any(lines[at:]):
        raise PatchError(f"`{lines[at]}` belongs to no hunk: its counts are too small", line=at)
    return tuple(hunks)


def apply_patch(hunks: tuple[Hunk, ...], text: str) -> str:
    r"""The text with all hunks applied.

    >>> apply_patch(read_patch("@@ -2 +2 @@\n-b\n+B\n"), "a\nb\nc\n")
    'a\nB\nc\n'

    Raises:
        PatchError: a line is not what a hunk says.
    """
    old = _LINES.findall(text)
    new: list[str] = []
    at = 0
    for hunk in hunks:
        if hunk.start < at:
            raise hunk.problem("it begins before the one above it ends")
        new += old[at : hunk.start]
        at = hunk.start
        for sign, line in hunk.lines:
            if sign != "+":
                _check(hunk, line, old, at)
                at += 1
            if sign != "-":
                new.append(line)
        if old[at:] and new and not new[-1].endswith("\n"):
            raise hunk.problem(f"it ends the file, which has {len(old)} lines")
    return "".join([*new, *old[at:]])


def _lines(hunk: ReadHunk) -> tuple[tuple[str, str], ...]:
    lines: list[tuple[str, str]] = []
    for line in hunk:
        if line.line_type == "\\":
            sign, text = lines.pop()
            lines.append((sign, text.removesuffix("\n")))
        else:
            lines.append((line.line_type, line.value))
    return tuple(lines)


def _check(hunk: Hunk, wanted: str, old: list[str], at: int) -> None:
    if at >= len(old):
        raise hunk.problem(f"it wants line {at + 1}, the file has {len(old)} lines")
    if old[at] == wanted:
        return
    found, shown = (line.removesuffix("\n") for line in (old[at], wanted))
    if found != shown:
        raise hunk.problem(f"line {at + 1} of the file is `{found}`, not `{shown}`")
    has = "no newline" if wanted.endswith("\n") else "a newline"
    raise hunk.problem(f"line {at + 1} of the file, `{found}`, has {has} at its end")
