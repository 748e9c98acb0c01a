"""Patience: regular expressions that end in bounded time, whatever somebody declared as one.

A backtracking pattern such as `(a+)+b` may take exponential time. All patterns of one comparison share one
allowance; the first that uses it up is named, and none is tried afterwards. Short texts against the built-in
redactions, which cannot run away, are left to `re`.
"""

from __future__ import annotations

import re
import time
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Protocol

from docwalk.redaction import BUILTIN

if TYPE_CHECKING:
    import regex

ALLOWED_S: Final = 1.0
"""Seconds that slow patterns of one comparison may take together."""

_COUNTED_S: Final = 0.001  # quicker calls are the work itself: 100,000 lines are allowed to take their time
_SHORT: Final = 1_000  # characters: up to here the worst built-in redaction takes about a millisecond
_TRUSTED: Final = {pattern: re.compile(pattern) for pattern in BUILTIN.values()}


class Found(Protocol):
    """What a pattern found: the part of both libraries' matches that is used here."""

    def end(self, group: int | str = 0, /) -> int:
        """Offset after it."""
        ...

    def __getitem__(self, name: str, /) -> str:
        """Text of a group."""
        ...


class TooSlowError(Exception):
    """A pattern used up the patience, now or at an earlier line."""

    def __init__(self, pattern: str) -> None:
        """Keep what was tried."""
        self.pattern = pattern
        super().__init__(f"`{pattern}` was given up after {ALLOWED_S:g} s: it can match in too many ways")


class Patience:
    """What is left of the time for the patterns of one comparison."""

    def __init__(self, allowed_s: float = ALLOWED_S) -> None:
        """Allow so many seconds."""
        self._left_s = allowed_s
        self._slow = ""

    def full_match(self, pattern: str, text: str) -> Found | None:
        """What `re.fullmatch` gives.

        Raises:
            TooSlowError: no time is left.
            re.error: it is no regular expression.
        """
        trusted = _TRUSTED.get(pattern)
        if trusted is not None and len(text) <= _SHORT:
            return trusted.fullmatch(text)
        return self._timed(pattern, text, 0, is_full=True)

    def match_at(self, pattern: str, text: str, start: int) -> Found | None:
        """What a compiled pattern's `match` gives from the offset `start`.

        Raises:
            TooSlowError: no time is left.
        """
        return self._timed(pattern, text, start, is_full=False)

    def _timed(self, pattern: str, text: str, start: int, *, is_full: bool) -> Found | None:
        if self._slow:
            raise TooSlowError(self._slow)
        compiled = _compiled(pattern)
        began_s = time.perf_counter()
        try:
            match = compiled.fullmatch if is_full else compiled.match
            found: Found | None = match(text, start, timeout=self._left_s)
        except TimeoutError as error:
            self._slow = pattern
            raise TooSlowError(pattern) from error
        took_s = time.perf_counter() - began_s
        if took_s > _COUNTED_S:
            self._left_s = max(self._left_s - took_s, _COUNTED_S)
        return found


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> regex.Pattern[str]:
    import regex  # noqa: PLC0415 - slow to load, and most pages need none

    try:
        return regex.compile(pattern)
    except regex.error as error:
        re.compile(pattern)  # whose messages are the better ones
        raise re.error(str(error)) from error
