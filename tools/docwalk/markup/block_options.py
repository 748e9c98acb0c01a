"""The options written at the head of a directive: `:key: value` lines, or YAML between `---` lines."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import yaml

from docwalk.errors import ErrorCode
from docwalk.markup.directives import count_option_lines
from docwalk.option_conflicts import check_together
from docwalk.options import OPTIONS, OptionError, did_you_mean
from docwalk.source import Problems, Span
from docwalk.yaml_mapping import Entry, MappingError, TextLoader, plain, read_mapping

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from docwalk.errors import SourceProblem
    from docwalk.source import Source

FILE_MODE: Final = "mode"
"""The option that only `{file}` blocks have."""
PRESENTATION: Final = frozenset(
    {
        "caption",
        "class",
        "dedent",
        "emphasize-lines",
        "force",
        "lineno-start",
        "linenos",
        "name",
        "number-lines",
    }
)
"""Options of Sphinx's `{code-block}` and `{code-tab}`, which are about looks and not ours."""

_COLON_OPTION = re.compile(r"\s*:(?P<key>[^:\s]+):(?:\s+(?P<value>.*\S))?\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenOptions:
    """The options of one block."""

    fields: Mapping[str, object] = field(default_factory=dict)
    """Values by field of `BlockOptions`; `until` under its own name."""
    mode: str = "create"
    """What a file block does."""
    written: Mapping[str, object] = field(default_factory=dict)
    """As written, by option, for the block's digest."""
    line_count: int = 0
    """Lines at the head of the body that they take, an empty line after them included."""


def read_block_options(
    source: Source, lines: Sequence[Span], *, directive: str, is_presented: bool
) -> tuple[WrittenOptions, tuple[SourceProblem, ...]]:
    """Options at the head of a directive's body, and every mistake in them.

    Args:
        source: The page.
        lines: Text of each line of the body.
        directive: The directive's name, for messages; `file` has options of its own.
        is_presented: Whether it is a code directive of Sphinx, whose own options are left alone.
    """
    texts = [source.slice(line) for line in lines]
    count = count_option_lines(texts)
    problems = Problems(source)
    entries = _read_entries(lines[:count], texts[:count], problems)
    # MyST drops one empty line between options, or the opening fence, and the body
    skipped = count + 1 if count < len(lines) and not texts[count].strip() else count
    names = [
        name
        for name, option in OPTIONS.items()
        if (option.on_files if directive == "file" else option.on_shells)
    ]
    names += [FILE_MODE] if directive == "file" else []
    fields: dict[str, object] = {}
    written: dict[str, object] = {}
    mode = "create"
    for entry in entries:
        if entry.key in names:
            written[entry.key] = plain(entry.value)
        elif not (is_presented and entry.key in PRESENTATION):
            message = f"`{entry.key}` is no option of `{{{directive}}}`"
            hint = did_you_mean(entry.key, names, otherwise="write one of")
            problems.add(ErrorCode.UNKNOWN_OPTION, message, entry.key_span, hint=hint)
            continue
        try:
            if entry.key == FILE_MODE:
                mode = _parse_mode(entry.value)
            elif entry.key in OPTIONS:
                fields[OPTIONS[entry.key].field] = OPTIONS[entry.key].parse(plain(entry.value))
        except OptionError as error:
            problems.add(error.code, f"{entry.key}: {error.message}", entry.value_span, hint=error.hint)
    check_together(entries, problems, mode=mode)
    if fields.get("setup") and fields.get("teardown"):
        where = next(entry.key_span for entry in entries if entry.key == "teardown")
        problems.add(
            ErrorCode.BAD_VALUE,
            "a block is `setup` or `teardown`, not both",
            where,
            hint="remove one of them",
        )
    return WrittenOptions(fields=fields, mode=mode, written=written, line_count=skipped), tuple(
        problems.found
    )


def _read_entries(lines: Sequence[Span], texts: Sequence[str], problems: Problems) -> tuple[Entry, ...]:
    """Entries of the lines that hold options, `---` lines included; none where they cannot be read."""
    is_block = bool(texts) and texts[0].startswith("---")
    try:
        return (_block_entries if is_block else _colon_entries)(problems.source, lines)
    except MappingError as error:
        hint = "write `:option: value`, one a line, or YAML between two lines `---`"
        problems.add(ErrorCode.BAD_VALUE, f"the options are {error.message}", error.span, hint=hint)
        return ()


def _parse_mode(value: object) -> str:
    modes = ("create", "append", "check", "patch")
    if value not in modes:
        raise OptionError(
            f"`{value}` is nothing a file block does",
            hint=did_you_mean(str(value), modes, otherwise="write one of"),
        )
    return str(value)


def _block_entries(source: Source, lines: Sequence[Span]) -> tuple[Entry, ...]:
    """Entries between two lines `---`.

    Raises:
        MappingError: for text that is no mapping, and for a missing second line.
    """
    if len(lines) == 1 or not source.slice(lines[-1]).startswith("---"):
        raise MappingError("not closed: they begin with `---` and need a second one", lines[0])
    return read_mapping(source, lines[1:-1])


def _colon_entries(source: Source, lines: Sequence[Span]) -> tuple[Entry, ...]:
    """Entries of `:key: value` lines; a value is YAML where it begins with a bracket or a quote, else text.

    Raises:
        MappingError: for a line of another form, or a key given twice.
    """
    entries: list[Entry] = []
    for line in lines:
        text = source.text[line.start : line.end]
        found = _COLON_OPTION.fullmatch(text)
        if found is None:
            raise MappingError(f"not of the form `:option: value`: `{text.strip()}`", line)
        key_span = Span(start=line.start + found.start("key"), end=line.start + found.end("key"))
        if any(entry.key == found["key"] for entry in entries):
            raise MappingError(f"not clear: `{found['key']}` is given twice", key_span)
        value_span = key_span
        value: object = None
        if found["value"] is not None:
            value_span = Span(start=line.start + found.start("value"), end=line.start + found.end("value"))
            value = _colon_value(found["value"], value_span)
        entries.append(Entry(key=found["key"], value=value, key_span=key_span, value_span=value_span))
    return tuple(entries)


def _colon_value(text: str, span: Span) -> object:
    if text[0] not in "[{\"'":
        return text
    try:
        value: object = yaml.load(text, Loader=TextLoader)  # noqa: S506 - it is a SafeLoader
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise MappingError("no YAML here: a bracket or quote is not closed", span) from error
    return value
