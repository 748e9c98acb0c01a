"""Statuses: the worst of a block's walks, and when a record stops counting."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from docwalk.record import make_record
from docwalk.results import Outcome
from docwalk.status import Status, block_statuses, is_stale
from docwalk.testing import DIGEST, Printed, made_up_project, planned, result_of

if TYPE_CHECKING:
    from docwalk.plan import Walk
    from docwalk.record import Record
    from docwalk.status import BlockStatus

PAGE = """# T

```console
$ ls
a
```

```bash
mkdir x
```

```{bash}
:skip: no GPU here
nvidia-smi
```
"""
STARTED = datetime.fromisoformat("2026-11-22T10:00:00+00:00")
GOOD = (Printed(lines=("a",)), Printed())


def walk_of(text: str = PAGE) -> Walk:
    _, (walk,) = planned(text)
    return walk


def record_of(walk: Walk, *printed: Printed) -> Record:
    return make_record(walk, result_of(walk, printed or GOOD), used_network=False)


def statuses(
    *walks: Walk,
    records: dict[str, Record] | None = None,
    days: float = 0,
    digest: str = DIGEST,
) -> list[BlockStatus]:
    found = block_statuses(
        walks,
        records or {},
        now=STARTED + timedelta(days=days),
        environment_digests={"login": digest},
        project=made_up_project(),
    )
    return list(found.values())


def said(found: list[BlockStatus]) -> list[tuple[Status, str, bool]]:
    return [(status.status, status.reason, status.may_publish) for status in found]


SKIPPED = (Status.NOT_RUN, "no GPU here", True)


def test_output_compared_is_verified_and_status_only_is_ran() -> None:
    walk = walk_of()
    found = statuses(walk, records={walk.name: record_of(walk)})
    assert said(found) == [(Status.VERIFIED, "", True), (Status.RAN, "", True), SKIPPED]
    assert (found[0].walks[0].started_at, found[0].walks[0].elapsed_s) == ("2026-11-22T10:00:00+00:00", 0.2)


def test_without_a_record_a_block_is_not_run_and_not_excused() -> None:
    reason = "not walked yet: there is no record"
    assert said(statuses(walk_of()))[:2] == [(Status.NOT_RUN, reason, False)] * 2


def test_what_failed_is_failing_and_what_follows_is_not_run() -> None:
    walk = walk_of()
    found = statuses(walk, records={walk.name: record_of(walk, Printed(lines=("b",)), Printed())})
    assert said(found) == [
        (Status.FAILING, "line 4: differs from column 1", False),
        (Status.NOT_RUN, "an earlier step of the walk failed", False),
        SKIPPED,
    ]


def test_a_requirement_the_environment_lacks_is_an_excuse() -> None:
    walk = walk_of()
    record = record_of(walk)
    first = replace(record.result.steps[0], outcome=Outcome.NOT_RUN, detail="requires `gpu`")
    lacking = replace(record, result=replace(record.result, steps=(first, record.result.steps[1])))
    assert said(statuses(walk, records={walk.name: lacking}))[0] == (Status.NOT_RUN, "requires `gpu`", True)


@pytest.mark.parametrize(("days", "status"), [(29.9, Status.VERIFIED), (30.1, Status.STALE)])
def test_records_grow_old(days: float, status: Status) -> None:
    walk = walk_of()
    assert statuses(walk, records={walk.name: record_of(walk)}, days=days)[0].status is status


@pytest.mark.parametrize(("days", "status"), [(6.9, Status.VERIFIED), (7.1, Status.STALE)])
def test_records_of_walks_that_used_the_network_grow_old_sooner(days: float, status: Status) -> None:
    walk = walk_of()
    record = replace(record_of(walk), used_network=True)
    found = statuses(walk, records={walk.name: record}, days=days)[0]
    assert found.status is status
    assert found.reason in {"", "run 7 days ago; a walk that used the network is stale after 7"}


def test_a_record_from_the_future_is_stale_and_a_clock_a_little_ahead_is_none() -> None:
    walk = walk_of()
    records = {walk.name: record_of(walk)}
    assert statuses(walk, records=records, days=-0.01)[0].status is Status.VERIFIED
    found = statuses(walk, records=records, days=-2)[0]
    date = records[walk.name].result.started_at[:10]
    assert (found.status, found.reason) == (
        Status.STALE,
        f"its record is dated {date}, which is still to come",
    )


def test_prose_does_not_make_a_record_stale_and_what_is_run_does() -> None:
    walk = walk_of()
    records = {walk.name: record_of(walk)}
    prose = walk_of(PAGE.replace("# T\n", "# T\n\nMore prose.\n"))
    command = walk_of(PAGE.replace("mkdir x", "mkdir y"))
    assert statuses(prose, records=records)[0].status is Status.VERIFIED
    reason = "the page changed since: what is run, expected, or where"
    assert said(statuses(command, records=records))[:2] == [(Status.STALE, reason, False)] * 2


def test_a_failing_record_of_another_page_text_is_stale_and_says_both() -> None:
    record = record_of(walk_of(), Printed(lines=("b",)), Printed())
    found = statuses(walk_of(PAGE.replace("\na\n", "\nb\n")), records={"page": record})[0]
    assert (found.status, found.reason) == (
        Status.STALE,
        "the page changed since: what is run, expected, or where (and the last run failed)",
    )


def test_another_environment_makes_a_record_stale() -> None:
    walk = walk_of()
    found = statuses(walk, records={walk.name: record_of(walk)}, digest="sha256:1")[0]
    assert (found.status, found.reason) == (Status.STALE, "the environment `login` changed since")


def test_a_block_has_the_worst_status_of_its_walks_and_lists_all() -> None:
    walk = walk_of()
    other = replace(walk, name="page[zsh]", is_default=False)
    good, bad = record_of(walk), record_of(other, Printed(lines=("b",)), Printed())
    found = statuses(walk, other, records={walk.name: good, other.name: bad})
    assert [each.status for each in found[0].walks] == [Status.VERIFIED, Status.FAILING]
    assert (found[0].status, found[1].status) == (Status.FAILING, Status.NOT_RUN)


def test_an_excuse_in_one_walk_is_worse_than_ran_and_better_than_stale() -> None:
    walk = walk_of()
    record = record_of(walk)
    steps = tuple(replace(s, outcome=Outcome.NOT_RUN, detail="requires `gpu`") for s in record.result.steps)
    other = replace(walk, name="page[gpu]")
    lacking = replace(record, walk_name=other.name, result=replace(record.result, steps=steps))
    records = {walk.name: record, other.name: lacking}
    assert said(statuses(walk, other, records=records))[1] == (Status.NOT_RUN, "requires `gpu`", True)
    changed = replace(walk, digest="sha256:other")
    assert statuses(changed, other, records=records)[1].status is Status.STALE


def test_staleness_is_a_question_of_its_own() -> None:
    walk = walk_of()
    record = record_of(walk)

    def stale(walk: Walk) -> bool:
        return is_stale(
            walk,
            record,
            now=STARTED,
            environment_digests={"login": DIGEST},
            project=made_up_project(),
        )

    assert not stale(walk)
    assert stale(walk_of(PAGE.replace("mkdir x", "mkdir y")))
