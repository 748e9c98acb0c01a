"""Words of blocks in the site's search: commands, output and files are what readers of tutorials look for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes

from docwalk.sphinx_ext.nodes import BlockNode
from docwalk.sphinx_ext.plain import parts_text

if TYPE_CHECKING:
    from sphinx.application import Sphinx

    from docwalk.sphinx_ext.extension import Extension


def add_search_words(app: Sphinx, extension: Extension) -> None:
    """Give Sphinx's index the text of each block, which otherwise is made when the page is written."""

    def add(app: Sphinx, doctree: nodes.document, _docname: str) -> None:
        if app.builder.format != "html":
            return
        for node in doctree.findall(BlockNode):
            # `visit_block` writes the block and skips this.
            view = extension.site.blocks[node["block_id"]]
            screens = (parts_text((*face.parts, *face.recording)) for face in view.faces)
            node.append(nodes.Text("\n".join((view.caption, *screens))))

    app.connect("doctree-resolved", add)
