"""The first page: `{docwalk-series}` lists the pages that readers follow, `{docwalk-sample}` shows a block.

Both are made from the records when the page is written: what it says of other pages is as true as they are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from html import escape
from typing import TYPE_CHECKING

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from docwalk.sphinx_ext.badges import badge_html, first_to_be_stale
from docwalk.sphinx_ext.dates import time_html
from docwalk.sphinx_ext.look import first_sentences
from docwalk.sphinx_ext.pages import count_statuses, newest
from docwalk.sphinx_ext.parts import Typed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import ClassVar

    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment
    from sphinx.writers.html5 import HTML5Translator

    from docwalk.sphinx_ext.badges import Dated
    from docwalk.sphinx_ext.extension import Extension
    from docwalk.sphinx_ext.pages import PageFacts
    from docwalk.sphinx_ext.view import BlockView
    from docwalk.status import Status

logger = logging.getLogger(__name__)

_TIME = re.compile(r"Time:\s*([^.,;]+)")
"""Where a tutorial says how long it takes."""

_NUMBERED = re.compile(r"(\d+)\.\s+(.+)", re.DOTALL)
"""A title with its place in the series."""


class SeriesNode(nodes.General, nodes.Element):
    """A list of pages; attribute `pattern`."""


class SampleNode(nodes.General, nodes.Element):
    """A block of another page; attributes `page` and `command`."""


class SeriesDirective(SphinxDirective):
    """`{docwalk-series} PATTERN`: pages by name, each with a line, the time it takes and its status."""

    required_arguments = 1

    def run(self) -> Sequence[nodes.Node]:
        """One node."""
        node = SeriesNode("", pattern=self.arguments[0])
        self.set_source_info(node)
        return [node]


class SampleDirective(SphinxDirective):
    """`{docwalk-sample} PAGE` with `:command:`: the block of that page in which this is typed."""

    required_arguments = 1
    option_spec: ClassVar[dict[str, Callable[[str], object]]] = {"command": directives.unchanged_required}

    def run(self) -> Sequence[nodes.Node]:
        """One node."""
        if "command" not in self.options:
            raise self.error("`docwalk-sample` needs `:command:`, a command of the block to show")
        node = SampleNode("", page=self.arguments[0], command=self.options["command"])
        self.set_source_info(node)
        return [node]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesEntry:
    """One page of a series."""

    url: str
    """Where it is, relative to the page with the list."""
    title: str
    """Its title, a number before it included."""
    line: str
    """What it is about; may be empty."""
    time: str
    """How long it takes, in the page's words; may be empty."""
    facts: PageFacts | None
    """Its blocks; None for a page that has none."""


def series_html(entries: Sequence[SeriesEntry]) -> str:
    """The list, each number in front of its title."""
    items = "\n".join(_entry(entry) for entry in entries)
    return f'<ol class="dw-series">\n{items}\n</ol>'


def _entry(entry: SeriesEntry) -> str:
    numbered = _NUMBERED.fullmatch(entry.title)
    number, title = numbered.groups() if numbered is not None else ("", entry.title)
    link = f'<a href="{escape(entry.url)}">{escape(title, quote=False)}</a>'
    lead = f'<span class="dw-number">{number}</span> {link}' if number else link
    line = f"<p>{escape(entry.line, quote=False)}</p>\n" if entry.line else ""
    facts = [escape(entry.time, quote=False)] if entry.time else []
    if entry.facts is not None:
        page = entry.facts
        counts = count_statuses([page])
        facts += [f"{count} {badge_html(each, _dated(page, each))}" for each, count in counts.items()]
        if (when := newest([page])) is not None:
            facts.append(time_html(when))
    rest = f'<p class="dw-facts">{" · ".join(facts)}</p>' if facts else ""
    return f"<li>\n<p>{lead}</p>\n{line}{rest}\n</li>"


def _dated(page: PageFacts, status: Status) -> Dated | None:
    """Of the blocks of a status, the recording that is stale first."""
    return first_to_be_stale(walk for block in page.blocks if block.status is status for walk in block.walks)


def block_with(page: PageFacts, command: str) -> BlockView | None:
    """The first block of a page in which a command is typed; None where none is."""
    return next(
        (
            block
            for block in page.blocks
            if any(isinstance(part, Typed) and part.text == command for part in block.parts)
        ),
        None,
    )


