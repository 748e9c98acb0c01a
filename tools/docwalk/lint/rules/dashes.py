"""Dashes of typesetters in commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from docwalk.lint.characters import find_characters

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docwalk.lint.finding import Found
    from docwalk.lint.page import LintPage

DASHES: Final = {
    **dict.fromkeys("\u2010\u2011\u2012\u2212\ufe63\uff0d", "-"),
    **dict.fromkeys("\u2013\u2014\u2015", "--"),
}
"""Each, and what was probably meant: editors make a long dash of two hyphens."""


def check(page: LintPage) -> Iterator[Found]:
    """Dashes outside quotes, where an option begins with a hyphen."""
    return find_characters(page, DASHES, within_quotes=False, meaning="hyphen to a shell")
