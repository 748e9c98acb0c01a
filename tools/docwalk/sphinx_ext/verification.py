"""The verification page: totals, pages by environments, and every walk and block with its status.

All of it is there without JavaScript; docwalk-verification.js shows less of it, by text, status, environment.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote

from docwalk.sphinx_ext.badges import (
    MEANINGS,
    Dated,
    badge_html,
    css_word,
    first_to_be_stale,
    prose_html,
)
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

    from docwalk.environment.transport import TransportRule
    from docwalk.sphinx_ext.pages import PageFacts, WalkSummary
    from docwalk.sphinx_ext.view import BlockView

_SCRIPT = "_static/docwalk-verification.js"


def verification_html(
    pages: Sequence[PageFacts],
    rules: Sequence[TransportRule],
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
        f'<div class="dw-numbers">{tiles_html(with_blocks)}</div>\n'
        f"{_filter(with_blocks)}\n{_matrix(with_blocks, url_of)}\n{programs}\n"
        f"{_legend()}\n{_environments(with_blocks)}\n{_rules(rules)}\n{sections}\n{script}"
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
    """The walks of a page in an environment: one is named, several of one status are counted."""
    found: dict[Status, list[WalkSummary]] = {}
    for walk in page.walks:
        if walk.environment == environment:
            status = walk_status(walk, page)
            found.setdefault(Status.VERIFIED if is_evidence(status) else status, []).append(walk)
    return (
        "<br>".join(
            _walks_cell(status, walks, url if len(walks) == 1 else f"#{_anchor(page)}")
            for status, walks in found.items()
        )
        or '<span class="dw-none"><span class="visually-hidden">not walked here</span></span>'
    )


def _walks_cell(status: Status, walks: Sequence[WalkSummary], url: str) -> str:
    if len(walks) == 1:
        who = f" {escape(', '.join(walks[0].labels), quote=False)}".rstrip()
    else:
        who = f" {len(walks)} walks"
    dates = [walk.started_at for walk in walks if walk.started_at is not None]
    link = f'<a href="{escape(url)}">{_walk_badge(status, walks)}{who}</a>'
    gpu = next((text for walk in walks if (text := with_gpu(walk.manifest))), "")
    return f"{link} {time_html(min(dates)) if dates else 'no record'}{gpu}"


def _walk_badge(status: Status, walks: Sequence[WalkSummary]) -> str:
    dated = [
        Dated(recorded_at=walk.started_at, fresh_days=walk.fresh_days)
        for walk in walks
        if walk.started_at is not None
    ]
    # A walk that passed may have blocks that only ran, or were not run: those words are the blocks' alone.
    word = "Passed" if is_evidence(status) else ""
    return badge_html(status, min(dated, key=lambda each: each.recorded_at, default=None), word=word)


def walk_status(walk: WalkSummary, page: PageFacts) -> Status:
    """The walk in one word: failing or stale if any of its blocks is, not run if none was run."""
    statuses = [facts.status for block in page.blocks for facts in block.walks if facts.name == walk.name]
    if walk.started_at is None or not any(status is not Status.NOT_RUN for status in statuses):
        return Status.NOT_RUN
    return next(
        status for status in (Status.FAILING, Status.STALE, Status.VERIFIED, Status.RAN) if status in statuses
    )


def _counts(pages: Sequence[PageFacts]) -> str:
    return "<br>".join(
        f'<span class="dw-count">{count} {badge_html(status, _dated(pages, status))}</span>'
        for status, count in count_statuses(pages).items()
    )


def _dated(pages: Sequence[PageFacts], status: Status) -> Dated | None:
    """Of the blocks of a status, the recording that is stale first."""
    return first_to_be_stale(
        walk for page in pages for block in page.blocks if block.status is status for walk in block.walks
    )


def _legend() -> str:
    items = "\n".join(f"<dt>{badge_html(status)}</dt><dd>{MEANINGS[status]}</dd>" for status in Status)
    return f'<h2 id="what-the-words-mean">What the words mean</h2>\n<dl class="dw-legend">\n{items}\n</dl>'


def _rules(rules: Sequence[TransportRule]) -> str:
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


def _effect(rule: TransportRule) -> str:
    if rule.replacement is None:
        return "left out"
    return f"rewritten as <code>{escape(rule.replacement, quote=False)}</code>"


def _anchor(page: PageFacts) -> str:
    return "page-" + "".join(c if c.isascii() and c.isalnum() else "-" for c in page.page)


def _page_section(page: PageFacts, url: str, file_url: Callable[[str], str]) -> str:
    walks = "\n".join(_walk_item(walk, page, file_url) for walk in page.walks)
    rows = "\n".join(_block_row(block, url) for block in page.blocks)
    table = _scrolled(
        f"Blocks of {page.title}",
        '<thead><tr><th scope="col">Line</th><th scope="col">Block</th><th scope="col">Status</th>'
        f'<th scope="col">When</th></tr></thead>\n<tbody>\n{rows}\n</tbody>',
    )
    count = len(page.blocks)
    said = "The block" if count == 1 else f"All {count} blocks"
    return (
        f'<section class="dw-of-page">\n<h2 id="{_anchor(page)}">{_link(page.title, url)}</h2>\n'
        f"<ul>\n{walks}\n</ul>\n"
        f"<details><summary>{said}, line by line</summary>\n{table}\n</details>\n</section>"
    )


def _walk_item(walk: WalkSummary, page: PageFacts, file_url: Callable[[str], str]) -> str:
    where = f"in <code>{escape(walk.environment, quote=False)}</code>{with_gpu(walk.manifest)}"
    labels = f"{escape(', '.join(walk.labels), quote=False)}, " if walk.labels else ""
    badge = _walk_badge(walk_status(walk, page), [walk])
    if walk.started_at is None:
        return f"<li>{badge} {labels}{where}: no record.</li>"
    took = f", {duration(walk.elapsed_s)}" if walk.elapsed_s is not None else ""
    record = _link("record", quote(file_url(f"{RECORDS_NAME}/{walk.record_name}")))
    steps = f"{walk.run_count} {'step' if walk.run_count == 1 else 'steps'}"
    when = f"{time_html(walk.started_at)}, {steps}{took}"
    return f"<li>{badge} {labels}{where}: {when} ({record}).</li>"


def _environments(pages: Sequence[PageFacts]) -> str:
    """What was inside, once for each environment and build of it that a record names."""
    found: dict[tuple[str, str], WalkSummary] = {}
    for walk in sorted((walk for page in pages for walk in page.walks), key=lambda walk: walk.environment):
        if walk.started_at is not None:
            found.setdefault((walk.environment, walk.environment_digest), walk)
    if not found:
        return ""
    items = "\n".join(
        f"<dt><code>{escape(name, quote=False)}</code></dt><dd>{'; '.join(facts_of(walk))}.</dd>"
        for (name, _), walk in found.items()
    )
    return f'<h2 id="environments">What they ran in</h2>\n<dl class="dw-legend">\n{items}\n</dl>'


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
