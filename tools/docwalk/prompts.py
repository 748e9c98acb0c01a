"""Prompts: what stands before commands in transcripts and on terminals, numbers in it included."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_PLACEHOLDER: Final = re.compile(r"\[\[([a-z][a-z0-9-]*|\.\.\.)\]\]")
_FITS: Final = {"int": r"\d+", "...": ".*?"}


@cache
def prompt_pattern(prompt: str) -> re.Pattern[str]:
    """What a prompt looks like without the blank at its end; `[[int]]` is a number, other names one word."""
    pieces = _PLACEHOLDER.split(prompt.rstrip())
    names = (_FITS.get(name, r"\S+?") for name in pieces[1::2])
    literals = (re.escape(piece) for piece in pieces[2::2])
    rest = (name + literal for name, literal in zip(names, literals, strict=True))
    return re.compile(re.escape(pieces[0]) + "".join(rest))


def shown_prompt(text: str, prompts: Iterable[str]) -> str | None:
    """The prompt that a line begins with, as it stands there; None if it begins with none of them.

    A prompt is set off from what is typed by a blank, which a line that is nothing but a prompt may lack.
    """
    for prompt in prompts:
        found = prompt_pattern(prompt).match(text)
        if found is not None and text[found.end() : found.end() + 1] in {"", " "}:
            return text[: found.end() + 1]
    return None
