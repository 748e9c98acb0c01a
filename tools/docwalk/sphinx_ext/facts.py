"""One page's document, walks, records and statuses to `PageFacts`: pure, the last step before printing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from docwalk.matching.compared import compared_lines
from docwalk.placeholder import replace_placeholders
from docwalk.record import record_path
from docwalk.record_check import is_of
from docwalk.redaction import compile_redactions
from docwalk.results import Outcome
from docwalk.sphinx_ext.copying import copying_of
from docwalk.sphinx_ext.faces import WalkFacts
from docwalk.sphinx_ext.notes import download_of
from docwalk.sphinx_ext.pages import PageFacts, WalkSummary
from docwalk.sphinx_ext.view import view_block
from docwalk.status import Status, fresh_days
from docwalk.steps import TypeCommand
from docwalk.transcript import parse_commands

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from docwalk.config import Project
    from docwalk.document import Block, Document
    from docwalk.matching.compared import ComparedLine
    from docwalk.plan import Walk
    from docwalk.record import Record
    from docwalk.results import StepResult
    from docwalk.sphinx_ext.view import BlockView
    from docwalk.status import BlockStatus


def page_facts(
    document: Document,
    *,
    docname: str,
    walks: Sequence[Walk],
    records: Mapping[str, Record],
    statuses: Mapping[str, BlockStatus],
    project: Project,
) -> PageFacts:
    """What is known of a page.

    Args:
        document: the page.
        docname: its name in Sphinx.
        walks: its walks as planned now.
        records: by name of walk; others' may be among them.
        statuses: by block id, as `block_statuses` tells.
        project: says how long records are fresh.
    """
    ordered = sorted(walks, key=lambda walk: not walk.is_default)
    by_name = {walk.name: walk for walk in walks}
    # Records of these very walks; to tell that takes as long as to match all of their output.
    own = {
        name: records[name]
        for name, walk in by_name.items()
        if name in records and is_of(walk, records[name])
    }
    compared = {name: _compared(walk, own.get(name)) for name, walk in by_name.items()}
    blocks: list[BlockView] = []
    for block in document.blocks:
        status = statuses.get(block.id)
        view = view_block(
            _with_site_values(block, project),
            parse_commands(block, document, project),
            status=status.status if status is not None else Status.NOT_RUN,
            reason=status.reason if status is not None else "no walk of this page includes it",
            walks=_facts(status, by_name, records, own=own, compared=compared, project=project)
            if status is not None
            else (),
            download=download_of(block, document.page, (s for walk in walks for s in walk.steps)),
        )
        blocks.append(replace(view, copying=copying_of(view, by_name, records)))
    recorded = [records[walk.name] for walk in ordered if walk.name in records]
    used_network = any(record.used_network for record in recorded)
    return PageFacts(
        page=document.page,
        docname=docname,
        title=document.title,
        walks=tuple(
            _summary(walk, records.get(walk.name), project, is_own=walk.name in own) for walk in ordered
        ),
        blocks=tuple(blocks),
        fresh_days=int(project.fresh_network_days if used_network else project.fresh_days),
    )


def join_facts(page: PageFacts, examples: Sequence[PageFacts]) -> PageFacts:
    """A page with the examples on it: their walks, named by their examples, and their blocks."""
    if not examples:
        return page
    walks = (
        replace(walk, labels=(_example_name(each), *walk.labels)) for each in examples for walk in each.walks
    )
    return replace(
        page,
        walks=(*page.walks, *walks),
        blocks=(*page.blocks, *(block for each in examples for block in each.blocks)),
        fresh_days=min(each.fresh_days for each in (page, *examples)),
        has_examples=True,
    )


def _with_site_values(block: Block, project: Project) -> Block:
    """The block as its reader is to see it where no record shows what came out."""

    def filled(text: str) -> str:
        return replace_placeholders(text, site_values=project.site_values, captures=())[0]

    lines = tuple(replace(line, text=filled(line.text)) for line in block.lines)
    return replace(block, argument=filled(block.argument), lines=lines)


def _example_name(example: PageFacts) -> str:
    return example.page.rpartition(":")[2]


def _facts(
    status: BlockStatus,
    walks: Mapping[str, Walk],
    records: Mapping[str, Record],
    *,
    own: Mapping[str, Record],
    compared: Mapping[str, Mapping[int, tuple[ComparedLine, ...] | None]],
    project: Project,
) -> tuple[WalkFacts, ...]:
    recorded = {each.walk_name: _steps(own.get(each.walk_name), status.block_id) for each in status.walks}
    return tuple(
        WalkFacts(
            name=each.walk_name,
            choices=walks[each.walk_name].choices,
            is_default=each.is_default,
            environment=each.environment,
            saw_simulated_gpu=each.walk_name in records and records[each.walk_name].result.saw_simulated_gpu,
            status=each.status,
            reason=each.reason,
            is_only_old=each.is_only_old,
            fresh_days=fresh_days(records[each.walk_name], project) if each.walk_name in records else 0.0,
            recorded_at=each.started_at,
            steps=recorded[each.walk_name],
            compared=tuple(compared[each.walk_name].get(step.index) for step in recorded[each.walk_name]),
        )
        for each in status.walks
    )


def _compared(walk: Walk, record: Record | None) -> Mapping[int, tuple[ComparedLine, ...] | None]:
    """For each passed command of a record of this very walk what was compared of its lines, by step."""
    if record is None:
        return {}
    redactions = compile_redactions(walk.redactions)
    captures: dict[str, str] = {}
    found: dict[int, tuple[ComparedLine, ...] | None] = {}
    for step, result in zip(walk.steps, record.result.steps, strict=True):
        action = step.action
        if isinstance(action, TypeCommand) and result.outcome is Outcome.PASSED:
            found[result.index] = compared_lines(
                action.expected, result.lines, mode=action.match, redactions=redactions, captures=captures
            )
        captures.update(result.captures)
    return found


def _steps(record: Record | None, block_id: str) -> tuple[StepResult, ...]:
    """The recorded steps of a block, where there is a record of this very walk."""
    if record is None:
        return ()
    return tuple(step for step in record.result.steps if step.block_id == block_id)


def _summary(walk: Walk, record: Record | None, project: Project, *, is_own: bool) -> WalkSummary:
    # Of the walk's digest, and yet not of the walk: the record says what cannot be.
    is_made_up = record is not None and record.walk_digest == walk.digest and not is_own
    result = record.result if record is not None else None
    return WalkSummary(
        name=walk.name,
        labels=_labels(walk),
        environment=walk.environment,
        step_count=len(walk.steps),
        run_count=sum(step.outcome is not Outcome.NOT_RUN for step in result.steps)
        if result is not None
        else 0,
        started_at=result.started_at if result is not None else None,
        elapsed_s=result.elapsed_s if result is not None else None,
        record_name=record_path(walk.name, Path()).name if record is not None else "",
        passed=record is not None and record.failing_step is None and not is_made_up,
        environment_digest=result.environment_digest if result is not None else "",
        mode=result.mode if result is not None else "",
        manifest=result.manifest if result is not None else {},
        fresh_days=fresh_days(record, project) if record is not None else 0.0,
    )


def _labels(walk: Walk) -> tuple[str, ...]:
    return tuple(choice.label for choice in walk.choices)
