"""Code blocks → what they are: commands with the output the page shows, files, or why nobody can tell.

transcript = { text } prompt command { output line } { prompt … }
commands   = a block in a shell's language without any prompt
output     = the block after them, called `output` or `error`, or led in by a line such as "This prints:"
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from docwalk.foreign.reasons import why_not_typed
from docwalk.lint.prompts import PROMPT
from docwalk.markup.directives import SHELL_ALIASES
from docwalk.shell_syntax import is_comment_only, is_complete

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from docwalk.foreign.fences import CodeBlock, TextLine
    from docwalk.source import Span

SHELLS: Final = frozenset({"bash", "sh", "zsh", "shell", "dash", "tcsh", "csh", "fish", "ksh"})
"""Languages of blocks that are commands even without a prompt."""
OWN_SHELLS: Final = {"zsh": "zsh", "tcsh": "tcsh", "csh": "tcsh", "fish": "fish", "dash": "dash"}
"""Languages that name a shell, and which one is opened for them; the others mean the walk's."""
SESSIONS: Final = frozenset(
    {"console", "terminal", "bash-session", "sh-session", "shellsession", "commandline", *SHELL_ALIASES}
)
"""Languages of transcripts."""
UNNAMED: Final = frozenset({"", "text", "txt", "none", "plain", "plaintext", "default", "code", "source"})
"""Languages that say nothing: a prompt has to."""
OUTPUTS: Final = frozenset({"output", "error", "stdout", "stderr", "out", "warning"})
"""Languages of what the commands above print."""
_WINDOWS: Final = frozenset({"powershell", "pwsh", "ps1", "cmd", "batch", "bat", "dosbatch"})
_WINDOWS_PROMPT: Final = re.compile(r"(?:PS(?: [A-Z]:[^>]*)?|[A-Z]:\\[^>]*)>")
_REPL_PROMPT: Final = re.compile(r">>> |In \[\d+\]: |\w+(?:\[\d+\])?> |\(\w+\) (?![\w.+/-]*@|[$%#])")
_LEADS_OUTPUT: Final = re.compile(
    r"\b(?:output|prints?|shows?|displays?|returns?|results?|look(?:s|ing)? like|similar to"
    r"|you (?:should )?(?:get|see))\b.*:$",
    re.IGNORECASE,
)
_ROOT: Final = "only root may type it: its prompt ends in `#`"


@dataclass(slots=True, kw_only=True)
class Typed:
    """One command of a page."""

    text: str
    """The command, lines joined by newlines."""
    line: int
    """Its first line, from 1."""
    span: Span
    """Its first line in the source."""
    output: list[TextLine] = field(default_factory=list)
    """What the page shows below it in its own block."""
    reason: str | None = None
    """Why it is not typed; None types it."""


@dataclass(slots=True, kw_only=True)
class Piece:
    """One block of a page, and what it is."""

    block: CodeBlock
    """The block."""
    commands: list[Typed] = field(default_factory=list)
    """Its commands."""
    output: list[TextLine] = field(default_factory=list)
    """Output in blocks of its own that follow it, of all its commands, or of the last of a transcript."""
    is_transcript: bool = False
    """Whether prompts stand before its commands."""
    file: str = ""
    """For a script with a name: the file that is written."""
    reason: str | None = None
    """Why nothing of it can be tried."""
    shell: str | None = None
    """The shell it is typed in, where its language is another than the walk's; None is the walk's."""
    users: set[str] = field(default_factory=set)
    """Accounts in its prompts."""
    hosts: set[str] = field(default_factory=set)
    """Hosts in its prompts."""


def read_pieces(blocks: Iterable[CodeBlock], *, shell: str) -> tuple[tuple[Piece, ...], tuple[str, ...]]:
    """What can be tried or could have been, in order; and the languages of blocks that are no shell's.

    Args:
        blocks: the page's.
        shell: the shell that reads the commands, for where they end.
    """
    pieces: list[Piece] = []
    others: list[str] = []
    is_open = False
    for block in blocks:
        if block.language in OUTPUTS or (is_open and _is_led_output(block)):
            if is_open:
                pieces[-1].output.extend(block.lines)
            continue
        piece = _piece(block, shell)
        if piece is None:
            others.append(block.language)
            is_open = False
            continue
        pieces.append(piece)
        is_open = bool(piece.commands)
    return tuple(pieces), tuple(others)


def _is_led_output(block: CodeBlock) -> bool:
    return (
        block.language in UNNAMED
        and _LEADS_OUTPUT.search(block.lead) is not None
        and not any(_prompt(line.text) for line in block.lines)
    )


