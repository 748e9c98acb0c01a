"""Blocks that are not run, without a reason that tells readers anything."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from docwalk.lint.finding import Found

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docwalk.lint.page import LintPage

MIN_WORDS: Final = 3
"""Words that a reason has at least: it says what is missing, or what would happen."""
_EMPTY: Final = re.compile(
    r"\b(?:todo|fixme|tbd|later|for now|flaky|broken|temporar\w+|wip)\b", re.IGNORECASE
)
_LACKING: Final = re.compile(
    r"(?:\w+\W+){0,3}?(?:needs?|requires?|wants?|lacks?|without|no)\b(?:\W+\w+){0,3}?\W+(?P<name>gpus?|network)\b"
    r"(?:\W+\w+){0,5}\W*",
    re.IGNORECASE,
)
"""Reasons that say no more than what `requires` knows, which runs a block where it can be."""


def check(page: LintPage) -> Iterator[Found]:
    """Reasons of `skip` that are no reason, or only a promise."""
    for each in page.blocks:
        reason = each.block.options.skip
        lacking = None if reason is None else _LACKING.fullmatch(reason)
        if lacking is not None:
            name = lacking["name"].lower().rstrip("s")
            yield Found(
                span=each.block.span,
                message=f"this block is never run, not even where there is a {name}",
                hint=f"write `:requires: {name}` in place of `:skip:`",
            )
        elif reason is not None and (len(reason.split()) < MIN_WORDS or _EMPTY.search(reason)):
            yield Found(
                span=each.block.span,
                message=f"this block is never run, and `{reason}` does not tell readers why",
                hint="run it, or say what it needs that is not there; `requires` runs it where it is",
            )
