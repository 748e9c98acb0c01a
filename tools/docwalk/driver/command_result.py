"""What came of one typed command: a type only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docwalk.results import Outcome, OutputLine


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResult:
    """What came of one typed command."""

    outcome: Outcome
    """PASSED if it ended as commands do, whatever its status; MISMATCH if answers or keys were left over."""
    detail: str
    """One sentence for people; empty for PASSED."""
    raw: bytes
    """What the terminal showed between the command's start and its end, marks removed."""
    exit_status: int | None
    """Exit status; None where the command did not end, a new shell took over, or nobody can know it."""
    elapsed_s: float
    """Seconds from typing it to its end."""
    lines: tuple[OutputLine, ...] = ()
    """What a reader saw of its output."""
    is_status_known: bool = True
    """False at a declared prompt, where nobody can know the status."""
    secrets: tuple[str, ...] = ()
    """What was typed while the terminal did not show it: passwords."""
