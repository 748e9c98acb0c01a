"""Where a shell command ends, decided from its text alone; no shell is asked.

bash, zsh, dash and sh are read by tree-sitter's bash grammar, tcsh and fish by small rules of our own
(quotes, heredocs, trailing backslashes, block keywords), which also serve where the grammar does not
know a construct. Input: the lines of a command so far. `run.py` has the shell confirm the answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

import tree_sitter
import tree_sitter_bash

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

GRAMMAR_SHELLS: Final = frozenset({"bash", "zsh", "dash", "sh"})
"""Shells whose commands the bash grammar reads."""
NO_COMMENT_SHELLS: Final = frozenset({"zsh", "tcsh"})
"""Shells without comments when they are interactive: `# x` is an unknown command there."""


@cache
def _parser() -> tree_sitter.Parser:
    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language()))


def is_complete(text: str, *, shell: str) -> bool:
    """Whether a shell would run `text` now, instead of asking for another line."""
    if shell not in GRAMMAR_SHELLS:
        return not is_open(text, shell=shell)
    if _ends_in_backslash(text):
        return False
    tree = _parser().parse(text.encode())
    return not tree.root_node.has_error


def find_comments(text: str) -> tuple[int, ...]:
    """Offsets of `#` characters that begin comments in a complete command."""
    return tuple(token.start for token in _tokens(text) if token.kind == "comment")


def is_comment_only(text: str) -> bool:
    """Whether every line is blank or a comment."""
    return all(not line.strip() or line.lstrip().startswith("#") for line in text.split("\n"))


_KEYWORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "bash": {
        "if": "fi",
        "for": "done",
        "while": "done",
        "until": "done",
        "select": "done",
        "case": "esac",
        "{": "}",
    },
    "tcsh": {"foreach": "end", "while": "end", "switch": "endsw"},
    "fish": dict.fromkeys(("if", "for", "while", "switch", "begin", "function"), "end"),
}
"""Words that open a block where a command may begin, and the word that closes it."""


def is_open(text: str, *, shell: str) -> bool:
    """Whether quotes, heredocs, brackets, blocks or a trailing operator leave `text` unfinished.

    The rules are coarse: they know no nesting of quotes in command substitutions.
    """
    if _ends_in_backslash(text):
        return True
    closers: list[str] = []
    keywords = _KEYWORDS.get(shell, _KEYWORDS["bash"])
    at_start = True
    last = None
    for token in _tokens(text):
        if token.kind == "open":
            # tcsh reports an unmatched quote at once instead of asking for more
            return not (shell == "tcsh" and token.text in {"'", '"'})
        if token.kind in {"comment"}:
            continue
        last = token
        if token.kind == "operator":
            at_start = True
            if token.text == "(" and shell != "fish":
                closers.append(")")
            elif token.text == ")" and closers[-1:] == [")"]:
                closers.pop()
            continue
        if at_start and closers[-1:] == [token.text]:
            closers.pop()
        elif at_start and token.text in keywords:
            closers.append(keywords[token.text])
        elif shell == "tcsh" and token.text == "then":
            closers.append("endif")
        at_start = token.text in {"then", "do", "else", "!", "time", "{", "and", "or", "not"}
    return bool(closers) or (last is not None and last.kind == "operator" and last.text in {"|", "||", "&&"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Token:
    kind: str
    """`word`, `operator`, `comment`, or `open`: something unclosed up to the end of the text."""
    text: str
    """The token; of an open one what opened it."""
    start: int
    """Offset in the text."""


_WORD_STOP: Final = frozenset(" \t\n;|&()<>")
_HEREDOC = re.compile(r"<<-?\s*(?P<word>'[^'\n]*'|\"[^\"\n]*\"|\\?[^\s;|&()<>'\"]+)")


def _tokens(text: str) -> Iterator[_Token]:
    """Words, operators and comments, quotes and heredoc bodies skipped over."""
    at = 0
    pending: list[tuple[str, bool]] = []
    while at < len(text):
        char = text[at]
        heredoc = (
            _HEREDOC.match(text, at) if text.startswith("<<", at) and not text.startswith("<<<", at) else None
        )
        if heredoc is not None:
            pending.append((heredoc["word"].strip("'\"").lstrip("\\"), text.startswith("<<-", at)))
            at = heredoc.end()
        elif char == "\n":
            yield _Token(kind="operator", text="\n", start=at)
            at += 1
            while pending:
                end = _heredoc_end(text, at, *pending.pop(0))
                if end is None:
                    yield _Token(kind="open", text="<<", start=at)
                    return
                at = end
        elif char in " \t":
            at += 1
        elif char == "#":
            end = text.find("\n", at)
            end = len(text) if end < 0 else end
            yield _Token(kind="comment", text=text[at:end], start=at)
            at = end
        elif char in ";|&()<>":
            operator = text[at : at + 2] if text[at : at + 2] in {"||", "&&", ";;", ">>"} else char
            yield _Token(kind="operator" if char not in "<>" else "word", text=operator, start=at)
            at += len(operator)
        else:
            end, quote = _word_end(text, at)
            if end is None:
                yield _Token(kind="open", text=quote, start=at)
                return
            yield _Token(kind="word", text=text[at:end], start=at)
            at = end
    if pending:
        yield _Token(kind="open", text="<<", start=at)


def _word_end(text: str, start: int) -> tuple[int | None, str]:
    """Offset after the word at `start`, or None and the quote that stays open."""
    at = start
    while at < len(text) and text[at] not in _WORD_STOP:
        if text[at] == "\\":
            at += 2
        elif text[at] in "'\"`":
            quote = text[at]
            at += 1
            while at < len(text) and text[at] != quote:
                at += 2 if text[at] == "\\" and quote != "'" else 1
            if at >= len(text):
                return None, quote
            at += 1
        else:
            at += 1
    return min(at, len(text)), ""


def _heredoc_end(text: str, start: int, word: str, strips_tabs: bool) -> int | None:  # noqa: FBT001  # private
    """Offset of the line after a heredoc's last, or None while it is open."""
    at = start
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        line = text[at:end]
        if (line.lstrip("\t") if strips_tabs else line) == word:
            return min(end + 1, len(text))
        at = end + 1
    return None


def _ends_in_backslash(text: str) -> bool:
    """Whether the last character is a backslash that escapes the newline to come.

    Inside single quotes it does not, but an open quote is incomplete anyway; in a comment it never does.
    """
    if (len(text) - len(text.rstrip("\\"))) % 2 == 0:
        return False
    return not any(
        token.kind == "comment" and token.start + len(token.text) == len(text) for token in _tokens(text)
    )
