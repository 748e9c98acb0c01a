"""Characters that word processors put where a shell needs others: found once a line, named and replaced."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from docwalk.lint.finding import Found
from docwalk.lint.shell_words import is_quoted
from docwalk.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from docwalk.lint.page import LintPage


def find_characters(
    page: LintPage, wrong: Mapping[str, str], *, within_quotes: bool, meaning: str
) -> Iterator[Found]:
    """The first such character of each line that readers copy.

    Args:
        page: where to look.
        wrong: each character and what to write for it.
        within_quotes: whether it is wrong in quotes and in files too; there a command may mean it.
        meaning: what the character is not, for the message.
    """
    for command in page.commands():
        at = 0
        for line in command.typed.lines:
            for column, char in enumerate(line.text):
                if char in wrong and (within_quotes or not is_quoted(command.typed.text, at + column)):
                    yield _found(char, line.start + column, wrong[char], meaning)
                    break
            at += len(line.text) + 1
    for block in page.files() if within_quotes else ():
        for text_line in block.lines:
            first = next((i for i, char in enumerate(text_line.text) if char in wrong), None)
            if first is not None:
                char = text_line.text[first]
                yield _found(char, text_line.span.start + first, wrong[char], meaning)


def _found(char: str, start: int, replacement: str, meaning: str) -> Found:
    name = unicodedata.name(char, "").lower() or f"U+{ord(char):04X}"
    shown = f"`{char}` " if char.isprintable() and not char.isspace() else ""
    hint = (
        f"write `{replacement}`" if replacement.strip() else "write a space" if replacement else "remove it"
    )
    return Found(
        span=Span(start=start, end=start + 1), message=f"{shown}({name}) is no {meaning}".lstrip(), hint=hint
    )
