"""What follows an example in a reference: one change that makes it untrue, and what docwalk prints then.

    fails  = { change line } blank line { message line }
    change = ( "-" | "+" | " " ) text     as in a unified diff, without its head

The change is applied to the whole page that the example is, so that both are about the very same text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class ChangeError(ValueError):
    """A change that does not fit its example."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """A changed example, and what is printed about it."""

    change: tuple[str, ...]
    """Lines that begin with `-`, `+` or a blank."""
    message: tuple[str, ...]
    """Lines that docwalk prints."""

    @classmethod
    def parse(cls, lines: Sequence[str]) -> Failing:
        """The body of a `{fails}`: everything up to its first empty line is the change."""
        end = next((index for index, line in enumerate(lines) if not line.strip()), len(lines))
        return cls(change=tuple(lines[:end]), message=tuple(lines[end + 1 :]))

    def __str__(self) -> str:
        """The body again, without a newline at its end."""
        return "\n".join((*self.change, "", *self.message))

    def apply(self, lines: Sequence[str]) -> list[str]:
        """The lines of the example, changed.

        Raises:
            ChangeError: what is to be changed does not occur exactly once, or nothing is.
        """
        before = [line[1:] for line in self.change if line[:1] in {"-", " "}]
        after = [line[1:] for line in self.change if line[:1] in {"+", " "}]
        if before == after or any(line[:1] not in {"-", "+", " "} for line in self.change):
            raise ChangeError(
                "a change is lines that begin with `-`, `+` or a blank, at least one with a sign"
            )
        places = [at for at in range(len(lines)) if list(lines[at : at + len(before)]) == before]
        if not before or len(places) != 1:
            raise ChangeError(f"{before} occurs {len(places)} times in the example")
        return [*lines[: places[0]], *after, *lines[places[0] + len(before) :]]
