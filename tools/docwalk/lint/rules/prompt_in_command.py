"""Prompts that would be typed along with a command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docwalk.lint.finding import Found
from docwalk.lint.prompts import PROMPT
from docwalk.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docwalk.lint.page import LintPage


def check(page: LintPage) -> Iterator[Found]:
    """A prompt at the start of what is typed; a lone `#` is a comment."""
    for command in page.commands():
        line = command.typed.lines[0]
        found = PROMPT.match(line.text)
        if found is None or found["prompt"] == "#" or found.end() == len(line.text):
            continue
        yield Found(
            span=Span(start=line.start, end=line.start + found.end()),
            message=f"the prompt `{found[0].rstrip()}` is part of the command: it would be typed with it",
            hint="remove it"
            if command.command.prompt
            else "remove it, or make the block a transcript: a prompt before each command",
        )
