"""Cases of updating: a page, what its commands print in `text` fences, and the page afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from docwalk.testing import planned, printed_in, result_of
from docwalk.update import apply_edits, make_edits, merge_edits

if TYPE_CHECKING:
    from collections.abc import Callable

CASES = sorted((Path(__file__).parents[1] / "cases" / "update").glob("*.md"))


def updated(text: str) -> str:
    document, walks = planned(text)
    results = [(walk, result_of(walk, printed_in(text), goes_on=True)) for walk in walks]
    requests = [make_edits(document, w, r, site_values={"prefix": "/opt/apps"}) for w, r in results]
    edits, _ = merge_edits(request for each in requests for request in each)
    return apply_edits(text, edits)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_update_case(path: Path, matches_file: Callable[[str, Path], None]) -> None:
    matches_file(updated(path.read_text("utf-8")), path.with_suffix(".expected"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_an_updated_page_passes_and_is_left_alone(path: Path) -> None:
    once = updated(path.read_text("utf-8"))
    _, (walk,) = planned(once)
    result = result_of(walk, printed_in(once), goes_on=True)
    asks_its_author = path.stem in {"contains-keeps-what-is-missing", "json-none"}
    assert (result.passed, updated(once)) == (not asks_its_author, once)
