"""Sessions that are busy: what a page may not type while a command of its session goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docwalk.errors import ErrorCode
from docwalk.steps import TypeCommand

if TYPE_CHECKING:
    from collections.abc import Iterable

    from docwalk.source import Problems
    from docwalk.steps import Step


def check_busy(steps: Iterable[Step], problems: Problems) -> None:
    """Note every step that types into a busy session, and every one that stops what does not run.

    Args:
        steps: of one walk, in order.
        problems: where to note it.
    """
    busy: dict[tuple[str, str | None, str | None], Step] = {}
    for step in steps:
        if not isinstance(step.action, TypeCommand):
            continue
        session = (step.session, step.shell, step.user)
        running = busy.get(session)
        if step.action.stop_keys and running is None:
            problems.add(
                ErrorCode.BUSY_SESSION,
                f"there is nothing to stop: no command goes on in session `{step.session}`",
                step.span,
                hint="start it in an earlier block with `background`, and name that block's `session` here",
            )
        elif not step.action.stop_keys and running is not None:
            problems.add(
                ErrorCode.BUSY_SESSION,
                f"session `{step.session}` is busy with the command at line {running.line}",
                step.span,
                hint="stop it first, in a block with `stop`, or type this in another `session`",
            )
        if step.action.stop_keys:
            busy.pop(session, None)
        elif step.action.ready_text is not None and running is None:
            busy[session] = step