def _piece(block: CodeBlock, shell: str) -> Piece | None:
    """What a block is; None for one that is no shell's."""
    first = next((line.text for line in block.lines if line.text.strip()), "")
    is_ours = block.language in SHELLS or block.language in SESSIONS
    has_prompts = any(_prompt(line.text) for line in block.lines)
    reason = _why_nothing(block, first, is_ours=is_ours, has_prompts=has_prompts)
    if reason is not None:
        return Piece(block=block, reason=reason)
    if (is_ours or block.language in UNNAMED) and first.startswith("#!"):
        return Piece(block=block, file=block.title)
    own = OWN_SHELLS.get(block.language, shell)
    piece: Piece | None = None
    if has_prompts and (is_ours or block.language in UNNAMED):
        piece = _transcript(block, own)
    elif block.language in SHELLS:
        piece = _commands(block, own)
    if piece is not None and own != shell:
        piece.shell = own
    return piece


def _why_nothing(block: CodeBlock, first: str, *, is_ours: bool, has_prompts: bool) -> str | None:
    """Why nothing of a block can be tried, for all that it may be a shell's."""
    may_be = is_ours or block.language in UNNAMED
    reason: str | None = None
    if block.language in _WINDOWS or (may_be and _WINDOWS_PROMPT.match(first)):
        reason = "it is typed in Windows"
    elif may_be and first.startswith("#!"):
        reason = None if block.title else "it is a script (`#!`), and the page does not name its file"
    elif may_be and not has_prompts and _REPL_PROMPT.match(first):
        reason = f"`{first.split(maxsplit=1)[0]}` is the prompt of another program"
    elif block.language in SESSIONS and not has_prompts:
        reason = _ROOT if first.startswith("# ") else "no line of it begins with a prompt"
    return reason


def _prompt(text: str) -> re.Match[str] | None:
    """The prompt a line begins with; a bare `#` is a comment, and `% Words` is one of TeX or MATLAB."""
    found = PROMPT.match(text)
    if found is None or found["prompt"] == "#":
        return None
    if found["prompt"] == "%" and re.match(r"[a-z./~$]", text[found.end() :]) is None:
        return None
    return found


def _is_root(prompt: re.Match[str]) -> bool:
    return prompt["prompt"].endswith("#")


def _commands(block: CodeBlock, shell: str) -> Piece:
    piece = Piece(block=block)
    at = 0
    while at < len(block.lines):
        line = block.lines[at]
        if is_comment_only(line.text):
            at += 1
            continue
        texts, at = _complete([each.text for each in block.lines], at, shell)
        text = "\n".join(texts)
        reason = why_not_typed(text)
        if reason is None and not is_complete(text, shell=shell):
            reason = "it is not complete where its block ends"
        piece.commands.append(Typed(text=text, line=line.number, span=line.span, reason=reason))
    return piece


def _complete(texts: Sequence[str], first: int, shell: str) -> tuple[list[str], int]:
    """Lines of the command that begins at `first`, and the index after it."""
    taken = [texts[first].rstrip()]
    at = first + 1
    while at < len(texts) and not is_complete("\n".join(taken), shell=shell):
        taken.append(texts[at].rstrip())
        at += 1
    return taken, at


def _transcript(block: CodeBlock, shell: str) -> Piece:
    piece = Piece(block=block, is_transcript=True)
    at = 0
    while at < len(block.lines):
        line = block.lines[at]
        prompt = _prompt(line.text)
        if prompt is None:
            if piece.commands:
                piece.commands[-1].output.append(line)
            at += 1
            continue
        piece.users.update(name for name in (prompt["user_1"], prompt["user_2"]) if name)
        piece.hosts.update(name for name in (prompt["host_1"], prompt["host_2"], prompt["host_3"]) if name)
        rest = [line.text[prompt.end() :]]
        for each in block.lines[at + 1 :]:
            if _prompt(each.text):
                break
            rest.append(re.sub(r"^> ?", "", each.text))
        texts, count = _complete(rest, 0, shell)
        if not is_complete("\n".join(texts), shell=shell):
            texts, count = rest[:1], 1  # an apostrophe in output is no open quote of the command
        at += count
        text = "\n".join(texts)
        if not is_comment_only(text):
            reason = _ROOT if _is_root(prompt) else why_not_typed(text)
            if reason is None and not is_complete(text, shell=shell):
                reason = "it is not complete where its output begins"
            piece.commands.append(Typed(text=text, line=line.number, span=line.span, reason=reason))
    if not piece.commands:
        piece.reason = "it holds no command"
    return piece
