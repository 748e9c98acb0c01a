"""One expected line: its text, its rule, parse and print as inverses.

A line is an elision, a line quoted by `[[=]]`, or literal text with placeholders:

    line        = elision | "[[=]]" text | { literal | placeholder }
    elision     = "..."            (a line `[[...]]` in REPL blocks, where `...` is a prompt)
    placeholder = "[[...]]" | "[[" name "]]" | "[[" name "=" kind "]]" | "[[site:" name "]]"
    name, kind  = [a-z] { [a-z0-9-] }

Doubled brackets around anything else are literal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from docwalk.options import MatchMode, close_match

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping


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


Part = Literal | Gap | Redacted | Capture | Captured


@dataclass(frozen=True, slots=True, kw_only=True)
class LineExpectation:
    """One line of output."""

    parts: tuple[Part, ...]
    """Left to right; neighbouring literals are joined."""
    source_line: int
    """Line in the source, from 1."""

    def __str__(self) -> str:
        """The line as an author writes it, quoted where it has to be."""
        match self.parts:
            case ():
                return ""
            case (Literal(text=text),):
                return quote_output_line(text)
            case parts:
                return "".join(str(part) for part in parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Elision:
    """A line `...`: any lines, none too."""

    source_line: int
    """Line in the source, from 1."""

    def __str__(self) -> str:
        """The line as an author writes it."""
        return ELISION


ExpectedLine = LineExpectation | Elision

ELISION: Final = "..."
"""The line that stands for any lines."""
REPL_ELISION: Final = "[[...]]"
"""The same in REPL blocks, where `...` is a prompt."""
QUOTE: Final = "[[=]]"
"""At the start of a line: all after it is literal."""
EXIT_LINE: Final = re.compile(r"\[exit (\d{1,3})\]")
"""A line that states an exit status."""
EXIT_LIKE: Final = re.compile(r"\[exit\b[^\]]*\]\s*")
"""A line that means to state an exit status, well-formed or not."""

PLACEHOLDER: Final = re.compile(
    r"\[\[(?:(?P<gap>\.\.\.)|site:(?P<site>[^\[\]\s]+)|(?P<name>[a-z][a-z0-9-]*)(?:=(?P<kind>[^\[\]\s]*))?)\]\]"
)
"""Doubled brackets that mean something, or mean to."""

_FENCE_LIKE = re.compile(r"\s*(?:`{3}|~{3}|:{3})")


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


def parse_expected(
    text: str,
    *,
    line: int,
    redactions: Collection[str] = (),
    captures: Collection[str] = (),
    site_values: Mapping[str, str] | None = None,
    elision: str = ELISION,
    match: MatchMode = MatchMode.LITERAL,
) -> ExpectedLine:
    """The expectation of one line of a transcript.

    Args:
        text: The line, without newline; not an `[exit N]` line.
        line: Its line in the source, from 1.
        redactions: Names of all declared redactions.
        captures: Names captured before this line.
        site_values: Values of `[[site:NAME]]`.
        elision: The line that stands for any lines: `ELISION` or `REPL_ELISION`.
        match: With `REGEX` a line has no placeholders: it is one regular expression.

    Raises:
        PlaceholderError: with every placeholder of the line that names nothing.
    """
    if text == elision:
        return Elision(source_line=line)
    if text.startswith(QUOTE):
        quoted = text[len(QUOTE) :]
        if match is MatchMode.REGEX:
            quoted = re.escape(quoted)
        return LineExpectation(parts=_joined([Literal(text=quoted)]), source_line=line)
    if match is MatchMode.REGEX:
        return LineExpectation(parts=_joined([Literal(text=text)]), source_line=line)
    parts: list[Part] = []
    problems: list[BadPlaceholder] = []
    end = 0
    for found in PLACEHOLDER.finditer(text):
        part = _read_placeholder(
            found, redactions=redactions, captures=captures, site_values=site_values or {}
        )
        if isinstance(part, BadPlaceholder):
            problems.append(part)
            continue
        parts += [Literal(text=text[end : found.start()]), part]
        end = found.end()
    if problems:
        raise PlaceholderError(tuple(problems))
    parts.append(Literal(text=text[end:]))
    return LineExpectation(parts=_joined(parts), source_line=line)


def quote_output_line(
    text: str,
    *,
    prompts: Collection[str] = ("$ ",),
    elision: str = ELISION,
    match: MatchMode = MatchMode.LITERAL,
) -> str:
    """How `update` writes one line of output so that it parses back as itself.

    Args:
        text: The line as the reader saw it, without newline.
        prompts: Prompts of the block.
        elision: The block's elision line.
        match: The block's way to match; a `REGEX` block gets an escaped line where it needs one.
    """
    is_special = (
        text.startswith(QUOTE)
        or text == elision
        or is_prompt_line(text, prompts)
        or EXIT_LIKE.fullmatch(text) is not None
        or _FENCE_LIKE.match(text) is not None
    )
    if match is MatchMode.REGEX:
        is_special = is_special or re.escape(text).replace("\\ ", " ") != text
    else:
        is_special = is_special or PLACEHOLDER.search(text) is not None
    return QUOTE + text if is_special else text


def is_prompt_line(text: str, prompts: Collection[str]) -> bool:
    """Whether a line starts a command, or shows an empty prompt."""
    return any(text.startswith(prompt) or text == prompt.rstrip() for prompt in prompts)


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


def captured_names(text: str) -> Iterator[str]:
    """Names that one expected line captures."""
    if not text.startswith(QUOTE):
        for found in PLACEHOLDER.finditer(text):
            if found["kind"] is not None:
                yield found["name"]


def _read_placeholder(
    found: re.Match[str],
    *,
    redactions: Collection[str],
    captures: Collection[str],
    site_values: Mapping[str, str],
) -> Part | BadPlaceholder:
    if found["gap"] is not None:
        return Gap()
    if found["site"] is not None:
        return _read_site(found, site_values)
    name, kind = found["name"], found["kind"]
    if kind is not None and kind in redactions:
        return Capture(name=name, kind=kind)
    if kind is not None:
        message = f"`{kind}` is no redaction to capture `{name}` by"
        return _bad(found, message, near=close_match(kind, redactions), before=f"{name}=")
    if name in captures or name in redactions:
        return Captured(name=name) if name in captures else Redacted(name=name)
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


def _joined(parts: list[Part]) -> tuple[Part, ...]:
    """Parts without empty literals, neighbouring literals joined."""
    joined: list[Part] = []
    for part in parts:
        match part, joined[-1:]:
            case Literal(text=""), _:
                pass
            case Literal(text=text), [Literal(text=before)]:
                joined[-1] = Literal(text=before + text)
            case _:
                joined.append(part)
    return tuple(joined)
