"""Where readers who found something different can say so, with block id, record date and environment.

The configured address is one of: a `mailto:` address; the address of GitHub's form for a new issue, or of any
form that takes `title` and `body`; the address of GitLab's, known by its path.
"""

from __future__ import annotations

from html import escape
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from docwalk.sphinx_ext.dates import day

_GITLAB_PATH = "/-/issues/new"
_GITLAB_FIELDS = ("issue[title]", "issue[description]")
_FIELDS = ("title", "body")
_WHERE = "My cluster (shell, module system):\n"


def report_url(issues: str, *, subject: str, body: str) -> str:
    """The configured address with subject and body filled in; what its own query says stays.

    Args:
        issues: `[tool.docwalk.site] issues`.
        subject: one line.
        body: several lines, joined by newlines.
    """
    if issues.startswith("mailto:"):
        joiner = "&" if "?" in issues else "?"
        # RFC 6068: lines of a body end in CR LF, and a blank is no plus sign.
        text = body.replace("\n", "\r\n")
        return f"{issues}{joiner}subject={quote(subject, safe='')}&body={quote(text, safe='')}"
    address = urlsplit(issues)
    is_gitlab = address.path.rstrip("/").endswith(_GITLAB_PATH)
    title, text = _GITLAB_FIELDS if is_gitlab else _FIELDS
    query = urlencode(
        [*parse_qsl(address.query, keep_blank_values=True), (title, subject), (text, body)], quote_via=quote
    )
    return urlunsplit(address._replace(query=query))


def block_report_html(
    issues: str, *, block_id: str, line: int, recorded_at: str | None, environment: str = ""
) -> str:
    """The sentence in a block's details; without a configured address, what to quote instead of a link.

    Args:
        issues: `[tool.docwalk.site] issues`; may be empty.
        block_id: the block.
        line: source line of its fence, from 1.
        recorded_at: start of the walk that is shown, ISO 8601; None without a record.
        environment: where that walk ran; may be empty.
    """
    recorded = _recorded(recorded_at, environment)
    if not issues:
        return (
            f"Found it different on your cluster? Tell whoever runs this site: quote block and “{recorded}”."
        )
    return _link(
        issues,
        subject=f"Different on my cluster: {block_id}",
        body=f"Block: {block_id} (line {line}), {recorded}.\n\nWhat I typed:\n\nWhat I saw:\n\n{_WHERE}",
    )


def page_report_html(issues: str, *, page: str, recorded_at: str | None) -> str:
    """The sentence in a page's banner; without a configured address it points to the blocks."""
    if not issues:
        return "Found it different on your cluster? Open the status line of a block: it says what to quote."
    return _link(
        issues,
        subject=f"Different on my cluster: {page}",
        body=f"Page: {page}, {_recorded(recorded_at, '')}.\n\n"
        f"Which block (its id is in its status line):\n\nWhat I saw:\n\n{_WHERE}",
    )


def _recorded(recorded_at: str | None, environment: str) -> str:
    if recorded_at is None:
        return "never recorded"
    return f"recorded {day(recorded_at)}" + (f" in {environment}" if environment else "")


def _link(issues: str, *, subject: str, body: str) -> str:
    url = report_url(issues, subject=subject, body=body)
    return f'Found it different on your cluster? <a href="{escape(url)}">Tell us</a>.'
