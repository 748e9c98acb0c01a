"""Times and durations as a page says them."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape

_MINUTE_S = 60.0
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def parse_time(text: str) -> datetime:
    """A record's ISO 8601 time, in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


def day(text: str) -> str:
    """`22 Nov 2026`, whatever the locale of the machine that builds."""
    when = parse_time(text)
    return f"{when.day} {_MONTHS[when.month - 1]} {when.year}"


def time_html(text: str) -> str:
    """The day as a `<time>`; docwalk.js adds how long ago that is for whoever reads it."""
    return f'<time class="dw-time" datetime="{escape(text)}">{day(text)}</time>'


def duration(seconds: float) -> str:
    """`0.4 s`, `12 s`, `3 min 5 s`: as exact as a reader has use for."""
    if seconds < 0.1:  # noqa: PLR2004 - 0.0 s would say nothing
        return "under 0.1 s"
    if seconds < 9.95:  # noqa: PLR2004 - below this, one decimal still says something
        return f"{seconds:.1f} s"
    if round(seconds) < _MINUTE_S:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), round(_MINUTE_S))
    return f"{minutes} min {rest} s" if rest else f"{minutes} min"
