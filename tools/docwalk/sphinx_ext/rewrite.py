"""A page's source with each of our blocks replaced by a directive that carries its id; same number of lines.

Identical bodies occur in two tabs, and Sphinx's line numbers inside tabs are wrong: our own parser finds the
blocks and names them to Sphinx. Bodies are blanked: what a reader sees comes from parser and record, and one
that begins with `:` or `---` would be read as options.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docwalk.document import Block, Document

DIRECTIVE = "docwalk-block"
TAB_DIRECTIVE = "docwalk-code-tab"

_FENCE = re.compile(r"(?P<marker>`{3,}|~{3,}|:{3,})(?P<is_tab>\s*\{code-tab\})?")


def rewrite_blocks(document: Document) -> str:
    """The text of the page with every block's fence line naming the block, and its body blank."""
    text = document.source.text
    pieces: list[str] = []
    done = 0
    for block in document.blocks:
        pieces.append(text[done : block.span.start])
        pieces.append(_rewritten(text[block.span.start : block.span.end], block))
        done = block.span.end
    pieces.append(text[done:])
    return "".join(pieces)


def _rewritten(fenced: str, block: Block) -> str:
    opening, *body, closing = fenced.split("\n")
    fence = _FENCE.search(opening)
    if fence is None:
        msg = f"block {block.id} does not begin with a fence: {opening!r}"
        raise ValueError(msg)
    # A code-tab is a tab too: its label has to reach sphinx-tabs.
    call = (
        f"{{{TAB_DIRECTIVE}}} {block.id} {block.tabs[-1].label}"
        if fence["is_tab"]
        else f"{{{DIRECTIVE}}} {block.id}"
    )
    head = f"{opening[: fence.start()]}{fence['marker']}{call}"
    # A quote has to go on through a blank line, a list goes on by itself.
    blank = block.indent.rstrip() if ">" in block.indent else ""
    return "\n".join([head, *(blank for _ in body), closing])
