"""A line cut, left to right, into one piece for each part of its expectation.

Input: pieces, each a text or a hole of some form, and the line; output: offsets at which the pieces begin.
Every pair of piece and offset is tried once, so no line and no expectation takes exponential time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator, Sequence

    from docwalk.matching.patience import Patience
    from docwalk.placeholder import Tolerance

_NUMERIC = frozenset("0123456789.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """A piece whose text is not known beforehand."""

    written: str
    """As the author wrote it: `[[version]]`."""
    pattern: re.Pattern[str] | None
    """The form of its text; None takes any."""
    capture: str | None = None
    """Name under which its text is caught."""
    tolerance: Tolerance | None = None
    """The number it must be near to, besides the form; None where it is no number with a tolerance."""

    def takes(self, text: str, start: int, end: int, patience: Patience) -> bool:
        """Whether the text between two offsets has this form.

        Raises:
            TooSlowError: the pattern takes too long.
        """
        if self.tolerance is not None:
            # Not the 42 in 142, 42.5 or 0.42: a number is taken whole.
            is_whole = not (start > 0 and text[start - 1] in _NUMERIC) and not text[end : end + 1].isdigit()
            return is_whole and self.tolerance.holds(text[start:end])
        return self.pattern is None or patience.full_match(self.pattern.pattern, text[start:end]) is not None


Piece = str | Hole
"""A part made ready: the only text that fits, or a hole."""


def cut(pieces: Sequence[Piece], text: str, patience: Patience) -> tuple[tuple[int, ...] | None, int, int]:
    """Offsets where the pieces of a fitting line begin, and its end; else None; the furthest part and offset.

    There is at least one piece: a line without any is fixed.

    A depth-first search that visits each (part, offset) once. `[[...]]` is taken as short as possible and
    a placeholder as long as possible, the leftmost deciding first. A gap from offset p includes every gap
    from a later offset: `gap_from` keeps what was tried, so that all gaps of a part take n steps together.
    """
    last = len(pieces)
    seen: list[set[int]] = [set() for _ in range(last + 1)]
    gap_from = [len(text) + 1] * last
    furthest = (0, 0)
    starts = [0]
    stack: list[Iterator[int]] = [_ends(pieces, 0, text, 0, gap_from=gap_from, patience=patience)]
    while stack:
        end = next(stack[-1], None)
        if end is None:
            stack.pop()
            starts.pop()
            continue
        index = len(stack)
        if end in seen[index]:
            continue
        seen[index].add(end)
        furthest = max(furthest, (index, end))
        if index < last:
            starts.append(end)
            stack.append(_ends(pieces, index, text, end, gap_from=gap_from, patience=patience))
        elif end == len(text):
            return (*starts, end), index, end
    return None, *furthest


def _ends(
    pieces: Sequence[Piece], index: int, text: str, start: int, *, gap_from: list[int], patience: Patience
) -> Iterator[int]:
    """Offsets at which piece `index`, begun at `start`, can end, the preferred ones first."""
    piece = pieces[index]
    follower = pieces[index + 1] if index + 1 < len(pieces) else None
    if isinstance(piece, str):
        if text.startswith(piece, start):
            yield start + len(piece)
    elif piece.pattern is None and piece.tolerance is None:
        stop, gap_from[index] = gap_from[index], min(start, gap_from[index])
        if index + 1 == len(pieces):
            yield len(text)
        elif isinstance(follower, str):
            yield from _occurrences(text, follower, start, stop)
        else:
            yield from range(start, stop)
    elif index + 1 == len(pieces):
        if piece.takes(text, start, len(text), patience):
            yield len(text)
    else:
        for end in range(len(text), start - 1, -1):
            is_followed = not isinstance(follower, str) or text.startswith(follower, end)
            if is_followed and piece.takes(text, start, end, patience):
                yield end


def _occurrences(text: str, part: str, start: int, stop: int) -> Iterator[int]:
    """Offsets from `start` to before `stop` at which `part` stands, overlapping ones too."""
    found = text.find(part, start)
    while 0 <= found < stop:
        yield found
        found = text.find(part, found + 1)
