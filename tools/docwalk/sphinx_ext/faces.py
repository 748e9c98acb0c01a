"""What one block looked like in each walk: walks that look alike share a `Face`.

Pure. Recorded text stands in place of the page's own only where every command of the block passed in a walk
of this very text and environment; its age is said beside it. A walk that failed has a face too: the page's
own text and what happened. A walk without any record, or of another text, has none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from docwalk.document import BlockKind, FileMode
from docwalk.results import Outcome
from docwalk.sphinx_ext.notes import diff_lines
from docwalk.sphinx_ext.parts import (
    Printed,
    page_parts,
    plain_line,
    printed,
    recorded_parts,
    recording_parts,
)
from docwalk.status import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docwalk.document import Block, TabChoice
    from docwalk.matching.compared import ComparedLine
    from docwalk.results import StepResult
    from docwalk.sphinx_ext.parts import Part
    from docwalk.transcript import Command

_EVIDENCE: Final = frozenset({Status.VERIFIED, Status.RAN})
_EACH_RUN: Final = frozenset({"duration", "time", "date", "percent"})
"""Forms of text that is another in each run: walks that differ in nothing else look alike."""


def is_evidence(status: Status) -> bool:
    """Whether it says that the block does what its page says."""
    return status in _EVIDENCE


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkFacts:
    """What is known of one walk about one block."""

    name: str
    """The walk's name."""
    choices: tuple[TabChoice, ...] = ()
    """The tabs it chose; empty where the page has no tabs."""
    is_default: bool
    """Whether it is the page's default walk."""
    environment: str
    """Name of the environment."""
    saw_simulated_gpu: bool = False
    """Whether the GPUs of its record do not exist."""
    status: Status
    """The block's status in this walk."""
    reason: str
    """Why, for stale, failing and not run; else empty."""
    is_only_old: bool = False
    """Whether it is stale by its date alone."""
    fresh_days: float = 0.0
    """Days after which its record is stale; 0 without a record."""
    recorded_at: str | None
    """Start of the recorded walk, ISO 8601 in UTC; None without a record."""
    steps: tuple[StepResult, ...]
    """The block's recorded steps, in order; empty without a record of this very text."""
    compared: tuple[tuple[ComparedLine, ...] | None, ...] = ()
    """For each step what the page says of its lines; None where nothing can be said line by line."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of the tabs it chose."""
        return tuple(choice.label for choice in self.choices)

    @property
    def elapsed_s(self) -> float | None:
        """Seconds the block's steps took; None without recorded steps."""
        return sum(step.elapsed_s for step in self.steps) if self.steps else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """What a block looks like to readers of some walks."""

    walks: tuple[WalkFacts, ...]
    """Those walks; date and environment are the first one's. Empty where no walk has the block."""
    parts: tuple[Part, ...]
    """The screen."""
    recording: tuple[Part, ...] = ()
    """What the run printed, folded: of commands without expected output, and of a failing block."""
    is_recorded: bool = False
    """Whether all commands passed: the screen is what was recorded, or the recording what came of it."""
    path: str = ""
    """The file's path, captures put in; empty for terminals."""
    copy_text: str
    """Exactly what the copy button gives."""


def faces_of(block: Block, commands: Sequence[Command], walks: Sequence[WalkFacts]) -> tuple[Face, ...]:
    """At least one face; the first is shown to readers who chose nothing.

    Args:
        block: from our own parser.
        commands: its commands, as the parser delimits them; empty for file blocks.
        walks: what is known of each walk it belongs to, the one to show or to blame first.
    """
    found: dict[object, tuple[list[WalkFacts], Face]] = {}
    for walk in walks:
        if is_usable(walk, block, commands) or (walk.status is Status.FAILING and walk.steps):
            face = _face(block, commands, walk)
            key = (face.is_recorded, face.path, _key(face.parts), _key(face.recording))
            found.setdefault(key, ([], face))[0].append(walk)
    if not found:
        return (_face(block, commands, walks[0] if walks else None),)
    return tuple(
        Face(
            walks=tuple(alike),
            parts=face.parts,
            recording=face.recording,
            is_recorded=face.is_recorded,
            path=face.path,
            copy_text=face.copy_text,
        )
        for alike, face in found.values()
    )


def is_usable(walk: WalkFacts, block: Block, commands: Sequence[Command]) -> bool:
    """Whether what a walk recorded may stand in place of the page's own text."""
    expected = 1 if block.kind is BlockKind.FILE else len(commands)
    return (
        (is_evidence(walk.status) or walk.is_only_old)
        and len(walk.steps) == expected
        and all(step.outcome is Outcome.PASSED for step in walk.steps)
    )


def _face(block: Block, commands: Sequence[Command], walk: WalkFacts | None) -> Face:
    is_recorded = walk is not None and is_usable(walk, block, commands)
    steps = walk.steps if walk is not None else ()
    compared = walk.compared or (None,) * len(steps) if walk is not None else ()
    shown = steps if is_recorded else ()
    recording: tuple[Part, ...] = ()
    if block.kind is BlockKind.FILE:
        parts = _file_parts(block, shown)
    elif is_recorded and block.kind is BlockKind.TRANSCRIPT:
        parts = recorded_parts(block, commands, steps, compared)
    else:
        parts = page_parts(block, commands, shown)
        has_happened = walk is not None and walk.status not in {Status.STALE, Status.NOT_RUN}
        if has_happened or is_recorded:
            recording = recording_parts(commands, steps, compared)
    return Face(
        walks=(walk,) if walk is not None else (),
        parts=parts,
        recording=recording,
        is_recorded=is_recorded,
        path=_path(block, shown),
        copy_text=_copy_text(block, commands, shown),
    )


def _path(block: Block, steps: Sequence[StepResult]) -> str:
    """A file's path, captures put in; empty for terminals."""
    if block.kind is not BlockKind.FILE:
        return ""
    return steps[0].command_sent or block.argument if steps else block.argument


def _file_parts(block: Block, steps: Sequence[StepResult]) -> tuple[Part, ...]:
    texts = _file_texts(block, steps)
    if block.file_mode is FileMode.PATCH:
        return printed(diff_lines(texts))
    return printed(plain_line(text) for text in texts)


def _file_texts(block: Block, steps: Sequence[StepResult]) -> list[str]:
    """The text of a file block, captures put in."""
    lines = steps[0].lines if steps else ()
    return [line.text for line in lines or block.lines]


def _copy_text(block: Block, commands: Sequence[Command], steps: Sequence[StepResult]) -> str:
    if block.kind is BlockKind.FILE:
        return "".join(f"{text}\n" for text in _file_texts(block, steps))
    texts = [step.command_sent for step in steps] if steps else [command.text for command in commands]
    if block.options.sessions or block.options.users:
        # Typed into one window these commands would do something else: the prompts keep them from it.
        texts = [f"{command.prompt}{text}" for command, text in zip(commands, texts, strict=True)]
    return "\n".join(texts)


def _key(parts: Sequence[Part]) -> tuple[object, ...]:
    """What two screens have in common that look alike to a reader."""
    return tuple(_printed_key(part) if isinstance(part, Printed) else part for part in parts)


def _printed_key(part: Printed) -> tuple[tuple[str, bool], ...]:
    lines = []
    for at, line in enumerate(part.lines):
        text = line.text
        if part.compared is not None:
            for span in reversed(part.compared[at].spans):
                if span.form in _EACH_RUN:
                    text = f"{text[: span.start]}[[{span.form}]]{text[span.end :]}"
        lines.append((text, line.is_error))
    return tuple(lines)
