"""Where a shell command ends, decided from its text alone; no shell is asked.

bash, zsh, dash and sh are read by tree-sitter's bash grammar, tcsh and fish by small rules of our own
(quotes, heredocs, trailing backslashes, block keywords), which also serve where the grammar does not
know a construct. Input: the lines of a command so far. `run.py` has the shell confirm the answer.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

import tree_sitter
import tree_sitter_bash

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

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
    """Offsets of the `#` that begin comments in a complete command."""
    return tuple(found.start() for found in _scan(text)[0] if found.lastgroup == "comment")


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
    "tcsh": {"foreach": "end", "while": "end", "switch": "endsw", "then": "endif"},
    "fish": dict.fromkeys(("if", "for", "while", "switch", "begin", "function"), "end"),
}
"""Words that open a block where a command may begin, and the word that closes it."""
_LEADING: Final = frozenset({"then", "do", "else", "!", "time", "{", "and", "or", "not"})
"""Words after which a command may begin."""
_UNFINISHED: Final = frozenset({"|", "||", "&&"})
"""Operators that need another command."""


def is_open(text: str, *, shell: str) -> bool:
    """Whether quotes, heredocs, brackets, blocks or a trailing operator leave `text` unfinished.

    The rules are coarse: they know no nesting of quotes in command substitutions.
    """
    tokens, open_quote = _scan(text)
    if open_quote or _ends_in_backslash(text):
        # tcsh reports an unmatched quote at once instead of asking for more
        return not (shell == "tcsh" and open_quote in {"'", '"'})
    words = [token[0] for token in tokens if token.lastgroup != "comment"]
    return bool(_closers(tokens, shell)) or words[-1:] in [[operator] for operator in _UNFINISHED]


def _closers(tokens: Sequence[re.Match[str]], shell: str) -> list[str]:
    """Words that must still come for the blocks and brackets that are open, the outermost first."""
    keywords = _KEYWORDS.get(shell, _KEYWORDS["bash"])
    closers: list[str] = []
    at_start = True
    for token in tokens:
        word = token[0]
        if word == "(" and shell != "fish":
            closers.append(")")
        elif closers[-1:] == [word] and (at_start or word == ")"):
            closers.pop()
        elif word in keywords and (at_start or word == "then"):
            closers.append(keywords[word])
        at_start = token.lastgroup == "operator" or word in _LEADING
    return closers


def what_closes(text: str, *, shell: str) -> Callable[[str], bool] | None:
    """What a line must be to end the heredoc, quote or block that `text` leaves open; None for any line.

    As coarse as `is_open`, and cheap for each line: for passing over what lies between.
    """
    tokens, left_open = _scan(text)
    if left_open == "<<":
        words = {found["end"].strip("'\"").lstrip("\\") for found in _HEREDOC.finditer(text)}
        return lambda line: line.strip() in words
    if left_open in {"'", '"', "`"}:
        return lambda line: left_open in line
    closers = _closers(tokens, shell)
    return (lambda line: closers[0] in line) if closers and not left_open else None


_TOKEN = re.compile(
    r"""
    (?P<blank> [ \t]+ | \\\n )
  | (?P<comment> (?<![^\s;|&()]) \# [^\n]* )
  | (?P<heredoc> <<-? [ \t]* (?P<end> '[^'\n]*' | "[^"\n]*" | \\? [^\s;|&()<>'"]+ ) )
  | (?P<operator> \|\| | && | ;; | [\n;|&()] )
  | (?P<redirect> <<< | >> | [<>] )
  | (?P<word> (?: \\. | \$'(?:\\.|[^'\\])*' | '[^']*' | "(?:\\.|[^"\\])*" | `(?:\\.|[^`\\])*`
                | [^\s;|&()<>'"`\\] )+ )
  | (?P<open> ['"`\\] )
    """,
    re.VERBOSE | re.DOTALL,
)


_HEREDOC = re.compile(r"""<<-?[ \t]*(?P<end>'[^'\n]*'|"[^"\n]*"|\\?[^\s;|&()<>'"]+)""")


def _scan(text: str) -> tuple[list[re.Match[str]], str]:
    """Words, operators and comments, heredoc bodies skipped; and what is open: a quote, `<<` or nothing."""
    tokens: list[re.Match[str]] = []
    heredocs: list[re.Match[str]] = []
    at = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None or token.lastgroup == "open":
            return tokens, text[at]
        at = token.end()
        if token["heredoc"] is not None:
            heredocs.append(token)
        elif token.lastgroup != "blank":
            tokens.append(token)
        while token[0] == "\n" and heredocs:
            heredoc = heredocs.pop(0)
            tabs = r"\t*" if heredoc[0].startswith("<<-") else ""
            word = re.escape(heredoc["end"].strip("'\"").lstrip("\\"))
            end = re.compile(rf"^{tabs}{word}$\n?", re.MULTILINE).search(text, at)
            if end is None:
                return tokens, "<<"
            at = end.end()
    return tokens, "<<" if heredocs else ""


def _ends_in_backslash(text: str) -> bool:
    """Whether the last character escapes the newline to come; in a comment it does not."""
    is_escape = (len(text) - len(text.rstrip("\\"))) % 2 == 1
    tokens, _ = _scan(text)
    return is_escape and not (tokens and tokens[-1].lastgroup == "comment" and tokens[-1].end() == len(text))
