"""Blocks that a section begins with: nobody has said what they are for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from docwalk.lint.finding import Found

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docwalk.lint.page import LintPage

_NO_PROSE: Final = re.compile(r"\s*(?:[`~:]{3,}.*|:[\w-]+:.*|<!--.*|%.*|\([\w-]+\)=|#{1,6}\s.*|)")


def check(page: LintPage) -> Iterator[Found]:
    """Blocks of tutorials with nothing but their heading above them."""
    if not page.is_tutorial:
        return
    for each in page.blocks:
        number = each.block.line - 1
        while number > 0 and _NO_PROSE.fullmatch(page.source.line_text(number)) is not None:
            if page.source.line_text(number).startswith("#"):
                section = each.block.section[-1] if each.block.section else page.document.title
                yield Found(
                    span=each.block.span,
                    message=f"the section `{section}` begins with a block: nothing says what it is for",
                    hint="write a sentence above it: what it does, or what to look at",
                )
                break
            number -= 1
