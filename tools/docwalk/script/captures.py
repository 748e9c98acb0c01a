"""Captured values in scripts: `[[jobid]]` as a shell variable, filled from what the command printed.

Input: commands and expected lines as the plan has them; output: shell code and patterns for `sed -nE`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import tree_sitter
import tree_sitter_bash

from docwalk.expectation import Capture, LineExpectation, Literal
from docwalk.options import MatchMode
from docwalk.redaction import compile_redactions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from docwalk.plan import TypeCommand


class UnscriptedError(ValueError):
    """What a script cannot do; the message goes on after `line 12 `."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Catch:
    """A value that a script takes from what a command printed."""

    name: str
    """What the page calls it."""
    variable: str
    """The shell variable that gets it."""
    pattern: str
    """A command for `sed -nE` that prints it."""


def variable_of(name: str) -> str:
    """The shell variable of a capture: `PATH`, `path` and `status` mean something to shells.

    >>> variable_of("job-id")
    'my_job_id'
    """
    return "my_" + name.replace("-", "_")


def with_variables(command: str, names: Sequence[str], *, shell: str) -> str:
    """A command with its captures as shell variables, whatever quotes they stand in.

    Args:
        command: as planned, `[[name]]` in it.
        names: the captures it uses.
        shell: for the message.

    Raises:
        UnscriptedError: one stands where no shell puts variables in.
    """
    holes = {name: f"DocwalkHole{at}E" for at, name in enumerate(names)}
    for name, hole in holes.items():
        command = command.replace(f"[[{name}]]", hole)
    pieces: list[str] = []
    end = 0
    encoded = command.encode()
    root = tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language())).parse(encoded).root_node
    for found in re.finditer("|".join(holes.values()) or "(?!)", command):
        name = next(each for each, hole in holes.items() if hole == found[0])
        at = len(command[: found.start()].encode())
        reference = f"${{{variable_of(name)}}}"
        kinds = _kinds_at(root, at)
        if "ansi_c_string" in kinds or _is_in_quoted_heredoc(root, at):
            raise UnscriptedError(f"has `[[{name}]]` where {shell} puts no variable in")
        pieces += [
            command[end : found.start()],
            f"'\"{reference}\"'" if "raw_string" in kinds else reference,
        ]
        end = found.end()
    return "".join((*pieces, command[end:]))


def _kinds_at(root: tree_sitter.Node, at: int) -> set[str]:
    node = root.descendant_for_byte_range(at, at + 1)
    kinds: set[str] = set()
    while node is not None:
        kinds.add(node.type)
        node = node.parent
    return kinds


def _is_in_quoted_heredoc(root: tree_sitter.Node, at: int) -> bool:
    node = root.descendant_for_byte_range(at, at + 1)
    while node is not None and node.type != "heredoc_body":
        node = node.parent
    if node is None or node.parent is None:
        return False
    start = next((each for each in node.parent.children if each.type == "heredoc_start"), None)
    return start is not None and start.text is not None and bool(set(start.text) & set(b"'\"\\"))


def find_catch(
    name: str,
    value: str,
    action: TypeCommand,
    lines: Sequence[str],
    *,
    redactions: Iterable[tuple[str, str]],
) -> Catch | None:
    """How a script finds what a step caught; None where no pattern finds just that in its output.

    Args:
        name: the capture.
        value: what it caught when the walk was recorded.
        action: the step.
        lines: what it printed then.
        redactions: those of the walk.
    """
    if action.match in {MatchMode.REGEX, MatchMode.JSON}:
        return None
    patterns = {each: found.pattern for each, found in compile_redactions(redactions).items()}
    for line in action.expected or ():
        if not isinstance(line, LineExpectation) or not any(
            isinstance(part, Capture) and part.name == name for part in line.parts
        ):
            continue
        found = _pattern(line, name, patterns)
        if found is None or _first(found[1], lines) != value:
            return None
        extended, _, group = found
        command = rf"s/^{extended}$/\{group}/p"
        return Catch(name=name, variable=variable_of(name), pattern=command)
    return None


def _first(pattern: str, lines: Sequence[str]) -> str | None:
    """What the pattern's group `it` finds in the first line that it fits."""
    fits = (re.fullmatch(pattern, line) for line in lines)
    return next((fit["it"] for fit in fits if fit is not None), None)


def _pattern(line: LineExpectation, name: str, kinds: dict[str, str]) -> tuple[str, str, int] | None:
    """A line as an extended regular expression, the same for Python, and the number of the group."""
    extended, python, group = "", "", 0
    for part in line.parts:
        if isinstance(part, Literal):
            extended += re.sub(r"([][.*^$()+?{}|\\/])", r"\\\1", part.text)
            python += re.escape(part.text)
        elif isinstance(part, Capture) and part.name == name and not group:
            kind = _extended(kinds[part.kind])
            if kind is None:
                return None
            group = 1 + extended.replace(r"\(", "").count("(")
            extended += f"({kind})"
            python += f"(?P<it>{kinds[part.kind]})"
        else:
            extended += ".*"
            python += ".*"
    return (extended, python, group) if group <= _MOST_GROUPS else None


_MOST_GROUPS: Final = 9
_TOKEN: Final = re.compile(r"\\.|\[\^?|\]|\(\?:|\(\?|.", re.DOTALL)
_CLASSES: Final = {r"\d": "0-9", r"\s": "[:space:]", r"\w": "[:alnum:]_"}


def _extended(pattern: str) -> str | None:
    """A regular expression of Python's as one of sed's; None where it says what sed cannot."""
    pieces: list[str] = []
    in_brackets = False
    for piece in _TOKEN.findall(pattern):
        if piece == "(?" or (piece.startswith("[") and in_brackets):
            return None
        if piece in _CLASSES:
            pieces.append(_CLASSES[piece] if in_brackets else f"[{_CLASSES[piece]}]")
        elif piece == r"\S" and not in_brackets:
            pieces.append("[^[:space:]]")
        elif piece.startswith("\\") and (piece[1].isalnum() or (in_brackets and piece[1] in "]-^\\")):
            return None
        elif piece.startswith("\\") and in_brackets:
            pieces.append(piece[1])
        elif piece == "(?:":
            pieces.append("(")
        else:
            in_brackets = piece.startswith("[") or (in_brackets and piece != "]")
            pieces.append(r"\/" if piece == "/" and not in_brackets else piece)
    return "".join(pieces)
