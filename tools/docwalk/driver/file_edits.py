"""File edits: what a reader does to a file of the cluster, done in an instance.

Input: an `EditFile` and the folder it is relative to; output: its outcome, and the lines found by a check.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from docwalk.document import FileMode
from docwalk.patches import PatchError, apply_patch, read_patch
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
    """What the file holds, where it was checked, or was written with captures put in."""


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
    try:
        if not path.startswith(("/", "~")) and (base := folder()) is not None:
            path = f"{base}/{path}"
        match action.mode:
            case FileMode.CREATE | FileMode.APPEND:
                instance.write_file(
                    path,
                    _content(action),
                    append=action.mode is FileMode.APPEND,
                    user=user,
                    permissions=action.permissions,
                )
                return _shown(action)
            case FileMode.CHECK:
                return _check(action, instance.read_file(path, user=user))
            case FileMode.PATCH:
                return _patch(action, path, instance, user)
            case _:
                assert_never(action.mode)
    except OSError as error:
        return _mismatch(f"`{action.path}` cannot be used: {error.strerror}")


def _lines(text: str) -> tuple[OutputLine, ...]:
    # Split as the page is: at newlines, and nowhere else.
    return tuple(OutputLine.plain(line) for line in text.removesuffix("\n").split("\n")) if text else ()


def _shown(action: EditFile) -> EditResult:
    # What captures made of the text is seen nowhere else.
    return EditResult(lines=_lines(action.content) if action.captured_names else ())


def _content(action: EditFile) -> bytes:
    return action.content.encode() if action.source is None else action.source.data


def _check(action: EditFile, found: bytes | None) -> EditResult:
    if found is None:
        return _mismatch(f"there is no file `{action.path}`")
    lines = _lines(found.decode("utf-8", "replace"))
    content = _content(action)
    if found == content:
        return EditResult(lines=lines)
    if found == content.removesuffix(b"\n"):
        return _mismatch(f"the last line of `{action.path}` has no newline at its end", lines)
    return _mismatch(f"`{action.path}` holds something else", lines)


def _patch(action: EditFile, path: str, instance: Instance, user: str | None) -> EditResult:
    found = instance.read_file(path, user=user)
    if found is None:
        return _mismatch(f"there is no file `{action.path}`")
    try:
        # Bytes that are no UTF-8 stay as they are.
        changed = apply_patch(read_patch(action.content), found.decode("utf-8", "surrogateescape"))
    except PatchError as error:
        return _mismatch(f"`{action.path}`, line {action.source_line + error.line}: {error.message}")
    content = changed.encode("utf-8", "surrogateescape")
    instance.write_file(path, content, append=False, user=user, permissions=action.permissions)
    return _shown(action)


def _mismatch(detail: str, lines: tuple[OutputLine, ...] = ()) -> EditResult:
    return EditResult(outcome=Outcome.MISMATCH, detail=detail, lines=lines)
