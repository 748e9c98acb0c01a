"""The fences of a page by its lines: where each opens and closes, and what stands between.

A fence may lie in lists and quotes. What stands before it on its lines is kept, for what becomes of it to
stand there, too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_OPENING: Final = re.compile(
    r"(?P<prefix>(?:[ \t>]|[-*+][ \t]|\d{1,9}[.)][ \t])*)(?P<marker>`{3,}|~{3,}|:{3,})(?P<info>.*)"
)
_DIRECTIVE: Final = re.compile(r"\{(?P<name>[^\s{}]+)\}[ \t]*(?P<argument>.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a page, or of the body of a fence on it."""

    number: int
    """Line of the page, from 1."""
    text: str
    """Its text, without what stands before the body and without newline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFence:
    """One fence."""

    number: int
    """Line of the page at which it opens, from 1."""
    prefix: str
    """What stands before it where it opens: the mark of a list, a quote."""
    marker: str
    """The characters that open it."""
    info: str
    """What follows them, stripped."""
    body: tuple[Line, ...]
    """Lines between."""
    raw: tuple[Line, ...]
    """All of it as it is written."""

    @property
    def directive(self) -> tuple[str, str]:
        """Name and argument of a directive; two empty texts for other fences."""
        found = _DIRECTIVE.fullmatch(self.info)
        return (found["name"].lower(), found["argument"].strip()) if found is not None else ("", "")

    @property
    def indent(self) -> str:
        """What stands before the lines of its body: the marks of lists are blanks there."""
        return re.sub(r"[^\s>]", " ", self.prefix)


def split(lines: Sequence[Line]) -> list[Line | LineFence]:
    """Lines and fences in order; fences within fences are in their bodies."""
    found: list[Line | LineFence] = []
    at = 0
    while at < len(lines):
        opening = _OPENING.fullmatch(lines[at].text)
        if opening is None or (opening["marker"][0] == "`" and "`" in opening["info"]):
            found.append(lines[at])
            at += 1
            continue
        end = _closing(lines, at, opening)
        width = len(opening["prefix"])
        found.append(
            LineFence(
                number=lines[at].number,
                prefix=opening["prefix"],
                marker=opening["marker"],
                info=opening["info"].strip(),
                body=tuple(
                    Line(number=each.number, text=_without(each.text, width)) for each in lines[at + 1 : end]
                ),
                raw=tuple(lines[at : end + 1]),
            )
        )
        at = end + 1
    return found


def _closing(lines: Sequence[Line], at: int, opening: re.Match[str]) -> int:
    marker = re.escape(opening["marker"][0])
    closing = re.compile(rf"[ \t>]*{marker}{{{len(opening['marker'])},}}[ \t]*")
    return next((n for n in range(at + 1, len(lines)) if closing.fullmatch(lines[n].text)), len(lines))


def _without(text: str, width: int) -> str:
    """A line of a body without what stands before it, which a blank line may lack."""
    return text[width:] if not text[:width].strip(" \t>") else text


def fence_around(texts: Sequence[str], info: str, *, at_least: int = 3) -> list[str]:
    """A fence of backticks that nothing within it closes."""
    runs = (len(run) + 1 for text in texts for run in re.findall(r"`{3,}", text))
    marker = "`" * max([at_least, *runs])
    return [f"{marker}{info}", *texts, marker]
