"""`docwalk run --shell`: the user's terminal joined to the session in which a walk stopped."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from docwalk.driver.passthrough import LEAVE_KEY_NAME, Parting, pass_through
from docwalk.errors import BackendError
from docwalk.plan import TypeCommand
from docwalk.report.text import failure_lines
from docwalk.results import Outcome

if TYPE_CHECKING:
    from rich.console import Console

    from docwalk.driver.stop import Stop
    from docwalk.plan import Walk
    from docwalk.report.progress import WalkProgress

_ENTER = b"\r"


class LookAround:
    """Called where a walk stops; lets the user in once, where it failed or, of a single walk, at its end."""

    def __init__(self, console: Console, progress: WalkProgress, *, at_end: bool) -> None:
        """Show reports on `console`; `at_end` lets the user in where a walk passed, too."""
        self._console = console
        self._progress = progress
        self._at_end = at_end
        self.walk: Walk | None = None
        """The walk that runs now."""
        self.was_used = False
        """Whether the user was let in."""

    def __call__(self, stop: Stop) -> None:
        """Let the user in, if this is the place."""
        has_failed = stop.result.outcome not in {Outcome.PASSED, Outcome.NOT_RUN}
        if self.walk is None or not (has_failed or self._at_end):
            return
        self.was_used = True
        with self._progress.paused():
            self._enter(self.walk, stop)

    def _enter(self, walk: Walk, stop: Stop) -> None:
        for line in failure_lines(walk, stop.so_far, width_cols=self._console.width):
            self._console.print(line, soft_wrap=True, highlight=False)
        is_live = stop.is_live
        try:
            terminal = stop.terminal()
        except BackendError as error:
            self._say(f"{error}")
            return
        where = f"session `{stop.key.name}` of {walk.name}"
        how = (
            f"as the step at line {stop.step.line} left it"
            if is_live
            else "in a new login: its shell is gone"
        )
        self._say(f"\nYou are in {where}, {how}.")
        following = next((step for step in walk.steps[stop.step.index + 1 :]), None)
        if following is not None and isinstance(following.action, TypeCommand):
            first = following.action.command.split("\n", maxsplit=1)[0]
            self._say(f"The page goes on in line {following.line} with: {first}")
        self._say(
            f"To leave, type `exit` or press {LEAVE_KEY_NAME}; this copy of the cluster is gone then.\n"
        )
        os.write(terminal.fd, _ENTER)  # its prompt was read by us: have it shown once more
        parting = pass_through(terminal)
        stop.leave()
        self._say("\nleft" if parting is Parting.LEFT else "")

    def _say(self, text: str) -> None:
        self._console.print(text, highlight=False, markup=False, soft_wrap=True, style="bold cyan")
