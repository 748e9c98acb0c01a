"""Stop: a walk held where it failed, or at its end, with its instance still open for somebody to look around.

Input is a walk's state; output a terminal of the session that stands there. What the somebody does is gone
with the instance, and nothing of it enters the record.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from docwalk.driver.sessions import Session
from docwalk.errors import BackendError

if TYPE_CHECKING:
    from docwalk.backend import Terminal
    from docwalk.driver.sessions import SessionKey, Sessions
    from docwalk.plan import Step
    from docwalk.results import StepResult, WalkResult

_LOGIN_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Where a walk stands."""

    step: Step
    """The step that failed, or the last one."""
    result: StepResult
    """How it ended."""
    so_far: WalkResult
    """The walk's result as it would be, steps to come not run."""
    sessions: Sessions
    """The walk's terminals."""
    key: SessionKey
    """The one in which the step was typed."""

    @property
    def is_live(self) -> bool:
        """Whether that terminal's own shell is still there."""
        session = self.sessions.find(self.key)
        return session is not None and session.shell.is_alive

    def terminal(self) -> Terminal:
        """The terminal of the step's session at its prompt; a new one where its shell is gone.

        Raises:
            BackendError: no shell prompts.
        """
        if not self.is_live:
            self.sessions.hang_up(self.key)
        session = self.sessions.get(self.key, timeout_s=_LOGIN_S)
        if not isinstance(session, Session):
            raise BackendError(f"no shell to look around with: {session.detail}")
        session.shell.let_go()
        return session.terminal

    def leave(self) -> None:
        """Close the terminal: what was typed in it is unknown to the walk, which must not go on in it."""
        self.sessions.hang_up(self.key)
