"""A `BlockView` as plain text, for every builder that writes no HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from docwalk.results import MASK
from docwalk.sphinx_ext.badges import WORDS
from docwalk.sphinx_ext.dates import day
from docwalk.sphinx_ext.faces import is_evidence
from docwalk.sphinx_ext.parts import Printed, Remark, Typed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from docwalk.results import OutputLine
    from docwalk.sphinx_ext.parts import Part
    from docwalk.sphinx_ext.view import BlockView


def screen_text(view: BlockView) -> str:
    """What the terminal or the file shows, without colours."""
    return parts_text(view.parts)


def parts_text(parts: Iterable[Part]) -> str:
    """Pieces of a screen, without colours."""
    return "\n".join(_part_text(part) for part in parts)


def status_text(view: BlockView) -> str:
    """`Verified, 22 Nov 2026, in login`, or the status with its reason."""
    words = [WORDS[view.status]]
    if is_evidence(view.status) and view.recorded_at is not None:
        words += [day(view.recorded_at), f"in {view.environment}"]
    return f"{', '.join(words)}{f': {view.reason}' if view.reason else ''}"


def _line(line: OutputLine) -> str:
    text = f"{line.text} {MASK}" if line.is_typed_unseen else line.text
    return f"[stderr] {text}" if line.is_error else text


def _part_text(part: Part) -> str:
    match part:
        case Typed():
            first, *rest = part.text.split("\n")
            return "\n".join(
                [f"{part.prompt}{first}", *(f"> {line}" if part.prompt else line for line in rest)]
            )
        case Printed():
            return "\n".join(_line(line) for line in part.lines)
        case Remark():
            return part.text
        case _:
            assert_never(part)
