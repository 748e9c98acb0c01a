"""A `{code-tab}` of sphinx-tabs that is one of our blocks; apart, since sphinx-tabs need not be installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sphinx_tabs.tabs import GroupTabDirective

from docwalk.sphinx_ext.nodes import BlockNode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docutils import nodes


class CodeTabDirective(GroupTabDirective):  # type: ignore[misc]  # sphinx-tabs has no types
    """`docwalk-code-tab ID LABEL`: never written by authors, see `rewrite.py`."""

    required_arguments = 1
    optional_arguments = 1
    final_argument_whitespace = True

    def run(self) -> Sequence[nodes.Node]:
        """The panel of one tab, with one block node in it."""
        block_id, label = self.arguments
        self.tab_classes.add("code-tab")
        # GroupTabDirective takes its label from the first line of its content.
        self.content.data = [label, ""]
        self.content.items = [(None, 0), (None, 1)]
        panel: Sequence[nodes.Element] = super().run()
        panel[0].append(BlockNode("", "", block_id=block_id))
        return panel
