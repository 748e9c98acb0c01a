"""One expected line against one actual line: whether it fits, what it captures, where it stops fitting.

A line fits when it can be cut, left to right, into one piece for each part: a literal's piece is its text,
`[[...]]` takes anything, a placeholder's piece as a whole has the form of its redaction, one with a
tolerance is a number near enough.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, assert_never
from unicodedata import normalize

from docwalk.matching.line_cut import Hole, cut
from docwalk.matching.patience import Patience, TooSlowError
from docwalk.options import MatchMode
from docwalk.placeholder import NUMBER, Capture, Captured, Gap, Literal, Redacted, Tolerance

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from docwalk.expectation import LineExpectation
    from docwalk.matching.line_cut import Piece
    from docwalk.placeholder import Part


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
    patience: Patience = field(default_factory=Patience)
    """Time for regular expressions, shared by the rules of one comparison."""

    @classmethod
    def of(
        cls,
        line: LineExpectation,
        *,
        mode: MatchMode,
        redactions: Mapping[str, re.Pattern[str]],
        captures: Mapping[str, str],
        patience: Patience | None = None,
    ) -> LineRule:
        """The rule of one expected line; `captures` are those of earlier steps."""
        shown = "".join(str(part) for part in line.parts)
        patience = patience or Patience()
        if mode is MatchMode.REGEX:
            return cls(
                shown=shown,
                fixed=None,
                parts=line.parts,
                mode=mode,
                redactions=redactions,
                patience=patience,
            )
        parts = _as_on_terminals(line.parts)
        texts = [
            part.text if isinstance(part, Literal) else captures.get(part.name)
            for part in parts
            if isinstance(part, Literal | Captured)
        ]
        fixed = "".join(text for text in texts if text is not None)
        is_fixed = len(texts) == len(parts) and None not in texts
        return cls(
            shown=shown,
            fixed=fixed if is_fixed else None,
            parts=parts,
            mode=mode,
            redactions=redactions,
            patience=patience,
        )

    def fit(self, text: str, captures: Mapping[str, str]) -> Fit:
        """Compare one line; `captures` are all that were caught before it."""
        if self.fixed is not None:
            if text == self.fixed:
                return _FITS
            if all(isinstance(part, Literal) for part in self.parts):
                return _differs(self.fixed, text)
        try:
            if self.mode is MatchMode.REGEX:
                return self._fit_regex(text, captures)
            return self._fit_pieces(text, captures)
        except TooSlowError as error:
            return _no_fit(str(error))

    def places(self, text: str, captures: Mapping[str, str]) -> tuple[int, ...] | None:
        """Offsets in a fitting line at which its parts begin, and its end; None where they cannot be told."""
        pieces = [self._piece(part, captures) for part in self.parts]
        known = [piece for piece in pieces if piece is not None]
        if not known or len(known) != len(pieces):
            return None
        try:
            return cut(known, text, self.patience)[0]
        except TooSlowError:
            return None

    def needs(self, captures: Mapping[str, str]) -> bool:
        """Whether it names a capture that is neither in `captures` nor its own."""
        own = {part.name for part in self.parts if isinstance(part, Capture)}
        named = {part.name for part in self.parts if isinstance(part, Captured)}
        return not named <= own | set(captures)

    def _fit_pieces(self, text: str, captures: Mapping[str, str]) -> Fit:
        pieces: list[Piece] = []
        again: list[tuple[int, str]] = []
        for part in self.parts:
            piece = self._piece(part, captures)
            if piece is None:
                return _no_fit(f"nothing was captured as `{part!s}` before this line")
            if isinstance(part, Captured | Capture) and isinstance(piece, Hole):
                again.append((len(pieces), part.name))
            pieces.append(piece)
        places, stuck_part, stuck_at = cut(pieces, text, self.patience)
        if places is None:
            return _stuck(self.parts, pieces, stuck_part, text, stuck_at, patience=self.patience)
        caught: dict[str, str] = {}
        for index, name in again:
            piece_text = text[places[index] : places[index + 1]]
            if caught.setdefault(name, piece_text) != piece_text:
                reason = f"`[[{name}]]` was `{caught[name]}` before, and is `{piece_text}` here"
                shown = sum(len(str(part)) for part in self.parts[:index])
                return _no_fit(reason, places[index] + 1, shown + 1)
        return Fit(fits=True, caught=caught, reason="")

    def _piece(self, part: Part, captures: Mapping[str, str]) -> Piece | None:
        """What `part` stands for, None if it names a capture that was not made."""
        if isinstance(part, Capture | Captured) and part.name in captures:
            return captures[part.name]
        match part:
            case Literal(text=text):
                return text
            case Captured():
                return self._caught_here(part)
            case Gap() | Redacted() | Capture() | Tolerance():
                return self._hole(part)
            case _ as unreachable:
                assert_never(unreachable)

    def _hole(self, part: Gap | Redacted | Capture | Tolerance) -> Hole:
        match part:
            case Gap():
                return Hole(written=str(part), pattern=None)
            case Redacted(name=name):
                return Hole(written=str(part), pattern=self.redactions[name])
            case Capture(name=name, kind=kind):
                return Hole(written=str(part), pattern=self.redactions[kind], capture=name)
            case Tolerance():
                return Hole(written=str(part), pattern=None, tolerance=part)
            case _ as unreachable:
                assert_never(unreachable)

    def _caught_here(self, part: Captured) -> Hole | None:
        """A hole of the form of the capture in this very line; that its text is the same is checked later."""
        kinds = [p.kind for p in self.parts if isinstance(p, Capture) and p.name == part.name]
        return Hole(written=str(part), pattern=self.redactions[kinds[0]]) if kinds else None

    def _fit_regex(self, text: str, captures: Mapping[str, str]) -> Fit:
        names: list[str] = []
        pattern = ""
        for part in self.parts:
            piece = part.text if isinstance(part, Literal) else self._piece(part, captures)
            match piece:
                case None:
                    return _no_fit(f"nothing was captured as `{part!s}` before this line")
                case Hole(capture=str(name)) if name not in names:
                    names.append(name)
                    pattern += f"(?P<docwalk_{len(names)}>{_source(piece.pattern)})"
                case Hole() if isinstance(part, Captured | Capture):
                    pattern += f"(?P=docwalk_{names.index(part.name) + 1})"
                case Hole():
                    pattern += f"(?:{_source(piece.pattern)})"
                case str():
                    pattern += piece if isinstance(part, Literal) else re.escape(piece)
                case _ as unreachable:
                    assert_never(unreachable)
        try:
            found = self.patience.full_match(pattern, text)
        except re.error as error:
            return _no_fit(f"`{self.shown}` is no regular expression: {error}")
        if found is None:
            return _no_fit(f"the regular expression `{self.shown}` does not match")
        caught = {name: found[f"docwalk_{index}"] for index, name in enumerate(names, start=1)}
        return Fit(fits=True, caught=caught, reason="")


_FITS = Fit(fits=True, caught={}, reason="")


def _as_on_terminals(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Parts with tabs and blanks at the end as a terminal shows them (it has neither), characters composed.

    A tab after a placeholder stays: where its column lies is not known.
    """
    made = list(parts)
    for index, part in enumerate(parts):
        if isinstance(part, Literal) and not part.text.isascii():
            made[index] = Literal(text=normalize("NFC", part.text))
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


