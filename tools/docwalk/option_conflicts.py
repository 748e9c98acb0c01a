"""Options of one block that need each other, or exclude each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from docwalk.errors import ErrorCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docwalk.source import Problems
    from docwalk.yaml_mapping import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """An option that says nothing without one of some others."""

    option: str
    """The option."""
    others: tuple[str, ...]
    """Of which one must be there."""
    message: str
    """What is wrong without."""
    hint: str
    """One thing to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """An option beside which some others say nothing, or something else."""

    option: str
    """The option."""
    others: tuple[str, ...]
    """Of which none may be there."""
    reason: str
    """Why, after `OTHER` and a colon."""


NEEDS: Final = (
    Need(
        option="until",
        others=("keys", "background"),
        message="`until` says when to press keys, and there is no `keys`",
        hint="add `:keys:`, or `:background:` for a command that goes on, or remove `:until:`",
    ),
    Need(
        option="background",
        others=("until",),
        message="`background` does not say when the command is ready",
        hint="add `:until:` and some text that the command shows once it is",
    ),
)
CONFLICTS: Final = (
    Conflict(
        option="background",
        others=("keys", "answers", "exit", "stop", "prompt", "streams"),
        reason="the command goes on after this block",
    ),
    Conflict(
        option="stop",
        others=("keys", "answers", "relogin", "sessions", "users", "prompt", "streams"),
        reason="a block with `stop` types no command",
    ),
    Conflict(
        option="sessions",
        others=("session", "users", "user", "prompt"),
        reason="the prompts of a block with `sessions` say where each command is typed",
    ),
    Conflict(
        option="users",
        others=("session", "user", "prompt"),
        reason="the prompts of a block with `users` say who types each command",
    ),
)


MODES: Final = {"source": ("create",), "permissions": ("create", "append", "patch")}
"""Options that go with some modes of a file block only."""


def check_together(entries: Sequence[Entry], problems: Problems, *, mode: str) -> None:
    """Note every option that lacks another one, or stands beside one it must not stand beside.

    Args:
        entries: the options of one block.
        problems: where to note it.
        mode: what the block does, if it is a file block.
    """
    written = {entry.key: entry for entry in entries}
    for need in NEEDS:
        if need.option in written and not any(other in written for other in need.others):
            where = written[need.option].key_span
            problems.add(ErrorCode.BAD_VALUE, need.message, where, hint=need.hint)
    for option, modes in MODES.items():
        if option in written and mode not in modes:
            message = f"`{option}` does not go with `mode: {mode}`"
            hint = f"remove one of them; it goes with {' and '.join(f'`{each}`' for each in modes)}"
            problems.add(ErrorCode.BAD_VALUE, message, written[option].key_span, hint=hint)
    for conflict in CONFLICTS:
        for other in conflict.others:
            if conflict.option in written and other in written:
                problems.add(
                    ErrorCode.BAD_VALUE,
                    f"`{other}`: {conflict.reason}",
                    written[other].key_span,
                    hint=f"remove `:{other}:` or `:{conflict.option}:`",
                )
