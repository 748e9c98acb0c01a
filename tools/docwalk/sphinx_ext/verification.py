"""The verification page and `verification.json`: every page, walk and block with its status."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote

from docwalk.sphinx_ext.badges import MEANINGS, badge_html, prose_html
from docwalk.sphinx_ext.dates import duration, time_html
from docwalk.sphinx_ext.faces import is_evidence
from docwalk.sphinx_ext.manifest import facts_of, with_gpu
from docwalk.sphinx_ext.pages import count_statuses
from docwalk.status import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from docwalk.sphinx_ext.pages import PageFacts, WalkSummary
    from docwalk.sphinx_ext.view import BlockView

SCHEMA = 1
"""Version of `verification.json`."""

JSON_NAME = "verification.json"
"""Its name in the folder of the site."""

RECORDS_NAME = "records"
"""Folder of the site with the records that it is made from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRule:
    """Output lines that are left out or rewritten before anything is compared or shown."""

    name: str
    """Its name."""
    pattern: str
    """Regular expression for a whole line."""
    reason: str
    """Why such lines exist only here."""
    replacement: str | None = None
    """What stands in their place, groups of the pattern as `\\1`; None where they are left out."""


def verification_html(
    pages: Sequence[PageFacts],
    rules: Sequence[LineRule],
    *,
    url_of: Callable[[str], str],
    file_url: Callable[[str], str],
) -> str:
    """The whole page below its title.

    Args:
        pages: every page of tutorials.
        rules: lines left out or rewritten in all output.
        url_of: relative URL of a document.
        file_url: relative URL of a file, by its path in the folder of the site.
    """
    with_blocks = [page for page in pages if page.blocks]
    if not with_blocks:
        return "<p>There are no pages with blocks yet.</p>"
    sections = "\n".join(_page_section(page, url_of(page.docname), file_url) for page in with_blocks)
    programs = f'<p>The same for programs: <a href="{escape(file_url(JSON_NAME))}">{JSON_NAME}</a>.</p>'
    return f"{_matrix(with_blocks, url_of)}\n{programs}\n{_legend()}\n{_rules(rules)}\n{sections}"


def verification_json(
    pages: Sequence[PageFacts], rules: Sequence[LineRule], *, built_at: str, version: str
) -> Mapping[str, object]:
    """The same as JSON values; `schema` tells readers what to expect."""
    return {
        "schema": SCHEMA,
        "docwalk": version,
        "built_at": built_at,
        "counts": {status.value: count for status, count in count_statuses(pages).items()},
        "removed_lines": [
            {
                "name": rule.name,
                "pattern": rule.pattern,
                "replacement": rule.replacement,
                "reason": rule.reason,
            }
            for rule in rules
        ],
        "pages": [_page_json(page) for page in pages],
    }


def _page_json(page: PageFacts) -> Mapping[str, object]:
    return {
        "page": page.page,
        "title": page.title,
        "walks": [
            {
                "name": walk.name,
                "labels": list(walk.labels),
                "environment": walk.environment,
                "environment_digest": walk.environment_digest or None,
                "gpu": walk.manifest.get("gpu"),
                "mode": walk.mode or None,
                "steps": walk.step_count,
                "started_at": walk.started_at,
                "elapsed_s": walk.elapsed_s,
                "record": f"{RECORDS_NAME}/{walk.record_name}" if walk.record_name else None,
                "passed": walk.passed if walk.started_at is not None else None,
            }
            for walk in page.walks
        ],
        "blocks": [
            {
                "id": block.id,
                "line": block.line,
                "status": block.status.value,
                "reason": block.reason or None,
                "recorded_at": block.recorded_at,
                "walks": {
                    walk.name: {"status": walk.status.value, "reason": walk.reason or None}
                    for walk in block.walks
                },
            }
            for block in page.blocks
        ],
    }


def _matrix(pages: Sequence[PageFacts], url_of: Callable[[str], str]) -> str:
    environments = sorted({walk.environment for page in pages for walk in page.walks})
    head = "".join(
        f'<th scope="col">in <code>{escape(name, quote=False)}</code></th>' for name in environments
    )
    rows = "\n".join(
        f'<tr><th scope="row">{_link(page.title, url_of(page.docname))}</th>'
        f"<td>{_counts([page])}</td>"
        + "".join(f"<td>{_cell(page, environment)}</td>" for environment in environments)
        + "</tr>"
        for page in pages
    )
    return _scrolled(
        "Pages and environments",
        f'<thead><tr><th scope="col">Page</th><th scope="col">Blocks</th>{head}</tr></thead>\n'
        f"<tbody>\n{rows}\n</tbody>",
    )


def _cell(page: PageFacts, environment: str) -> str:
    walks = [walk for walk in page.walks if walk.environment == environment]
    if not page.has_examples:
        return "<br>".join(_walk_cell(walk, page) for walk in walks) or "not walked here"
    passed = [walk for walk in walks if is_evidence(walk_status(walk, page))]
    others = [_walk_cell(walk, page) for walk in walks if walk not in passed]
    dates = sorted(walk.started_at for walk in passed if walk.started_at)
    plural = "" if len(passed) == 1 else "s"
    said = [f"{len(passed)} walk{plural} of examples passed, {time_html(dates[0])}"] if dates else []
    return "<br>".join((*said, *others)) or "not walked here"


