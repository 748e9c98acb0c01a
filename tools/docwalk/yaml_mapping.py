"""YAML mappings whose entries know where they are written: front matter and block options."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import yaml

from docwalk.source import Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docwalk.source import Source


class TextLoader(yaml.SafeLoader):
    """YAML whose scalars are the text that was written, but for `true`, `false` and nothing.

    What a reader types as an answer must not change: YAML 1.1 makes a truth value of `yes`, 1.1 of `1.10`,
    and 750 of `12:30`.
    """

    yaml_implicit_resolvers: Final = {}  # type: ignore[misc]  # the resolvers of SafeLoader are left behind


for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ("~", "n", "N", "")),
    ("merge", r"<<", "<"),
):
    TextLoader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_first)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One key of a mapping, with its value."""

    key: str
    """The key as text."""
    value: object
    """The value as YAML reads it; of a nested mapping a tuple of entries."""
    key_span: Span
    """Where the key is written."""
    value_span: Span
    """Where the value is written; the key where there is none."""


class MappingError(ValueError):
    """Text that is no YAML mapping."""

    def __init__(self, message: str, span: Span) -> None:
        """Keep the place."""
        self.message = message
        self.span = span
        super().__init__(message)


def read_mapping(source: Source, lines: Sequence[Span]) -> tuple[Entry, ...]:
    """Entries of the mapping written on `lines`, in order; none for blank lines.

    Raises:
        MappingError: for anything that is no YAML mapping, and for a key given twice.
    """
    whole = Span(start=lines[0].start, end=lines[0].end) if lines else Span(start=0, end=0)
    text = "\n".join(source.text[line.start : line.end] for line in lines)
    try:
        loader = TextLoader(text)
        node = loader.get_single_node()
        if isinstance(node, yaml.MappingNode):
            return _entries(node, loader, lines)
    except yaml.MarkedYAMLError as error:
        where = whole if error.problem_mark is None else _span(error.problem_mark, None, lines)
        raise MappingError(f"no YAML: {error.problem}", where) from error
    except MappingError:
        raise
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise MappingError(f"no YAML: {str(error).splitlines()[0]}", whole) from error
    if node is None:
        return ()
    raise MappingError("no mapping of `key: value`", whole)


def _entries(node: yaml.MappingNode, loader: yaml.SafeLoader, lines: Sequence[Span]) -> tuple[Entry, ...]:
    loader.flatten_mapping(node)
    entries: list[Entry] = []
    seen: set[str] = set()
    for key_node, value_node in node.value:
        key = str(loader.construct_object(key_node, deep=True))
        key_span = _span(key_node.start_mark, key_node.end_mark, lines)
        if key in seen:
            raise MappingError(f"not clear: `{key}` is given twice", key_span)
        seen.add(key)
        value: object
        if isinstance(value_node, yaml.MappingNode):
            value = _entries(value_node, loader, lines)
        else:
            value = loader.construct_object(value_node, deep=True)
        span = _span(value_node.start_mark, value_node.end_mark, lines)
        entries.append(
            Entry(
                key=key,
                value=value,
                key_span=key_span,
                value_span=span if span.end > span.start else key_span,
            )
        )
    return tuple(entries)


def plain(value: object) -> object:
    """The value with nested entries as a dictionary."""
    if isinstance(value, tuple):
        return {entry.key: plain(entry.value) for entry in value}
    return value


def _span(start: yaml.Mark, end: yaml.Mark | None, lines: Sequence[Span]) -> Span:
    """From `start` to `end` on its first line; marks count from 0 and may lie behind the last line."""
    line = lines[min(start.line, len(lines) - 1)]
    first = min(line.start + start.column, line.end)
    last = line.end if end is None or end.line != start.line else min(line.start + end.column, line.end)
    return Span(start=first, end=max(first, last))
