"""Plan and records → what must not be published, each with page, line, block, walk and reason. Runs nothing.

A block may go out if in every walk that has it, it is verified, ran, or is not run for a reason that readers
are told.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from docwalk.environment.definition import load_environments
from docwalk.environment.digest import environment_digest
from docwalk.status import Status, block_statuses, stale_reason

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from docwalk.config import Project
    from docwalk.document import Document
    from docwalk.plan import Plan, Walk
    from docwalk.record import Record
    from docwalk.status import WalkStatus


class Failing(Enum):
    """What becomes of blocks that a fresh record says fail."""

    REFUSED = "refused"
    """They are refused as everything else: for merges."""
    MARKED = "marked"
    """They, and what could not be run after them, go out visibly marked: for the scheduled run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One block that must not be published as it stands."""

    path: Path
    """Its page."""
    line: int
    """Line, from 1, of its first step, or of its fence where it has none."""
    block_id: str
    """The block."""
    walk_name: str
    """The walk that lacks it; empty where no walk has it."""
    status: Status
    """What is known of it."""
    reason: str
    """Why it is refused."""

    def __str__(self) -> str:
        """`path:line: status: reason`, then the walk and the block on a line of their own."""
        where = f"walk {self.walk_name}, " if self.walk_name else ""
        return (
            f"{self.path}:{self.line}: {self.status.value}: {self.reason}\n    {where}block {self.block_id}"
        )


def check_publishable(
    project: Project,
    plan: Plan,
    records: Mapping[str, Record],
    now: datetime,
    *,
    documents: Sequence[Document] = (),
    failing: Failing = Failing.REFUSED,
) -> tuple[Refusal, ...]:
    """Everything that must not be published, in order of page and line; empty where all may.

    Args:
        project: says how long records are fresh, and where environments are defined.
        plan: the walks of today's pages.
        records: by name of walk.
        now: the time, with its zone.
        documents: the pages themselves, to find blocks that no walk has.
        failing: what becomes of failing blocks.

    Raises:
        SourceError: an environment's definition is wrong.
    """
    environments = load_environments(project.environments_dir)
    digests = {name: environment_digest(each) for name, each in environments.items()}
    walks = {walk.name: walk for walk in plan.walks}
    found = block_statuses(plan.walks, records, now=now, environment_digests=digests, project=project)
    fresh = {
        name
        for name, walk in walks.items()
        if name in records
        and not stale_reason(walk, records[name], now=now, environment_digests=digests, project=project)
    }
    refusals = [
        _refusal(walks[each.walk_name], block_id, each)
        for block_id, status in found.items()
        for each in status.walks
        if not _may_go(each, records, fresh, failing)
    ]
    refusals += [
        Refusal(
            path=document.source.path,
            line=block.line,
            block_id=block.id,
            walk_name="",
            status=Status.NOT_RUN,
            reason="no walk has this block: check the page's tabs and `exclude`",
        )
        for document in documents
        for block in document.blocks
        if block.id not in found
    ]
    return tuple(sorted(refusals, key=lambda each: (str(each.path), each.line, each.walk_name)))


def _may_go(each: WalkStatus, records: Mapping[str, Record], fresh: set[str], failing: Failing) -> bool:
    record = records.get(each.walk_name)
    if record is None:
        # Where nothing is to be run at all, there is nothing to record.
        return each.is_excused
    is_fresh = each.walk_name in fresh
    has_failed = record.failing_step is not None
    match each.status:
        case Status.VERIFIED | Status.RAN:
            return True
        case Status.NOT_RUN:
            return each.is_excused or (is_fresh and has_failed and failing is Failing.MARKED)
        case Status.FAILING:
            return is_fresh and failing is Failing.MARKED
        case Status.STALE:
            return False


def _refusal(walk: Walk, block_id: str, each: WalkStatus) -> Refusal:
    lines = [step.line for step in walk.steps if step.block_id == block_id]
    lines += [skipped.line for skipped in walk.not_run if skipped.block_id == block_id]
    return Refusal(
        path=walk.source_path,
        line=min(lines),
        block_id=block_id,
        walk_name=walk.name,
        status=each.status,
        reason=each.reason,
    )
