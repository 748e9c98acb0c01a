"""Commands that destroy more than a page can mean, when they are copied in the wrong place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from docwalk.lint.finding import Found
from docwalk.lint.shell_words import redirects, simple_commands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docwalk.lint.page import LintPage, ShellText
    from docwalk.lint.shell_words import SimpleCommand

_WIDE: Final = re.compile(
    r"(?:/|~|\$\{?HOME\}?|\.|\.\.)?/?\*?|~\w*/?\*?|/(?:home|usr|etc|opt|var|scratch|work)/?\*?"
)
_UNSET: Final = re.compile(r"\$\{?\w+\}?/\*?")
_LOGIN_FILE: Final = re.compile(
    r"(?:~|\$\{?HOME\}?)/\.(?:bashrc|bash_profile|profile|bash_login|zshrc|zprofile|cshrc|tcshrc|login|ssh/\w+)"
)
_SHELLS: Final = frozenset({"sh", "bash", "zsh", "dash", "ksh", "python", "python3"})
_RUNNERS: Final = frozenset({"eval", "source", "."})
_FETCHERS: Final = frozenset({"curl", "wget"})
_FETCHED: Final = re.compile(r"(?:[$<]\(|`)\s*(curl|wget)\b")
_WIPERS: Final = frozenset({"fdisk", "mkfs", "parted", "shred"})


def check(page: LintPage) -> Iterator[Found]:
    """Such commands, each at the word that makes it one."""
    for command in page.shell_texts():
        for call in simple_commands(command.text):
            yield from _call(command, call.unwrapped)
            yield from _fetched(command, call.unwrapped)
            yield from _tee(command, call.unwrapped)
        for redirect in redirects(command.text):
            if redirect.operator in {">", ">|", "&>"} and _LOGIN_FILE.fullmatch(redirect.target.text):
                yield Found(
                    span=command.place(redirect.target.start, redirect.target.end),
                    message=f"`>` replaces the reader's `{redirect.target.text}`, whatever they had in it",
                    hint="append with `>>`, or use `{file}` with `:mode: append`",
                )


def _call(command: ShellText, call: SimpleCommand) -> Iterator[Found]:
    options = "".join(
        word.text.lstrip("-") for word in call.arguments if re.fullmatch(r"-[a-zA-Z]+", word.text)
    )
    operands = [word for word in call.arguments if not word.text.startswith("-")]
    is_recursive = bool({"r", "R"} & set(options)) or any(w.text == "--recursive" for w in call.arguments)
    match call.name:
        case "rm" if is_recursive:
            for word in operands:
                if _WIDE.fullmatch(word.text) or _UNSET.fullmatch(word.text):
                    yield Found(
                        span=command.place(word.start, word.end),
                        message=f"`rm -r {word.text}` deletes everything there, not what this page made",
                        hint="name the folder that the page made",
                    )
        case "chmod" if any(re.fullmatch(r"0?777|a\+rwx|o\+w|ugo\+rwx", word.text) for word in operands):
            yield Found(
                span=command.place(call.words[0].start, call.words[-1].end),
                message="this lets every user of the cluster change the file",
                hint="give rights to a group, or only to read: `chmod g+w`, `chmod o+r`",
            )
        case name if name in _WIPERS or (name or "").startswith("mkfs."):
            yield Found(
                span=command.place(call.words[0].start, call.words[0].end),
                message=f"`{call.name}` destroys data that nothing brings back",
                hint="leave it to administrators",
            )
        case "dd" if any(word.text.startswith("of=/dev/") for word in operands):
            word = next(word for word in operands if word.text.startswith("of=/dev/"))
            yield Found(
                span=command.place(word.start, word.end),
                message=f"`dd {word.text}` overwrites a device",
                hint="write to a file",
            )
        case _:
            pass


def _fetched(command: ShellText, call: SimpleCommand) -> Iterator[Found]:
    """What a program fetches and another runs, unseen."""
    hint = "download it to a file, say what it does, and run the file"
    if call.name in _SHELLS and call.piped_from in _FETCHERS:
        yield Found(
            span=command.place(call.words[0].start, call.words[0].end),
            message=f"`{call.piped_from} … | {call.name}` runs whatever the other side sends",
            hint=hint,
        )
    if call.name not in _SHELLS | _RUNNERS or not call.arguments:
        return
    # What comes later is for the script: `bash job.sh "$(curl …)"`.
    for word in call.arguments[: 2 if call.arguments[0].text.startswith("-") else 1]:
        fetched = _FETCHED.search(word.text)
        if fetched is not None:
            yield Found(
                span=command.place(word.start, word.end),
                message=f"`{call.name}` runs whatever the other side sends to `{fetched[1]}`",
                hint=hint,
            )


def _tee(command: ShellText, call: SimpleCommand) -> Iterator[Found]:
    """`tee` onto a login file, as `>`."""
    if call.name != "tee" or any(word.text in {"-a", "-ai", "-ia", "--append"} for word in call.arguments):
        return
    for word in call.arguments:
        if _LOGIN_FILE.fullmatch(word.text):
            yield Found(
                span=command.place(word.start, word.end),
                message=f"`tee` replaces the reader's `{word.text}`, whatever they had in it",
                hint="append with `tee -a`, or use `{file}` with `:mode: append`",
            )
