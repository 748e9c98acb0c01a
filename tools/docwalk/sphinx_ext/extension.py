"""What the extension does at each of Sphinx's events; one instance per build holds the loaded site."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.osutil import relative_uri

from docwalk import __version__
from docwalk.document import parse_documents
from docwalk.environment.transport import TRANSPORT_RULES
from docwalk.errors import SourceError
from docwalk.source import Source
from docwalk.sphinx_ext.banner import banner_html, summary_html
from docwalk.sphinx_ext.block_html import block_html
from docwalk.sphinx_ext.dates import parse_time
from docwalk.sphinx_ext.feedback import block_report_html
from docwalk.sphinx_ext.nodes import BannerNode, BlockNode, SummaryNode, VerificationNode
from docwalk.sphinx_ext.notes import DOWNLOADS
from docwalk.sphinx_ext.plain import screen_text, status_text
from docwalk.sphinx_ext.rewrite import rewrite_blocks
from docwalk.sphinx_ext.settings import Settings
from docwalk.sphinx_ext.site import Site, load_site
from docwalk.sphinx_ext.take_away import take_away_html
from docwalk.sphinx_ext.verification import verification_html
from docwalk.sphinx_ext.verification_json import (
    JSON_NAME,
    RECORDS_NAME,
    SCHEMA_NAME,
    schema_text,
    verification_json,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment
    from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)


class Extension:
    """Handlers and visitors that share one site."""

    def __init__(self, app: Sphinx) -> None:
        self._app = app
        self._site: Site | None = None

    @property
    def site(self) -> Site:
        """The site of this build; loaded when the builder is."""
        if self._site is None:
            msg = "docwalk: the site is asked for before the builder is initialised"
            raise ExtensionError(msg)
        return self._site

    @property
    def settings(self) -> Settings:
        """Our part of conf.py."""
        return Settings.of(self._app.config)

    # Events

    def load(self, app: Sphinx) -> None:
        """Read sources and records, once; a page that does not parse ends the build with all its problems."""
        settings = self.settings
        now = parse_time(settings.now) if settings.now else datetime.now(UTC)
        try:
            self._site = load_site(
                settings.project_dir(Path(app.confdir)),
                srcdir=Path(app.srcdir),
                records_dir=settings.records_dir(Path(app.confdir)),
                now=now,
            )
        except SourceError as error:
            raise ExtensionError(f"docwalk cannot read the pages:\n\n{error}") from error
        for trouble in self._site.troubles:
            logger.warning("docwalk: %s", trouble, type="docwalk", subtype="record")
        static = str(Path(__file__).parent / "static")
        if static not in app.config.html_static_path:
            app.config.html_static_path.append(static)

    def rewrite(self, _app: Sphinx, docname: str, content: list[str]) -> None:
        """Name every block of a tutorial page to Sphinx; other pages are left alone."""
        page = self.site.pages.get(docname)
        if page is None:
            return
        source = Source(path=Path(self.site.shown_paths[docname]), text=content[0])
        try:
            document, *examples = parse_documents(source, self.site.project)
        except SourceError as error:
            raise ExtensionError(f"docwalk cannot read the page:\n\n{error}") from error
        content[0] = rewrite_blocks(document, examples)

    def add_banner(self, app: Sphinx, doctree: nodes.document) -> None:
        """Put the banner of a tutorial page below its title, and warn of blocks that readers do not get."""
        page = self.site.pages.get(app.env.current_document.docname)
        if page is None:
            return
        shown = {node["block_id"] for node in doctree.findall(BlockNode)}
        for block in (block for block in page.blocks if block.id not in shown):
            logger.warning(
                "docwalk: Sphinx does not read this as a block: is an extension of MyST switched off?",
                location=(page.docname, block.line),
                type="docwalk",
                subtype="block",
            )
        title = next(iter(doctree.findall(nodes.title)), None)
        if title is not None and title.parent is not None:
            title.parent.insert(title.parent.index(title) + 1, BannerNode())
        else:
            doctree.insert(0, BannerNode())

    def pages_to_write(self, _app: Sphinx, env: BuildEnvironment) -> Iterable[str]:
        """Pages made from records are written anew in every build: the records may have changed."""
        made = (BlockNode, SummaryNode, VerificationNode)
        return [
            docname
            for docname in sorted(env.found_docs)
            if docname in self.site.pages
            or any(next(iter(env.get_doctree(docname).findall(kind)), None) for kind in made)
        ]

    def resolve(self, app: Sphinx, doctree: nodes.document, _docname: str) -> None:
        """For builders that write no HTML, put plain text in place of our nodes."""
        if app.builder.format == "html":
            return
        for node in list(doctree.findall(BlockNode)):
            view = self.site.blocks[node["block_id"]]
            text = screen_text(view)
            node.replace_self(
                [
                    *(nodes.paragraph("", note) for note in view.notes),
                    nodes.literal_block(text, text, language="none"),
                    nodes.paragraph("", "", nodes.emphasis("", status_text(view))),
                ]
            )
        for kind in (BannerNode, SummaryNode, VerificationNode):
            for other in list(doctree.findall(kind)):
                other.parent.remove(other)

    def write_json(self, app: Sphinx, exception: Exception | None) -> None:
        """Write `verification.json` beside the pages, and the records that it is made from."""
        if exception is not None or app.builder.format != "html":
            return
        values = verification_json(
            tuple(self.site.pages.values()),
            TRANSPORT_RULES,
            built_at=self.site.now.isoformat(timespec="seconds"),
            version=__version__,
            url_of=app.builder.get_target_uri,
        )
        text = json.dumps(values, indent=1, sort_keys=True, ensure_ascii=False)
        outdir = Path(app.outdir)
        (outdir / JSON_NAME).write_text(text + "\n", encoding="utf-8")
        (outdir / SCHEMA_NAME).write_text(schema_text(), encoding="utf-8")
        shutil.rmtree(outdir / RECORDS_NAME, ignore_errors=True)
        (outdir / RECORDS_NAME).mkdir()
        for walk in (walk for page in self.site.pages.values() for walk in page.walks if walk.record_name):
            shutil.copyfile(
                self.site.records_dir / walk.record_name, outdir / RECORDS_NAME / walk.record_name
            )

    def write_downloads(self, app: Sphinx, exception: Exception | None) -> None:
        """Put the files that readers download beside the pages."""
        if exception is not None or app.builder.format != "html":
            return
        shutil.rmtree(Path(app.outdir) / DOWNLOADS, ignore_errors=True)
        for view in self.site.blocks.values():
            if view.download is not None:
                path = Path(app.outdir) / view.download.path
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(view.download.data)

    # Visitors of the HTML writer

    def visit_block(self, translator: HTML5Translator, node: nodes.Element) -> None:
        """Write one block."""
        translator.body.append(self.html_of_block(translator, node["block_id"]) + "\n")
        raise nodes.SkipNode

    def html_of_block(self, translator: HTML5Translator, block_id: str) -> str:
        """One block, as it stands on the page being written."""
        view = self.site.blocks[block_id]
        report = block_report_html(
            self.site.issues,
            block_id=view.id,
            line=view.line,
            recorded_at=view.recorded_at,
            environment=view.environment,
        )
        root = relative_uri(translator.builder.get_target_uri(_docname(translator)), "")
        return block_html(view, report=report, root_url=root)

    def visit_banner(self, translator: HTML5Translator, _node: nodes.Element) -> None:
        """Write the banner of the page being written."""
        page = self.site.pages[_docname(translator)]
        url = self._verification_url(translator)
        translator.body.append(banner_html(page, issues=self.site.issues, verification_url=url) + "\n")
        root = relative_uri(translator.builder.get_target_uri(_docname(translator)), "")
        scripts = self.site.scripts.get(_docname(translator), ())
        translator.body.append(take_away_html(scripts, root_url=root) + "\n")
        raise nodes.SkipNode

    def visit_summary(self, translator: HTML5Translator, _node: nodes.Element) -> None:
        """Write the site's numbers."""
        html = summary_html(
            self.site.tutorials,
            example_count=sum(len(page.blocks) for page in self.site.pages_with_blocks if page.has_examples),
            verification_url=self._verification_url(translator),
        )
        translator.body.append(html + "\n")
        raise nodes.SkipNode

    def visit_verification(self, translator: HTML5Translator, _node: nodes.Element) -> None:
        """Write the verification page, its pages in the order in which the site lists them."""
        order = {name: at for at, name in enumerate(_in_order(translator.builder.env))}
        html = verification_html(
            sorted(self.site.pages_with_blocks, key=lambda page: order.get(page.docname, len(order))),
            TRANSPORT_RULES,
            url_of=lambda docname: _url(translator, docname),
            file_url=lambda name: relative_uri(translator.builder.get_target_uri(_docname(translator)), name),
        )
        translator.body.append(html + "\n")
        raise nodes.SkipNode

    def _verification_url(self, translator: HTML5Translator) -> str:
        page = self.settings.verification_page
        return _url(translator, page) if page else ""


def _in_order(env: BuildEnvironment) -> Iterable[str]:
    """Documents as the tables of contents list them, from the first page on."""
    waiting, found = [env.config.root_doc], dict[str, None]()
    while waiting:
        docname = waiting.pop()
        if docname not in found:
            found[docname] = None
            waiting += reversed(env.toctree_includes.get(docname, []))
    return found


def _docname(translator: HTML5Translator) -> str:
    # In a single page made of many, Sphinx keeps the stack of documents it is in.
    return translator.docnames[-1]


def _url(translator: HTML5Translator, docname: str) -> str:
    return translator.builder.get_relative_uri(_docname(translator), docname)
