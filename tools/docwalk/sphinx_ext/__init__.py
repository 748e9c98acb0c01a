"""The Sphinx extension: pages rendered from records. It reads sources and records; it never runs anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docwalk import __version__
from docwalk.sphinx_ext.examples import ExampleDirective, FailsDirective
from docwalk.sphinx_ext.exercises import add_exercises
from docwalk.sphinx_ext.extension import Extension
from docwalk.sphinx_ext.landing import add_landing
from docwalk.sphinx_ext.look import add_look
from docwalk.sphinx_ext.nodes import (
    BannerNode,
    BlockDirective,
    BlockNode,
    SummaryDirective,
    SummaryNode,
    VerificationDirective,
    VerificationNode,
)
from docwalk.sphinx_ext.rewrite import DIRECTIVE, EXAMPLE_DIRECTIVE
from docwalk.sphinx_ext.search_words import add_search_words
from docwalk.sphinx_ext.settings import add_settings
from docwalk.sphinx_ext.site_values import add_site_values
from docwalk.sphinx_ext.tabs_setup import add_tabs
from docwalk.sphinx_ext.take_away_setup import add_take_away

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register settings, directives, nodes and handlers with Sphinx."""
    extension = Extension(app)
    add_settings(app)
    app.add_directive(DIRECTIVE, BlockDirective)
    app.add_directive(EXAMPLE_DIRECTIVE, ExampleDirective)
    app.add_directive("fails", FailsDirective)
    add_exercises(app)
    add_tabs(app, extension)
    add_search_words(app, extension)
    app.add_directive("docwalk-summary", SummaryDirective)
    app.add_directive("docwalk-verification", VerificationDirective)
    app.add_node(BlockNode, html=(extension.visit_block, None))
    app.add_node(BannerNode, html=(extension.visit_banner, None))
    app.add_node(SummaryNode, html=(extension.visit_summary, None))
    app.add_node(VerificationNode, html=(extension.visit_verification, None))
    add_site_values(app, extension)
    app.connect("builder-inited", extension.load)
    app.connect("source-read", extension.rewrite)
    app.connect("doctree-read", extension.add_banner)
    app.connect("env-get-updated", extension.pages_to_write)
    app.connect("doctree-resolved", extension.resolve)
    app.connect("build-finished", extension.write_json)
    app.connect("build-finished", extension.write_downloads)
    add_landing(app, extension)
    add_look(app, extension)
    add_take_away(app, extension)
    app.add_css_file("docwalk.css")
    app.add_css_file("docwalk-examples.css")
    app.add_css_file("docwalk-proof.css")
    app.add_js_file("docwalk.js", loading_method="defer")
    app.add_js_file("docwalk-proof.js", loading_method="defer")
    return {"version": __version__, "parallel_read_safe": True, "parallel_write_safe": True}
