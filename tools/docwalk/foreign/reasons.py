"""Why a command of a foreign page is not typed: a word of it is not there, or nobody could go on after it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from docwalk.lint.shell_words import simple_commands

if TYPE_CHECKING:
    from docwalk.lint.shell_words import SimpleCommand

PLACEHOLDER: Final = re.compile(
    r"""
    <[A-Za-z](?:[\w .@/|-]*[\w/])?>                       # <your-username>
    | (?<![$\w])\{[A-Za-z_][\w -]*\}            # {username}
    | (?<![$\w])\[(?:your|my)[\w -]*\]          # [your name]
    | \b(?:YOUR|MY)[_-]\w+
    | \byour[_-]?(?:user|name|account|project|group|login|id|email|jobid|username|file|code)\w*
    | \b[Xx]{3,}\b
    | (?<!\S)(?:\.\.\.|…)(?!\S) | …
    """,
    re.VERBOSE,
)
"""What readers replace, or have to imagine."""
_ANYWHERE: Final = (
    (
        frozenset({"ssh", "scp", "sftp", "mosh", "ssh-copy-id", "sshfs", "telnet", "ftp"}),
        "goes to another machine",
    ),
    (frozenset({"sudo", "su", "doas", "apt", "apt-get", "yum", "dnf"}), "needs an administrator"),
    (
        frozenset({"passwd", "ssh-keygen", "read", "gpg"}),
        "asks questions, and the page does not say what to answer",
    ),
    (frozenset({"exit", "logout"}), "ends the shell"),
    (frozenset({"salloc", "sinteractive"}), "opens a shell on another machine"),
)
"""Programs that are not called at all, and why."""
_SCREENS: Final = frozenset(
    {"vi", "vim", "nvim", "nano", "emacs", "less", "more", "man", "info", "top", "htop", "watch", "tmux"}
    | {"screen", "nvtop", "mc", "ncdu"}
)
"""Programs that take the whole screen, unless another program reads what they print."""
_REPLS: Final = frozenset(
    {"python", "python3", "ipython", "R", "julia", "octave", "matlab", "bc", "sqlite3", "node"}
)
"""Programs that ask for a line of theirs, where they are called without anything to do."""


def why_not_typed(command: str) -> str | None:
    """The reason why a command is not typed, as the rest of `could not be checked:`; None where it is."""
    placeholder = PLACEHOLDER.search(command)
    if placeholder is not None:
        shown = placeholder[0].strip()
        is_gap = shown in {"...", "…"}
        return f"`{shown}` stands for something that is left out" if is_gap else f"`{shown}` is a placeholder"
    reasons = (_why_not_called(call, command) for call in simple_commands(command))
    return next((reason for reason in reasons if reason is not None), None)


def _why_not_called(call: SimpleCommand, command: str) -> str | None:
    name = call.name
    arguments = [word.text for word in call.arguments]
    why = next((reason for names, reason in _ANYWHERE if name in names), None)
    if name == "rsync" and any(re.match(r"[\w.@-]+:", word) for word in arguments):
        why = "goes to another machine"
    elif name == "srun" and "--pty" in arguments:
        why = "opens a shell on another machine"
    elif name in _SCREENS and not call.is_piped:
        why = "takes the whole screen, and the page does not say what to press"
    elif not call.piped_from and name in _REPLS and not arguments and "<" not in command:
        why = "starts a prompt of its own"
    return None if why is None else f"`{name}` {why}"
