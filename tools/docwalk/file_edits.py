"""File edits: what a reader does to a file of the cluster, done in an instance.

Input: an `EditFile` and the folder it is relative to; output: its outcome, and the lines found by a check.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from docwalk.document import FileMode
from docwalk.results import Outcome, OutputLine

if TYPE_CHECKING:
    from collections.abc import Callable

    from docwalk.backend import Instance
    from docwalk.plan import EditFile


@dataclass(frozen=True, slots=True, kw_only=True)
class EditResult:
    """What came of one edit."""

    outcome: Outcome = Outcome.PASSED
    """PASSED or MISMATCH."""
    detail: str = ""
    """One sentence for people; empty for PASSED."""
    lines: tuple[OutputLine, ...] = ()
    """What the file holds, where it was checked."""


def edit_file(
    action: EditFile, instance: Instance, *, user: str | None, folder: Callable[[], str | None]
) -> EditResult:
    """Do what `action` says.

    Args:
        action: captures already put in.
        instance: where the file is.
        user: account whose rights count; None is the environment's.
        folder: gives the working folder of the step's session; None before that session is opened.
    """
    path = action.path
    content = action.content.encode()
    try:
        if not path.startswith(("/", "~")) and (base := folder()) is not None:
            path = f"{base}/{path}"
        match action.mode:
            case FileMode.CREATE | FileMode.APPEND:
                instance.write_file(path, content, append=action.mode is FileMode.APPEND, user=user)
                return EditResult()
            case FileMode.CHECK:
                found = instance.read_file(path, user=user)
            case _:
                assert_never(action.mode)
    except OSError as error:
        return _mismatch(f"`{action.path}` cannot be used: {error.strerror}")
    if found is None:
        return _mismatch(f"there is no file `{action.path}`")
    lines = tuple(OutputLine.plain(line) for line in found.decode("utf-8", "replace").splitlines())
    if found != content:
        return _mismatch(f"`{action.path}` holds something else", lines)
    return EditResult(lines=lines)


def _mismatch(detail: str, lines: tuple[OutputLine, ...] = ()) -> EditResult:
    return EditResult(outcome=Outcome.MISMATCH, detail=detail, lines=lines)
