"""The directives of sphinx-tabs, whose panels also say their labels as written: walks are named by those.

And a `{code-tab}` that is one of our blocks. Apart, since sphinx-tabs need not be installed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sphinx_tabs import tabs

from docwalk.sphinx_ext.nodes import BlockNode
from docwalk.sphinx_ext.rewrite import TAB_DIRECTIVE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docutils import nodes
    from sphinx.application import Sphinx


class _WithLabel(tabs.TabDirective):  # type: ignore[misc]  # sphinx-tabs has no types
    """Any tab; its panel has the attribute `label`."""

    def run(self) -> Sequence[nodes.Node]:
        panel: Sequence[nodes.Element]
        panel = super().run()
        panel[0]["label"] = self.content[0].strip()
        return panel


class TabDirective(_WithLabel):
    """`{tab}`."""


class GroupTabDirective(_WithLabel, tabs.GroupTabDirective):  # type: ignore[misc]  # likewise
    """`{group-tab}`."""


class ForeignCodeTabDirective(_WithLabel, tabs.CodeTabDirective):  # type: ignore[misc]  # likewise
    """`{code-tab}` of a language that is not run."""


class CodeTabDirective(GroupTabDirective):
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
        panel: Sequence[nodes.Element] = super().run()  # type: ignore[assignment]
        panel[0].append(BlockNode("", "", block_id=block_id))
        return panel


def replace_directives(app: Sphinx) -> None:
    """Register ours in place of those of sphinx-tabs; to be called when all extensions are there."""
    app.add_directive("tab", TabDirective, override=True)
    app.add_directive("group-tab", GroupTabDirective, override=True)
    app.add_directive("code-tab", ForeignCodeTabDirective, override=True)
    app.add_directive(TAB_DIRECTIVE, CodeTabDirective, override=True)
