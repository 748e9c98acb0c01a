"""The pieces of a block's screen: what is typed, what came out, and what is neither.

Pure: a block, its commands and a walk's recorded steps in, parts out. Which of them a reader sees is decided
in `view.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from docwalk.document import BlockKind
from docwalk.results import Outcome, OutputLine, Style, StyledText

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from docwalk.document import Block
    from docwalk.matching.compared import ComparedLine
    from docwalk.results import StepResult
    from docwalk.transcript import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A command the reader types."""

    prompt: str
    """The prompt before it; empty in blocks of commands only."""
    text: str
    """The command; continuation lines joined by newlines."""
    step: int
    """Which command of its block it is, from 0: the block's steps have the same order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """What came out, or on a page's own text, what is expected."""

    lines: tuple[OutputLine, ...]
    """At least one line."""
    compared: tuple[ComparedLine, ...] | None = None
    """For each line what the page says of it; None where that is not known, as of the page's own text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something that is neither typed nor printed."""

    text: str
    """`exit status 1`, `keys pressed: q`, or a comment line of the author's."""


Part = Typed | Printed | Remark


def page_parts(
    block: Block, commands: Sequence[Command], steps: Sequence[StepResult] = ()
) -> tuple[Part, ...]:
    """The author's own text: commands apart from what is around them, nothing left out.

    Args:
        block: the block.
        commands: its commands.
        steps: as many recorded steps, whose commands have captures put in; empty for none.
    """
    parts: list[Part] = []
    others: list[str] = []
    waiting = list(enumerate(commands))
    for line in block.lines:
        while waiting and line.span.start >= waiting[0][1].span.end:
            waiting.pop(0)
        if not waiting or line.span.end <= waiting[0][1].span.start:
            others.append(line.text)
            continue
        step, command = waiting[0]
        if line.span.start <= command.span.start:
            parts.extend(_between(others, block))
            others.clear()
            text = (steps[step].command_sent if steps else "") or command.text
            parts.append(Typed(prompt=command.prompt, text=text, step=step))
    parts.extend(_between(others, block))
    return tuple(parts)


def _between(texts: Sequence[str], block: Block) -> tuple[Part, ...]:
    """Lines between commands: expected output in a transcript, comments and blank lines in commands."""
    if block.kind is BlockKind.TRANSCRIPT:
        return printed(plain_line(text) for text in texts)
    return tuple(Remark(text=text) for text in texts)


def recorded_parts(
    block: Block,
    commands: Sequence[Command],
    steps: Sequence[StepResult],
    compared: Sequence[tuple[ComparedLine, ...] | None],
) -> tuple[Part, ...]:
    """The terminal as it was recorded; as many steps as commands, and `compared` for each."""
    keys = " ".join(key for group in block.options.keys for key in group.keys)
    parts: list[Part] = []
    for at, (command, step) in enumerate(zip(commands, steps, strict=True)):
        parts.extend(_typed(command.prompt, step.command_sent or command.text, at))
        parts.extend(printed(step.lines, compared[at]))
        if keys:
            parts.append(Remark(text=f"[keys pressed: {keys}]"))
        if step.exit_status not in {0, None}:
            parts.append(Remark(text=f"[exit status {step.exit_status}]"))
    return tuple(parts)


def _typed(prompt: str, text: str, step: int) -> tuple[Part, ...]:
    """A command; nothing where keys stop the one that goes on."""
    return (Typed(prompt=prompt, text=text, step=step),) if text else ()


def recording_parts(
    commands: Sequence[Command],
    steps: Sequence[StepResult],
    compared: Sequence[tuple[ComparedLine, ...] | None],
) -> tuple[Part, ...]:
    """What came out, as far as the walk got; empty if nothing did."""
    ran = [(at, step) for at, step in enumerate(steps) if step.outcome is not Outcome.NOT_RUN]
    prompts = [command.prompt or "$ " for command in commands] + ["$ "] * len(ran)
    parts: list[Part] = []
    for prompt, (at, step) in zip(prompts, ran, strict=False):
        parts.extend(_typed(prompt, step.command_sent, at))
        parts.extend(printed(step.lines, compared[at]))
        if step.outcome is not Outcome.PASSED:
            parts.append(Remark(text=f"[{step.outcome.value}: {step.detail}]"))
    is_silent = all(isinstance(part, Typed) for part in parts)
    return () if is_silent else tuple(parts)


def printed(
    lines: Iterable[OutputLine], compared: tuple[ComparedLine, ...] | None = None
) -> tuple[Part, ...]:
    """Some lines of output; nothing where there are none."""
    kept = tuple(lines)
    return (Printed(lines=kept, compared=compared),) if kept else ()


def plain_line(text: str) -> OutputLine:
    """A line without any rendition."""
    return OutputLine(runs=(StyledText(text=text, style=Style()),) if text else ())
