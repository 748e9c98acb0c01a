"""What commands capture with `[[name=kind]]` and use with `[[name]]`, in the order of a page."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from docwalk.document import BlockKind
from docwalk.expectation import Capture, Captured, LineExpectation, captured_names, replace_placeholders

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from docwalk.document import Block, Document
    from docwalk.expectation import ExpectedLine


def earlier_captures(block: Block, document: Document) -> tuple[str, ...]:
    """Names that blocks before `block` capture, in any tab, skipped or not."""
    before = takewhile(lambda other: other.id != block.id, document.blocks)
    lines = [line.text for other in before if other.kind is BlockKind.TRANSCRIPT for line in other.lines]
    return tuple(dict.fromkeys(name for line in lines for name in captured_names(line)))


def caught_by(expected: Sequence[ExpectedLine] | None) -> set[str]:
    """Names that some expected lines capture."""
    return {
        part.name
        for line in expected or ()
        if isinstance(line, LineExpectation)
        for part in line.parts
        if isinstance(part, Capture)
    }


def used_in_command(text: str, names: Collection[str]) -> tuple[str, ...]:
    """Those of `names` that a command has put in; its site values are put in already."""
    _, used, _ = replace_placeholders(text, site_values={}, captures=names)
    return used


def used_in_lines(expected: Sequence[ExpectedLine] | None) -> tuple[tuple[str, int], ...]:
    """Names that expected lines compare with, each with its source line; not what the same output caught."""
    used: list[tuple[str, int]] = []
    own: set[str] = set()
    for line in expected or ():
        if isinstance(line, LineExpectation):
            own |= caught_by([line])
            names = [part.name for part in line.parts if isinstance(part, Captured)]
            used += [(name, line.source_line) for name in names if name not in own]
    return tuple(used)
