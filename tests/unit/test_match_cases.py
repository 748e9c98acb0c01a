"""Cases of matching: a page, what its commands print in `text` fences, and the report or `passed`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from docwalk.report.text import failure_lines, render
from docwalk.testing import planned, printed_in, result_of

if TYPE_CHECKING:
    from collections.abc import Callable

CASES = sorted((Path(__file__).parents[1] / "cases" / "match").glob("*.md"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_match_case(path: Path, matches_file: Callable[[str, Path], None]) -> None:
    text = path.read_text("utf-8")
    _, (walk,) = planned(text)
    result = result_of(walk, printed_in(text))
    report = render(failure_lines(walk, result, width_cols=80), width_cols=80, colour=False)
    captures = {name: caught for step in result.steps for name, caught in step.captures.items()}
    summary = f"passed, captures {captures}\n" if result.passed else report
    matches_file(summary, path.with_suffix(".expected"))
