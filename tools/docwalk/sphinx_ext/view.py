"""What a reader sees of one block: a pure function from (block, status, recorded steps) to a small value.

Output is `BlockView`, which `block_html.py` and `plain.py` print. Recorded text is shown only where the block
is *verified* or *ran*; in every other case the page's own text is, and the reason with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from docwalk.document import BlockKind, FileMode
from docwalk.options import Purpose
from docwalk.sphinx_ext.notes import diff_lines, notes_of
from docwalk.sphinx_ext.parts import page_parts, plain_line, printed, recorded_parts, recording_parts
from docwalk.status import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docwalk.document import Block
    from docwalk.options import BlockOptions
    from docwalk.results import StepResult
    from docwalk.sphinx_ext.notes import Download
    from docwalk.sphinx_ext.parts import Part
    from docwalk.transcript import Command


_EVIDENCE = frozenset({Status.VERIFIED, Status.RAN})


def is_evidence(status: Status) -> bool:
    """Whether what the record holds may stand in for the page's text."""
    return status in _EVIDENCE


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkFacts:
    """What is known of one walk about one block."""

    name: str
    """The walk's name."""
    labels: tuple[str, ...]
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
    recorded_at: str | None
    """Start of the recorded walk, ISO 8601 in UTC; None without a record."""
    steps: tuple[StepResult, ...]
    """The block's recorded steps, in order; empty without a record of this very text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """Another walk's screen, where it differs from the one shown."""

    labels: tuple[str, ...]
    """The tabs that walk chose."""
    parts: tuple[Part, ...]
    """What the reader of that walk sees."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockView:
    """One block, ready to be printed."""

    id: str
    """The block's id."""
    anchor: str
    """Its HTML id."""
    line: int
    """Source line of its fence, from 1."""
    kind: BlockKind
    """Transcript, commands or file."""
    caption: str
    """`Terminal`, or what is done to which file."""
    path: str
    """The file's path, as it stands in the caption; empty for terminals."""
    status: Status
    """The worst status of its walks."""
    reason: str
    """One sentence for stale, failing and not run; else empty."""
    notes: tuple[str, ...]
    """What a reader has to know before it, a sentence each; code in backticks."""
    download: Download | None
    """The file that a `{file}` puts on the cluster, if it is one beside the page."""
    parts: tuple[Part, ...]
    """The screen."""
    recording: tuple[Part, ...]
    """What the run printed, folded: of commands without expected output, and of a failing block."""
    is_diff: bool
    """Whether the text of the file is a diff, in the colours of a terminal."""
    copy_text: str
    """Exactly what the copy button gives."""
    folded_as: str
    """What it is folded under: `Set-up of this page`; empty where it is not folded."""
    recorded_at: str | None
    """Start of the walk that is shown, ISO 8601 in UTC; None where no record is shown or blamed."""
    environment: str
    """Environment of that walk; empty without any walk."""
    saw_simulated_gpu: bool
    """Whether the GPUs of that walk's record do not exist."""
    elapsed_s: float | None
    """Seconds the block's steps took in it; None without recorded steps."""
    walks: tuple[WalkFacts, ...]
    """Every walk it belongs to, the shown one first."""
    variants: tuple[Variant, ...]
    """Screens of other walks that differ."""


_FILE_CAPTIONS = {
    FileMode.CREATE: "File {path}",
    FileMode.APPEND: "Add to the end of {path}",
    FileMode.CHECK: "File {path}, as it is",
    FileMode.PATCH: "Changes to {path}",
}


def anchor_of(block_id: str) -> str:
    """HTML id of a block: what follows the page's name, letters, digits and hyphens only.

    >>> anchor_of("tutorials/2-packages#0a1b2c-2")
    'block-0a1b2c-2'
    >>> anchor_of("docs/language:greeting#0a1b2c-2")
    'block-greeting-0a1b2c-2'
    """
    tail = block_id.rpartition("/")[2].partition(":")[2] or block_id.rpartition("#")[2].rpartition("/")[2]
    return "block-" + "".join(c if c.isascii() and c.isalnum() else "-" for c in tail)


