"""What looks like a transcript and is not run: its language is none that is, or it is no fence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from docwalk.lint.fences import other_fences
from docwalk.lint.finding import Found
from docwalk.lint.prompts import PROMPT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docwalk.lint.fences import OtherFence
    from docwalk.lint.page import LintPage

OTHER_SHELLS: Final = frozenset(
    {"ash", "bash-session", "csh", "ksh", "sh-session", "shellsession", "terminal"}
)
"""Languages of shells that are not run."""
NO_LANGUAGE: Final = frozenset({"", "text", "txt", "none", "output", "plaintext", "default", "code"})
"""Languages that say nothing."""


def check(page: LintPage) -> Iterator[Found]:
    """Fences in other shells' languages, and in none whose first line is a command at a prompt."""
    for fence in other_fences(page.source):
        if fence.language in OTHER_SHELLS:
            message = f"blocks in `{fence.language}` are not run: nobody checks this one"
            yield Found(span=fence.span, message=message, hint="write `console` or `bash`")
        elif fence.language in NO_LANGUAGE and _is_transcript(fence.lines):
            shown, hint = _shown(fence)
            yield Found(
                span=fence.span,
                message=f"this looks like a transcript, and as {shown} it is not run",
                hint=hint,
            )


def _shown(fence: OtherFence) -> tuple[str, str]:
    """What a transcript is written as, and what mends it."""
    if fence.is_indented:
        return "an indented block", "put it between lines ```console and ```"
    shown = f"`{fence.language}`" if fence.language else "a fence without a language"
    return shown, "write `console` after the fence"


def _is_transcript(lines: tuple[str, ...]) -> bool:
    first = next((line for line in lines if line.strip()), "")
    found = PROMPT.match(first)
    return found is not None and found["prompt"] not in {"#", "%"} and found.end() < len(first)
