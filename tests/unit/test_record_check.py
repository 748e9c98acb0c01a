"""Records that say what cannot be: none of their blocks is verified, whatever they call themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from docwalk.record import make_record
from docwalk.record_check import contradiction, is_of
from docwalk.status import Status, block_statuses
from docwalk.testing import DIGEST, Printed, made_up_project, output_lines, planned, result_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from docwalk.record import Record
    from docwalk.results import StepResult

PAGE = """# T

```console
$ submit
job [[jobid=int]]
```

```console
$ cancel [[jobid]]
cancelled [[jobid]]
```

```bash
mkdir x
```
"""
_, (WALK,) = planned(PAGE)
PRINTED = (Printed(lines=("job 12",)), Printed(lines=("cancelled 12",)), Printed())
HONEST = make_record(WALK, result_of(WALK, PRINTED))


def with_step(at: int, change: Callable[[StepResult], StepResult]) -> Record:
    steps = [change(step) if n == at else step for n, step in enumerate(HONEST.result.steps)]
    return replace(HONEST, result=replace(HONEST.result, steps=tuple(steps)))


def status_with(record: Record) -> list[tuple[Status, str]]:
    found = block_statuses(
        [WALK],
        {WALK.name: record},
        now=datetime.fromisoformat("2026-11-22T12:00:00+00:00"),
        environment_digests={"login": DIGEST},
        project=made_up_project(),
    )
    return [(each.status, each.reason) for each in found.values()]


def test_an_honest_record_is_of_its_walk() -> None:
    assert (contradiction(WALK, HONEST), is_of(WALK, HONEST)) == ("", True)
    assert status_with(HONEST) == [(Status.VERIFIED, ""), (Status.VERIFIED, ""), (Status.RAN, "")]


def test_so_is_one_whose_command_was_sent_with_what_was_captured() -> None:
    record = with_step(1, lambda step: replace(step, command_sent="cancel 12"))
    assert contradiction(WALK, record) == ""


LIES: dict[str, tuple[Record, str]] = {
    "another output": (
        with_step(0, lambda step: replace(step, lines=output_lines(["no job"]))),
        "line 4 is said to have passed, and printed something else",
    ),
    "another job": (
        with_step(1, lambda step: replace(step, lines=output_lines(["cancelled 13"]))),
        "line 9 is said to have passed, and printed something else",
    ),
    "another status": (
        with_step(2, lambda step: replace(step, exit_status=1)),
        "line 14 is said to have passed, and ended with exit status 1",
    ),
    "another command": (
        with_step(2, lambda step: replace(step, command_sent="rm -r x")),
        "line 14 is said to have passed, and another command was sent",
    ),
    "another block": (
        with_step(1, lambda step: replace(step, block_id=WALK.steps[0].block_id)),
        "its step 2 is none of this walk",
    ),
    "another place": (with_step(2, lambda step: replace(step, index=0)), "its step 3 is none of this walk"),
    "fewer steps": (
        replace(HONEST, result=replace(HONEST.result, steps=HONEST.result.steps[:2])),
        "its step 3 is none of this walk",
    ),
    "compared, where nothing was": (
        replace(HONEST, steps=(*HONEST.steps[:2], replace(HONEST.steps[2], is_compared=True))),
        "its step 3 is none of this walk",
    ),
    "another environment": (replace(HONEST, environment="gpu"), "it is of the environment `gpu`"),
}


@pytest.mark.parametrize("name", LIES)
def test_what_cannot_be_is_evidence_of_nothing(name: str) -> None:
    record, said = LIES[name]
    assert contradiction(WALK, record) == said
    assert not is_of(WALK, record)
    reason = f"its record contradicts itself: {said}"
    assert status_with(record) == [(Status.STALE, reason)] * 3
