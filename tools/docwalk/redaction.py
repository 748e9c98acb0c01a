"""Redactions: volatile text has a name, a placeholder `[[name]]`, and one regular expression.

Declared once here, by the project (`[tool.docwalk.redactions]`) or by a page (`docwalk.redactions`).
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

NAME: Final = re.compile(r"[a-z][a-z0-9-]*")
"""What redactions, captures and site values may be called."""

BUILTIN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "int": r"[+-]?\d+",
        "number": r"[+-]?\d[\d,]*(?:\.\d+)?(?:[eE][+-]?\d+)?",
        # 2.13.0+cpu, 3.11.2, v1.2, 5.2.0-1+deb12u1, 1.0rc1; a full stop after it belongs to the sentence
        "version": r"v?\d[0-9A-Za-z.+~_-]*(?<![.+~_-])",
        "path": r"(?:~|[^\s'\"(),:;]*/[^\s'\"(),:;]*)",
        # 0.31s, 12 ms, 1m2.345s, 2 min 3 sec, 0:01:12
        "duration": (
            r"(?:\d+:\d\d(?::\d\d)?(?:\.\d+)?"
            r"|\d+(?:[.,]\d+)?\s?(?:[nµum]?s|secs?|seconds?|m|mins?|minutes?|h|hours?)"
            r"(?:\s?\d+(?:[.,]\d+)?\s?(?:[nµum]?s|secs?|seconds?|m|mins?|minutes?))?)"
        ),
        # 4.0K, 12 kB, 274.1 MB, 1,024 bytes
        "size": r"\d[\d,]*(?:\.\d+)?\s?(?:bytes?|[kKMGTPE]i?B?|B)",
        # 2026-11-22, 22 Nov 2026, Sun Nov 22, Nov 22 2026, 11/22/2026
        "date": (
            r"(?:\d{4}-\d{2}-\d{2}|\d{1,2}/\d{1,2}/\d{2,4}"
            r"|(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),?\s+)?"
            r"(?:\d{1,2}\s+(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
            r"|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\s+\d{1,2})(?:,?\s+\d{4})?)"
        ),
        "time": r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:\s?[AP]M)?(?:\s?(?:Z|UTC|[+-]\d{2}:?\d{2}))?",
        "hash": r"[0-9a-f]{7,128}",
        "url": r"[a-z][a-z0-9+.-]*://[^\s'\"<>]+",
        "percent": r"\d+(?:\.\d+)?\s?%",
        "user": r"[a-z_][a-z0-9_-]*",
        "host": r"[A-Za-z0-9][A-Za-z0-9.-]*",
        "word": r"\S+",
        "text": r".+",
    }
)
"""The redactions every page has: name and regular expression, none of which matches nothing."""


def compile_redactions(pairs: Iterable[tuple[str, str]]) -> Mapping[str, re.Pattern[str]]:
    """Built-in redactions and `pairs`, compiled; a later pair replaces an earlier one of its name.

    Raises:
        re.error: never for pairs that `explain_bad_redaction` accepts.
    """
    return {name: re.compile(pattern) for name, pattern in {**BUILTIN, **dict(pairs)}.items()}


def explain_bad_redaction(name: str, pattern: object) -> str | None:
    """Why a declaration is refused, as a message; None where it is fine."""
    if NAME.fullmatch(name) is None:
        return f"`{name}` is no name of a redaction: use a-z, 0-9 and `-`, a letter first"
    if not isinstance(pattern, str):
        return f"the redaction `{name}` needs a regular expression as text"
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        return f"the redaction `{name}` is no regular expression: {error}"
    if compiled.groupindex or compiled.groups:
        return f"the redaction `{name}` has a capturing group"
    if compiled.fullmatch("") is not None:
        return f"the redaction `{name}` matches nothing at all: `{pattern}`"
    return None
