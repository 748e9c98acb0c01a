"""Typographic quotes in commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from docwalk.lint.characters import find_characters

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docwalk.lint.finding import Found
    from docwalk.lint.page import LintPage

QUOTES: Final = {
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033", '"'),
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2039\u203a\u2032\u00b4", "'"),
}
"""Each, and what a shell understands."""


def check(page: LintPage) -> Iterator[Found]:
    """Typographic quotes that stand where a shell would need its own."""
    return find_characters(page, QUOTES, within_quotes=False, meaning="quote to a shell")
