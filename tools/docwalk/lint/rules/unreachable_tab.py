"""Tabs that no walk takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docwalk.lint.finding import Found

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docwalk.lint.page import LintPage


def check(page: LintPage) -> Iterator[Found]:
    """Labels of the page that are a value of no walk, each at its first place."""
    if not page.walks:
        return
    taken = {choice.label for walk in page.walks for choice in walk.choices}
    seen: set[str] = set()
    for tab_set in page.page.tab_sets:
        for label, span in zip(tab_set.labels, tab_set.spans, strict=True):
            if label not in taken and label not in seen:
                seen.add(label)
                yield Found(
                    span=span,
                    message=f"no walk takes the tab `{label}`: what it says is never tried",
                    hint="change the page's `exclude`, or remove the tab",
                )
