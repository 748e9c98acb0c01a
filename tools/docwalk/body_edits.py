"""Edits of the lines in a block's body, by their source lines; every byte outside them stays."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from docwalk.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from docwalk.document import Block, BlockLine
    from docwalk.source import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A replacement of one range of the source."""

    span: Span
    """What is replaced; empty for an insertion."""
    replacement: str
    """What stands there afterwards."""


class BodyEditor:
    """Makes edits of one block."""

    def __init__(self, source: Source, block: Block) -> None:
        """Edit `block` of the page `source`."""
        self._source = source
        self._block = block
        self.lines: Mapping[int, BlockLine] = {
            source.position(line.span.start).line: line for line in block.lines
        }
        """The body by source line, from 1."""

    def between(self, last: int, old: Sequence[str], new: Sequence[str]) -> Iterator[Edit]:
        """Edits that make the lines after line `last` of the source, which hold `old`, hold `new`."""
        matcher = SequenceMatcher(None, old, new, autojunk=False)
        for tag, start, end, new_start, new_end in matcher.get_opcodes():
            both = min(end - start, new_end - new_start) if tag == "replace" else 0
            for at in range(both):
                yield self.replacement(last + 1 + start + at, new[new_start + at])
            for at in range(start + both, end) if tag != "equal" else ():
                yield self.deletion(last + 1 + at)
            if tag != "equal" and new_start + both < new_end:
                yield self.insertion(last + start + both, new[new_start + both : new_end])

    def replacement(self, line: int, text: str) -> Edit:
        """Another text in a line of the body; what stands before it stays, if it had any text."""
        written = self.lines[line]
        start = written.span.start
        if not written.text:
            start = self._source.line_span(line).start
            text = f"{self._block.indent}{text}" if text else text
        return Edit(span=Span(start=start, end=written.span.end), replacement=text)

    def insertion(self, line: int, texts: Sequence[str]) -> Edit:
        """Lines after a line of the body."""
        at = self._source.line_span(line).end
        indents = (self._block.indent if text else self._block.indent.rstrip() for text in texts)
        new = "".join(f"{self._newline(line)}{i}{text}" for i, text in zip(indents, texts, strict=True))
        return Edit(span=Span(start=at, end=at), replacement=new)

    def deletion(self, line: int) -> Edit:
        """A line of the body gone, with the newline before it."""
        start, end = self._source.line_span(line - 1).end, self._source.line_span(line).end
        return Edit(span=Span(start=start, end=end), replacement="")

    def _newline(self, line: int) -> str:
        end = self._source.line_span(line).end
        return "\r\n" if self._source.text[end : end + 1] == "\r" else "\n"
