"""What a script printed against what its page says: which statuses and outputs hold.

Input: a script, its walk, and what the terminal gave when it was run; output: a `ScriptVerdict`. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from docwalk.matching.match_output import match_output
from docwalk.options import Streams
from docwalk.plan import TypeCommand
from docwalk.redaction import compile_redactions
from docwalk.results import OutputLine
from docwalk.run import without_transport
from docwalk.script.make import END
from docwalk.terminal import render_terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docwalk.plan import Walk
    from docwalk.script.make import Script


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptVerdict:
    """What was found of a script that was run."""

    detail: str
    """Why it does not pass, one sentence for people; empty where it does."""
    status_count: int
    """Steps that ended as on the page."""
    output_count: int
    """Steps whose output was compared, and is as expected."""


def check_script(
    script: Script, walk: Walk, *, raw: bytes, exit_status: int | None, path: str
) -> ScriptVerdict:
    """Hold what a script did against its page.

    Args:
        script: what was run.
        walk: its walk.
        raw: what the terminal gave.
        exit_status: how it ended; None where that is unknown.
        path: file it was run from, as its shell names it in messages.
    """
    pieces = tuple(_pieces(script, raw))
    is_whole = len(pieces) == len(script.parts) and END.encode() in raw
    if exit_status != 0 or not is_whole:
        last = script.parts[max(len(pieces) - 1, 0)].line
        said = re.search(rb"\[line \d+: ([^\]\r\n]*)\]", raw)
        why = said[1].decode("utf-8", "replace") if said else f"the script ends with status {exit_status}"
        return ScriptVerdict(
            detail=f"line {last}: {why}", status_count=max(len(pieces) - 1, 0), output_count=0
        )
    captures: dict[str, str] = {}
    compared = 0
    for part, piece in zip(script.parts, pieces, strict=True):
        action = walk.steps[part.index].action
        if not isinstance(action, TypeCommand) or action.expected is None or action.streams is Streams.APART:
            continue
        lines = tuple(without_transport(_as_typed(piece, script.shell, path)))
        match = match_output(
            action.expected,
            lines,
            mode=action.match,
            redactions=compile_redactions(walk.redactions),
            captures=captures,
        )
        captures.update(match.captures)
        if not match.matched:
            reason = match.problem.reason if match.problem is not None else "the output differs"
            return ScriptVerdict(
                detail=f"line {part.line}: in a script it prints something else: {reason}",
                status_count=len(script.parts),
                output_count=compared,
            )
        compared += 1
    return ScriptVerdict(detail="", status_count=len(script.parts), output_count=compared)


def _pieces(script: Script, raw: bytes) -> Iterator[bytes]:
    """What each step printed, in order, as far as the script came."""
    marks = [f"[line {part.line}]".encode() for part in script.parts] + [END.encode()]
    at = 0
    starts: list[tuple[int, int]] = []
    for mark in marks:
        found = raw.find(b"\r\n" + mark + b"\r\n", at)
        if found < 0:
            break
        at = found + len(mark) + 2
        starts.append((found, at + 2))
    ends = [start for start, _ in starts[1:]]
    if len(starts) < len(marks):
        ends.append(len(raw))
    for (_, begin), end in zip(starts, ends, strict=False):
        yield raw[begin : max(begin, end)]


def _as_typed(piece: bytes, shell: str, path: str) -> Iterator[OutputLine]:
    """The lines of a step, with the shell's messages as it writes them to people who type."""
    own = {"bash": rf"{re.escape(path)}: line \d+: ", "zsh": rf"{re.escape(path)}:\d+: "}[shell]
    name = {"bash": "-bash: ", "zsh": "zsh: "}[shell]
    for line in render_terminal(piece):
        found = re.match(own, line.text)
        yield OutputLine.plain(name + line.text[found.end() :]) if found else line
