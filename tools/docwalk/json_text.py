"""JSON with places: text to values that know where they stand, for located errors, diffs and edits.

Input: a text of none, one or several values (as programs print one a line); output: frozen values, or a
`JsonError`. Numbers stay as they are written; a key that occurs twice is an error.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

_TOKEN: Final = re.compile(
    r"""
    (?P<blank> [ \t\r\n]+ )
  | (?P<string> "(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*" )
  | (?P<number> -?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,4})?(?![0-9A-Za-z_.]) )
  | (?P<word> (?:true|false|null)(?![0-9A-Za-z_]) )
  | (?P<sign> [][{}:,] )
    """,
    re.VERBOSE,
)
_DEEPEST: Final = 100  # levels of nesting
STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
"""A string within one line, for those who look for placeholders in it."""


class JsonError(ValueError):
    """A text that is no JSON."""

    def __init__(self, message: str, offset: int) -> None:
        """Keep where it is wrong."""
        self.message = message
        self.offset = offset
        super().__init__(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonScalar:
    """A string, a number, true, false or null."""

    start: int
    """Offset of its first character."""
    end: int
    """Offset after its last character."""
    written: str
    """As it stands there: quotes and escapes included."""

    @property
    def text(self) -> str | None:
        """Content of a string; None of other values."""
        return str(json.loads(self.written)) if self.written.startswith('"') else None

    @property
    def number(self) -> Decimal | None:
        """Value of a number; None of other values."""
        return Decimal(self.written) if self.written[0] in "-0123456789" else None


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonArray:
    """An array."""

    start: int
    """Offset of its bracket."""
    end: int
    """Offset after its closing bracket."""
    items: tuple[JsonValue, ...]
    """Its elements."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonMember:
    """A key with its value."""

    start: int
    """Offset of the key."""
    key: str
    """The key."""
    value: JsonValue
    """Its value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonObject:
    """An object."""

    start: int
    """Offset of its brace."""
    end: int
    """Offset after its closing brace."""
    members: tuple[JsonMember, ...]
    """Its members, keys unique."""


JsonValue = JsonScalar | JsonArray | JsonObject


def parse_json(text: str) -> tuple[JsonValue, ...]:
    """The values of a text, in order; none of a blank one.

    Raises:
        JsonError: it is no JSON.
    """
    reader = _Reader(text)
    values: list[JsonValue] = []
    while reader.token is not None:
        values.append(reader.value(0))
    return tuple(values)


class _Reader:
    """Reads values, one token ahead."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self.token: re.Match[str] | None = None
        self._advance()

    def value(self, depth: int) -> JsonValue:
        """The value that begins here."""
        token = self._expect("a value")
        if depth > _DEEPEST:
            raise JsonError("it is nested too deeply", token.start())
        match token[0]:
            case "[":
                return self._array(depth)
            case "{":
                return self._object(depth)
            case "]" | "}" | ":" | ",":
                raise JsonError(f"a value was expected, found `{token[0]}`", token.start())
            case written:
                self._advance()
                return JsonScalar(start=token.start(), end=token.end(), written=written)

    def _array(self, depth: int) -> JsonArray:
        start = self._take("[").start()
        items: list[JsonValue] = []
        while not self._is("]"):
            if items:
                self._take(",")
            items.append(self.value(depth + 1))
        return JsonArray(start=start, end=self._take("]").end(), items=tuple(items))

    def _object(self, depth: int) -> JsonObject:
        start = self._take("{").start()
        members: dict[str, JsonMember] = {}
        while not self._is("}"):
            if members:
                self._take(",")
            token = self._expect("a key")
            if token.lastgroup != "string":
                raise JsonError(f"a key was expected, found `{token[0]}`", token.start())
            key = str(json.loads(token[0]))
            if key in members:
                raise JsonError(f"the key `{key}` occurs twice", token.start())
            self._advance()
            self._take(":")
            members[key] = JsonMember(start=token.start(), key=key, value=self.value(depth + 1))
        return JsonObject(start=start, end=self._take("}").end(), members=tuple(members.values()))

    def _is(self, sign: str) -> bool:
        return self.token is not None and self.token[0] == sign

    def _take(self, sign: str) -> re.Match[str]:
        token = self._expect(f"`{sign}`")
        if token[0] != sign:
            raise JsonError(f"`{sign}` was expected, found `{token[0]}`", token.start())
        self._advance()
        return token

    def _expect(self, what: str) -> re.Match[str]:
        if self.token is None:
            raise JsonError(f"{what} was expected, and the text ends", len(self._text.rstrip()))
        return self.token

    def _advance(self) -> None:
        self.token = None
        while self._at < len(self._text):
            token = _TOKEN.match(self._text, self._at)
            if token is None:
                rest = self._text[self._at :].split("\n", 1)[0]
                raise JsonError(f"no JSON begins with `{rest[:40]}`", self._at)
            self._at = token.end()
            if token.lastgroup != "blank":
                self.token = token
                return
