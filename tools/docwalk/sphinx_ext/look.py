"""The theme `docwalk`: furo with a page skeleton, colours and logo of our own, and an error page that helps.

It is registered by the extension, so `html_theme = "docwalk"` is all that a site says. What it needs beyond
furo's context is worked out here; a site with another theme gets none of it.
"""

from __future__ import annotations

import re
import shutil
from html import escape, unescape
from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes

from docwalk.sphinx_ext.navigation import navigation_html

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from sphinx.application import Sphinx

    from docwalk.sphinx_ext.extension import Extension

THEME = "docwalk"
THEME_DIR = Path(__file__).parent / "theme"

ERROR_PAGE = "404"
"""Name of the page that servers show for an address without a page."""

SUPPORT_VALUE = "support"
"""Key of `[tool.docwalk.site]` with the address for questions: mail, or a URL."""

DESCRIPTION_CHARACTERS = 160
"""What search engines show of a description."""

UNUSED = (
    *("debug.css", "skeleton.css"),
    *("base-stemmer.js", "english-stemmer.js"),  # language_data.js has them in it
    *("scripts/furo.js", "scripts/furo.js.LICENSE.txt", "scripts/furo.js.map", "scripts/furo-extensions.js"),
    *("styles/furo.css.map", "styles/furo-extensions.css", "styles/furo-extensions.css.map"),
)
"""Files of the themes below ours that no page loads."""

_CAPTION = '<p class="caption" role="heading">'
_REPLACED = ("scripts/furo.js", "styles/furo-extensions.css")


class Look:
    """Handlers of Sphinx's events that make the site look as it does."""

    def __init__(self, extension: Extension) -> None:
        self._extension = extension

    def load(self, app: Sphinx) -> None:
        """Load the theme's script on every page."""
        if app.config.html_theme == THEME:
            app.add_js_file("docwalk-theme.js", loading_method="defer")

    def page_context(
        self,
        app: Sphinx,
        pagename: str,
        _template: str,
        context: dict[str, Any],
        doctree: nodes.document | None,
    ) -> None:
        """Give the templates title, description, navigation and addresses; leave out what furo loads."""
        if app.config.html_theme != THEME:
            return
        for key in ("css_files", "script_files"):
            context[key] = [each for each in context.get(key, ()) if not _is_replaced(each)]
        # Sphinx makes captions headings of no level, which no screen reader can place.
        context["body"] = str(context.get("body", "")).replace(_CAPTION, '<p class="caption">')
        context["docwalk_navigation"] = navigation_html(context.get("furo_navigation_tree", ""))
        site_title = str(context.get("docstitle") or context.get("project") or "")
        title = _text(str(context.get("title") or ""))
        own = pagename == app.config.root_doc or not title
        context["docwalk_page_title"] = site_title if own else f"{title} · {site_title}"
        description = str(app.env.metadata.get(pagename, {}).get("description", "")) or (
            first_sentences(doctree) if doctree is not None else ""
        )
        if description and 'name="description"' not in context.get("metatags", ""):
            context["metatags"] = (
                context.get("metatags", "") + f'\n<meta name="description" content="{escape(description)}">'
            )
        values = self._extension.site.project.site_values
        support = values.get(SUPPORT_VALUE, "")
        context["docwalk_support"] = support
        context["docwalk_support_url"] = (
            f"mailto:{support}" if "@" in support and ":" not in support else support
        )
        context["docwalk_base_url"] = app.config.html_baseurl
        context["docwalk_issues"] = self._extension.site.issues
        context["docwalk_verification"] = self._extension.settings.verification_page

    def error_page(self, app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
        """The page for addresses without a page, unless the site has its own."""
        if app.config.html_theme == THEME and ERROR_PAGE not in {
            *app.env.found_docs,
            *app.config.html_additional_pages,
        }:
            yield ERROR_PAGE, {"title": "No page here"}, "404.html"

    def remove_unused(self, app: Sphinx, exception: Exception | None) -> None:
        """Delete what the themes below ours bring along and nothing loads."""
        if exception is not None or app.builder.format != "html" or app.config.html_theme != THEME:
            return
        for name in UNUSED:
            (Path(app.outdir) / "_static" / name).unlink(missing_ok=True)
        if not app.config.html_copy_source:
            shutil.rmtree(Path(app.outdir) / "_sources", ignore_errors=True)


def add_look(app: Sphinx, extension: Extension) -> None:
    """Register the theme and its handlers."""
    look = Look(extension)
    app.add_html_theme(THEME, str(THEME_DIR))
    app.connect("builder-inited", look.load)
    app.connect("html-page-context", look.page_context, priority=600)  # after furo's own
    app.connect("html-collect-pages", look.error_page)
    app.connect("build-finished", look.remove_unused, priority=600)


def first_sentences(doctree: nodes.document) -> str:
    """How a page begins: its first paragraph, cut at a word where it is long."""
    title = next(iter(doctree.findall(nodes.title)), None)
    section = title.parent if title is not None and title.parent is not None else doctree
    text = next((each.astext() for each in section.children if isinstance(each, nodes.paragraph)), "")
    text = " ".join(text.split())
    if len(text) <= DESCRIPTION_CHARACTERS:
        return text
    return text[: DESCRIPTION_CHARACTERS - 1].rsplit(" ", 1)[0].rstrip(",;:") + "…"


def _text(html: str) -> str:
    """What a title says, without its markup: Sphinx gives it as HTML.

    >>> _text("<code>pip</code> &amp; friends")
    'pip & friends'
    """
    return unescape(re.sub(r"<[^>]*>", "", html))


def _is_replaced(file: object) -> bool:
    name = str(getattr(file, "filename", file))
    return name.endswith(_REPLACED)
