"""Commands as their words, for rules about what is called with what; and what is quoted.

Read by tree-sitter's bash grammar; other shells' lines are read by it as well as they can be, for the words
of simple commands look alike in all of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Final

import tree_sitter
import tree_sitter_bash

if TYPE_CHECKING:
    from collections.abc import Iterator

_QUOTE: Final = re.compile(r"(?<!\\)['\"]")
_QUOTED: Final = frozenset({"string", "raw_string", "ansi_c_string", "heredoc_body", "comment"})
_WRAPPERS: Final = frozenset({"sudo", "doas", "env", "nohup", "time", "exec", "command", "nice", "srun"})
_WORDS: Final = frozenset(
    {
        "word",
        "string",
        "raw_string",
        "ansi_c_string",
        "concatenation",
        "number",
        "simple_expansion",
        "expansion",
    }
    | {"command_substitution", "process_substitution", "brace_expression"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One word of a command."""

    text: str
    """As written, quotes removed."""
    start: int
    """Offset of its first character in the command, from 0."""
    end: int
    """Offset after its last character."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimpleCommand:
    """One program with its arguments."""

    words: tuple[Word, ...]
    """Its name and arguments; at least the name."""
    piped_from: str
    """Name of the program whose output it reads, empty where there is none."""
    is_piped: bool
    """Whether another program reads its output."""

    @property
    def name(self) -> str:
        """The program, without its folder."""
        return self.words[0].text.rpartition("/")[2]

    @property
    def unwrapped(self) -> SimpleCommand:
        """The program that `sudo`, `env`, `nohup` and the like start; itself where it is none of them."""
        rest = [word for word in self.words[1:] if not word.text.startswith("-") and "=" not in word.text]
        if self.name not in _WRAPPERS or not rest:
            return self
        at = self.words.index(rest[0])
        return replace(self, words=self.words[at:]).unwrapped

    @property
    def arguments(self) -> tuple[Word, ...]:
        """The words after the name."""
        return self.words[1:]


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """Output that goes to a file."""

    operator: str
    """`>`, `>>`, …"""
    target: Word
    """The file."""


@cache
def _parser() -> tree_sitter.Parser:
    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language()))


@cache
def _tree(text: str) -> tree_sitter.Tree:
    return _parser().parse(text.encode())


def simple_commands(text: str) -> Iterator[SimpleCommand]:
    """Every program that a command calls, those in substitutions and loops too, in order of writing."""
    for node in _nodes(text):
        if node.type == "command":
            words = tuple(_word(child, text) for child in node.children if _is_word(child))
            if words:
                yield SimpleCommand(words=words, piped_from=_piped_from(node, text), is_piped=_is_piped(node))


def redirects(text: str) -> Iterator[Redirect]:
    """Every file that output is sent to."""
    for node in _nodes(text):
        if node.type == "file_redirect":
            target = node.children[-1]
            operator = next((child.type for child in node.children if ">" in child.type), "")
            if operator and _is_word(target):
                yield Redirect(operator=operator, target=_word(target, text))


def is_quoted(text: str, offset: int) -> bool:
    """Whether the character at `offset` lies in quotes, a heredoc or a comment."""
    at = len(text[:offset].encode())
    return any(node.type in _QUOTED and node.start_byte <= at < node.end_byte for node in _nodes(text))


def _is_word(node: tree_sitter.Node) -> bool:
    return node.type in _WORDS or node.type == "command_name"


def _is_piped(node: tree_sitter.Node) -> bool:
    parent = node.parent
    return parent is not None and parent.type == "pipeline" and node.end_byte < parent.end_byte


def _piped_from(node: tree_sitter.Node, text: str) -> str:
    parent = node.parent
    if parent is None or parent.type != "pipeline":
        return ""
    before: tree_sitter.Node | None = None
    for child in parent.children:
        if child.start_byte == node.start_byte:
            break
        before = child if child.type != "|" else before
    while before is not None and before.type == "redirected_statement":
        before = before.children[0]
    if before is None or before.type != "command":
        return ""
    first = next((_word(child, text) for child in before.children if _is_word(child)), None)
    return "" if first is None else first.text.rpartition("/")[2]


def _word(node: tree_sitter.Node, text: str) -> Word:
    data = text.encode()
    start, end = (len(data[:at].decode(errors="ignore")) for at in (node.start_byte, node.end_byte))
    return Word(text=_QUOTE.sub("", text[start:end]), start=start, end=end)


def _nodes(text: str) -> Iterator[tree_sitter.Node]:
    waiting = [_tree(text).root_node]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(node.children))
