"""Reading a TOML table with a known shape: what is wrong becomes located problems, all of them.

Positions are found by searching the text for a key below its table's header, since `tomllib` keeps
none, and definitions have arrays of tables, whose keys are told apart by the number of their header.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

from rapidfuzz import process

from docwalk.errors import ErrorCode
from docwalk.options import OptionError, parse_duration
from docwalk.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from enum import Enum

    from docwalk.errors import SourceProblem
    from docwalk.source import Source

    Key = tuple[str | int, ...]
    EnumT = TypeVar("EnumT", bound=Enum)

_CLOSE_ENOUGH = 60
_SIZE = re.compile(r"(\d+) ?(B|KiB|MiB|GiB)?")
_UNITS = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}


class Reader:
    """Collects the problems of one file."""

    def __init__(self, source: Source) -> None:
        """Start without problems."""
        self.source = source
        self.problems: list[SourceProblem] = []

    def at(
        self, key: Key, message: str, *, hint: str | None, code: ErrorCode = ErrorCode.BAD_ENVIRONMENT
    ) -> None:
        """Add a problem, located at `key`: names and, in arrays of tables, indexes from 0."""
        self.problems.append(self.source.problem(code, message, span=self._find(key), hint=hint))

    def _find(self, key: Key) -> Span:
        text = self.source.text
        start, end = 0, len(text)
        names: list[str] = []
        for position, part in enumerate(key[:-1]):
            if not isinstance(part, str):
                continue
            names.append(part)
            index = key[position + 1] if isinstance(key[position + 1], int) else 0
            headers = _headers(names, text, start, end)
            if not headers:
                break
            start, end = _extent(headers, int(index), names, text, end)
        if key and isinstance(key[-1], str):
            own_end = _own_end(text, start, end)
            found = re.compile(rf"(?<![\w.-])[\"']?({re.escape(key[-1])})[\"']?(?=\s*=|\s*\]|\.)").search(
                text, start, end if start == 0 else own_end
            )
            if found:
                return Span(start=found.start(1), end=found.end(1))
        line = self.source.position(max(0, start - 1)).line
        return self.source.line_span(line)


def _headers(names: list[str], text: str, start: int, end: int) -> list[re.Match[str]]:
    """The headers `[a.b]` or `[[a.b]]` of a table between two offsets."""
    dotted = re.escape(".".join(names))
    return list(re.compile(rf"^[ \t]*\[\[?\s*{dotted}\s*\]\]?", re.MULTILINE).finditer(text, start, end))


def _extent(
    headers: list[re.Match[str]], index: int, names: list[str], text: str, end: int
) -> tuple[int, int]:
    """Where the table below the header of that index begins and ends, its subtables included."""
    start = headers[min(index, len(headers) - 1)].end()
    below = re.escape(".".join(names))
    following = re.compile(rf"^[ \t]*\[(?!\[?\s*{below}\s*\.)", re.MULTILINE).search(text, start, end)
    return start, following.start() if following else end


def _own_end(text: str, start: int, end: int) -> int:
    """Where the keys of the table itself end: at the next header."""
    following = re.compile(r"^[ \t]*\[", re.MULTILINE).search(text, start, end)
    return following.start() if following else end


class Table:
    """One table of the file."""

    def __init__(self, reader: Reader, content: Mapping[str, Any], key: Key) -> None:
        """Keep where it lies."""
        self._reader = reader
        self._content = content
        self._key = key

    def problem(self, name: str, message: str, *, hint: str | None) -> None:
        """Add a problem with the value of `name`."""
        self._reader.at((*self._key, name), message, hint=hint)

    def take(self, problems: Iterable[SourceProblem]) -> None:
        """Add the problems of another file that this one names."""
        self._reader.problems.extend(problems)

    def has(self, name: str) -> bool:
        """Whether the key is there."""
        return name in self._content

    def is_blank(self, name: str) -> bool:
        """Whether the key is there, and holds a string without a visible character."""
        value = self._content.get(name)
        return isinstance(value, str) and not value.strip()

    def allow(self, *names: str) -> None:
        """Every other key is a problem, with the closest name as hint."""
        for name in self._content:
            if name in names:
                continue
            near = process.extractOne(name, names, score_cutoff=_CLOSE_ENOUGH)
            hint = f"did you mean `{near[0]}`?" if near else f"known keys: {', '.join(sorted(names))}"
            self.problem(name, f"unknown key `{name}`", hint=hint)

    def text(self, name: str, *, default: str | None = None, pattern: re.Pattern[str] | None = None) -> str:
        """A string, matching `pattern`; required without a default."""
        value = self._content.get(name, default)
        if value is None:
            self.problem(name, f"`{name}` is missing", hint=f'add `{name} = "…"`')
            return ""
        if not isinstance(value, str) or (pattern is not None and not pattern.fullmatch(value)):
            wanted = f"a string like {pattern.pattern}" if pattern is not None else "a string"
            self.problem(name, f"`{name}` is `{value}`, expected {wanted}", hint=None)
            return ""
        return value

    def texts(self, name: str, *, pattern: re.Pattern[str] | None = None) -> tuple[str, ...]:
        """An array of strings, each matching `pattern`; empty where it is absent."""
        value = self._content.get(name, [])
        if not isinstance(value, list):
            self.problem(
                name, f"`{name}` is `{value}`, expected an array of strings", hint=f'`{name} = ["…"]`'
            )
            return ()
        wrong = [
            item
            for item in value
            if not isinstance(item, str) or (pattern is not None and not pattern.fullmatch(item))
        ]
        for item in wrong:
            self.problem(name, f"`{item}` cannot stand in `{name}`", hint=None)
        return tuple(item for item in value if item not in wrong)

    def word(self, name: str, allowed: Iterable[str], *, default: str) -> str:
        """One of some words."""
        value = self._content.get(name, default)
        if not isinstance(value, str) or value not in allowed:
            words = ", ".join(f'"{each}"' for each in allowed)
            self.problem(name, f"`{name}` is `{value}`, expected one of {words}", hint=None)
            return default
        return value

    def number(self, name: str, *, default: int | None, least: int, most: int | None = None) -> int:
        """A whole number of at least `least`, at most `most`; required without a default."""
        value = self._content.get(name, default)
        fallback = (least if most is None else most) if default is None else default
        if value is None:
            self.problem(name, f"`{name}` is missing", hint=f"add `{name} = {max(least, 1001)}`")
            return fallback
        is_number = isinstance(value, int) and not isinstance(value, bool)
        if not is_number or not least <= value <= (value if most is None else most):
            wanted = f"a whole number from {least}" + ("" if most is None else f" to {most}")
            self.problem(name, f"`{name}` is `{value}`, expected {wanted}", hint=None)
            return fallback
        return int(value)

    def count(self, name: str, *, least: int) -> int | None:
        """A whole number of at least `least`; None where it is absent."""
        return self.number(name, default=None, least=least) if name in self._content else None

    def flag(self, name: str, *, default: bool) -> bool:
        """`true` or `false`."""
        value = self._content.get(name, default)
        if not isinstance(value, bool):
            self.problem(name, f"`{name}` is `{value}`, expected true or false", hint=None)
            return default
        return value

    def duration(self, name: str) -> float | None:
        """Seconds of `90` or `"2m"`; None where it is absent."""
        if name not in self._content:
            return None
        try:
            return parse_duration(self._content[name])
        except OptionError as error:
            self.problem(name, f"`{name}`: {error}", hint=error.hint)
            return None

    def size(self, name: str, *, least: int) -> int | None:
        """Bytes of `"512 MiB"` or of a plain number, at least `least`; None where it is absent."""
        if name not in self._content:
            return None
        value = self._content[name]
        found = _SIZE.fullmatch(str(value)) if isinstance(value, str | int) else None
        if found is None or int(found[1]) == 0:
            self.problem(name, f"`{name}` is `{value}`, expected a size", hint=f'write `{name} = "2 GiB"`')
            return None
        size = int(found[1]) * _UNITS[found[2] or "B"]
        if size < least:
            unit = next(unit for unit in ("MiB", "KiB") if least >= _UNITS[unit])
            text = f"{least // _UNITS[unit]} {unit}"
            self.problem(name, f"`{name}` is `{value}`, too little to work with", hint=f"at least {text}")
            return None
        return size

    def choice(self, name: str, kind: type[EnumT], *, default: EnumT) -> EnumT:
        """One of the values of an enumeration."""
        value = self._content.get(name, default.value)
        for member in kind:
            if member.value == value:
                return member
        values = " or ".join(f'"{member.value}"' for member in kind)
        self.problem(name, f"`{name}` is `{value}`, expected {values}", hint=None)
        return default

    def table(self, name: str, *, is_required: bool = False) -> Table | None:
        """A table inside this one; None where it is absent."""
        value = self._content.get(name)
        if value is None:
            if is_required:
                self.problem(name, f"`[{name}]` is missing", hint=f"add a table `[{name}]`")
            return None
        if not isinstance(value, dict):
            self.problem(name, f"`{name}` is `{value}`, expected a table", hint=f"write `[{name}]`")
            return None
        return Table(self._reader, value, (*self._key, name))

    def tables(self, name: str) -> Iterator[Table]:
        """The tables of an array of tables."""
        value = self._content.get(name, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.problem(name, f"`{name}` is no array of tables", hint=f"write `[[{name}]]`")
            return
        for index, item in enumerate(value):
            yield Table(self._reader, item, (*self._key, name, index))
