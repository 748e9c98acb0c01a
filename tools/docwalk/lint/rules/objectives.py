"""Tutorials that do not say what a reader learns."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from docwalk.lint.finding import Found

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docwalk.lint.page import LintPage

_SAID: Final = re.compile(
    r"\byou (?:can|will|learn)\b|\byou'll learn\b|\b(?:objectives?|goals?|outcomes?)\b",
    re.IGNORECASE,
)
_LIST: Final = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s", re.MULTILINE)


def check(page: LintPage) -> Iterator[Found]:
    """A tutorial whose introduction announces no list of objectives."""
    if not page.is_tutorial:
        return
    said = _SAID.search(page.introduction)
    if said is None or _LIST.search(page.introduction, said.end()) is None:
        yield Found(
            span=page.source.line_span(page.heading_line),
            message="this tutorial does not say what a reader can do after it",
            hint="write `After this page you can`, and a list, above its first section",
        )
