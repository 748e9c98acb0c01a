"""What a reader sees of one block: a pure function from (block, status, recorded steps) to a small value.

Output is `BlockView`, which `block_html.py` and `plain.py` print; what it looked like in which walk is told
by `faces.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from docwalk.document import BlockKind, FileMode
from docwalk.options import Purpose
from docwalk.sphinx_ext.copy_pieces import Copying
from docwalk.sphinx_ext.faces import faces_of, is_usable
from docwalk.sphinx_ext.notes import notes_of
from docwalk.status import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docwalk.document import Block
    from docwalk.options import BlockOptions
    from docwalk.sphinx_ext.faces import Face, WalkFacts
    from docwalk.sphinx_ext.notes import Download
    from docwalk.sphinx_ext.parts import Part
    from docwalk.transcript import Command


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
    status: Status
    """The worst status of its walks."""
    reason: str
    """One sentence for stale, failing and not run; else empty."""
    notes: tuple[str, ...]
    """What a reader has to know before it, a sentence each; code in backticks."""
    download: Download | None
    """The file that a `{file}` puts on the cluster, if it is one beside the page."""
    faces: tuple[Face, ...]
    """What it looks like: to readers who chose nothing, then, where it differs, to those of other walks."""
    is_diff: bool
    """Whether the text of the file is a diff, in the colours of a terminal."""
    folded_as: str
    """What it is folded under: `Set-up of this page`; empty where it is not folded."""
    has_unknown_status: bool
    """Whether its commands were typed at a prompt that tells nobody how they ended."""
    walks: tuple[WalkFacts, ...]
    """Every walk it belongs to, the shown one first."""
    copying: Copying
    """What its buttons copy."""

    @property
    def shown(self) -> Face:
        """What is shown to readers who chose nothing."""
        return self.faces[0]

    @property
    def parts(self) -> tuple[Part, ...]:
        """The screen."""
        return self.shown.parts

    @property
    def copy_text(self) -> str:
        """Exactly what the copy button gives."""
        return self.shown.copy_text

    @property
    def path(self) -> str:
        """The file's path, as it stands in the caption; empty for terminals."""
        return self.shown.path

    @property
    def recorded_at(self) -> str | None:
        """Start of the walk that is shown, ISO 8601 in UTC; None where no record is shown or blamed."""
        return self.shown.walks[0].recorded_at if self.shown.walks else None

    @property
    def environment(self) -> str:
        """Environment of that walk; empty without any walk."""
        return self.shown.walks[0].environment if self.shown.walks else ""


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
    ordered = sorted(walks, key=lambda walk: (not walk.is_default, walk.status is not status))
    usable = [walk for walk in ordered if is_usable(walk, block, commands)]
    if ordered and ordered[0].status in {Status.STALE, Status.NOT_RUN} and ordered[0] not in usable:
        # Nothing can be shown of the default walk: another's recording, or whoever is to blame.
        ordered = sorted(ordered, key=lambda walk: (walk not in usable, walk.status is not status))
    faces = faces_of(block, commands, ordered)
    return BlockView(
        id=block.id,
        anchor=anchor_of(block.id),
        line=block.line,
        kind=block.kind,
        caption=_caption(block, faces[0].path),
        status=status,
        reason=reason,
        notes=notes_of(block, faces[0].path),
        download=download,
        faces=faces,
        is_diff=block.kind is BlockKind.FILE and block.file_mode is FileMode.PATCH,
        folded_as=_folded_as(block.options),
        has_unknown_status=block.options.prompt is not None
        and any(step.exit_status is None for walk in usable for step in walk.steps),
        walks=tuple(ordered),
        copying=Copying.of_text(faces[0].copy_text),
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


def _caption(block: Block, path: str) -> str:
    if block.kind is BlockKind.FILE:
        return _FILE_CAPTIONS[block.file_mode].format(path=path)
    options = block.options
    who = "@".join(name for name in (options.user, options.host) if name is not None)
    named = options.sessions or options.users
    window = f"window “{options.session}”" if options.session != "main" and not named else ""
    return ", ".join(text for text in ("Terminal", who, window) if text)
