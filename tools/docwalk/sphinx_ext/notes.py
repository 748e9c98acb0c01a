"""What a reader does besides typing: sentences above a block, the files to download, how a diff looks.

Pure: a block and the plan's files in, text and values out. Backticks in a sentence are code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from docwalk.document import BlockKind, FileMode
from docwalk.results import OutputLine, Style, StyledText
from docwalk.steps import EditFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from docwalk.document import Block
    from docwalk.steps import Step

DOWNLOADS: Final = "downloads"
"""Folder of the site with the files that readers download."""

_UNITS: Final = ("bytes", "kB", "MB", "GB")
_STEP: Final = 1000
_DIFF_STYLES: Final = {
    "+": Style(foreground="green"),
    "-": Style(foreground="red"),
    "@": Style(foreground="cyan"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A file that readers download from the page."""

    name: str
    """Its name, without folder."""
    path: str
    """Where it lies below the site's root."""
    data: bytes
    """Its content."""

    @property
    def size(self) -> str:
        """`256 bytes`, `1.2 MB`."""
        size, unit = float(len(self.data)), 0
        while size >= _STEP and unit < len(_UNITS) - 1:
            size, unit = size / _STEP, unit + 1
        return f"{size:.0f} {_UNITS[0]}" if unit == 0 else f"{size:.1f} {_UNITS[unit]}"


def download_of(block: Block, page: str, steps: Iterable[Step]) -> Download | None:
    """The file that a block puts on the cluster; None where it puts none, or no walk does so.

    Args:
        block: the block.
        page: its page's name.
        steps: of all walks of the page.
    """
    actions = (step.action for step in steps if step.block_id == block.id)
    sources = (action.source for action in actions if isinstance(action, EditFile))
    source = next((source for source in sources if source is not None), None)
    if source is None:
        return None
    name = source.name.rpartition("/")[2]
    return Download(name=name, path=f"{DOWNLOADS}/{page}/{source.name}", data=source.data)


def notes_of(block: Block, path: str) -> tuple[str, ...]:
    """What a reader has to know before a block, a sentence each; `path` is the file's, captures put in."""
    options = block.options
    notes: list[str] = []
    named = options.sessions or options.users
    if named:
        windows = _listed([f"“{name}”" for name in named])
        what = "who types" if options.users else "where you type"
        notes.append(f"Terminal windows {windows}: the prompt says {what} each command.")
    if options.relogin:
        notes.append("Log out and in again before this.")
    if options.background:
        notes.append("This command keeps running: go on in another terminal window.")
    if options.stop is not None:
        notes.append(f"In the window where it runs, press {_keys(options.stop)} to stop it.")
    if block.kind is BlockKind.FILE and block.file_mode is FileMode.PATCH:
        notes.append(f"Make these changes by hand, or give them to `patch {path}`.")
    if options.permissions is not None:
        notes.append(f"After writing it, set its permissions: `chmod {options.permissions:o} {path}`.")
    return tuple(notes)


def diff_lines(texts: Iterable[str]) -> tuple[OutputLine, ...]:
    """Lines of a unified diff, coloured as `diff` does."""
    return tuple(
        OutputLine(runs=(StyledText(text=text, style=_DIFF_STYLES.get(text[0], Style())),) if text else ())
        for text in texts
    )


def _listed(names: Sequence[str]) -> str:
    *before, last = names
    return f"{', '.join(before)} and {last}" if before else last


def _keys(keys: Sequence[str]) -> str:
    """Keys as readers know them: `Ctrl-C`, `q`, `Enter`."""
    shown = [key[1:-1] if len(key) > 1 else key for key in keys]
    return ", then ".join(f"Ctrl-{key[2:].upper()}" if key.startswith("C-") else key for key in shown)
