"""The index of recipes, `{docwalk-recipes}`: from a task to the section that does it, its status, its script.

Authors name tasks in the front matter of pages; the index is made from the records when it is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote

from docutils import nodes
from sphinx.util.docutils import SphinxDirective
from sphinx.util.osutil import relative_uri

from docwalk.sphinx_ext.badges import badge_html, first_to_be_stale
from docwalk.sphinx_ext.dates import time_html
from docwalk.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment
    from sphinx.writers.html5 import HTML5Translator

    from docwalk.document import Document
    from docwalk.sphinx_ext.extension import Extension
    from docwalk.sphinx_ext.scripts import PageScript
    from docwalk.sphinx_ext.view import BlockView

_WORST_FIRST = (Status.FAILING, Status.NOT_RUN, Status.STALE, Status.RAN, Status.VERIFIED)


class RecipesNode(nodes.General, nodes.Element):
    """The index."""


class RecipesDirective(SphinxDirective):
    """`{docwalk-recipes}`: every task that pages name, in the order of pages."""

    def run(self) -> Sequence[nodes.Node]:
        """One node."""
        return [RecipesNode()]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipeFacts:
    """A task, and where it is done."""

    task: str
    """The task."""
    heading: str
    """Heading of the section."""
    block_ids: tuple[str, ...]
    """Blocks of the section, those of its subsections included."""


def recipes_of(document: Document) -> tuple[RecipeFacts, ...]:
    """The recipes of a page, in its author's order."""
    return tuple(
        RecipeFacts(
            task=recipe.task,
            heading=recipe.heading,
            block_ids=tuple(block.id for block in document.blocks if recipe.heading in block.section),
        )
        for recipe in document.recipes
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipeRow:
    """One line of the index."""

    task: str
    """The task."""
    url: str
    """The section, relative to the index."""
    heading: str
    """Its heading."""
    page_title: str
    """Title of its page."""
    blocks: tuple[BlockView, ...]
    """Its blocks."""
    script: PageScript | None
    """The first script of its page that is offered; None where there is none."""


def recipes_html(rows: Sequence[RecipeRow], *, root_url: str) -> str:
    """The index as a table.

    Args:
        rows: its lines.
        root_url: the site's root as the page links to it, empty or with a final slash.
    """
    if not rows:
        return '<p class="dw-recipes">No page names a task yet.</p>'
    body = "\n".join(_row(row, root_url) for row in rows)
    return (
        '<div class="dw-recipes dw-scroll" role="group" aria-label="Recipes" tabindex="0"><table>\n'
        '<thead><tr><th scope="col">You want to</th><th scope="col">Where it is shown</th>'
        '<th scope="col">Status</th><th scope="col">Script of the page</th></tr></thead>\n'
        f"<tbody>\n{body}\n</tbody></table></div>"
    )


def _row(row: RecipeRow, root_url: str) -> str:
    link = f'<a href="{escape(row.url)}">{escape(row.heading, quote=False)}</a>'
    script = "none"
    if row.script is not None:
        href = escape(root_url + quote(row.script.path))
        name = escape(row.script.path.rpartition("/")[2], quote=False)
        script = f'<a href="{href}" download><code>{name}</code></a>'
    return (
        f'<tr><th scope="row">{escape(row.task, quote=False)}</th>'
        f"<td>{link}<br>{escape(row.page_title, quote=False)}</td>"
        f"<td>{_status(row.blocks)}</td><td>{script}</td></tr>"
    )


def _status(blocks: Sequence[BlockView]) -> str:
    """The worst status of the blocks, and the earliest date."""
    if not blocks:
        return "no commands"
    worst = min((block.status for block in blocks), key=_WORST_FIRST.index)
    walks = [walk for block in blocks for walk in block.walks]
    dates = [block.recorded_at for block in blocks if block.recorded_at is not None]
    badge = badge_html(worst, first_to_be_stale(walks) if worst in {Status.RAN, Status.VERIFIED} else None)
    return f"{badge} {time_html(min(dates))}" if dates and worst is not Status.NOT_RUN else badge


class Recipes:
    """Handlers of the index."""

    def __init__(self, extension: Extension) -> None:
        self._extension = extension

    def pages_to_write(self, _app: Sphinx, env: BuildEnvironment) -> Iterable[str]:
        """What is said of other pages may have changed with them."""
        names = sorted(env.found_docs)
        return [name for name in names if next(iter(env.get_doctree(name).findall(RecipesNode)), None)]

    def leave_out(self, app: Sphinx, doctree: nodes.document, _docname: str) -> None:
        """For builders that write no HTML."""
        if app.builder.format != "html":
            for node in list(doctree.findall(RecipesNode)):
                node.parent.remove(node)

    def visit(self, translator: HTML5Translator, _node: nodes.Element) -> None:
        """Write the index."""
        here = translator.docnames[-1]
        root = relative_uri(translator.builder.get_target_uri(here), "")
        translator.body.append(recipes_html(tuple(self._rows(translator, here)), root_url=root) + "\n")
        raise nodes.SkipNode

    def _rows(self, translator: HTML5Translator, here: str) -> Iterator[RecipeRow]:
        site, env = self._extension.site, translator.builder.env
        for docname, recipes in sorted(site.recipes.items()):
            anchors = {
                reference.astext(): reference["anchorname"]
                for reference in reversed(list(env.tocs[docname].findall(nodes.reference)))
            }
            scripts = site.scripts.get(docname, ())
            for recipe in recipes:
                url = translator.builder.get_relative_uri(here, docname)
                yield RecipeRow(
                    task=recipe.task,
                    url=f"{url}{anchors.get(recipe.heading, '')}",
                    heading=recipe.heading,
                    page_title=env.titles[docname].astext(),
                    blocks=tuple(site.blocks[each] for each in recipe.block_ids),
                    script=next((script for script in scripts if script.path), None),
                )


def add_recipes(app: Sphinx, extension: Extension) -> None:
    """Register the directive."""
    recipes = Recipes(extension)
    app.add_directive("docwalk-recipes", RecipesDirective)
    app.add_node(RecipesNode, html=(recipes.visit, None))
    app.connect("doctree-resolved", recipes.leave_out)
    app.connect("env-get-updated", recipes.pages_to_write)
