"""Pages that show much output and compare little of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docwalk.lint.finding import Found
from docwalk.lint.shares import page_share

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docwalk.lint.page import LintPage


def check(page: LintPage) -> Iterator[Found]:
    """The page's assertion share, where it is below the project's least."""
    share, least = page_share(page), page.project.lint.min_assertion_share
    if share.percent < least:
        where = "printed" if share.is_recorded else "written"
        yield Found(
            span=page.source.line_span(page.heading_line),
            message=f"{share.literal} of {share.lines} output lines {where} are compared literally, "
            f"{share.percent:.0f} %; {least:g} % are asked for",
            hint="replace `...` and placeholders by what does not change, or show less output",
        )
