"""File edits in scripts: what a `{file}` block does, as commands that every cluster has."""

from __future__ import annotations

import base64
import re
import shlex
from typing import TYPE_CHECKING, Final, assert_never

from docwalk.document import FileMode
from docwalk.script.captures import UnscriptedError, variable_of

if TYPE_CHECKING:
    from docwalk.plan import EditFile

__all__ = ["UnscriptedError", "file_code"]

_MARK: Final = "END_OF_FILE"
_MOST_BYTES: Final = 200_000


def file_code(action: EditFile) -> str:
    """What makes, extends, changes or checks a file, final newline included.

    Raises:
        UnscriptedError: the file is too large to be part of a script.
    """
    path = _path(action)
    text, is_encoded = _text(action)
    given = f"{_heredoc(action, text)}"
    match action.mode:
        case FileMode.CREATE | FileMode.APPEND:
            arrow = ">>" if action.mode is FileMode.APPEND else ">"
            reader = "base64 -d" if is_encoded else "cat"
            code = f"{_folder(action)}{reader} {arrow}{path} {given}"
        case FileMode.CHECK:
            code = f"diff - {path} {given}"
        case FileMode.PATCH:
            code = f"patch --quiet --no-backup-if-mismatch {path} {given}"
        case _:
            assert_never(action.mode)
    if action.permissions is not None:
        code += f"chmod {action.permissions:o} {path}\n"
    return code


def _text(action: EditFile) -> tuple[str, bool]:
    """What the heredoc holds, and whether it is encoded."""
    if action.source is None:
        if action.mode is FileMode.PATCH and not action.content.startswith("--- "):
            return "--- a\n+++ b\n" + action.content[action.content.find("@@") :], False
        return action.content, False
    data = action.source.data
    if len(data) > _MOST_BYTES:
        raise UnscriptedError(f"needs the file `{action.source.name}`, which is too large for a script")
    return base64.encodebytes(data).decode(), True


def _heredoc(action: EditFile, text: str) -> str:
    mark = _MARK
    while mark in text.split("\n"):
        mark += "_"
    if not action.captured_names:
        return f"<<'{mark}'\n{text}{mark}\n"
    text = re.sub(r"([\\$`])", r"\\\1", text)
    return f"<<{mark}\n{_with_references(action, text)}{mark}\n"


def _with_references(action: EditFile, text: str) -> str:
    for name in action.captured_names:
        text = text.replace(f"[[{name}]]", f"${{{variable_of(name)}}}")
    return text


def _path(action: EditFile) -> str:
    """The path as a word of the shell."""
    path = action.path
    home, rest = ("~/", path[2:]) if path.startswith("~/") else ("", path)
    if action.captured_names and "[[" in rest:
        quoted = re.sub(r'([\\$`"])', r"\\\1", rest)
        return f'{home}"{_with_references(action, quoted)}"'
    return home + shlex.quote(rest)


def _folder(action: EditFile) -> str:
    """What makes the folder of a file in the home; elsewhere nobody would make it either."""
    if not action.path.startswith("~/") or "/" not in action.path[2:]:
        return ""
    folder = action.path[2:].rpartition("/")[0]
    if "[[" in folder:
        raise UnscriptedError("has a captured value in the name of a folder")
    return f"mkdir -p ~/{shlex.quote(folder)}\n"
