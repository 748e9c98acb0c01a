"""The reference pages name everything there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from docwalk.cli import COMMANDS
from docwalk.errors import ErrorCode
from docwalk.lint.registry import RULES, UNUSED_IGNORE
from docwalk.lint.rules.shellcheck import EXCLUDED
from docwalk.options import OPTIONS
from docwalk.redaction import BUILTIN
from docwalk.status import Status

DOCS = Path(__file__).parents[2] / "docs"


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


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_named(name: str) -> None:
    assert f"`docwalk {name}" in page("reference/cli.md")


@pytest.mark.parametrize("status", Status)
def test_every_status_is_explained(status: Status) -> None:
    assert f"| **{status.value.capitalize()}** |" in page("explanation/what-verified-means.md")


@pytest.mark.parametrize("rule", [*RULES, UNUSED_IGNORE])
def test_every_lint_rule_has_a_section(rule: str) -> None:
    assert f"\n### {rule}\n" in page("reference/lint.md")


@pytest.mark.parametrize("code", EXCLUDED)
def test_every_excluded_finding_of_shellcheck_has_its_reason(code: str) -> None:
    assert f"\n| {code} | {EXCLUDED[code]} |" in page("reference/lint.md")
