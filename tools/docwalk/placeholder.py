"""Placeholders: what doubled brackets stand for, in expected lines and in commands.

    placeholder = "[[...]]" | "[[" name "]]" | "[[" name "=" kind "]]" | "[[site:" name "]]"
                | "[[" number ( "±" | "+-" ) margin [ "%" ] "]]"
    name, kind  = [a-z] { [a-z0-9-] }

Doubled brackets around anything else are literal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from docwalk.options import close_match

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal:
    """Text that must stand there exactly."""

    text: str
    """The text, placeholders excluded."""

    def __str__(self) -> str:
        """The text."""
        return self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """`[[...]]`: any text within a line, none too."""

    def __str__(self) -> str:
        """As written."""
        return "[[...]]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Redacted:
    """`[[version]]`: what the redaction of that name would replace."""

    name: str
    """Name of a declared redaction."""

    def __str__(self) -> str:
        """As written."""
        return f"[[{self.name}]]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """`[[jobid=int]]`: catches text for later steps."""

    name: str
    """What it is called afterwards."""
    kind: str
    """Redaction or type whose pattern it must have (`int`, `version`, `text`)."""

    def __str__(self) -> str:
        """As written."""
        return f"[[{self.name}={self.kind}]]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Captured:
    """`[[jobid]]` after its capture: the text that was caught."""

    name: str
    """Name of the capture."""

    def __str__(self) -> str:
        """As written."""
        return f"[[{self.name}]]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """`[[42.0±0.5]]`: a number that is at most so far away."""

    number: str
    """The number in the middle, as written."""
    sign: str
    """`±` or `+-`, with the blanks around it."""
    margin: str
    """How far away it may be; with a `%` at its end, in hundredths of `number`."""

    def __str__(self) -> str:
        """As written."""
        return f"[[{self.number}{self.sign}{self.margin}]]"

    @property
    def bounds(self) -> tuple[Decimal, Decimal]:
        """The smallest and the largest number that hold."""
        middle = Decimal(self.number)
        margin = Decimal(self.margin.rstrip("%"))
        if self.margin.endswith("%"):
            margin = abs(middle) * margin / 100
        return middle - margin, middle + margin

    def holds(self, text: str) -> bool:
        """Whether `text` is a number within the bounds; it may have commas between thousands."""
        if NUMBER.fullmatch(text) is None:
            return False
        low, high = self.bounds
        return low <= Decimal(text.replace(",", "")) <= high


Part = Literal | Gap | Redacted | Capture | Captured | Tolerance


NUMBER: Final = re.compile(r"[+-]?\d[\d,]*(?:\.\d+)?(?:[eE][+-]?\d{1,3})?")
"""A number as programs print it."""
PLACEHOLDER: Final = re.compile(
    r"""
    \[\[ (?:
        (?P<gap> \.\.\. )
      | site:(?P<site> [^\[\]\s]+ )
      | (?P<name> [a-z][a-z0-9-]* ) (?: = (?P<kind> [^\[\]\s]* ) )?
      | (?P<number> [+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})? ) (?P<sign> [ ]?(?:±|\+-)[ ]? )
        (?P<margin> \d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?%? )
      | (?P<other> [^\[\]]*±[^\[\]]* )
    ) \]\]
    """,
    re.VERBOSE,
)
"""Doubled brackets that mean something, or mean to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BadPlaceholder:
    """A placeholder that names nothing."""

    start: int
    """Offset in its line, from 0."""
    end: int
    """Offset after it."""
    message: str
    """What is wrong, for people."""
    hint: str
    """One thing to do."""


class PlaceholderError(ValueError):
    """All bad placeholders of one line; the caller knows where the line lies."""

    def __init__(self, problems: tuple[BadPlaceholder, ...]) -> None:
        """Keep them in order."""
        self.problems = problems
        super().__init__("; ".join(problem.message for problem in problems))


def replace_placeholders(
    text: str, *, site_values: Mapping[str, str], captures: Collection[str]
) -> tuple[str, tuple[str, ...], tuple[BadPlaceholder, ...]]:
    """A command with site values put in, the captures it uses, and unknown site values.

    Everything else in doubled brackets is the shell's.
    """
    used: list[str] = []
    problems: list[BadPlaceholder] = []
    pieces: list[str] = []
    end = 0
    for found in PLACEHOLDER.finditer(text):
        if found["site"] is not None:
            part = _read_site(found, site_values)
            if isinstance(part, BadPlaceholder):
                problems.append(part)
                continue
            pieces += [text[end : found.start()], part.text]
            end = found.end()
        elif found["kind"] is None and found["name"] in captures and found["name"] not in used:
            used.append(found["name"])
    pieces.append(text[end:])
    return "".join(pieces), tuple(used), tuple(problems)


def read_placeholder(
    found: re.Match[str],
    *,
    redactions: Collection[str],
    captures: Collection[str],
    site_values: Mapping[str, str],
) -> Part | BadPlaceholder:
    """What one match of `PLACEHOLDER` stands for; arguments as those of `parse_expected`."""
    if found["gap"] is not None:
        return Gap()
    if found["number"] is not None:
        return Tolerance(number=found["number"], sign=found["sign"], margin=found["margin"])
    if found["other"] is not None:
        return BadPlaceholder(
            start=found.start(),
            end=found.end(),
            message=f"`{found[0]}` is no number with a tolerance",
            hint="write `[[42.0±0.5]]` or `[[42.0±5%]]`, or begin the line with `[[=]]` if it is output",
        )
    if found["site"] is not None:
        return _read_site(found, site_values)
    return _read_name(found, redactions=redactions, captures=captures)


def _read_name(
    found: re.Match[str], *, redactions: Collection[str], captures: Collection[str]
) -> Part | BadPlaceholder:
    name, kind = found["name"], found["kind"]
    if kind is not None and kind in redactions:
        return Capture(name=name, kind=kind)
    if kind is not None:
        message = f"`{kind}` is no redaction to capture `{name}` by"
        return _bad(found, message, near=close_match(kind, redactions), before=f"{name}=")
    if name in captures or name in redactions:
        return Captured(name=name) if name in captures else Redacted(name=name)
    if name == "stderr":
        return BadPlaceholder(
            start=found.start(),
            end=found.end(),
            message=f"`{found[0]}` marks standard error, which this block does not tell apart",
            hint="give it the option `:streams: apart`, and write `[[stderr]] ` where a line begins",
        )
    near = close_match(name, [*redactions, *captures])
    return _bad(found, f"`{found[0]}` is no redaction and no earlier capture", near=near)


def _read_site(found: re.Match[str], site_values: Mapping[str, str]) -> Literal | BadPlaceholder:
    name = found["site"]
    if name in site_values:
        return Literal(text=site_values[name])
    near = close_match(name, site_values)
    hint = f"did you mean `[[site:{near}]]`?" if near else f"declare `{name}` in `[tool.docwalk.site]`"
    return BadPlaceholder(
        start=found.start(), end=found.end(), message=f"`{name}` is no value of the site", hint=hint
    )


def _bad(found: re.Match[str], message: str, *, near: str | None, before: str = "") -> BadPlaceholder:
    hint = "begin the line with `[[=]]` if the output really has these brackets"
    if near is not None:
        hint = f"did you mean `[[{before}{near}]]`?"
    return BadPlaceholder(start=found.start(), end=found.end(), message=message, hint=hint)
