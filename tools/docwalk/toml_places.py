"""Where the keys of a TOML file are written: the standard library's parser keeps no positions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from docwalk.errors import ErrorCode
from docwalk.source import Span

if TYPE_CHECKING:
    import tomllib

    from docwalk.errors import SourceProblem
    from docwalk.source import Source


def find_key(source: Source, keys: tuple[str, ...], *, table: str) -> Span:
    """Where the deepest of `keys` below `table` is written; the table's header where none is found.

    The keys are searched in order: each after the one before it.
    """
    header = re.search(rf"^\s*\[{re.escape(table)}(?:\.[^\]]*)?\]", source.text, re.MULTILINE)
    best = Span(start=0, end=0)
    if header is not None:
        best = Span(start=header.end() - len(header[0].lstrip()), end=header.end())
    at = best.start
    for key in dict.fromkeys(keys):
        quoted = re.escape(key)
        word = re.compile(rf"(?<![\w-])(?:\"{quoted}\"|'{quoted}'|{quoted})(?=\s*[=.\]])")
        found = word.search(source.text, at)
        if found is None:
            break
        best = Span(start=found.start(), end=found.end())
        at = found.start()
    return best


def toml_problem(
    source: Source, error: tomllib.TOMLDecodeError, *, code: ErrorCode = ErrorCode.BAD_CONFIGURATION
) -> SourceProblem:
    """A syntax error; the parser names its place in the message only: `… (at line 3, column 5)`."""
    message = str(error)
    where = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)$", message)
    offset = len(source.text)
    if where is not None:
        message = message[: where.start()]
        if where[1] is not None:
            offset = source.line_starts[int(where[1]) - 1] + int(where[2]) - 1
    return source.problem(
        code,
        f"no TOML: {message}",
        span=Span(start=offset, end=offset + 1),
        hint="text in TOML stands in quotes, a key and its value on one line",
    )
