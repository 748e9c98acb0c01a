"""What is known of each page: its walks and its blocks. Types and counts only."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from docwalk.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from docwalk.sphinx_ext.view import BlockView


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkSummary:
    """One walk of a page, and its record if there is one."""

    name: str
    """The walk's name."""
    labels: tuple[str, ...]
    """The tabs it chose; empty where the page has no tabs."""
    environment: str
    """Name of the environment."""
    step_count: int
    """Commands and file edits of the walk as planned now."""
    run_count: int
    """How many were run in the recorded walk; 0 without a record."""
    started_at: str | None
    """Start of the recorded walk, ISO 8601 in UTC; None without a record."""
    elapsed_s: float | None
    """Seconds it took; None without a record."""
    record_name: str
    """File name of its record, published with the site; empty without a record."""
    passed: bool
    """Whether the record says that every step passed; False without one."""
    environment_digest: str
    """`sha256:…` of what it ran in; empty without a record."""
    mode: str
    """Backend and mode; empty without a record."""
    manifest: Mapping[str, object] = field(default_factory=dict)
    """What was inside; empty without a record."""
    fresh_days: float = 0.0
    """Days after which its record is stale; 0 without a record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFacts:
    """One page of tutorials."""

    page: str
    """Its name, as `Document.page`."""
    docname: str
    """Its name in Sphinx."""
    title: str
    """Its first heading."""
    walks: tuple[WalkSummary, ...]
    """The default walk first."""
    blocks: tuple[BlockView, ...]
    """In order of the page."""
    fresh_days: int
    """Days after which a reader should know that its records are old."""
    has_examples: bool = False
    """Whether pages lie within it: a reference, and nothing that readers follow."""


def count_statuses(pages: Iterable[PageFacts]) -> Mapping[Status, int]:
    """How many blocks have each status, statuses without blocks left out, in order of `Status`."""
    counts = Counter(block.status for page in pages for block in page.blocks)
    return {status: counts[status] for status in Status if counts[status]}


def newest(pages: Iterable[PageFacts]) -> str | None:
    """Start of the latest recorded walk; None where nothing is recorded."""
    return max((walk.started_at for page in pages for walk in page.walks if walk.started_at), default=None)


def oldest(pages: Iterable[PageFacts]) -> str | None:
    """Start of the earliest recorded walk; None where nothing is recorded."""
    return min((walk.started_at for page in pages for walk in page.walks if walk.started_at), default=None)
