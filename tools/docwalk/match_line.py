"""One expected line against one actual line: whether it fits, what it captures, where it stops fitting.

A line fits when it can be cut, left to right, into one piece for each part: a literal's piece is its text,
`[[...]]` takes anything, a placeholder's piece as a whole has the form of its redaction. Every pair of
part and offset is tried once, so no line and no expectation takes exponential time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from docwalk.expectation import Capture, Captured, Gap, LineExpectation, Literal, Redacted
from docwalk.options import MatchMode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from docwalk.expectation import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """How far a line fits its rule."""

    fits: bool
    """Whether the whole line fits."""
    caught: Mapping[str, str]
    """What its captures caught; empty where it does not fit."""
    reason: str
    """What does not fit, for people; empty where it fits."""
    column: int = 1
    """First column, from 1, at which it does not fit; 1 where it fits."""
    expected_column: int = 1
    """The same in the expectation as it is shown, placeholders as they are written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hole:
    """A piece whose text is not known beforehand."""

    written: str
    """As the author wrote it: `[[version]]`."""
    pattern: re.Pattern[str] | None
    """The form of its text; None takes any."""
    capture: str | None = None
    """Name under which its text is caught."""


_Piece = str | _Hole


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRule:
    """An expectation made ready for comparing."""

    shown: str
    """As the author wrote it, for messages and for finding similar lines."""
    fixed: str | None
    """The only text that fits; None where there is a placeholder."""
    parts: tuple[Part, ...]
    """The expectation's parts."""
    mode: MatchMode
    """REGEX takes literal parts for regular expressions; the other modes do not differ within a line."""
    redactions: Mapping[str, re.Pattern[str]]
    """Forms of placeholders by name."""

    @classmethod
    def of(
        cls,
        line: LineExpectation,
        *,
        mode: MatchMode,
        redactions: Mapping[str, re.Pattern[str]],
        captures: Mapping[str, str],
    ) -> LineRule:
        """The rule of one expected line; `captures` are those of earlier steps."""
        shown = "".join(str(part) for part in line.parts)
        if mode is MatchMode.REGEX:
            return cls(shown=shown, fixed=None, parts=line.parts, mode=mode, redactions=redactions)
        parts = _as_on_terminals(line.parts)
        texts = [
            part.text if isinstance(part, Literal) else captures.get(part.name)
            for part in parts
            if isinstance(part, Literal | Captured)
        ]
        fixed = "".join(text for text in texts if text is not None)
        is_fixed = len(texts) == len(parts) and None not in texts
        return cls(
            shown=shown, fixed=fixed if is_fixed else None, parts=parts, mode=mode, redactions=redactions
        )

    def fit(self, text: str, captures: Mapping[str, str]) -> Fit:
        """Compare one line; `captures` are all that were caught before it."""
        if self.fixed is not None:
            if text == self.fixed:
                return _FITS
            if all(isinstance(part, Literal) for part in self.parts):
                return _differs(self.fixed, text)
        if self.mode is MatchMode.REGEX:
            return self._fit_regex(text, captures)
        return self._fit_pieces(text, captures)

    def needs(self, captures: Mapping[str, str]) -> bool:
        """Whether it names a capture that is neither in `captures` nor its own."""
        own = {part.name for part in self.parts if isinstance(part, Capture)}
        named = {part.name for part in self.parts if isinstance(part, Captured)}
        return not named <= own | set(captures)

    def _fit_pieces(self, text: str, captures: Mapping[str, str]) -> Fit:
        pieces: list[_Piece] = []
        again: list[tuple[int, str]] = []
        for part in self.parts:
            piece = self._piece(part, captures)
            if piece is None:
                return _no_fit(f"nothing was captured as `{part!s}` before this line")
            if isinstance(part, Captured | Capture) and isinstance(piece, _Hole):
                again.append((len(pieces), part.name))
            pieces.append(piece)
        cut, stuck_part, stuck_at = _cut(pieces, text)
        if cut is None:
            return _stuck(self.parts, pieces, stuck_part, text, stuck_at)
        caught: dict[str, str] = {}
        for index, name in again:
            piece_text = text[cut[index] : cut[index + 1]]
            if caught.setdefault(name, piece_text) != piece_text:
                reason = f"`[[{name}]]` was `{caught[name]}` before, and is `{piece_text}` here"
                shown = sum(len(str(part)) for part in self.parts[:index])
                return _no_fit(reason, cut[index] + 1, shown + 1)
        return Fit(fits=True, caught=caught, reason="")

    def _piece(self, part: Part, captures: Mapping[str, str]) -> _Piece | None:
        """What `part` stands for, None if it names a capture that was not made."""
        if isinstance(part, Capture | Captured) and part.name in captures:
            return captures[part.name]
        match part:
            case Literal(text=text):
                return text
            case Gap():
                return _Hole(written=str(part), pattern=None)
            case Redacted(name=name):
                return _Hole(written=str(part), pattern=self.redactions[name])
            case Capture(name=name, kind=kind):
                return _Hole(written=str(part), pattern=self.redactions[kind], capture=name)
            case Captured():
                return self._caught_here(part)
            case _ as unreachable:
                assert_never(unreachable)

    def _caught_here(self, part: Captured) -> _Hole | None:
        """A hole of the form of the capture in this very line; that its text is the same is checked later."""
        kinds = [p.kind for p in self.parts if isinstance(p, Capture) and p.name == part.name]
        return _Hole(written=str(part), pattern=self.redactions[kinds[0]]) if kinds else None

    def _fit_regex(self, text: str, captures: Mapping[str, str]) -> Fit:
        names: list[str] = []
        pattern = ""
        for part in self.parts:
            piece = part.text if isinstance(part, Literal) else self._piece(part, captures)
            match piece:
                case None:
                    return _no_fit(f"nothing was captured as `{part!s}` before this line")
                case _Hole(capture=str(name)) if name not in names:
                    names.append(name)
                    pattern += f"(?P<docwalk_{len(names)}>{_source(piece.pattern)})"
                case _Hole() if isinstance(part, Captured | Capture):
                    pattern += f"(?P=docwalk_{names.index(part.name) + 1})"
                case _Hole():
                    pattern += f"(?:{_source(piece.pattern)})"
                case str():
                    pattern += piece if isinstance(part, Literal) else re.escape(piece)
                case _ as unreachable:
                    assert_never(unreachable)
        try:
            found = re.fullmatch(pattern, text)
        except re.error as error:
            return _no_fit(f"`{self.shown}` is no regular expression: {error}")
        if found is None:
            return _no_fit(f"the regular expression `{self.shown}` does not match")
        caught = {name: found[f"docwalk_{index}"] for index, name in enumerate(names, start=1)}
        return Fit(fits=True, caught=caught, reason="")


