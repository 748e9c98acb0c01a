"""Everything a build shows, loaded once: pages, plan and records to `PageFacts` and `BlockView`s.

The only file of this package that reads files. It reads sources, definitions and records; it starts nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from docwalk.config import load_project, page_paths
from docwalk.environment.definition import load_environments
from docwalk.environment.devices import GpuKind, gpu_kind
from docwalk.environment.digest import environment_digest
from docwalk.plan import load_plan
from docwalk.record import RecordError, load_records
from docwalk.script.outcome import load_outcomes
from docwalk.sphinx_ext.facts import join_facts, page_facts
from docwalk.sphinx_ext.recipes import recipes_of
from docwalk.sphinx_ext.scripts import page_scripts
from docwalk.status import block_statuses

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from docwalk.config import Project
    from docwalk.document import Document
    from docwalk.environment.definition import Environment
    from docwalk.record import Record
    from docwalk.script.outcome import ScriptOutcome
    from docwalk.sphinx_ext.pages import PageFacts
    from docwalk.sphinx_ext.recipes import RecipeFacts
    from docwalk.sphinx_ext.scripts import PageScript
    from docwalk.sphinx_ext.view import BlockView

ISSUES_VALUE = "issues"
"""Key of `[tool.docwalk.site]` that says where readers report what they found different."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """All pages of one build."""

    project: Project
    """The project."""
    now: datetime
    """When ages are computed."""
    pages: Mapping[str, PageFacts]
    """Tutorial pages by Sphinx's name for them."""
    shown_paths: Mapping[str, Path]
    """Their files, as our messages name them."""
    records_dir: Path
    """Folder of the records that were read."""
    scripts: Mapping[str, tuple[PageScript, ...]]
    """Scripts of each tutorial page's walks, by Sphinx's name for the page."""
    recipes: Mapping[str, tuple[RecipeFacts, ...]]
    """Tasks that each page's sections do, by Sphinx's name for the page."""
    issues: str
    """Where to report differences; may be empty."""
    troubles: tuple[str, ...]
    """What could not be read; each is worth a warning."""

    @cached_property
    def blocks(self) -> Mapping[str, BlockView]:
        """Every block by its id."""
        return {block.id: block for page in self.pages.values() for block in page.blocks}

    @property
    def pages_with_blocks(self) -> tuple[PageFacts, ...]:
        """Pages that have anything to verify; what readers follow first."""
        found = (page for page in self.pages.values() if page.blocks)
        return tuple(sorted(found, key=lambda page: page.has_examples))

    @property
    def tutorials(self) -> tuple[PageFacts, ...]:
        """Of these, the pages that readers follow."""
        return tuple(page for page in self.pages_with_blocks if not page.has_examples)


def load_site(project_dir: Path, *, srcdir: Path, records_dir: Path | None, now: datetime) -> Site:
    """The site of a project as its records stand now.

    Args:
        project_dir: folder of the pyproject.toml.
        srcdir: Sphinx's source folder; pages outside it are no pages of this site.
        records_dir: folder of records; None is the project's own.
        now: when ages are computed.

    Raises:
        SourceError: with every problem of every page and definition.
    """
    project = load_project(project_dir)
    documents, plan = load_plan(page_paths(project), project)
    folder = records_dir if records_dir is not None else project.records_dir
    troubles: list[str] = []
    records: Mapping[str, Record] = {}
    try:
        records = load_records(folder)
    except RecordError as error:
        troubles.append(str(error))
    environments = load_environments(project.environments_dir)
    digests = {name: environment_digest(each) for name, each in environments.items()}
    records = {
        name: _with_true_gpu(record, environments.get(record.environment), digests)
        for name, record in records.items()
    }
    statuses = block_statuses(plan.walks, records, now=now, environment_digests=digests, project=project)
    outcomes: Mapping[str, ScriptOutcome] = {}
    try:
        outcomes = load_outcomes(folder)
    except RecordError as error:
        troubles.append(str(error))
    scripts: dict[str, tuple[PageScript, ...]] = {}
    recipes: dict[str, tuple[RecipeFacts, ...]] = {}
    facts: dict[str, list[PageFacts]] = {}
    shown_paths: dict[str, Path] = {}
    for document in documents:
        if docname := _docname(document, project, srcdir):
            shown_paths[docname] = document.source.path
            found = page_facts(
                document,
                docname=docname,
                walks=[walk for walk in plan.walks if walk.page == document.page],
                records=records,
                statuses=statuses,
                project=project,
            )
            facts.setdefault(docname, []).append(found)
            if document.example is None:
                recipes[docname] = recipes_of(document)
                scripts[docname] = page_scripts(
                    document,
                    [walk for walk in plan.walks if walk.page == document.page and walk.steps],
                    records=records,
                    outcomes=outcomes,
                    environments=environments,
                    environment_digests=digests,
                    now=now,
                    project=project,
                )
    return Site(
        project=project,
        now=now,
        pages={docname: join_facts(page, examples) for docname, (page, *examples) in facts.items()},
        shown_paths=shown_paths,
        records_dir=folder,
        scripts=scripts,
        recipes=recipes,
        issues=project.site_values.get(ISSUES_VALUE, ""),
        troubles=tuple(troubles),
    )


def _with_true_gpu(record: Record, environment: Environment | None, digests: Mapping[str, str]) -> Record:
    """The record, its GPUs called simulated where its environment has no real ones."""
    gpu = record.result.manifest.get("gpu")
    if (
        environment is None
        or not isinstance(gpu, dict)
        or digests[environment.name] != record.result.environment_digest
        or gpu_kind(environment.devices) is GpuKind.REAL
    ):
        return record
    manifest = {**record.result.manifest, "gpu": {**gpu, "kind": GpuKind.SIMULATED.value}}
    return replace(record, result=replace(record.result, manifest=manifest))


def _docname(document: Document, project: Project, srcdir: Path) -> str:
    """Sphinx's name of a page; empty where the page lies outside its source folder."""
    path = (project.root / document.source.path).resolve()
    if not path.is_relative_to(srcdir.resolve()):
        return ""
    return path.relative_to(srcdir.resolve()).with_suffix("").as_posix()
