"""What is copied of a block: pieces to paste one after the other, and values to put in first. Types only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyPiece:
    """What one button copies."""

    text: str
    """Exactly that."""
    template: str = ""
    """The same with `[[name]]` for values that readers put in; empty where there are none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copying:
    """What is copied of a block."""

    pieces: tuple[CopyPiece, ...] = ()
    """To be pasted one after the other; one in most blocks."""
    values: tuple[tuple[str, str], ...] = ()
    """Captured values in them: name, and what our run had, empty where nothing is recorded."""
    alone: str = ""
    """Why it cannot be pasted together with other blocks: `answers a question`; empty where it can."""
    typing: tuple[str, ...] = ()
    """What is typed or pressed after it was pasted, a sentence each; code in backticks."""
    paste: CopyPiece | None = None
    """Of a file: commands that write it, for those who paste a whole page."""

    @classmethod
    def of_text(cls, text: str) -> Copying:
        """One text, or nothing where it is empty."""
        return cls(pieces=one_piece(text))


def one_piece(text: str, template: str = "") -> tuple[CopyPiece, ...]:
    """One piece, or none where there is no text."""
    return (CopyPiece(text=text, template=template),) if text else ()