def view_block(
    block: Block,
    commands: Sequence[Command],
    *,
    status: Status,
    reason: str,
    walks: Sequence[WalkFacts],
    download: Download | None = None,
) -> BlockView:
    """The block as a reader is to see it.

    Args:
        block: from our own parser.
        commands: its commands, as the parser delimits them; empty for file blocks.
        status: the worst of its walks.
        reason: shown for stale, failing and not run.
        walks: what is known of each walk it belongs to.
        download: the file beside the page that it puts on the cluster.
    """
    ordered = sorted(walks, key=lambda walk: _precedence(walk, status))
    shown = ordered[0] if ordered else None
    usable = is_evidence(status) and shown is not None and _covers(shown, block, commands)
    steps = shown.steps if shown is not None else ()
    is_transcript = block.kind is BlockKind.TRANSCRIPT
    if usable and is_transcript:
        parts = recorded_parts(block, commands, steps)
    elif block.kind is BlockKind.FILE:
        parts = _file_parts(block, steps if usable else ())
    else:
        parts = page_parts(block, commands)
    path = _path(block, steps if usable else ())
    return BlockView(
        id=block.id,
        anchor=anchor_of(block.id),
        line=block.line,
        kind=block.kind,
        caption=_caption(block, path),
        path=path,
        status=status,
        reason=reason,
        notes=notes_of(block, path),
        download=download,
        parts=parts,
        recording=() if usable and is_transcript else recording_parts(block, commands, steps, status),
        is_diff=block.kind is BlockKind.FILE and block.file_mode is FileMode.PATCH,
        copy_text=_copy_text(block, commands, steps if usable else ()),
        folded_as=_folded_as(block.options),
        recorded_at=shown.recorded_at if shown is not None else None,
        environment=shown.environment if shown is not None else "",
        saw_simulated_gpu=shown is not None and shown.saw_simulated_gpu,
        elapsed_s=sum(step.elapsed_s for step in steps) if steps else None,
        walks=tuple(ordered),
        variants=_variants(ordered[1:], block, commands, parts) if usable and is_transcript else (),
    )


def _folded_as(options: BlockOptions) -> str:
    """Set-up and clean-up are folded, as is what its author hides: never left out."""
    match options.purpose:
        case Purpose.TEARDOWN:
            return "Clean-up of this page"
        case Purpose.SETUP:
            return "Set-up of this page"
        case Purpose.MAIN:
            return "Set-up of this page" if options.hidden else ""
        case _:
            assert_never(options.purpose)


def _precedence(walk: WalkFacts, status: Status) -> tuple[bool, bool]:
    """The walk to blame or to believe first: the block's own status, then the default walk."""
    return walk.status is not status, not walk.is_default


def _covers(walk: WalkFacts, block: Block, commands: Sequence[Command]) -> bool:
    expected = 1 if block.kind is BlockKind.FILE else len(commands)
    return is_evidence(walk.status) and len(walk.steps) == expected


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


def _caption(block: Block, path: str) -> str:
    if block.kind is BlockKind.FILE:
        return _FILE_CAPTIONS[block.file_mode].format(path=path)
    options = block.options
    who = "@".join(name for name in (options.user, options.host) if name is not None)
    named = options.sessions or options.users
    window = f"window “{options.session}”" if options.session != "main" and not named else ""
    return ", ".join(text for text in ("Terminal", who, window) if text)


def _copy_text(block: Block, commands: Sequence[Command], steps: Sequence[StepResult]) -> str:
    if block.kind is BlockKind.FILE:
        return "".join(f"{text}\n" for text in _file_texts(block, steps))
    texts = [step.command_sent for step in steps] if steps else [command.text for command in commands]
    if block.options.sessions or block.options.users:
        # Typed into one window these commands would do something else: the prompts keep them from it.
        texts = [f"{command.prompt}{text}" for command, text in zip(commands, texts, strict=True)]
    return "\n".join(texts)


def _variants(
    others: Sequence[WalkFacts], block: Block, commands: Sequence[Command], shown: tuple[Part, ...]
) -> tuple[Variant, ...]:
    seen = [shown]
    variants: list[Variant] = []
    for walk in others:
        if not _covers(walk, block, commands):
            continue
        parts = recorded_parts(block, commands, walk.steps)
        if parts not in seen:
            seen.append(parts)
            variants.append(Variant(labels=walk.labels, parts=parts))
    return tuple(variants)
