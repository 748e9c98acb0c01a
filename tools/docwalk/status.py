"""Walks and records → the status of every block: what a reader may believe of it today.

A block's status is the worst of its walks. A record stops counting when its walk or its environment changed,
or when it is too old; prose does not matter. Pure: knows neither files nor the clock.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING

from docwalk.record import failing_step
from docwalk.record_check import contradiction
from docwalk.results import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from docwalk.config import Project
    from docwalk.plan import Walk
    from docwalk.record import Record


_CLOCK_SKEW = timedelta(hours=1)
"""How far ahead the clock of the machine that walked may be; a later record would never grow old."""


class Status(Enum):
    """What is known of a block; the value is what people read."""

    VERIFIED = "verified"
    """Run, and its output compared."""
    RAN = "ran"
    """Run, and ended as it should; no output was compared."""
    STALE = "stale"
    """Run once, but it, its environment or the calendar has moved on."""
    FAILING = "failing"
    """Did not do what the page says."""
    NOT_RUN = "not run"
    """Not run; the reason is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkStatus:
    """The status of one block in one walk."""

    walk_name: str
    """The walk."""
    is_default: bool
    """Whether it is the page's default walk."""
    status: Status
    """What is known."""
    reason: str
    """Why it is neither verified nor ran; else empty."""
    is_excused: bool
    """Whether it is not run because the author or the environment says so, which may be published."""
    started_at: str | None
    """When its record's walk started, ISO 8601 in UTC; None without a record."""
    environment: str
    """Name of the environment."""
    environment_digest: str | None
    """`sha256:…` of what its record's walk ran in; None without a record."""
    mode: str | None
    """Backend and mode of its record's walk; None without a record."""
    elapsed_s: float
    """Seconds its steps took; 0 without a record."""
    is_only_old: bool = False
    """Whether it is stale for its record's age alone: the record is of this very text and environment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockStatus:
    """The status of one block."""

    block_id: str
    """The block."""
    status: Status
    """The worst of its walks."""
    reason: str
    """That walk's reason; empty for verified and ran."""
    is_excused: bool
    """Whether it is not run for a reason that may be published."""
    walks: tuple[WalkStatus, ...]
    """One for each walk that has the block, in order of the plan."""

    @property
    def may_publish(self) -> bool:
        """Whether a reader may be shown it as it stands."""
        return self.status in {Status.VERIFIED, Status.RAN} or self.is_excused


def block_statuses(
    walks: Iterable[Walk],
    records: Mapping[str, Record],
    *,
    now: datetime,
    environment_digests: Mapping[str, str],
    project: Project,
) -> Mapping[str, BlockStatus]:
    """Status of every block of some walks, by block id, in order of appearance in the walks.

    Args:
        walks: what is planned today.
        records: by name of walk.
        now: the time, with its zone.
        environment_digests: digest of each environment as it is defined today, by name.
        project: tells after how many days a record is stale.
    """
    found: dict[str, list[WalkStatus]] = {}
    for walk in walks:
        record = records.get(walk.name)
        misfit = _misfit(walk, record)
        reason = misfit or _overtaken(
            walk, record, now=now, environment_digests=environment_digests, project=project
        )
        indexes: dict[str, list[int]] = {}
        for at, step in enumerate(walk.steps):
            indexes.setdefault(step.block_id, []).append(at)
        is_old = record is not None and reason == age_reason(record, now=now, project=project)
        for block_id, steps in indexes.items():
            status = _walk_status(walk, record, steps, stale=reason, fits=not misfit)
            if status.status is Status.STALE:
                status = replace(status, is_only_old=is_old)
            found.setdefault(block_id, []).append(status)
        for skipped in walk.not_run:
            status = _status(walk, record, Status.NOT_RUN, skipped.reason, is_excused=True)
            found.setdefault(skipped.block_id, []).append(status)
    return {block_id: _worst(block_id, statuses) for block_id, statuses in found.items()}


def stale_reason(
    walk: Walk,
    record: Record | None,
    *,
    now: datetime,
    environment_digests: Mapping[str, str],
    project: Project,
) -> str:
    """Why a record no longer holds for `walk`, empty where it does or where there is none."""
    return _misfit(walk, record) or _overtaken(
        walk, record, now=now, environment_digests=environment_digests, project=project
    )


def _misfit(walk: Walk, record: Record | None) -> str:
    """Why a record is none of this very walk; empty where it is, or where there is none."""
    if record is None:
        return ""
    if record.walk_digest != walk.digest:
        return "the page changed since: what is run, expected, or where"
    said = contradiction(walk, record)
    return f"its record contradicts itself: {said}" if said else ""


