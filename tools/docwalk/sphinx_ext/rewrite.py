"""A page's source with each of our blocks replaced by a directive that carries its id; same number of lines.

Identical bodies occur in two tabs, and Sphinx's line numbers inside tabs are wrong: our own parser finds the
blocks and names them to Sphinx. Bodies are blanked: what a reader sees comes from parser and record, and one
that begins with `:` or `---` would be read as options.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from docwalk.document import Block, Document
    from docwalk.markup.markdown import Example
    from docwalk.source import Source, Span

DIRECTIVE = "docwalk-block"
EXAMPLE_DIRECTIVE = "docwalk-example"
TAB_DIRECTIVE = "docwalk-code-tab"

_FENCE = re.compile(r"(?P<marker>`{3,}|~{3,}|:{3,})(?P<is_tab>\s*\{code-tab\})?")


def rewrite_blocks(document: Document, examples: Sequence[Document] = ()) -> str:
    """The text of the page with every block's fence line naming the block, and its body blank.

    Args:
        document: the page.
        examples: the examples on it.
    """
    text = document.source.text
    edits = [
        (block.span, _rewritten(document.source.slice(block.span), block))
        for each in (document, *examples)
        for block in each.blocks
    ]
    edits += [edit for each in examples if each.example for edit in _of_example(each.example, each.source)]
    pieces: list[str] = []
    done = 0
    for span, replacement in sorted(edits, key=lambda edit: edit[0].start):
        pieces += [text[done : span.start], replacement]
        done = span.end
    pieces.append(text[done:])
    return "".join(pieces)


def _of_example(example: Example, source: Source) -> Iterator[tuple[Span, str]]:
    """The fence line with the whole source of the example, and no front matter: Sphinx has the page's."""
    texts = [source.slice(line) for line in example.fence.lines]
    yield example.fence.info_span, f"{{{EXAMPLE_DIRECTIVE}}} {example.name} {quote(chr(10).join(texts))}"
    if texts and texts[0] == "---" and "---" in texts[1:]:
        end = texts.index("---", 1)
        yield from ((line, "") for line in example.fence.lines[: end + 1])


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