def _walk_cell(walk: WalkSummary, page: PageFacts) -> str:
    labels = f"{escape(', '.join(walk.labels), quote=False)}: " if walk.labels else ""
    status = walk_status(walk, page)
    if walk.started_at is None:
        return f"{labels}{badge_html(status)} no record"
    took = f", {duration(walk.elapsed_s)}" if walk.elapsed_s is not None else ""
    # A walk that passed may have blocks that only ran, or were not run: those words are the blocks' alone.
    word = f"passed, {walk.run_count} steps," if is_evidence(status) else badge_html(status)
    return f"{labels}{word} {time_html(walk.started_at)}{took}{with_gpu(walk.manifest)}"


def walk_status(walk: WalkSummary, page: PageFacts) -> Status:
    """The walk in one word: failing or stale if any of its blocks is, not run if none was run."""
    statuses = [facts.status for block in page.blocks for facts in block.walks if facts.name == walk.name]
    if walk.started_at is None or not any(status is not Status.NOT_RUN for status in statuses):
        return Status.NOT_RUN
    return next(
        status for status in (Status.FAILING, Status.STALE, Status.VERIFIED, Status.RAN) if status in statuses
    )


def _counts(pages: Sequence[PageFacts]) -> str:
    return "<br>".join(f"{count} {badge_html(status)}" for status, count in count_statuses(pages).items())


def _legend() -> str:
    items = "\n".join(f"<dt>{badge_html(status)}</dt><dd>{MEANINGS[status]}</dd>" for status in Status)
    return f'<h2 id="what-the-words-mean">What the words mean</h2>\n<dl class="dw-legend">\n{items}\n</dl>'


def _rules(rules: Sequence[LineRule]) -> str:
    if not rules:
        return ""
    rows = "\n".join(
        f"<tr><td>{escape(rule.name, quote=False)}</td>"
        f"<td><code>{escape(rule.pattern, quote=False)}</code></td>"
        f"<td>{_effect(rule)}</td><td>{escape(rule.reason, quote=False)}</td></tr>"
        for rule in rules
    )
    table = _scrolled(
        "Lines left out or rewritten",
        '<thead><tr><th scope="col">Rule</th><th scope="col">Lines that match</th>'
        '<th scope="col">What becomes of them</th><th scope="col">Why</th></tr></thead>\n'
        f"<tbody>\n{rows}\n</tbody>",
    )
    return (
        '<h2 id="lines-left-out">Lines left out or rewritten in all output</h2>\n'
        "<p>Some lines exist, or look as they do, only because of how packages reach our copy of the "
        "cluster. They are left out or rewritten before anything is compared or shown, by these rules and "
        f"no others.</p>\n{table}"
    )


def _effect(rule: LineRule) -> str:
    if rule.replacement is None:
        return "left out"
    return f"rewritten as <code>{escape(rule.replacement, quote=False)}</code>"


def _page_section(page: PageFacts, url: str, file_url: Callable[[str], str]) -> str:
    walks = "\n".join(_walk_item(walk, file_url) for walk in page.walks)
    rows = "\n".join(_block_row(block, url) for block in page.blocks)
    anchor = "page-" + "".join(c if c.isascii() and c.isalnum() else "-" for c in page.page)
    table = _scrolled(
        f"Blocks of {page.title}",
        '<thead><tr><th scope="col">Line</th><th scope="col">Block</th><th scope="col">Status</th>'
        f'<th scope="col">When</th></tr></thead>\n<tbody>\n{rows}\n</tbody>',
    )
    return f'<h2 id="{anchor}">{_link(page.title, url)}</h2>\n<ul>\n{walks}\n</ul>\n{table}'


def _walk_item(walk: WalkSummary, file_url: Callable[[str], str]) -> str:
    name = f"<code>{escape(walk.name, quote=False)}</code>"
    if walk.started_at is None:
        return f"<li>Walk {name} in <code>{escape(walk.environment, quote=False)}</code>: no record.</li>"
    record = _link("record", quote(file_url(f"{RECORDS_NAME}/{walk.record_name}")))
    return f"<li>Walk {name} ({record}): {'; '.join(facts_of(walk))}.</li>"


def _block_row(block: BlockView, url: str) -> str:
    first = next((line for line in (block.copy_text or block.path).splitlines() if line.strip()), block.id)
    label = escape(first if not block.path else block.caption, quote=False)
    reason = f"<br>{prose_html(block.reason)}" if block.reason else ""
    when = (
        time_html(block.recorded_at)
        if block.recorded_at is not None and block.status is not Status.NOT_RUN
        else ""
    )
    return (
        f'<tr><td>{block.line}</td><td><a href="{escape(url)}#{block.anchor}"><code>{label}</code></a></td>'
        f"<td>{badge_html(block.status)}{reason}</td><td>{when}</td></tr>"
    )


def _link(text: str, url: str) -> str:
    return f'<a href="{escape(url)}">{escape(text, quote=False)}</a>'


def _scrolled(label: str, table: str) -> str:
    """A table that scrolls by itself where it is wider than the page; focusable for the keyboard."""
    return (
        f'<div class="dw-scroll" role="group" aria-label="{escape(label)}" tabindex="0">'
        f'<table class="dw-table">\n{table}\n</table></div>'
    )
