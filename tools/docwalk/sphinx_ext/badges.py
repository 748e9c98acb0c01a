"""A status as a reader sees it: a word, a sign beside it, and what it means."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from html import escape
from typing import TYPE_CHECKING

from docwalk.sphinx_ext.dates import parse_time
from docwalk.sphinx_ext.faces import is_evidence
from docwalk.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from docwalk.sphinx_ext.faces import WalkFacts

MARKS = {
    Status.VERIFIED: "✓",
    Status.RAN: "▸",
    Status.STALE: "◷",
    Status.FAILING: "✗",
    Status.NOT_RUN: "○",
}
"""A sign beside the word, never instead of it."""

WORDS = {
    Status.VERIFIED: "Verified",
    Status.RAN: "Ran",
    Status.STALE: "Stale",
    Status.FAILING: "Failing",
    Status.NOT_RUN: "Not run",
}

MEANINGS = {
    Status.VERIFIED: "every command ran, and what it printed was compared with this page",
    Status.RAN: "every command ran and ended as it should; what it printed was not compared",
    Status.STALE: "it was run once, but not since it, its environment or the calendar changed",
    Status.FAILING: "it does not do what this page says",
    Status.NOT_RUN: "nobody ran it",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """When something was recorded, and for how long that counts."""

    recorded_at: str
    """ISO 8601 in UTC."""
    fresh_days: float
    """Days after which it is stale."""


def first_to_be_stale(walks: Iterable[WalkFacts]) -> Dated | None:
    """Of walks that are evidence, the one whose record is stale first; None where none is evidence."""
    dated = [
        Dated(recorded_at=walk.recorded_at, fresh_days=walk.fresh_days)
        for walk in walks
        if is_evidence(walk.status) and walk.recorded_at is not None and walk.fresh_days > 0
    ]
    return min(
        dated, key=lambda each: parse_time(each.recorded_at) + timedelta(days=each.fresh_days), default=None
    )


def css_word(status: Status) -> str:
    """The status as part of a class name: `not-run`."""
    return status.value.replace(" ", "-")


def prose_html(text: str) -> str:
    """A sentence of ours: escaped, and what stands in backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))


def badge_html(status: Status, dated: Dated | None = None, *, word: str = "") -> str:
    """The status as a word with its mark; docwalk-proof.js turns a dated one to stale when it is.

    Args:
        status: the status.
        dated: when that was recorded; only of what is evidence.
        word: another word in place of the status's own, with a tick.
    """
    mark = f'<span class="dw-mark" aria-hidden="true">{"✓" if word else MARKS[status]}</span>'
    age = (
        f' data-dw-recorded="{escape(dated.recorded_at)}" data-dw-fresh-days="{dated.fresh_days:g}"'
        if dated is not None and is_evidence(status)
        else ""
    )
    return f'<span class="dw-badge dw-is-{css_word(status)}"{age}>{mark}{word or WORDS[status]}</span>'
