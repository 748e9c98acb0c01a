"""Walks and records → what there is to say of each page: it fails, it passes, or nobody knows.

Only a record that still holds counts: one of an older page or environment says nothing of today's.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from docwalk.issues.tracker import marks
from docwalk.report.text import count, failure_lines, render
from docwalk.results import Outcome
from docwalk.status import stale_reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from docwalk.config import Project
    from docwalk.document import Document
    from docwalk.plan import Walk
    from docwalk.record import Record
    from docwalk.results import StepResult

URL_VALUE: Final = "url"
"""Key of `[tool.docwalk.site]` that says where the site is published."""
_WIDTH_COLS: Final = 100
_MAX_CHARACTERS: Final = 8_000  # of one walk's report: forges take some 60,000 in all
_MAX_WALKS: Final = 5  # told in full
_MAX_TITLE: Final = 200
_FOOTER: Final = (
    "*Written by `docwalk report-failures`, which keeps this text up to date and closes the issue "
    "when the page passes again.*"
)


class State(Enum):
    """What is known of a page."""

    FAILING = "failing"
    """A record that holds says that a walk failed."""
    PASSING = "passing"
    """Every walk has a record that holds, and passed."""
    UNKNOWN = "unknown"
    """Anything else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageReport:
    """What there is to say of one page."""

    page: str
    """The page, as `Document.page`."""
    state: State
    """What is known."""
    title: str
    """Title of its issue."""
    body: str
    """Text of its issue, Markdown; of a page that passes, what to say when it is closed."""
    failure: str
    """Digest of which blocks fail in which walks, and how; empty for a page that does not fail."""
    summary: str
    """The same in a line, for people."""


def page_reports(
    documents: Sequence[Document],
    walks: Sequence[Walk],
    records: Mapping[str, Record],
    *,
    now: datetime,
    environment_digests: Mapping[str, str],
    project: Project,
    run_url: str = "",
) -> tuple[PageReport, ...]:
    """One report for each page, in order; the examples on a page are part of it.

    Args:
        documents: the pages.
        walks: their walks as planned now.
        records: by name of walk.
        now: the time, with its zone.
        environment_digests: digest of each environment as it is defined today, by name.
        project: says how long records are fresh, and where the site is.
        run_url: where the run itself can be seen; may be empty.
    """
    reports: list[PageReport] = []
    for document in (document for document in documents if document.example is None):
        own = [walk for walk in walks if page_of(walk.page) == document.page and walk.steps]
        held = [
            (walk, records[walk.name])
            for walk in own
            if walk.name in records
            and not stale_reason(
                walk,
                records[walk.name],
                now=now,
                environment_digests=environment_digests,
                project=project,
            )
        ]
        failing = [(walk, record) for walk, record in held if record.failing_step is not None]
        if failing:
            reports.append(_failing(document, failing, len(own), project, run_url))
        else:
            reports.append(_quiet(document, [record for _, record in held], len(own)))
    return tuple(reports)


def page_of(name: str) -> str:
    """The page that a page or an example on it is."""
    return name.partition(":")[0]


def _failing(
    document: Document,
    failing: Sequence[tuple[Walk, Record]],
    walk_count: int,
    project: Project,
    run_url: str,
) -> PageReport:
    ways = [
        (walk.name, step.block_id, step.outcome.value)
        for walk, record in failing
        if (step := record.failing_step) is not None
    ]
    failure = hashlib.sha256(json.dumps(ways).encode()).hexdigest()[:16]
    where = f"`{document.source.path}`"
    url = project.site_values.get(URL_VALUE, "").rstrip("/")
    if url:
        where = f"[{where}]({url}/{document.page}.html)"
    told = "\n\n".join(_walk_text(walk, record) for walk, record in failing[:_MAX_WALKS])
    rest = "".join(f"\n- `{walk.name}`" for walk, _ in failing[_MAX_WALKS:])
    body = (
        f"{marks(page=document.page, failure=failure)}\n"
        f"**{document.title}** ({where}) does not do what it says, in {len(failing)} of "
        f"{count(walk_count, 'walk')}.\n\n{told}\n"
    )
    body += f"\nIt fails in these walks too:\n{rest}\n" if rest else ""
    body += f"\nSeen in [this run]({run_url}).\n" if run_url else ""
    body += f"\n{_FOOTER}\n"
    return PageReport(
        page=document.page,
        state=State.FAILING,
        title=f"Does not do what it says: {document.title} ({document.page})"[:_MAX_TITLE],
        body=body,
        failure=failure,
        summary="; ".join(f"{name}: {outcome}" for name, _, outcome in ways).replace(
            f"{document.page}: ", ""
        ),
    )


def _walk_text(walk: Walk, record: Record) -> str:
    step = record.failing_step
    if step is None:
        return ""
    recorded = record.steps[step.index]
    shown = failure_lines(walk, record.result, width_cols=_WIDTH_COLS)
    text = render(shown, width_cols=_WIDTH_COLS, colour=False)
    if len(text) > _MAX_CHARACTERS:
        text = f"{text[:_MAX_CHARACTERS]}\n… the rest is left out\n"
    fence = _fence(text)
    lines = [
        f"### {walk.name}",
        "",
        f"- Block `{step.block_id}`, line {recorded.line}",
        f"- Recorded {record.result.started_at} by docwalk {record.docwalk_version}",
        f"- In `{record.environment}`, {record.result.mode}, `{record.result.environment_digest}`",
        *_left_out(record.result.steps),
        "",
        f"{fence}text",
        text.rstrip("\n"),
        fence,
    ]
    return "\n".join(lines)


def _left_out(steps: Sequence[StepResult]) -> Iterator[str]:
    number = sum(step.outcome is Outcome.NOT_RUN for step in steps)
    if number:
        yield f"- {count(number, 'later step')} could not be run"


def _fence(text: str) -> str:
    """Backticks that nothing in a text ends."""
    return "`" * max([3, *(len(run) + 1 for run in re.findall(r"`+", text))])


def _quiet(document: Document, held: Sequence[Record], walk_count: int) -> PageReport:
    passes = len(held) == walk_count
    body = summary = ""
    if passes:
        summary = f"passes in {count(walk_count, 'walk')}"
        latest = max((record.result.started_at for record in held), default="")
        began = f"; the last one began {latest}" if latest else ""
        body = f"It passes again, in {count(walk_count, 'walk')}{began}."
    else:
        summary = f"{walk_count - len(held)} of {count(walk_count, 'walk')} without a record that holds"
    return PageReport(
        page=document.page,
        state=State.PASSING if passes else State.UNKNOWN,
        title="",
        body=body,
        failure="",
        summary=summary,
    )
