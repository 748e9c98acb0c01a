"""How many blocks have each status, as tiles; docwalk-proof.js counts again what has grown old since."""

from __future__ import annotations

import json
from collections import Counter
from html import escape
from typing import TYPE_CHECKING

from docwalk.sphinx_ext.badges import badge_html, css_word, first_to_be_stale
from docwalk.sphinx_ext.faces import is_evidence
from docwalk.sphinx_ext.pages import count_statuses
from docwalk.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from docwalk.sphinx_ext.pages import PageFacts


def tiles_html(pages: Sequence[PageFacts]) -> str:
    """A list of statuses, each with its number of blocks; one that is empty now is hidden."""
    counts = count_statuses(pages)
    # Where there is something that may grow old, there has to be a place to count it.
    statuses = [status for status in Status if status in counts or (status is Status.STALE and counts)]
    tiles = "".join(
        f'<div class="dw-tile dw-is-{css_word(status)}" data-dw-tile="{css_word(status)}"'
        f"{'' if status in counts else ' hidden'}>"
        f"<dt>{badge_html(status)}</dt><dd>{counts.get(status, 0)}</dd></div>"
        for status in statuses
    )
    return f'<dl class="dw-tiles" data-dw-ages="{_ages(pages)}">{tiles}</dl>'


def _ages(pages: Iterable[PageFacts]) -> str:
    """Statuses with the dates they depend on, as an attribute: `[["verified", date, days, blocks], …]`."""
    found: Counter[tuple[str, str, float]] = Counter()
    for block in (block for page in pages for block in page.blocks):
        dated = first_to_be_stale(block.walks) if is_evidence(block.status) else None
        name = css_word(block.status)
        found[(name, dated.recorded_at, dated.fresh_days) if dated is not None else (name, "", 0)] += 1
    entries = [[*key, count] for key, count in found.items()]
    return escape(json.dumps(entries, separators=(",", ":")))
