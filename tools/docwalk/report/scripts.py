"""What became of a walk's script, as one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docwalk.script.make import NoScript

if TYPE_CHECKING:
    from docwalk.script.outcome import ScriptOutcome


def script_line(found: ScriptOutcome | NoScript) -> str:
    """Whether there is a script, and what was checked when it was run."""
    if isinstance(found, NoScript):
        return f"no script: {found.reason}"
    if not found.passed:
        return f"its script does not pass, and is not published: {found.detail}"
    return f"its script passed: {found.status_count} statuses, {found.output_count} outputs compared"
