"""What Sphinx is told about tabs: nodes, their HTML, our files for those of sphinx-tabs, the quick choice.

Everything is in the HTML: without JavaScript, and in print, each panel stands below its label.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.util import logging

from docwalk.sphinx_ext.tabs import (
    TabLabelNode,
    TabPanelNode,
    TabSetNode,
    make_tabs,
    title_of,
    unfold_tabs,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.writers.html5 import HTML5Translator

    from docwalk.config import Axis
    from docwalk.sphinx_ext.extension import Extension

_HEAD = (
    "<script>((c) => { c.add('dw-js'); addEventListener('load', () => window.docwalk || c.remove('dw-js')); "
    "})(document.documentElement.classList)</script>\n"
)
"""Keeps panels that are about to be hidden from being seen for a moment; undone if our script is missing."""

_SIDEBAR = "sidebar/docwalk-choices.html"

logger = logging.getLogger(__name__)


def add_tabs(app: Sphinx, extension: Extension) -> None:
    """Register what pages with tabs need, and the choice for the whole site."""
    app.add_config_value("docwalk_axis_titles", {}, "html", types=(dict,))
    app.add_node(TabSetNode, html=(visit_set, depart_division))
    app.add_node(TabPanelNode, html=(visit_panel, depart_division))
    app.add_node(TabLabelNode, html=(visit_label, depart_label))
    app.connect("config-inited", _prepare)
    app.connect("builder-inited", _take_over, priority=900)
    app.connect("doctree-resolved", _resolver(extension))
    app.connect("html-page-context", _page_context(extension))
    app.add_css_file("docwalk-tabs.css")
    # Before our other scripts, which ask it what was chosen.
    app.add_js_file("docwalk-tabs.js", priority=400, loading_method="defer")


def visit_set(translator: HTML5Translator, node: nodes.Element) -> None:
    """Open a set; its script adds the tabs."""
    translator.body.append(
        translator.starttag(
            node,
            "div",
            CLASS="dw-tabs",
            **{"data-dw-axis": node["axis"], "data-dw-key": node["key"], "data-dw-title": node["title"]},
        )
    )


def visit_panel(translator: HTML5Translator, node: nodes.Element) -> None:
    """Open a panel: a group below its label, until it is made a tab panel."""
    label = node.children[0]
    labelled = {"aria-labelledby": label["ids"][0]} if isinstance(label, TabLabelNode) else {}
    translator.body.append(
        translator.starttag(
            node,
            "div",
            CLASS="dw-panel",
            role="group",
            **labelled,
            **{"data-dw-axis": node["axis"], "data-dw-label": node["label"]},
        )
    )


def depart_division(translator: HTML5Translator, _node: nodes.Element) -> None:
    """Close a set or a panel."""
    translator.body.append("</div>\n")


def visit_label(translator: HTML5Translator, node: nodes.Element) -> None:
    """Open a label."""
    translator.body.append(translator.starttag(node, "p", "", CLASS="dw-panel-label"))


def depart_label(translator: HTML5Translator, _node: nodes.Element) -> None:
    """Close a label."""
    translator.body.append("</p>\n")


def choices_html(axes: Mapping[str, Axis], titles: Mapping[str, str]) -> str:
    """One list of labels for each axis that leaves a choice; hidden until a script can remember it."""
    offered = [axis for axis in axes.values() if len(axis.labels) > 1]
    if not offered:
        return ""
    rows = "".join(
        f'<label class="dw-choice"><span>{escape(title_of(axis.name, titles), quote=False)}</span>\n'
        f'<select data-dw-axis="{escape(axis.name)}" autocomplete="off">'
        + "".join(f"<option>{escape(label, quote=False)}</option>" for label in axis.labels)
        + "</select></label>\n"
        for axis in offered
    )
    return (
        '<div class="dw-choices" hidden>\n<fieldset>\n'
        f"<legend>Show everything for my</legend>\n{rows}</fieldset>\n</div>\n"
    )


def _prepare(app: Sphinx, config: Config) -> None:
    config.templates_path.append(str(Path(__file__).parent / "templates"))
    if "sphinx_tabs.tabs" in app.extensions:
        from docwalk.sphinx_ext.code_tab import replace_directives  # noqa: PLC0415 - sphinx-tabs is optional

        replace_directives(app)


def _take_over(app: Sphinx) -> None:
    """Ship nothing of sphinx-tabs, and have it read tabs alike for every builder."""
    if "sphinx_tabs.tabs" not in app.extensions:
        return
    from sphinx_tabs import tabs  # noqa: PLC0415 - it is optional

    theirs = (Path(tabs.__file__).parent / "static").as_posix()
    app.config.html_static_path = [path for path in app.config.html_static_path if path != theirs]
    for listener in list(app.events.listeners["html-page-context"]):
        if listener.handler is tabs.update_context:
            app.disconnect(listener.id)
    app.config.sphinx_tabs_valid_builders = [*app.config.sphinx_tabs_valid_builders, app.builder.name]


def _resolver(extension: Extension) -> Callable[[Sphinx, nodes.document, str], None]:
    def resolve(app: Sphinx, doctree: nodes.document, docname: str) -> None:
        if "sphinx_tabs.tabs" not in app.extensions:
            return
        axes = extension.site.project.axes
        make_tabs(doctree, docname, declared=axes, titles=app.config.docwalk_axis_titles)
        if app.builder.format != "html":
            unfold_tabs(doctree)

    return resolve


def _page_context(
    extension: Extension,
) -> Callable[[Sphinx, str, str, dict[str, Any], nodes.document | None], None]:
    def add(
        app: Sphinx, _name: str, _template: str, context: dict[str, Any], doctree: nodes.document | None
    ) -> None:
        if doctree is not None and next(iter(doctree.findall(TabSetNode)), None) is not None:
            context["metatags"] = context.get("metatags", "") + _HEAD
        titles = app.config.docwalk_axis_titles
        axes = extension.site.project.axes
        context["docwalk_choices"] = choices_html(axes, titles)
        sidebars = context.get("sidebars")
        if isinstance(sidebars, list) and _SIDEBAR not in sidebars:
            at = (
                sidebars.index("sidebar/search.html") + 1
                if "sidebar/search.html" in sidebars
                else len(sidebars)
            )
            context["sidebars"] = [*sidebars[:at], _SIDEBAR, *sidebars[at:]]

    return add
