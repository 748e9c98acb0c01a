"""Expected JSON rewritten from printed JSON: what still holds stays as it is written, the rest is new.

A value that differs is replaced where it stands. Only where keys went away or the number of elements
changed is the object or array around it laid out anew. Input: two texts; output: the new text, or None where
nothing can be said because the output is no JSON.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from docwalk.expectation import ELISION, QUOTE
from docwalk.json_text import JsonArray, JsonError, JsonObject, JsonScalar, parse_json
from docwalk.matching.match_json import Comparer, is_more
from docwalk.placeholder import PLACEHOLDER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docwalk.json_text import JsonValue
    from docwalk.matching.rewriting import Rewriter

_INDENT = "  "


def rewritten_json(
    expected: str, comparer: Comparer, rewriter: Rewriter, known: dict[str, str]
) -> str | None:
    """The expected text, changed where it does not fit; None where the output is no JSON.

    Args:
        expected: as it is written, placeholders included; empty where no output was expected.
        comparer: of the two texts; its `expected` has site values put in.
        rewriter: of the block.
        known: captures of earlier steps; what still fits is added.
    """
    try:
        wanted, found = parse_json(expected), parse_json(comparer.printed)
    except JsonError:
        return None
    merger = _Merger(expected=expected, comparer=comparer, rewriter=rewriter, known=known)
    if len(wanted) == len(found):
        return merger.spliced(0, len(expected), [*zip(wanted, found, strict=True)])
    texts = [merger.merged(one, other) for one, other in zip(wanted, found, strict=False)]
    return "\n".join([*texts, *(merger.laid_out(value, "") for value in found[len(wanted) :])])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Merger:
    """Merges two texts."""

    expected: str
    comparer: Comparer
    rewriter: Rewriter
    known: dict[str, str]

    def merged(self, wanted: JsonValue, found: JsonValue) -> str:
        """The text of an expected value, changed where it does not fit."""
        trial = dict(self.known)
        if not self.comparer.value(wanted, found, "", trial):
            self.known.update(trial)
            return self.expected[wanted.start : wanted.end]
        indent = self._indent_of(wanted)
        match wanted, found:
            case JsonObject(), JsonObject():
                return self._object(wanted, found, indent)
            case JsonArray(), JsonArray():
                return self._array(wanted, found, indent)
            case JsonScalar(), JsonScalar() if wanted.text is not None and found.text is not None:
                return json.dumps(
                    self.rewriter.rewritten(wanted.text, found.text, self.known), ensure_ascii=False
                )
            case JsonScalar(), JsonScalar() if wanted.text is not None and PLACEHOLDER.search(wanted.text):
                text = self.rewriter.rewritten(wanted.text, found.written, self.known)
                is_kept = PLACEHOLDER.fullmatch(text) is not None
                return json.dumps(text, ensure_ascii=False) if is_kept else found.written
            case _:
                return self.laid_out(found, indent)

    def spliced(self, start: int, end: int, pairs: Sequence[tuple[JsonValue, JsonValue]]) -> str:
        """The expected text between two offsets, with the values in it merged."""
        pieces: list[str] = []
        for wanted, found in pairs:
            pieces += [self.expected[start : wanted.start], self.merged(wanted, found)]
            start = wanted.end
        return "".join([*pieces, self.expected[start:end]])

    def laid_out(self, value: JsonValue, indent: str) -> str:
        """A printed value as a page says it, one element a line."""
        inner = indent + _INDENT
        match value:
            case JsonScalar(text=None):
                return value.written
            case JsonScalar():
                text = value.text or ""
                is_special = PLACEHOLDER.search(text) is not None or text.startswith(QUOTE) or text == ELISION
                return json.dumps(QUOTE + text, ensure_ascii=False) if is_special else value.written
            case JsonArray():
                return _lines("[", [self.laid_out(each, inner) for each in value.items], "]", indent)
            case JsonObject():
                members = [
                    f"{json.dumps(each.key, ensure_ascii=False)}: {self.laid_out(each.value, inner)}"
                    for each in value.members
                    if each.key != ELISION
                ]
                return _lines("{", members, "}", indent)
            case _ as unreachable:
                assert_never(unreachable)

    def _object(self, wanted: JsonObject, found: JsonObject, indent: str) -> str:
        printed = {member.key: member.value for member in found.members}
        kept = [member for member in wanted.members if member.key == ELISION or member.key in printed]
        if len(kept) == len(wanted.members):
            pairs = [(each.value, printed[each.key]) for each in kept if each.key != ELISION]
            return self.spliced(wanted.start, wanted.end, pairs)
        members: list[str] = []
        for each in kept:
            value = self.merged(each.value, printed[each.key]) if each.key != ELISION else f'"{ELISION}"'
            members.append(f"{json.dumps(each.key, ensure_ascii=False)}: {value}")
        return _lines("{", members, "}", indent)

    def _array(self, wanted: JsonArray, found: JsonArray, indent: str) -> str:
        gaps = [index for index, value in enumerate(wanted.items) if is_more(value)]
        if not gaps and len(wanted.items) == len(found.items):
            pairs = list(zip(wanted.items, found.items, strict=True))
            return self.spliced(wanted.start, wanted.end, pairs)
        head = wanted.items[: gaps[0]] if gaps else wanted.items
        tail = wanted.items[gaps[-1] + 1 :] if gaps else ()
        limit = len(found.items) - len(tail)
        if gaps and limit >= len(head):
            texts = [self.merged(*pair) for pair in zip(head, found.items, strict=False)]
            texts.append(f'"{ELISION}"')
            texts += self._middle(wanted.items[gaps[0] + 1 : gaps[-1] + 1], found.items[len(head) : limit])
            texts += [self.merged(*pair) for pair in zip(tail, found.items[limit:], strict=True)]
        else:
            texts = [self.merged(*pair) for pair in zip(head, found.items, strict=False)]
            new = found.items[min(len(head), len(found.items)) :]
            texts += [self.laid_out(each, indent + _INDENT) for each in new]
        return _lines("[", texts, "]", indent)

    def _middle(self, wanted: Sequence[JsonValue], found: Sequence[JsonValue]) -> list[str]:
        """Elements between two that stand for more: those that are still printed, in their order."""
        texts: list[str] = []
        at = 0
        group: list[JsonValue] = []
        for each in wanted:
            if not is_more(each):
                group.append(each)
                continue
            place = self.comparer.place(group, found, at, self.known) if group else None
            if place is not None:
                at = place + len(group)
                texts += [self.expected[one.start : one.end] for one in group]
                texts.append(f'"{ELISION}"')
            group = []
        return texts

    def _indent_of(self, value: JsonValue) -> str:
        """Blanks at the start of the line on which an expected value begins."""
        line = self.expected[self.expected.rfind("\n", 0, value.start) + 1 :]
        return line[: len(line) - len(line.lstrip(" "))]


def _lines(opening: str, texts: Sequence[str], closing: str, indent: str) -> str:
    if not texts:
        return opening + closing
    inner = ",\n".join(f"{indent}{_INDENT}{text}" for text in texts)
    return f"{opening}\n{inner}\n{indent}{closing}"
