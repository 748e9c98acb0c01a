"""Cases of rendering: a page, what its commands print in `text` fences, and the HTML a reader gets.

`case:` in the front matter says what became of the record: `recorded` (false: there is none), `age_days`,
`changed` (the page was edited since) and `moved` (its environment was).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from docwalk.record import make_record
from docwalk.sphinx_ext.banner import banner_html
from docwalk.sphinx_ext.block_html import block_html
from docwalk.sphinx_ext.facts import page_facts
from docwalk.sphinx_ext.plain import screen_text, status_text
from docwalk.status import block_statuses
from docwalk.testing import DIGEST, made_up_project, planned, printed_in, result_of

if TYPE_CHECKING:
    from docwalk.sphinx_ext.pages import PageFacts
    from docwalk.testing import MatchesFile

CASES = sorted((Path(__file__).parents[1] / "cases" / "render").glob("*.md"))


def shown(text: str) -> PageFacts:
    case = yaml.safe_load(text.split("---\n")[1])["case"] if text.startswith("---\n") else {}
    document, walks = planned(text, path="tutorials/page.md")
    records = {}
    for walk in walks if case.get("recorded", True) else ():
        record = make_record(walk, result_of(walk, printed_in(text)))
        digest = "sha256:0" if case.get("changed") else walk.digest
        records[walk.name] = replace(record, walk_digest=digest)
    project = made_up_project()
    now = datetime.fromisoformat("2026-11-22T12:00:00+00:00") + timedelta(days=case.get("age_days", 0))
    return page_facts(
        document,
        docname="tutorials/page",
        walks=walks,
        records=records,
        statuses=block_statuses(
            walks,
            records,
            now=now,
            environment_digests={"login": "sha256:1" if case.get("moved") else DIGEST},
            project=project,
        ),
        project=project,
    )


def html_of(page: PageFacts) -> str:
    blocks = [block_html(block, report="Report it.") for block in page.blocks]
    return "\n\n".join([banner_html(page, issues="", verification_url="v.html"), *blocks]) + "\n"


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_render_case(path: Path, matches_file: MatchesFile) -> None:
    matches_file(html_of(shown(path.read_text("utf-8"))), path.with_suffix(".html"))


def test_other_builders_get_the_recorded_screen_as_text() -> None:
    page = shown("# Page\n\n```console\n$ cat <<E\n> x\n> E\n[[...]]\n[exit 1]\n```\n\n```text 1\nx\n```\n")
    (block,) = page.blocks
    assert screen_text(block) == "$ cat <<E\n> x\n> E\nx\n[exit status 1]"
    assert status_text(block) == "Verified, 22 Nov 2026, in login"


def test_other_builders_get_the_reason_of_a_block_that_is_no_evidence() -> None:
    (block,) = shown("---\ncase: {recorded: false}\n---\n# Page\n\n```console\n$ true\n```\n").blocks
    assert status_text(block) == "Not run: not walked yet: there is no record"
