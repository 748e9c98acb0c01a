"""What is refused for publishing, and with which words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from docwalk.document import parse_document
from docwalk.environment.definition import load_environments
from docwalk.environment.digest import environment_digest
from docwalk.plan import Plan, make_plan
from docwalk.publish import Failing, check_publishable
from docwalk.record import Record, make_record
from docwalk.source import Source
from docwalk.testing import Printed, made_up_project, result_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docwalk.config import Project

PAGE = """# Page

```console
$ echo one
one
```

```{console}
:skip: it needs a GPU

$ nvidia-smi
```

```bash
echo two
```
"""
RAN = datetime(2026, 11, 22, 10, tzinfo=UTC)
GOOD = (Printed(lines=("one",)), Printed(lines=("two",)))
BAD = (Printed(lines=("eins",)), Printed(lines=("two",)))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    folder = tmp_path / "environments" / "login"
    folder.mkdir(parents=True)
    (folder / "environment.toml").write_text(
        'title = "t"\ndescription = "d"\n[base]\nsuite = "bookworm"\npackages = ["bash"]\n', "utf-8"
    )
    return made_up_project(tmp_path)


@pytest.fixture
def plan(project: Project) -> Plan:
    return make_plan([parse_document(Source(path=Path("page.md"), text=PAGE), project)], project)


def recorded(plan: Plan, project: Project, printed: Sequence[Printed]) -> Record:
    (walk,) = plan.walks
    digest = environment_digest(load_environments(project.environments_dir)["login"])
    return make_record(walk, replace(result_of(walk, printed), environment_digest=digest))


def refused(
    plan: Plan,
    project: Project,
    records: Sequence[Record],
    *,
    days: int = 0,
    failing: Failing = Failing.REFUSED,
) -> list[str]:
    found = check_publishable(
        project, plan, {each.walk_name: each for each in records}, RAN + timedelta(days=days), failing=failing
    )
    return [str(each).partition("\n")[0] for each in found]


def test_fresh_passing_records_are_published(project: Project, plan: Plan) -> None:
    assert refused(plan, project, [recorded(plan, project, GOOD)], days=7) == []


def test_a_missing_record_is_refused(project: Project, plan: Plan) -> None:
    assert refused(plan, project, []) == [
        "page.md:4: not run: not walked yet: there is no record",
        "page.md:15: not run: not walked yet: there is no record",
    ]


def test_a_refusal_names_walk_and_block(project: Project, plan: Plan) -> None:
    refusal = check_publishable(project, plan, {}, RAN)[0]
    assert str(refusal).splitlines()[1] == f"    walk page, block {plan.walks[0].steps[0].block_id}"


def test_an_old_record_is_refused(project: Project, plan: Plan) -> None:
    assert refused(plan, project, [recorded(plan, project, GOOD)], days=8) == [
        "page.md:4: stale: run 8 days ago; a walk that used the network is stale after 7",
        "page.md:15: stale: run 8 days ago; a walk that used the network is stale after 7",
    ]


def test_a_record_of_another_text_is_refused(project: Project, plan: Plan) -> None:
    record = replace(recorded(plan, project, GOOD), walk_digest="sha256:other")
    assert refused(plan, project, [record]) == [
        "page.md:4: stale: the page changed since: what is run, expected, or where",
        "page.md:15: stale: the page changed since: what is run, expected, or where",
    ]


def test_a_record_of_another_environment_is_refused(project: Project, plan: Plan) -> None:
    record = recorded(plan, project, GOOD)
    moved = replace(record, result=replace(record.result, environment_digest="sha256:other"))
    assert refused(plan, project, [moved]) == [
        "page.md:4: stale: the environment `login` changed since",
        "page.md:15: stale: the environment `login` changed since",
    ]


def test_a_failing_block_and_what_follows_are_refused(project: Project, plan: Plan) -> None:
    assert refused(plan, project, [recorded(plan, project, BAD)]) == [
        "page.md:4: failing: line 4: differs from column 1",
        "page.md:15: not run: an earlier step of the walk failed",
    ]


def test_failing_blocks_go_out_where_they_are_marked(project: Project, plan: Plan) -> None:
    assert refused(plan, project, [recorded(plan, project, BAD)], failing=Failing.MARKED) == []


def test_old_failures_are_refused_even_where_they_are_marked(project: Project, plan: Plan) -> None:
    found = refused(plan, project, [recorded(plan, project, BAD)], days=8, failing=Failing.MARKED)
    assert found == [
        "page.md:4: failing: line 4: differs from column 1",
        "page.md:15: stale: run 8 days ago; a walk that used the network is stale after 7",
    ]


def test_a_block_that_no_walk_has_is_refused(project: Project) -> None:
    document = parse_document(
        Source(path=project.root.relative_to(project.root) / "page.md", text=PAGE), project
    )
    found = check_publishable(project, Plan(walks=()), {}, RAN, documents=[document])
    assert [(each.line, each.reason) for each in found] == [
        (3, "no walk has this block: check the page's tabs and `exclude`"),
        (8, "no walk has this block: check the page's tabs and `exclude`"),
        (14, "no walk has this block: check the page's tabs and `exclude`"),
    ]
