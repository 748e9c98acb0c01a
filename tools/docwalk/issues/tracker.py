"""What a tracker of issues can do, and the issues of ours that are open in it.

A tracker does as it is told: what is to be opened, changed and closed is decided in `changes.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from docwalk.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Sequence

LABEL: Final = "docwalk"
"""Label of our issues where nobody says another: strangers cannot set one, so none of theirs is ours."""
_MARKER: Final = re.compile(r"<!-- docwalk page: (?P<page>.+?) -->")
_FAILURE: Final = re.compile(r"<!-- docwalk failure: (?P<digest>[0-9a-f]+) -->")


class TrackerError(BackendError):
    """A tracker that cannot be asked, or did not do what it was told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One open issue of ours."""

    key: str
    """What the tracker knows it by: a number, the name of a file."""
    page: str
    """The page it is about, as `Document.page`."""
    failure: str
    """Digest of how the page failed when the text was written."""
    title: str
    """Its title."""
    body: str
    """Its text, Markdown."""


class Tracker(Protocol):
    """A forge's issues, or a folder."""

    def open_issues(self) -> Sequence[Issue]:
        """Our open issues, the oldest first.

        Raises:
            TrackerError: it cannot be asked.
        """
        ...

    def open(self, *, page: str, title: str, body: str) -> str:
        """Make an issue; returns where it is, for people."""
        ...

    def change(self, issue: Issue, *, title: str, body: str, remark: str) -> str:
        """Give an issue another text, with `remark` below it unless that is empty; returns where it is."""
        ...

    def close(self, issue: Issue, *, body: str) -> str:
        """Close an issue with a last text; returns where it is."""
        ...


def marks(*, page: str, failure: str) -> str:
    """The first lines of an issue's text, which readers do not see: by them it is found again."""
    return f"<!-- docwalk page: {page} -->\n<!-- docwalk failure: {failure} -->\n"


def read_issue(*, key: str, title: str, body: str) -> Issue | None:
    """The issue with this text; None for one that is not ours."""
    page, failure = _MARKER.search(body), _FAILURE.search(body)
    if page is None:
        return None
    return Issue(
        key=key, page=page["page"], failure=failure["digest"] if failure else "", title=title, body=body
    )