def time_of(text: str) -> str:
    """What a page says of the time it takes: `ten minutes`; empty where it says nothing."""
    found = _TIME.search(text)
    return " ".join(found[1].split()) if found is not None else ""


def pages_of_series(docnames: Iterable[str], pattern: str) -> Sequence[str]:
    """Names that match, by the number each has in front."""

    def order(name: str) -> tuple[int, str]:
        number = re.match(r"\d+", name.rsplit("/", 1)[-1])
        return (int(number[0]) if number else 10**6, name)

    return sorted((name for name in docnames if fnmatchcase(name, pattern)), key=order)


class Landing:
    """Visitors and checks of the two directives."""

    def __init__(self, extension: Extension) -> None:
        self._extension = extension

    def check(self, _app: Sphinx, doctree: nodes.document, docname: str) -> None:
        """Warn of a pattern that names no page, and of a sample that is not there."""
        site = self._extension.site
        for series in doctree.findall(SeriesNode):
            if not pages_of_series(site.pages, series["pattern"]):
                _warn(series, docname, f"no page of the project is named like `{series['pattern']}`")
        for sample in doctree.findall(SampleNode):
            page = site.pages.get(sample["page"])
            if page is None:
                _warn(sample, docname, f"`{sample['page']}` is no page of the project with blocks")
            elif block_with(page, sample["command"]) is None:
                _warn(sample, docname, f"no block of `{sample['page']}` types `{sample['command']}`")

    def pages_to_write(self, _app: Sphinx, env: BuildEnvironment) -> Iterable[str]:
        """What is said of other pages may have changed with them."""
        return [
            name
            for name in sorted(env.found_docs)
            if any(next(iter(env.get_doctree(name).findall(kind)), None) for kind in (SeriesNode, SampleNode))
        ]

    def leave_out(self, app: Sphinx, doctree: nodes.document, _docname: str) -> None:
        """For builders that write no HTML, without them: they repeat what is elsewhere."""
        if app.builder.format == "html":
            return
        for kind in (SeriesNode, SampleNode):
            for node in list(doctree.findall(kind)):
                node.parent.remove(node)

    def visit_series(self, translator: HTML5Translator, node: nodes.Element) -> None:
        """Write a list of pages."""
        env = translator.builder.env
        here = translator.docnames[-1]
        pages = self._extension.site.pages
        entries = []
        for name in pages_of_series(pages, node["pattern"]):
            doctree = env.get_doctree(name)
            entries.append(
                SeriesEntry(
                    url=translator.builder.get_relative_uri(here, name),
                    title=env.titles[name].astext(),
                    line=str(env.metadata[name].get("description", "")) or first_sentences(doctree),
                    time=next(filter(None, map(time_of, _texts(doctree))), ""),
                    facts=pages[name] if pages[name].blocks else None,
                )
            )
        translator.body.append(series_html(entries) + "\n")
        raise nodes.SkipNode

    def visit_sample(self, translator: HTML5Translator, node: nodes.Element) -> None:
        """Write a block of another page."""
        page = self._extension.site.pages.get(node["page"])
        block = block_with(page, node["command"]) if page is not None else None
        if block is not None:
            translator.body.append(self._extension.html_of_block(translator, block.id) + "\n")
        raise nodes.SkipNode


def add_landing(app: Sphinx, extension: Extension) -> None:
    """Register both directives."""
    landing = Landing(extension)
    app.add_directive("docwalk-series", SeriesDirective)
    app.add_directive("docwalk-sample", SampleDirective)
    app.add_node(SeriesNode, html=(landing.visit_series, None))
    app.add_node(SampleNode, html=(landing.visit_sample, None))
    app.connect("doctree-resolved", landing.check)
    app.connect("doctree-resolved", landing.leave_out)
    app.connect("env-get-updated", landing.pages_to_write)


def _texts(doctree: nodes.document) -> Iterable[str]:
    return (each.astext() for each in doctree.findall(nodes.paragraph))


def _warn(node: nodes.Element, docname: str, message: str) -> None:
    logger.warning("docwalk: %s", message, location=(docname, node.line), type="docwalk", subtype="landing")
