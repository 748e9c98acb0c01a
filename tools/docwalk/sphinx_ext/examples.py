"""Examples: a page within the page, its source beside what readers see, and how it fails when changed.

Only the reference of the language needs them. `docwalk-example NAME SOURCE` is never written by authors:
`rewrite.py` makes it of `{example} NAME`, whose own source Sphinx would never see.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from docwalk.markup.examples import Failing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import ClassVar


class ExampleDirective(SphinxDirective):
    """What an author writes, then what readers see."""

    required_arguments = 1
    optional_arguments = 1
    has_content = True
    option_spec: ClassVar[dict[str, object]] = {}  # type: ignore[assignment]

    def run(self) -> Sequence[nodes.Node]:
        """A container with the source, and one with what becomes of it."""
        name, source = (*self.arguments, "")[:2]
        result = nodes.container("", classes=["dw-example-result"])
        self.state.nested_parse(self.content, self.content_offset, result)
        written = _literal(unquote(source), "text")
        self.set_source_info(written)
        parts = (_label("A page says"), written, _label("Readers see"), result)
        return [nodes.container("", *parts, classes=["dw-example"], ids=[f"example-{name}"])]


class FailsDirective(SphinxDirective):
    """How the example above fails when it is changed."""

    has_content = True
    option_spec: ClassVar[dict[str, object]] = {}  # type: ignore[assignment]

    def run(self) -> Sequence[nodes.Node]:
        """A container with the change, and one with the message."""
        failing = Failing.parse(list(self.content))
        parts = (
            _label("Changed so, it fails"),
            _literal("\n".join(failing.change), "diff"),
            _literal("\n".join(failing.message), "text"),
        )
        return [nodes.container("", *parts, classes=["dw-fails"])]


def _label(text: str) -> nodes.paragraph:
    return nodes.paragraph("", text, classes=["dw-example-label"])


def _literal(text: str, language: str) -> nodes.literal_block:
    return nodes.literal_block(text, text, language=language)
