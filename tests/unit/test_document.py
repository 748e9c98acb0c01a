"""Pages as blocks and commands; inputs and readings lie in tests/cases/parse."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from docwalk.document import parse_document, parse_documents
from docwalk.errors import SourceError
from docwalk.expectation import Elision
from docwalk.markup.markdown import read_page
from docwalk.options import BlockOptions
from docwalk.source import Source
from docwalk.transcript import parse_commands

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from docwalk.config import Project
    from docwalk.document import Block, Document

CASES = Path(__file__).parents[1] / "cases" / "parse"


@pytest.mark.parametrize("path", sorted(CASES.glob("*.md")), ids=lambda path: path.stem)
def test_a_page_reads_as_its_case_says(
    path: Path, project: Project, matches_file: Callable[[str, Path], None]
) -> None:
    document = parse_document(Source.read(path, shown_as=Path(path.name)), project)
    matches_file("\n".join(describe(document, project)) + "\n", path.with_suffix(".expected"))


@pytest.mark.parametrize("path", sorted(CASES.glob("*.md")), ids=lambda path: path.stem)
def test_spans_are_exact(path: Path, project: Project) -> None:
    document = parse_document(Source.read(path, shown_as=Path(path.name)), project)
    text = document.source.text
    for block in document.blocks:
        assert [text[line.span.start : line.span.end] for line in block.lines] == [
            line.text for line in block.lines
        ]
        assert text[block.span.start] in "`~"
        assert text[block.span.end - 1] == text[block.span.start]


def describe(document: Document, project: Project) -> Iterator[str]:
    """What a page was read as, for people."""
    yield f"page {document.page}: {document.title}"
    yield f"headings {list(document.headings)}"
    for group in document.tab_groups:
        yield f"axis {group.group}: {list(group.labels)}"
    for block in document.blocks:
        yield ""
        yield from describe_block(block, document, project)


def describe_block(block: Block, document: Document, project: Project) -> Iterator[str]:
    """One block, its commands and their expectations."""
    yield f"line {block.line}: {block.kind.value} {block.language} {block.argument}".rstrip()
    yield f"  section {' > '.join(block.section)}"
    if block.tabs:
        yield "  tabs " + ", ".join(f"{tab.group}={tab.label}" for tab in block.tabs)
    if block.indent:
        yield f"  indent {block.indent!r}"
    default = BlockOptions()
    for option in fields(BlockOptions):
        if getattr(block.options, option.name) != getattr(default, option.name):
            yield f"  option {option.name} = {getattr(block.options, option.name)!r}"
    source = document.source
    if block.kind.value == "file":
        yield f"  {block.file_mode.value} {source.slice(block.body_span)!r}"
    for command in parse_commands(block, document, project):
        yield f"  {command.line}: {command.prompt}{command.text!r} -> {command.exit_status}"
        yield f"     span {source.slice(command.span)!r}"
        for line in command.expected or ():
            shown = "elision" if isinstance(line, Elision) else " + ".join(map(repr_part, line.parts))
            yield f"     {line.source_line}: {shown}"
        if command.expected is not None:
            yield f"     output {source.slice(command.expected_span)!r}"


def repr_part(part: object) -> str:
    """`Literal('x')`, `Gap()`."""
    values = [str(getattr(part, f.name)) for f in fields(part)]  # type: ignore[arg-type]  # parts are dataclasses
    return f"{type(part).__name__}({', '.join(map(repr, values))})"


def test_an_id_survives_edits_of_prose(project: Project) -> None:
    before = _parse("# A\n\n```bash\nls\n```\n", project)
    after = _parse("# B\n\nMore.\n\n- x\n\n  ```bash\n  ls\n  ```\n", project)
    assert before.blocks[0].id == after.blocks[0].id


def test_equal_blocks_have_ids_of_their_own(project: Project) -> None:
    document = _parse("```bash\nls\n```\n\n```bash\nls\n```\n", project)
    first, second = (block.id for block in document.blocks)
    assert first.endswith("-1")
    assert second == first[:-1] + "2"


@pytest.mark.parametrize(
    "changed", ["```bash\nls -l\n```\n", "```zsh\nls\n```\n", "```{bash}\n:exit: 1\nls\n```\n"]
)
def test_an_id_changes_with_what_is_run(changed: str, project: Project) -> None:
    assert _parse("```bash\nls\n```\n", project).blocks[0].id != _parse(changed, project).blocks[0].id


def test_block_beats_page_beats_project(project: Project) -> None:
    configured = replace(project, option_defaults={"timeout_s": 1.0, "session": "project"})
    page = "---\ndocwalk:\n  timeout: 2\n---\n```{bash}\n:timeout: 3\nls\n```\n\n```bash\nls\n```\n"
    first, second = _parse(page, configured).blocks
    assert (first.options.timeout_s, first.options.session) == (3.0, "project")
    assert (second.options.timeout_s, second.options.session) == (2.0, "project")


def test_a_page_outside_the_project_keeps_its_path(project: Project) -> None:
    source = Source(path=Path("/elsewhere/page.md"), text="Text.\n")
    document = parse_document(source, project)
    assert (document.page, document.title) == ("/elsewhere/page", "/elsewhere/page")


def test_a_page_below_the_root_is_named_from_there(project: Project) -> None:
    source = Source(path=project.root / "tutorials" / "1.setup.md", text="# Set up\n")
    document = parse_document(source, project)
    assert (document.page, document.title) == ("tutorials/1.setup", "Set up")


def test_all_problems_of_a_page_are_raised_at_once(project: Project) -> None:
    with pytest.raises(SourceError) as caught:
        _parse("```{bash}\n:a: 1\n:b: 2\nls\n```\n\n```{file}\n```\n", project)
    assert [problem.line for problem in caught.value.problems] == [2, 3, 7]


def _parse(text: str, project: Project) -> Document:
    return parse_document(Source(path=Path("page.md"), text=text), project)


def test_an_empty_docwalk_key_sets_nothing(project: Project) -> None:
    document = _parse("---\ndocwalk:\n---\n```bash\nls\n```\n", project)
    assert document.blocks[0].options == BlockOptions()


def test_options_alone_make_an_empty_block(project: Project) -> None:
    document = _parse("```{bash}\n---\ntimeout: 5\n---\n```\n", project)
    assert (document.blocks[0].lines, document.blocks[0].options.timeout_s) == ((), 5.0)


EXAMPLES = """\
# Reference

