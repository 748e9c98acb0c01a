"""Exercises and their solutions: numbered, linkable; a solution is folded where a page can unfold it.

The blocks in them are walked like all others: a solution that does not work is a failing block. The HTML has
every solution unfolded, and `docwalk-exercises.js` folds them: they can be read without it, and in print.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import ClassVar

    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

_COUNT = "docwalk-exercises"


class SolutionNode(nodes.General, nodes.Element):
    """What answers an exercise; attribute `title`."""


class ExerciseDirective(SphinxDirective):
    """`{exercise} Title`, with `:name:` for links to it."""

    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar[dict[str, object]] = {"name": directives.unchanged_required}  # type: ignore[assignment]

    def run(self) -> Sequence[nodes.Node]:
        """An admonition with a number in its title."""
        number = int(self.env.temp_data.get(_COUNT) or 0) + 1
        self.env.temp_data[_COUNT] = number
        title = nodes.title("", f"Exercise {number}")
        if self.arguments:
            parsed, messages = self.state.inline_text(self.arguments[0], self.lineno)
            title += [nodes.Text(": "), *parsed, *messages]
        node = nodes.admonition("", title, classes=["dw-exercise"], ids=[f"exercise-{number}"])
        self.set_source_info(node)
        self.add_name(node)
        self.state.nested_parse(self.content, self.content_offset, node)
        return [node]


class SolutionDirective(SphinxDirective):
    """`{solution}`: answers the exercise before it."""

    has_content = True
    option_spec: ClassVar[dict[str, object]] = {}  # type: ignore[assignment]

    def run(self) -> Sequence[nodes.Node]:
        """One solution.

        Raises:
            DirectiveError: there is no exercise before it.
        """
        number = int(self.env.temp_data.get(_COUNT) or 0)
        if not number:
            raise self.error("`{solution}` answers the exercise before it, and there is none on this page")
        node = SolutionNode("", title=f"Solution of exercise {number}")
        self.set_source_info(node)
        self.state.nested_parse(self.content, self.content_offset, node)
        return [node]


def visit_solution(translator: HTML5Translator, node: nodes.Element) -> None:
    """Open a fold; its script closes it."""
    title = escape(node["title"], quote=False)
    translator.body.append(f'<details class="dw-solution" open>\n<summary>{title}</summary>\n')


def depart_solution(translator: HTML5Translator, _node: nodes.Element) -> None:
    """Close the element."""
    translator.body.append("</details>\n")


def unfold_solutions(app: Sphinx, doctree: nodes.document, _docname: str) -> None:
    """For builders that write no HTML, make each solution what its exercise is."""
    if app.builder.format == "html":
        return
    for node in list(doctree.findall(SolutionNode)):
        node.replace_self(nodes.admonition("", nodes.title("", node["title"]), *node.children))


def add_exercises(app: Sphinx) -> None:
    """Register what pages with exercises need."""
    app.add_directive("exercise", ExerciseDirective)
    app.add_directive("solution", SolutionDirective)
    app.add_node(SolutionNode, html=(visit_solution, depart_solution))
    app.connect("doctree-resolved", unfold_solutions)
    app.add_js_file("docwalk-exercises.js", loading_method="defer")
