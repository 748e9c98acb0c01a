"""Tutorials that do not say how long they take."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from docwalk.lint.finding import Found

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docwalk.lint.page import LintPage

_TIME: Final = re.compile(r"\b(?:minutes?|mins?|hours?)\b", re.IGNORECASE)


def check(page: LintPage) -> Iterator[Found]:
    """A tutorial whose introduction names no time."""
    if page.is_tutorial and _TIME.search(page.introduction) is None:
        yield Found(
            span=page.source.line_span(page.heading_line),
            message="this tutorial does not say how long it takes",
            hint="write `**Time:** ten minutes` above its first section",
        )
