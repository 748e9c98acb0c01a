"""Spaces that are none to a shell, and characters that nobody sees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from docwalk.lint.characters import find_characters

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docwalk.lint.finding import Found
    from docwalk.lint.page import LintPage

SPACES: Final = {
    **dict.fromkeys("\u00a0\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B))), " "),
    **dict.fromkeys("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff", ""),
}
"""Each, and what to write for it; nothing for those without width."""


def check(page: LintPage) -> Iterator[Found]:
    """Odd spaces in commands and files, in quotes too: nobody sees the difference, and it is copied."""
    return find_characters(page, SPACES, within_quotes=True, meaning="space to a shell")