def _stuck(
    parts: Sequence[Part],
    pieces: Sequence[Piece],
    index: int,
    text: str,
    offset: int,
    *,
    patience: Patience,
) -> Fit:
    """Why a line with placeholders does not fit: the part that was reached last, and where."""
    piece = pieces[index] if index < len(pieces) else None
    follower = pieces[index + 1] if index + 1 < len(pieces) else None
    end = _end_of_fit(piece, text, offset, patience) if isinstance(piece, Hole) else None
    if end is not None and isinstance(follower, str):
        # The placeholder fits, and what follows it does not: that is then what is wrong.
        index, offset, piece = index + 1, end, follower
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
    elif piece.tolerance is not None:
        reason = _not_near(piece.tolerance, text, offset)
    elif piece.pattern is None:
        wanted = follower.written if isinstance(follower, Hole) else follower
        reason = f"`{wanted}` was expected somewhere from column {column}, {found}"
    else:
        reason = f"`{piece.written}` does not fit at column {column}, {found}"
    return _no_fit(reason, column, expected_column)


def _end_of_fit(hole: Hole, text: str, start: int, patience: Patience) -> int | None:
    """Where text of a hole's form ends, that begins at `start`; None where there is none, or any would do."""
    if hole.tolerance is not None:
        number = NUMBER.match(text, start)
        return number.end() if number is not None and hole.tolerance.holds(number[0]) else None
    found = patience.match_at(hole.pattern.pattern, text, start) if hole.pattern is not None else None
    return found.end() if found is not None else None


def _not_near(tolerance: Tolerance, text: str, offset: int) -> str:
    number = NUMBER.match(text, offset)
    if number is None:
        rest = f"found `{text[offset:]}`" if offset < len(text) else "the line ends"
        return f"`{tolerance}` expects a number at column {offset + 1}, {rest}"
    low, high = (f"{bound.normalize():f}" for bound in tolerance.bounds)
    return f"`{number[0]}` at column {offset + 1} is not within `{tolerance}`, which is {low} to {high}"
