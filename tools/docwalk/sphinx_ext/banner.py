"""The banner of a tutorial page, and the site's numbers: counts, walks, environments, dates, as HTML."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from docwalk.results import has_simulated_gpu
from docwalk.sphinx_ext.badges import badge_html, css_word
from docwalk.sphinx_ext.dates import day, duration, time_html
from docwalk.sphinx_ext.faces import is_evidence
from docwalk.sphinx_ext.feedback import page_report_html
from docwalk.sphinx_ext.manifest import facts_of, in_short, with_gpu
from docwalk.sphinx_ext.pages import count_statuses, newest, oldest
from docwalk.sphinx_ext.totals import tiles_html
from docwalk.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from docwalk.sphinx_ext.pages import PageFacts, WalkSummary

_COUNTED = {
    Status.VERIFIED: "verified",
    Status.RAN: "ran",
    Status.STALE: "stale",
    Status.FAILING: "failing",
    Status.NOT_RUN: "not run",
}


def banner_html(page: PageFacts, *, issues: str, verification_url: str) -> str:
    """What stands below the title of a page; empty where the page has no blocks.

    Args:
        page: the page.
        issues: where to report a difference; may be empty.
        verification_url: relative URL of the verification page; empty for none.
    """
    if not page.blocks:
        return ""
    counts = count_statuses([page])
    worst = next(status for status in _WORST_FIRST if status in counts)
    more = f' <a href="{escape(verification_url)}">How this is verified</a>.' if verification_url else ""
    walks = "\n".join((*(_walk(walk) for walk in page.walks), *_environments(page)))
    report = page_report_html(issues, page=page.page, recorded_at=newest([page]))
    return (
        f'<aside class="dw-banner dw-is-{css_word(worst)}" aria-label="How this page was verified"'
        f' data-dw-fresh-days="{page.fresh_days}">\n'
        f'<p class="dw-headline">{_headline(page, counts, more)}</p>\n'
        f"{_made(page)}"
        f'<p class="dw-old" hidden></p>\n'
        f"<details><summary>{_plural(len(page.walks), 'walk')}: where, when, in what</summary>\n"
        f"<ul>\n{walks}\n</ul>\n<p>{report}</p>\n</details>\n</aside>"
    )


def summary_html(pages: Sequence[PageFacts], *, example_count: int = 0, verification_url: str) -> str:
    """The site's numbers, for its first page.

    Args:
        pages: the pages that readers follow.
        example_count: blocks on other pages, which are examples.
        verification_url: where every block is listed; empty where nothing lists them.
    """
    counts = count_statuses(pages)
    first, last = oldest(pages), newest(pages)
    if not counts or first is None or last is None:
        return (
            '<div class="dw-numbers"><p>Nothing here has been run yet: there are no records. '
            "<code>nox -s doctest</code> makes them.</p></div>"
        )
    steps = sum(walk.run_count for page in pages for walk in page.walks)
    between = (
        f"on {time_html(last)}" if day(first) == day(last) else f"between {day(first)} and {time_html(last)}"
    )
    environments = ", ".join(
        f"<code>{escape(name)}</code>"
        for name in sorted({walk.environment for page in pages for walk in page.walks})
    )
    more = (
        f" The documentation's examples have {_plural(example_count, 'more block')}." if example_count else ""
    )
    if verification_url:
        more += f' <a href="{escape(verification_url)}">See every block</a>.'
    return (
        f'<div class="dw-numbers">\n{tiles_html(pages)}\n'
        f"<p>{_plural(sum(counts.values()), 'block')} on {_plural(len(pages), 'page')}, "
        f"{_plural(steps, 'step')} (commands typed into a real shell, files written) {between} in "
        f"{environments}.{more}</p>\n</div>"
    )


_WORST_FIRST = (Status.FAILING, Status.STALE, Status.NOT_RUN, Status.RAN, Status.VERIFIED)


def _headline(page: PageFacts, counts: Mapping[Status, int], more: str) -> str:
    when = newest([page])
    total = sum(counts.values())
    # What is only old was run as well: that it is stale is said by the counts.
    good = sum(
        is_evidence(block.status) or (block.status is Status.STALE and block.shown.is_recorded)
        for block in page.blocks
    )
    lead = "No block of this page has a passing record" if not good else (
        f"All {_plural(total, 'block')} of this page were run" if good == total
        else f"{good} of the {_plural(total, 'block')} of this page did what it says"
    )  # fmt: skip
    if total == good == 1:
        lead = "The one block of this page was run"
    dated = f" on {time_html(when)}" if when is not None and good else ""
    badges = " ".join(
        f'<span class="dw-count">{count} {badge_html(status)}</span>' for status, count in counts.items()
    )
    is_made_up = any(has_simulated_gpu(walk.manifest) for walk in page.walks)
    gpu = " The GPUs it shows are <strong>simulated</strong>." if is_made_up else ""
    return f'{lead}{dated}.{gpu}{more} <span class="dw-counts">{badges}</span>'


def _walk(walk: WalkSummary) -> str:
    labels = escape(", ".join(walk.labels), quote=False)
    where = f"<code>{escape(walk.environment, quote=False)}</code>{with_gpu(walk.manifest)}"
    lead = f"{labels}, in {where}" if labels else f"In {where}"
    if walk.started_at is None:
        return f"<li>{lead}: no record.</li>"
    how = "" if walk.passed else " It failed."
    took = f", {duration(walk.elapsed_s)}" if walk.elapsed_s is not None else ""
    when = f"{_plural(walk.run_count, 'step')} on {time_html(walk.started_at)}{took}"
    return f"<li>{lead}: {when}.{how}</li>"


def _environments(page: PageFacts) -> Iterator[str]:
    """What was inside, once for each environment and build of it that a record of the page names."""
    for walk in _distinct(page):
        facts = "".join(f"<li>{fact}</li>" for fact in facts_of(walk))
        yield f"<li>What <code>{escape(walk.environment, quote=False)}</code> held:\n<ul>{facts}</ul></li>"


def _distinct(page: PageFacts) -> Iterable[WalkSummary]:
    recorded = [walk for walk in page.walks if walk.started_at is not None]
    return {(walk.environment, walk.environment_digest): walk for walk in reversed(recorded)}.values()


def _made(page: PageFacts) -> str:
    """How what is on the page came there, for whoever reads such a page for the first time."""
    held: dict[str, str] = {}
    for walk in page.walks:
        if walk.run_count:
            inside = in_short(walk.manifest)
            name = f"<code>{escape(walk.environment, quote=False)}</code>"
            held.setdefault(walk.environment, f"{name} ({escape(inside, quote=False)})" if inside else name)
    recorded = sum(block.shown.is_recorded for block in page.blocks)
    if not held or not recorded:
        return ""
    rest = "" if recorded == len(page.blocks) else " Where that is not so, the block says it."
    *before, last = held.values()
    where = f"{', '.join(before)} and {last}" if before else last
    what = "copies of a cluster" if before else "a copy of a cluster"
    return (
        '<p class="dw-made">What you see was typed by a machine, not by hand: it opened terminals in '
        f"{where}, {what}, typed each command, and kept what came out.{rest}</p>\n"
    )


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
