"""Commands that need rights no user of a cluster has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from docwalk.lint.finding import Found
from docwalk.lint.shell_words import simple_commands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docwalk.lint.page import LintPage

PROGRAMS: Final = frozenset({"sudo", "doas", "pkexec", "apt", "apt-get", "yum", "dnf", "zypper"})
"""Programs that want an administrator's password."""


def check(page: LintPage) -> Iterator[Found]:
    """Calls of such programs, unless the page shows that they fail."""
    for command in page.shell_texts():
        if command.is_failing:
            continue
        for call in simple_commands(command.text):
            if call.name in PROGRAMS:
                yield Found(
                    span=command.place(call.words[0].start, call.words[0].end),
                    message=f"`{call.name}` needs an administrator: users of a cluster cannot follow",
                    hint="show a way without it, or ignore this rule on pages for administrators",
                )