def _overtaken(
    walk: Walk,
    record: Record | None,
    *,
    now: datetime,
    environment_digests: Mapping[str, str],
    project: Project,
) -> str:
    """Why a record of this very walk no longer holds: its environment, or its date."""
    if record is None:
        return ""
    if environment_digests.get(walk.environment) != record.result.environment_digest:
        return f"the environment `{walk.environment}` changed since"
    if now - datetime.fromisoformat(record.result.started_at) < -_CLOCK_SKEW:
        return f"its record is dated {record.result.started_at[:10]}, which is still to come"
    return age_reason(record, now=now, project=project)


def fresh_days(record: Record, project: Project) -> float:
    """Days after which a record is stale."""
    return project.fresh_network_days if record.used_network else project.fresh_days


def age_reason(record: Record, *, now: datetime, project: Project) -> str:
    """Why a record is stale by its date alone, empty where it is not."""
    days = fresh_days(record, project)
    age = now - datetime.fromisoformat(record.result.started_at)
    if age > timedelta(days=days):
        kind = "a walk that used the network" if record.used_network else "a walk"
        return f"run {age.days} days ago; {kind} is stale after {days:g}"
    return ""


def is_stale(
    walk: Walk,
    record: Record,
    *,
    now: datetime,
    environment_digests: Mapping[str, str],
    project: Project,
) -> bool:
    """Whether a record no longer holds for `walk`."""
    return bool(stale_reason(walk, record, now=now, environment_digests=environment_digests, project=project))


def _walk_status(
    walk: Walk, record: Record | None, steps: Sequence[int], *, stale: str, fits: bool
) -> WalkStatus:
    """Status of the block with the steps `steps` of `walk`, whose record is of this very walk or is not."""
    if record is None:
        return _status(walk, None, Status.NOT_RUN, "not walked yet: there is no record")
    if not fits:
        # Its steps may be others; nothing can be said of this block alone.
        failed = " (and the last run failed)" if failing_step(record.result) is not None else ""
        return _status(walk, record, Status.STALE, stale + failed)
    results = [record.result.steps[at] for at in steps]
    elapsed_s = sum(result.elapsed_s for result in results)
    broken = failing_step(record.result)
    failed_here = next((at for at in steps if _is_failure(record.result.steps[at].outcome)), None)
    not_run = next((result for result in results if result.outcome is Outcome.NOT_RUN), None)
    if failed_here is not None:
        reason = f"line {walk.steps[failed_here].line}: {record.result.steps[failed_here].detail}"
        return _status(walk, record, Status.FAILING, reason, elapsed_s=elapsed_s)
    if stale:
        return _status(walk, record, Status.STALE, stale, elapsed_s=elapsed_s)
    if not_run is not None:
        is_excused = broken is None or broken.index > not_run.index
        return _status(walk, record, Status.NOT_RUN, not_run.detail, is_excused=is_excused)
    is_compared = all(record.steps[at].is_compared for at in steps)
    status = Status.VERIFIED if is_compared else Status.RAN
    return _status(walk, record, status, "", elapsed_s=elapsed_s)


def _is_failure(outcome: Outcome) -> bool:
    return outcome not in {Outcome.PASSED, Outcome.NOT_RUN}


def _status(
    walk: Walk,
    record: Record | None,
    status: Status,
    reason: str,
    *,
    is_excused: bool = False,
    elapsed_s: float = 0.0,
) -> WalkStatus:
    return WalkStatus(
        walk_name=walk.name,
        is_default=walk.is_default,
        status=status,
        reason=reason,
        is_excused=is_excused,
        started_at=record.result.started_at if record is not None else None,
        environment=walk.environment,
        environment_digest=record.result.environment_digest if record is not None else None,
        mode=record.result.mode if record is not None else None,
        elapsed_s=elapsed_s,
    )


def _severity(status: WalkStatus) -> int:
    """How bad a status is: an excused block is better than a stale one, no record is worse."""
    order = [Status.VERIFIED, Status.RAN, Status.STALE, Status.NOT_RUN, Status.FAILING]
    return 2 * order.index(status.status) - (3 if status.is_excused else 0)


def _worst(block_id: str, statuses: Sequence[WalkStatus]) -> BlockStatus:
    worst = max(statuses, key=_severity)
    return BlockStatus(
        block_id=block_id,
        status=worst.status,
        reason=worst.reason,
        is_excused=worst.is_excused,
        walks=tuple(statuses),
    )
