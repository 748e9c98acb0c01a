"""The reference pages name everything there is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

from docwalk.cli import cli
from docwalk.config import load_project, page_paths
from docwalk.document import parse_documents
from docwalk.errors import ErrorCode
from docwalk.lint.registry import RULES, UNUSED_IGNORE
from docwalk.lint.rules.shellcheck import EXCLUDED
from docwalk.options import OPTIONS
from docwalk.redaction import BUILTIN
from docwalk.results import Outcome
from docwalk.source import Source
from docwalk.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCS = Path(__file__).parents[2] / "docs"
PROJECT = load_project(DOCS)
HELP_COLS = 78
"""What click prints help for on any terminal of 80 columns and more."""


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("code", ErrorCode)
def test_every_error_has_a_section(code: ErrorCode) -> None:
    assert f"\n## {code.value}\n" in page("reference/errors.md")


@pytest.mark.parametrize("name", [*OPTIONS, "mode"])
def test_every_option_has_a_row(name: str) -> None:
    assert f"\n| `{name}` |" in page("reference/language.md")


@pytest.mark.parametrize("name", BUILTIN)
def test_every_redaction_is_named(name: str) -> None:
    redactions = page("reference/language.md").partition("### Redactions")[2]
    assert f"`{name}`" in redactions


def commands(group: click.Group, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command and group below `group`, as what is typed."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield (*above, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*above, name))


@pytest.mark.parametrize("names", [*commands(cli)], ids=" ".join)
def test_every_command_is_told_of(names: tuple[str, ...]) -> None:
    assert f"`docwalk {' '.join(names)}" in page("reference/cli.md")


@pytest.mark.parametrize("names", [(), *commands(cli)], ids=" ".join)
def test_every_command_s_help_is_shown_as_it_is(names: tuple[str, ...]) -> None:
    typed = " ".join(("docwalk", *names, "--help"))
    # Missing: write a section with this command alone. Different: docwalk update docs/reference/help.md
    runner = CliRunner()
    printed = runner.invoke(cli, [*names, "--help"], prog_name="docwalk", terminal_width=HELP_COLS).output
    assert f"\n```console\n$ {typed}\n{printed}```\n" in page("reference/help.md")


UNWALKED = sorted(set(DOCS.rglob("*.md")) - set(page_paths(PROJECT)))


@pytest.mark.parametrize("path", UNWALKED, ids=lambda path: path.relative_to(DOCS).as_posix())
def test_a_page_of_the_docs_that_nobody_walks_has_nothing_to_run(path: Path) -> None:
    documents = parse_documents(Source.read(path), PROJECT)
    assert [block.line for document in documents for block in document.blocks] == []


def test_the_parser_sees_what_there_is_to_run(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text("# P\n\n```sh\ndocwalk run\n```\n", encoding="utf-8")
    (document,) = parse_documents(Source.read(path), PROJECT)
    assert [block.line for block in document.blocks] == [3]


@pytest.mark.parametrize("status", Status)
def test_every_status_is_explained(status: Status) -> None:
    assert f"| **{status.value.capitalize()}** |" in page("explanation/what-verified-means.md")


@pytest.mark.parametrize("rule", [*RULES, UNUSED_IGNORE])
def test_every_lint_rule_has_a_section(rule: str) -> None:
    assert f"\n### {rule}\n" in page("reference/lint.md")


@pytest.mark.parametrize("code", EXCLUDED)
def test_every_excluded_finding_of_shellcheck_has_its_reason(code: str) -> None:
    assert f"\n| {code} | {EXCLUDED[code]} |" in page("reference/lint.md")


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_is_in_the_glossary(outcome: Outcome) -> None:
    told = page("glossary.md").partition("\noutcome\n")[2].partition("\n\n")[0]
    assert outcome.value in told


TUTORIALS = sorted((DOCS.parent / "tutorials").glob("*.md"))


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_a_value_of_the_site_stands_nowhere_literally(path: Path) -> None:
    values = {name: re.escape(value) for name, value in PROJECT.site_values.items()}
    literal = re.compile(
        rf"(?<![\w/._-]){values['module-prefix']}/|/{values['module-prefix']}/python"
        rf"|{values['software']}|{values['support']}"
    )
    assert literal.findall(path.read_text("utf-8")) == []
