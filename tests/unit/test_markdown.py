"""Random Markdown: never a crash, always exact spans; and what MyST itself finds, we find."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from docwalk.document import BlockKind, read_document
from docwalk.markup.markdown import read_page
from docwalk.plan import read_plan
from docwalk.source import Source
from docwalk.transcript import read_commands

if TYPE_CHECKING:
    from docwalk.config import Project

PIECES = st.sampled_from(
    [
        "```console",
        "```bash",
        "```{bash}",
        "```{file} ~/x",
        "```",
        "````",
        "`````{tabs}",
        "````{group-tab} bash",
        "````{tab} x",
        ":::{note}",
        "::::{tip}",
        ":::",
        "::::",
        "~~~zsh",
        "~~~",
        "```{code-block} bash",
        "```{code-tab} bash",
        "$ ls",
        "$ cat <<EOF",
        "EOF",
        "> x",
        "$ echo 'a",
        "b'",
        "[exit 1]",
        "[[version]]",
        "[[=]]x",
        "[[n=int]]",
        "[[n]]",
        "...",
        "# h",
        ":exit: 1",
        ":timeout: 5",
        ":a",
        "---",
        "docwalk:",
        "  timeout: 5",
        "",
        "",
        "text",
        "'",
        "#!x",
        "[^1]: note",
        "% c",
        "<div>",
        "</div>",
        "| a |",
        "|---|",
        "\0",
        "a\rb",
        "\ufeff",
        "\u2028x",
        "\x0bx",
    ]
)
INDENTS = st.sampled_from(
    ["", "", "", "  ", "   ", "    ", "\t", "- ", "1. ", "> ", "> - ", ">", "-\t", " \t"]
)
ENDS = st.sampled_from(["\n", "\n", "\n", "\r\n"])
PAGES = st.lists(st.tuples(INDENTS, PIECES, ENDS).map("".join), max_size=25).map("".join)


@given(PAGES)
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@example("```bash")
@example("- ```bash\n\ttrue\n  ```")
@example("\ufeff")
@example("---\ndocwalk: [\n---\n")
def test_spans_of_random_pages_are_exact(project: Project, text: str) -> None:
    source = Source(path=Path("page.md"), text=text)
    document, _ = read_document(source, project)
    for block in document.blocks:
        assert all(source.slice(line.span) == line.text for line in block.lines)
        assert all("\n" not in line.text for line in block.lines)
        assert block.span.start <= block.body_span.start <= block.body_span.end <= block.span.end
        commands, _ = read_commands(block, document, project)
        for command in commands:
            assert command.span.start < command.span.end <= command.expected_span.start + 1
            assert command.expected_span.end <= block.body_span.end


@given(PAGES)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_a_body_in_place_of_itself_changes_nothing(project: Project, text: str) -> None:
    source = Source(path=Path("page.md"), text=text)
    document, _ = read_document(source, project)
    plan, _ = read_plan([document], project)
    for walk in plan.walks:
        assert [step.index for step in walk.steps] == list(range(len(walk.steps)))
        for step in walk.steps:
            before, after = text[: step.expected_span.start], text[step.expected_span.end :]
            assert before + source.slice(step.expected_span) + after == text


@given(st.text(max_size=200))
def test_any_text_is_a_page(project: Project, text: str) -> None:
    document, _ = read_document(Source(path=Path("page.md"), text=text), project)
    read_plan([document], project)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", ""),
        ("- ", "  "),
        ("10. ", "    "),
        ("> ", "> "),
        ("> 1. - ", ">      "),
        ("- > ", "  > "),
        ("\t- ", "\t  "),
        ("[^1]: \n\n    ", "    "),
    ],
)
@pytest.mark.parametrize("fence", ["```", "~~~~"])
def test_a_body_is_found_behind_any_container(before: str, after: str, fence: str, project: Project) -> None:
    if before == "\t- ":
        before, after = "- x\n\n\t- ", "\t  "
    body = ["$ echo a", "  a", "", "> b", "$ true"]
    lines = [before + fence + "console", *(after + line for line in body), after + fence]
    source = Source(path=Path("page.md"), text="\n".join(lines) + "\n")
    document, problems = read_document(source, project)
    assert problems == ()
    (block,) = document.blocks
    assert block.kind is BlockKind.TRANSCRIPT
    assert [line.text for line in block.lines] == body
    assert [source.slice(line.span) for line in block.lines] == body
    assert block.indent == after
    assert source.slice(block.body_span) == "".join(after + line + "\n" for line in body)
    assert source.slice(block.span).startswith(fence + "console\n")
    assert source.slice(block.span).endswith(fence)


def test_headings_are_those_of_the_page_itself() -> None:
    text = "# A *b* `c`\n\n> # quoted\n\n:::{note}\n# noted\n:::\n\nSetext\n===\n\n## D\n"
    assert read_page(Source(path=Path("page.md"), text=text)).headings == ("A b c", "Setext", "D")


def test_a_section_ends_where_its_level_returns(project: Project) -> None:
    fence = "```bash\ntrue\n```\n"
    text = f"# A\n{fence}## B\n{fence}### C\n{fence}## D\n{fence}"
    document, _ = read_document(Source(path=Path("page.md"), text=text), project)
    assert [block.section for block in document.blocks] == [("A",), ("A", "B"), ("A", "B", "C"), ("A", "D")]


def test_the_same_directives_are_found_as_by_myst(project: Project) -> None:
    """An independent reading: MyST renders the nesting case, and its literal blocks are our bodies."""
    docutils_core = pytest.importorskip("docutils.core")
    myst = pytest.importorskip("myst_parser.parsers.docutils_")
    nodes = pytest.importorskip("docutils.nodes")
    path = Path(__file__).parents[1] / "cases" / "parse" / "containers.md"
    text = path.read_text(encoding="utf-8")
    tree = docutils_core.publish_doctree(
        text,
        parser=myst.Parser(),
        settings_overrides={"myst_enable_extensions": ["colon_fence"], "report_level": 5},
    )
    rendered = [node.astext().rstrip("\n") for node in tree.findall(nodes.literal_block)]
    document, problems = read_document(Source(path=path, text=text), project)
    assert problems == ()
    assert rendered == ["\n".join(line.text for line in b.lines).rstrip("\n") for b in document.blocks]
