"""The verification page: totals, pages by environments, and every walk and block with its status.

All of it is there without JavaScript; docwalk-verification.js shows less of it, by text, status, environment.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote

from docwalk.sphinx_ext.badges import MEANINGS, Dated, badge_html, css_word, prose_html
from docwalk.sphinx_ext.block_status import badges_html
from docwalk.sphinx_ext.dates import duration, time_html
from docwalk.sphinx_ext.faces import is_evidence
from docwalk.sphinx_ext.manifest import facts_of, with_gpu
from docwalk.sphinx_ext.pages import count_statuses
from docwalk.sphinx_ext.totals import tiles_html
from docwalk.sphinx_ext.verification_json import JSON_NAME, RECORDS_NAME, SCHEMA_NAME
from docwalk.status import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from docwalk.sphinx_ext.pages import PageFacts, WalkSummary
    from docwalk.sphinx_ext.view import BlockView

_SCRIPT = "_static/docwalk-verification.js"


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
    names = ", ".join(_link(name, file_url(name)) for name in (JSON_NAME, SCHEMA_NAME))
    programs = f"<p>The same for programs, and its form: {names}.</p>"
    script = f'<script defer src="{escape(file_url(_SCRIPT))}"></script>'
    return (
        f"{tiles_html(with_blocks)}\n{_filter(with_blocks)}\n{_matrix(with_blocks, url_of)}\n{programs}\n"
        f"{_legend()}\n{_rules(rules)}\n{sections}\n{script}"
    )


def _matrix(pages: Sequence[PageFacts], url_of: Callable[[str], str]) -> str:
    environments = sorted({walk.environment for page in pages for walk in page.walks})
    head = "".join(
        f'<th scope="col">in <code>{escape(name, quote=False)}</code></th>' for name in environments
    )
    rows = "\n".join(
        f"<tr{_facets(page.blocks)}>"
        f'<th scope="row">{_link(page.title, url_of(page.docname))}</th>'
        f"<td>{_counts([page])}</td>"
        + "".join(
            f"<td>{_cell(page, environment, url_of(page.docname))}</td>" for environment in environments
        )
        + "</tr>"
        for page in pages
    )
    return '<h2 id="pages-and-environments">Pages and environments</h2>\n' + _scrolled(
        "Pages and environments",
        f'<thead><tr><th scope="col">Page</th><th scope="col">Blocks</th>{head}</tr></thead>\n'
        f"<tbody>\n{rows}\n</tbody>",
    )


def _facets(blocks: Sequence[BlockView]) -> str:
    """What a row is filtered by, as attributes: statuses and environments of its blocks."""
    statuses = dict.fromkeys(css_word(block.status) for block in blocks)
    environments = dict.fromkeys(walk.environment for block in blocks for walk in block.walks)
    return f' data-dw-status="{" ".join(statuses)}" data-dw-environments="{escape(" ".join(environments))}"'


def _filter(pages: Sequence[PageFacts]) -> str:
    """A form that is of no use without JavaScript, and is hidden until that is there."""
    environments = sorted({walk.environment for page in pages for walk in page.walks})
    statuses = "".join(
        f'<option value="{css_word(status)}">{status.value}</option>'
        for status in dict.fromkeys([*count_statuses(pages), Status.STALE])
    )
    names = "".join(f"<option>{escape(name, quote=False)}</option>" for name in environments)
    return (
        '<form class="dw-filter" aria-label="Show less" hidden>\n'
        '<label>Show only what says <input type="search" name="text" autocomplete="off"></label>\n'
        f'<label>status <select name="status"><option value="">any</option>{statuses}</select></label>\n'
        f'<label>environment <select name="environment"><option value="">any</option>{names}</select></label>'
        '\n<p class="dw-found" role="status"></p>\n</form>'
    )


def _cell(page: PageFacts, environment: str, url: str) -> str:
    walks = [walk for walk in page.walks if walk.environment == environment]
    if not page.has_examples:
        return "<br>".join(_walk_cell(walk, page, url) for walk in walks) or "not walked here"
    passed = [walk for walk in walks if is_evidence(walk_status(walk, page))]
    others = [_walk_cell(walk, page, url) for walk in walks if walk not in passed]
    dates = sorted(walk.started_at for walk in passed if walk.started_at)
    plural = "" if len(passed) == 1 else "s"
    said = [f"{len(passed)} walk{plural} of examples passed, {time_html(dates[0])}"] if dates else []
    return "<br>".join((*said, *others)) or "not walked here"


def _walk_cell(walk: WalkSummary, page: PageFacts, url: str) -> str:
    labels = f"{escape(', '.join(walk.labels), quote=False)}: " if walk.labels else ""
    status = walk_status(walk, page)
    if walk.started_at is None:
        return f'{labels}<a href="{escape(url)}">{badge_html(status)}</a> no record'
    took = f", {duration(walk.elapsed_s)}" if walk.elapsed_s is not None else ""
    steps = f", {walk.run_count} steps" if is_evidence(status) else ""
    dated = Dated(recorded_at=walk.started_at, fresh_days=walk.fresh_days)
    # A walk that passed may have blocks that only ran, or were not run: those words are the blocks' alone.
    badge = badge_html(status, dated, word="Passed" if is_evidence(status) else "")
    when = f"{time_html(walk.started_at)}{took}{steps}"
    return f'{labels}<a href="{escape(url)}">{badge}</a> {when}{with_gpu(walk.manifest)}'


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
    return (
        f'<section class="dw-of-page">\n<h2 id="{anchor}">{_link(page.title, url)}</h2>\n'
        f"<ul>\n{walks}\n</ul>\n{table}\n</section>"
    )


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
        f"<tr{_facets([block])}><td>{block.line}</td>"
        f'<td><a href="{escape(url)}#{block.anchor}"><code>{label}</code></a></td>'
        f"<td>{badges_html(block)}{reason}</td><td>{when}</td></tr>"
    )


def _link(text: str, url: str) -> str:
    return f'<a href="{escape(url)}">{escape(text, quote=False)}</a>'


def _scrolled(label: str, table: str) -> str:
    """A table that scrolls by itself where it is wider than the page; focusable for the keyboard."""
    return (
        f'<div class="dw-scroll" role="group" aria-label="{escape(label)}" tabindex="0">'
        f'<table class="dw-table">\n{table}\n</table></div>'
    )
