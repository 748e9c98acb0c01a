"""Nodes that carry a block's id (or nothing) through Sphinx, and the directives that make them.

HTML is made when a page is written, from records that may be newer than the page's doctree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import ClassVar


class BlockNode(nodes.literal_block):
    """One block; attribute `block_id`. A literal block to every builder that knows no better."""


class BannerNode(nodes.General, nodes.Element):
    """The banner of a page."""


class SummaryNode(nodes.General, nodes.Element):
    """The site's numbers."""


class VerificationNode(nodes.General, nodes.Element):
    """Every page, walk and block with its status."""


class BlockDirective(SphinxDirective):
    """`docwalk-block ID`: never written by authors, see `rewrite.py`."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar[dict[str, object]] = {}  # type: ignore[assignment]

    def run(self) -> Sequence[nodes.Node]:
        """One block node."""
        node = BlockNode("", "", block_id=self.arguments[0])
        self.set_source_info(node)
        return [node]


class SummaryDirective(SphinxDirective):
    """`{docwalk-summary}`: the site's numbers, live from the records."""

    def run(self) -> Sequence[nodes.Node]:
        """One summary node."""
        return [SummaryNode()]


class VerificationDirective(SphinxDirective):
    """`{docwalk-verification}`: the verification page, but for its title."""

    def run(self) -> Sequence[nodes.Node]:
        """One verification node."""
        return [VerificationNode()]
