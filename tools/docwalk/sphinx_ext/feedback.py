"""Where readers who found something different can say so, with block id and record date."""

from __future__ import annotations

from html import escape
from urllib.parse import quote, urlencode

from docwalk.sphinx_ext.dates import day


def report_url(issues: str, *, subject: str, body: str) -> str:
    """The configured address with subject and body filled in.

    Args:
        issues: `[tool.docwalk.site] issues`: a `mailto:` address, or the URL of a form that takes
            `title` and `body`.
        subject: one line.
        body: several lines.
    """
    if issues.startswith("mailto:"):
        return f"{issues}?subject={quote(subject)}&body={quote(body)}"
    joiner = "&" if "?" in issues else "?"
    return f"{issues}{joiner}{urlencode({'title': subject, 'body': body})}"


def block_report_html(issues: str, *, block_id: str, line: int, recorded_at: str | None) -> str:
    """The sentence in a block's details; without a configured address, what to quote instead of a link."""
    recorded = f"recorded {day(recorded_at)}" if recorded_at is not None else "never recorded"
    if not issues:
        return (
            f"Found it different on your cluster? Tell whoever runs this site: quote block and “{recorded}”."
        )
    url = report_url(
        issues,
        subject=f"Different on my cluster: {block_id}",
        body=f"Block: {block_id} (line {line}), {recorded}.\n\nWhat I typed:\n\nWhat I saw:\n\nMy cluster:\n",
    )
    return f'Found it different on your cluster? <a href="{escape(url)}">Tell us</a>.'


def page_report_html(issues: str, *, page: str, recorded_at: str | None) -> str:
    """The sentence in a page's banner; without a configured address it points to the blocks."""
    if not issues:
        return "Found it different on your cluster? Open the status line of a block: it says what to quote."
    recorded = f"recorded {day(recorded_at)}" if recorded_at is not None else "never recorded"
    url = report_url(
        issues,
        subject=f"Different on my cluster: {page}",
        body=f"Page: {page}, {recorded}.\n\nWhich block (its id is in its status line):\n\nWhat I saw:\n",
    )
    return f'Found it different on your cluster? <a href="{escape(url)}">Tell us</a>.'
