"""Reports and open issues → what to tell the tracker: one open issue for each failing page. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from docwalk.issues.page_report import State

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from docwalk.issues.page_report import PageReport
    from docwalk.issues.tracker import Issue, Tracker


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """A page fails that has no open issue."""

    report: PageReport
    """What to say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """A page fails on, or otherwise."""

    issue: Issue
    """Its issue."""
    report: PageReport
    """What to say now."""

    @property
    def is_other_failure(self) -> bool:
        """Whether people should be told: it fails elsewhere, or in another way."""
        return self.issue.failure != self.report.failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """A page passes, or is no more."""

    issue: Issue
    """Its issue."""
    reason: str
    """A sentence that says so."""


Change = Open | Update | Close


def find_changes(
    reports: Sequence[PageReport], issues: Sequence[Issue], *, pages: Collection[str] | None
) -> tuple[Change, ...]:
    """What is to be done, in order of the reports; pages of which nothing is known are left alone.

    Args:
        reports: of the pages that were asked about.
        issues: all of ours that are open, the oldest first: where a page has two, the oldest counts.
        pages: every page there is, to close issues of pages that are no more; None closes none.
    """
    known: dict[str, Issue] = {}
    for issue in issues:
        known.setdefault(issue.page, issue)
    changes: list[Change] = []
    for report in reports:
        issue_of_page = known.get(report.page)
        match report.state:
            case State.FAILING:
                if issue_of_page is None:
                    changes.append(Open(report=report))
                elif not _says(issue_of_page, report):
                    changes.append(Update(issue=issue_of_page, report=report))
            case State.PASSING:
                if issue_of_page is not None:
                    changes.append(Close(issue=issue_of_page, reason=report.body))
            case State.UNKNOWN:
                pass
            case _ as unreachable:
                assert_never(unreachable)
    if pages is not None:
        gone = (issue for page, issue in known.items() if page not in pages)
        changes += [Close(issue=issue, reason="The page is no more.") for issue in gone]
    return tuple(changes)


def _says(issue: Issue, report: PageReport) -> bool:
    """Whether an issue tells a report already; forges trim texts."""
    return (issue.title.strip(), issue.body.strip()) == (report.title.strip(), report.body.strip())


def carry_out(change: Change, tracker: Tracker) -> str:
    """Tell the tracker; returns where the issue is, for people.

    Raises:
        TrackerError: it did not do it.
    """
    match change:
        case Open(report=report):
            return tracker.open(page=report.page, title=report.title, body=report.body)
        case Update(issue=issue, report=report):
            remark = f"It fails otherwise now: {report.summary}." if change.is_other_failure else ""
            return tracker.change(issue, title=report.title, body=report.body, remark=remark)
        case Close(issue=issue, reason=reason):
            return tracker.close(issue, body=f"{reason}\n\n{issue.body}")
        case _ as unreachable:
            assert_never(unreachable)


def describe(change: Change) -> str:
    """`open: PAGE: …`, a line for people."""
    match change:
        case Open(report=report):
            return f"open: {report.page}: {report.summary}"
        case Update(report=report):
            how = "fails otherwise" if change.is_other_failure else "still fails"
            return f"update: {report.page}: {how}: {report.summary}"
        case Close(issue=issue, reason=reason):
            return f"close: {issue.page}: {reason}"
        case _ as unreachable:
            assert_never(unreachable)
