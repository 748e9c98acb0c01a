"""The scripts of a page's walks: those to download, and why others are not. Reads nothing, runs nothing.

A script is made anew from plan and record, and offered only if what was run had its digest and passed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from docwalk import __version__
from docwalk.results import Outcome
from docwalk.script.make import SUFFIX, NoScript, Script, make_script
from docwalk.status import fresh_days, stale_reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from docwalk.config import Project
    from docwalk.document import Document, TabChoice
    from docwalk.environment.definition import Environment
    from docwalk.plan import Walk
    from docwalk.record import Record
    from docwalk.script.outcome import ScriptOutcome

FOLDER: Final = "scripts"
"""Where they lie on the site."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageScript:
    """What a reader of one walk is told of its script."""

    walk_name: str
    """The walk."""
    choices: tuple[TabChoice, ...]
    """The tabs it chose."""
    shell: str
    """The shell it is typed in."""
    path: str
    """Where it lies on the site; empty where there is none."""
    text: str
    """The script, with its head; empty where there is none."""
    reason: str
    """Why there is none, one sentence without a full stop; empty where there is one."""
    tested_at: str
    """When it was run, ISO 8601 in UTC; empty where there is none."""
    environment: str
    """Where."""
    status_count: int = 0
    """Steps that ended as on the page."""
    output_count: int = 0
    """Steps whose output was compared."""


def page_scripts(
    document: Document,
    walks: Sequence[Walk],
    *,
    records: Mapping[str, Record],
    outcomes: Mapping[str, ScriptOutcome],
    environments: Mapping[str, Environment],
    environment_digests: Mapping[str, str],
    now: datetime,
    project: Project,
) -> tuple[PageScript, ...]:
    """What is known of the scripts of a page's walks, the default walk first.

    Args:
        document: the page.
        walks: its walks as planned now.
        records: by name of walk.
        outcomes: what came of scripts, by name of walk.
        environments: by name; they say which shell a reader has.
        environment_digests: of each as it is defined today.
        now: when ages are computed.
        project: says how long records are fresh.
    """
    found: list[PageScript] = []
    for walk in sorted(walks, key=lambda walk: not walk.is_default):
        shell = walk.shell or environments[walk.environment].shell
        record, outcome = records.get(walk.name), outcomes.get(walk.name)
        reason = stale_reason(walk, record, now=now, environment_digests=environment_digests, project=project)
        script = _script(document, walk, record, reason, shell)
        offered = _offered(script, outcome)
        if isinstance(offered, Script) and outcome is not None and record is not None:
            days = fresh_days(record, project)
            if old := _why_old(outcome, environment_digests.get(walk.environment), now=now, days=days):
                offered = NoScript(reason=old)
        if isinstance(offered, NoScript) or outcome is None or record is None:
            said = offered.reason if isinstance(offered, NoScript) else ""
            found.append(_page_script(walk, shell, reason=said))
            continue
        header = tuple(_header(document, walk, record, outcome))
        found.append(
            PageScript(
                walk_name=walk.name,
                choices=walk.choices,
                shell=shell,
                path=f"{FOLDER}/{script_name(walk)}",
                text=offered.text(header),
                reason="",
                tested_at=outcome.started_at,
                environment=walk.environment,
                status_count=outcome.status_count,
                output_count=outcome.output_count,
            )
        )
    return tuple(found)


def script_name(walk: Walk) -> str:
    """A walk's script, below the folder of scripts: the page's path, and the labels of its tabs."""
    labels = "-".join(re.sub(r"[^a-z0-9.]+", "-", choice.label.lower()).strip("-") for choice in walk.choices)
    return f"{walk.page}-{labels}{SUFFIX}" if labels else f"{walk.page}{SUFFIX}"


def _page_script(walk: Walk, shell: str, *, reason: str) -> PageScript:
    return PageScript(
        walk_name=walk.name,
        choices=walk.choices,
        shell=shell,
        path="",
        text="",
        reason=reason,
        tested_at="",
        environment=walk.environment,
    )


def _script(
    document: Document, walk: Walk, record: Record | None, stale: str, shell: str
) -> Script | NoScript:
    if record is None:
        return NoScript(reason="nobody has walked it yet")
    if stale:
        return NoScript(reason=stale)
    return make_script(walk, record.result, document=document, shell=shell)


def _offered(script: Script | NoScript, outcome: ScriptOutcome | None) -> Script | NoScript:
    """The script, if what was run is the same and passed."""
    if isinstance(script, NoScript):
        return script
    if outcome is None:
        return NoScript(reason="it has not been run")
    if outcome.script_digest != script.digest:
        return NoScript(reason="it has changed since it was run")
    return script if outcome.passed else NoScript(reason=f"it did not pass: {outcome.detail}")


def _why_old(outcome: ScriptOutcome, environment_digest: str | None, *, now: datetime, days: float) -> str:
    """Why a script that passed no longer counts, as a record would not; empty where it does."""
    age = now - datetime.fromisoformat(outcome.started_at)
    if outcome.environment_digest != environment_digest:
        return "its environment changed since it was run"
    if age < timedelta(0):
        return f"its run is dated {outcome.started_at[:10]}, which is still to come"
    return f"it was run {age.days} days ago, and has to be run again" if age > timedelta(days=days) else ""


def _header(document: Document, walk: Walk, record: Record, outcome: ScriptOutcome) -> Iterator[str]:
    yield document.title
    yield ""
    yield f"The commands of {walk.source_path.as_posix()}, in the order of the page"
    labels = ", ".join(choice.label for choice in walk.choices)
    yield f"for readers who choose {labels}." if labels else "for all of its readers."
    yield ""
    yield f"Walked:      {record.result.started_at}, environment {walk.environment}"
    yield f"This script: {outcome.started_at}, in a fresh copy of the same environment: it passed."
    yield f"             {outcome.status_count} statuses and {outcome.output_count} outputs were compared."
    yield f"Made by:     docwalk {__version__}"
    left_out = [(each.line, each.reason) for each in walk.not_run]
    left_out += [
        (step.line, ran.detail)
        for step, ran in zip(walk.steps, record.result.steps, strict=True)
        if ran.outcome is Outcome.NOT_RUN
    ]
    if left_out:
        yield ""
        yield "Left out:"
        yield from (f"  line {line}: {' '.join(reason.split())}" for line, reason in sorted(left_out))
