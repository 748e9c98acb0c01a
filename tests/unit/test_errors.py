"""Every error code, with the exact text an author sees; inputs and texts lie in tests/cases/errors."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from docwalk.config import load_project
from docwalk.errors import ErrorCode, SourceError, last_line
from docwalk.plan import load_plan

if TYPE_CHECKING:
    from collections.abc import Callable

    from docwalk.config import Project

CASES = Path(__file__).parents[1] / "cases" / "errors"
PAGES = sorted(CASES.glob("*.md"))
CONFIGURATIONS = sorted(CASES.glob("*.toml"))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_page_problems_are_shown_together(
    path: Path, project: Project, matches_file: Callable[[str, Path], None], tmp_path: Path
) -> None:
    page = tmp_path / "page.md"
    page.write_bytes(path.read_bytes())
    with pytest.raises(SourceError) as caught:
        load_plan([page], _rooted(project, tmp_path))
    matches_file(f"{caught.value}\n", path.with_suffix(".expected"))


@pytest.mark.parametrize("path", CONFIGURATIONS, ids=lambda path: path.stem)
def test_configuration_problems_are_shown_together(
    path: Path, matches_file: Callable[[str, Path], None], tmp_path: Path
) -> None:
    (tmp_path / "pyproject.toml").write_bytes(path.read_bytes())
    with pytest.raises(SourceError) as caught:
        load_project(tmp_path)
    matches_file(f"{caught.value}\n", path.with_suffix(".expected"))


@pytest.mark.parametrize("code", [code for code in ErrorCode if code is not ErrorCode.BAD_ENVIRONMENT])
def test_every_code_of_a_page_or_project_has_a_case(code: ErrorCode) -> None:
    texts = [path.read_text(encoding="utf-8") for path in CASES.glob(f"{code.value}*.expected")]
    assert any(f": error[{code.value}]: " in text for text in texts)


def test_problems_of_several_pages_are_shown_in_order_of_place(project: Project, tmp_path: Path) -> None:
    (tmp_path / "b.md").write_text("```console\nls\n```\n", encoding="utf-8")
    (tmp_path / "a.md").write_text("```bash\n'\n```\n\n```bash\n#!/bin/sh\n```\n", encoding="utf-8")
    with pytest.raises(SourceError) as caught:
        load_plan([tmp_path / "b.md", tmp_path / "a.md"], _rooted(project, tmp_path))
    assert [(p.path.name, p.line, p.code) for p in caught.value.problems] == [
        ("a.md", 2, ErrorCode.INCOMPLETE_COMMAND),
        ("a.md", 6, ErrorCode.SCRIPT_IN_SHELL_BLOCK),
        ("b.md", 2, ErrorCode.NO_PROMPT),
    ]


def _rooted(project: Project, root: Path) -> Project:
    return replace(project, root=root.resolve())


@pytest.mark.parametrize(
    ("said", "last"),
    [
        ("one\ntwo\n\n", "two"),
        (b"caf\xe9\n", "caf\ufffd"),
        ("", ""),
        (b" \n", ""),
        ("\x1b[91mERROR: no root\n\x1b[0m", "ERROR: no root"),
        (
            "mount: no such layer\n       dmesg(1) may have more information after it.\n",
            "mount: no such layer",
        ),
        ("unshare: bad option\nTry 'unshare --help' for more information.\n", "unshare: bad option"),
        ("docker: no image\n\nRun 'docker run --help' for more information\n", "docker: no image"),
        ("Try again\n", "Try again"),
    ],
)
def test_the_last_line_tells_why_a_program_failed(said: str | bytes, last: str) -> None:
    assert last_line(said) == last