```bash
true
```

````{example} greeting
---
docwalk:
  timeout: 5
---

```console
$ echo hello
hello
```
````

````{fails}
-hello
+goodbye
````

````{example} other
```console
$ echo hello
hello
```
````
"""


def test_an_example_is_a_page_of_its_own_at_its_place_on_the_page(project: Project) -> None:
    source = Source(path=Path("docs/reference.md"), text=EXAMPLES)
    page, greeting, other = parse_documents(source, project)
    assert [block.line for block in page.blocks] == [3]
    assert (greeting.page, other.page) == ("docs/reference:greeting", "docs/reference:other")
    assert [block.line for block in greeting.blocks] == [13]
    assert (greeting.blocks[0].options.timeout_s, other.blocks[0].options.timeout_s) == (5, 60)
    assert other.blocks[0].id.startswith("docs/reference:other#")


def test_what_docwalk_prints_of_a_changed_example_belongs_to_it() -> None:
    source = Source(path=Path("docs/reference.md"), text=EXAMPLES)
    greeting, other = read_page(source).examples
    assert [[source.slice(line) for line in lines] for lines in greeting.failing] == [["-hello", "+goodbye"]]
    assert other.failing == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("```{example}\n```\n", "the example has no name"),
        ("```{example} A b\n```\n", "`A b` is no name of an example"),
        ("```{example} a\n```\n\n```{example} a\n```\n", "two examples of this page are called `a`"),
        ("```{fails}\n-a\n```\n", "`{fails}` follows no example"),
    ],
)
def test_an_example_that_cannot_be_named_is_an_error(project: Project, text: str, message: str) -> None:
    with pytest.raises(SourceError, match=re.escape(f"error[bad-value]: {message}\n")):
        parse_document(Source(path=Path("page.md"), text=text), project)
