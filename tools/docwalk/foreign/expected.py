"""What a foreign page shows, as expectations that are lenient where its writer was.

Spaces count as one, blank lines not at all. `...` stands for any lines on a line of its own, for any text
within one. Dates, times, durations, process and job numbers, homes and long digests have to be there and may
differ; so do the writer's own name and host, known from the prompts. All else is literal.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from docwalk.expectation import Elision, Gap, LineExpectation, Literal, Redacted
from docwalk.redaction import BUILTIN

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from docwalk.expectation import ExpectedLine, Part
    from docwalk.foreign.fences import TextLine

_ELISION: Final = re.compile(
    r"\s*(?:\.{3,}|…|\[(?:\.\.\.|…)\]|\((?:\.\.\.|…)\)"
    r"|[<\[(]?(?:snip|output (?:truncated|omitted))[>\])]?)\s*",
    re.IGNORECASE,
)
_SHELL: Final = re.compile(r"^-?(?:/\w+)*/?(?:bash|dash|sh|zsh|tcsh|fish): (?:line \d+: |\d+: )?")
_LISTED: Final = re.compile(r"^([-dlbcps][-rwxsStT]{9})[.+@]? (\d+) \S+ \S+ ")
_MONTH: Final = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
_DATE: Final = (
    r"(?:\d{4}-\d{2}-\d{2}|\d{1,2}/\d{1,2}/\d{2,4}"
    rf"|(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),?\s)?(?:\d{{1,2}}\s{_MONTH}\s\d{{4}}|{_MONTH}\s\d{{1,2}}(?:,?\s\d{{4}})?))"
)
FORMS: Final[Mapping[str, str]] = {
    "date": _DATE,
    "time": BUILTIN["time"] + r"(?:\s[A-Z]{3,4}\s\d{4})?(?:\s\d{4})?",
    "duration": r"\d+(?:\.\d+)?(?:ms|s|m\d+(?:\.\d+)?s)",
    "hash": r"[0-9a-f]{12,128}",
    "home": r"/(?:home|[Uu]sers)/[\w.-]+",
    "number": r"\d+",
    "name": r"[A-Za-z0-9_][\w.-]*",
}
"""What may differ: name and form."""
_VOLATILE: Final = re.compile(
    rf"""
      (?P<gap> [ ]?(?: \[(?:\.\.\.|…)\] | \.\.\. | … )[ ]? | <[A-Za-z][\w -]*> )
    | (?P<home> (?<!\S){FORMS["home"]} )
    | (?P<number> (?<=[Jj]ob[ ])\d+\b | (?<=^\[\d\][ ])\d+$ )
    | (?P<date> (?<![\w.-]){FORMS["date"]}(?![\w.-]) )
    | (?P<time> (?<![\w.:]){FORMS["time"]}(?![\w:]) )
    | (?P<duration> (?<![\w.]){FORMS["duration"]}(?![\w.]) )
    | (?P<hash> \b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{{12,128}}\b )
    """,
    re.VERBOSE,
)


def lenient(text: str) -> str:
    """A line with runs of spaces as one, none at its ends; without shells in errors and owners in lists."""
    return _LISTED.sub(r"\1 \2 OWNER GROUP ", _SHELL.sub("", " ".join(text.split())))


def expect_lines(lines: Iterable[TextLine], *, names: Collection[str]) -> tuple[ExpectedLine, ...]:
    """Expectations of the lines that a page shows; blank lines left out.

    Args:
        lines: the lines.
        names: words that are the writer's own: account, host, numbers of jobs.
    """
    expected: list[ExpectedLine] = []
    for line in lines:
        if _ELISION.fullmatch(line.text) is not None:
            expected.append(Elision(source_line=line.number))
        elif line.text.strip():
            parts = _parts(lenient(line.text), names)
            expected.append(LineExpectation(parts=parts, source_line=line.number))
    return tuple(expected)


def _parts(text: str, names: Collection[str]) -> tuple[Part, ...]:
    own = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    pattern = (
        re.compile(rf"(?P<name>(?<![\w-])(?:{own})(?![\w-]))|{_VOLATILE.pattern}", re.VERBOSE)
        if own
        else _VOLATILE
    )
    parts: list[Part] = []
    end = 0
    for found in pattern.finditer(text):
        if found.start() > end:
            parts.append(Literal(text=text[end : found.start()]))
        kind = str(found.lastgroup)
        parts.append(Gap() if kind == "gap" else Redacted(name=kind))
        end = found.end()
    if end < len(text):
        parts.append(Literal(text=text[end:]))
    return tuple(parts)