_FITS = Fit(fits=True, caught={}, reason="")


def _as_on_terminals(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Parts with tabs and blanks at the end as a terminal shows them: it has neither.

    A tab after a placeholder stays: where its column lies is not known.
    """
    made = list(parts)
    if made and isinstance(made[0], Literal):
        made[0] = Literal(text=made[0].text.expandtabs(8))
    if made and isinstance(made[-1], Literal):
        made[-1] = Literal(text=made[-1].text.rstrip())
    return tuple(part for part in made if part != Literal(text=""))


def _source(pattern: re.Pattern[str] | None) -> str:
    return ".*" if pattern is None else pattern.pattern


def _no_fit(reason: str, column: int = 1, expected_column: int | None = None) -> Fit:
    return Fit(
        fits=False,
        caught={},
        reason=reason,
        column=column,
        expected_column=column if expected_column is None else expected_column,
    )


def _common(one: str, other: str) -> int:
    """Length of the common start of two texts."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(one), len(other)))


def _differs(expected: str, text: str) -> Fit:
    """Why a line is not the one text that was expected."""
    column = _common(expected, text) + 1
    if expected.rstrip() == text.rstrip():
        return _no_fit("differs only in white space at the end of the line", column)
    if expected.split() == text.split():
        return _no_fit(f"differs only in white space, from column {column}", column)
    if expected.casefold() == text.casefold():
        return _no_fit(f"differs only in letter case, from column {column}", column)
    return _no_fit(f"differs from column {column}", column)


def _stuck(parts: Sequence[Part], pieces: Sequence[_Piece], index: int, text: str, offset: int) -> Fit:
    """Why a line with placeholders does not fit: the part that was reached last, and where."""
    piece = pieces[index] if index < len(pieces) else None
    follower = pieces[index + 1] if index + 1 < len(pieces) else None
    if isinstance(piece, _Hole) and piece.pattern is not None and isinstance(follower, str):
        # The placeholder may fit, and what follows it not: that is then what is wrong.
        fitting = piece.pattern.match(text, offset)
        if fitting is not None:
            index, offset, piece = index + 1, fitting.end(), follower
    shown_before = sum(len(str(part)) for part in parts[:index])
    same = _common(piece, text[offset:]) if isinstance(piece, str) else 0
    column = offset + same + 1
    in_literal = index < len(parts) and isinstance(parts[index], Literal)
    expected_column = shown_before + (same if in_literal else 0) + 1
    word = piece.rfind(" ", 0, same) + 1 if isinstance(piece, str) else 0
    found = f"found `{text[offset + word :]}`" if offset + word < len(text) else "the line ends"
    if piece is None:
        reason = f"nothing more was expected from column {column}, {found}"
    elif isinstance(piece, str) and isinstance(parts[index], Captured | Capture):
        reason = f"`{parts[index]}` is `{piece}`, which was expected at column {offset + 1}, {found}"
    elif isinstance(piece, str):
        reason = f"`{piece[word:]}` was expected at column {offset + word + 1}, {found}"
    elif piece.pattern is None:
        wanted = follower.written if isinstance(follower, _Hole) else follower
        reason = f"`{wanted}` was expected somewhere from column {column}, {found}"
    else:
        reason = f"`{piece.written}` does not fit at column {column}, {found}"
    return _no_fit(reason, column, expected_column)


def _cut(pieces: Sequence[_Piece], text: str) -> tuple[tuple[int, ...] | None, int, int]:
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
    stack: list[Iterator[int]] = [_ends(pieces, 0, text, 0, gap_from)]
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
            stack.append(_ends(pieces, index, text, end, gap_from))
        elif end == len(text):
            return (*starts, end), index, end
    return None, *furthest


def _ends(pieces: Sequence[_Piece], index: int, text: str, start: int, gap_from: list[int]) -> Iterator[int]:
    """Offsets at which piece `index`, begun at `start`, can end, the preferred ones first."""
    piece = pieces[index]
    follower = pieces[index + 1] if index + 1 < len(pieces) else None
    if isinstance(piece, str):
        if text.startswith(piece, start):
            yield start + len(piece)
    elif piece.pattern is None:
        stop, gap_from[index] = gap_from[index], min(start, gap_from[index])
        if index + 1 == len(pieces):
            yield len(text)
        elif isinstance(follower, str):
            yield from _occurrences(text, follower, start, stop)
        else:
            yield from range(start, stop)
    elif index + 1 == len(pieces):
        if piece.pattern.fullmatch(text[start:]):
            yield len(text)
    else:
        for end in range(len(text), start - 1, -1):
            is_followed = not isinstance(follower, str) or text.startswith(follower, end)
            if is_followed and piece.pattern.fullmatch(text[start:end]):
                yield end


def _occurrences(text: str, part: str, start: int, stop: int) -> Iterator[int]:
    """Offsets from `start` to before `stop` at which `part` stands, overlapping ones too."""
    found = text.find(part, start)
    while 0 <= found < stop:
        yield found
        found = text.find(part, found + 1)
