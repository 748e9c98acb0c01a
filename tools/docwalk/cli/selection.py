"""Paths and names on the command line → project, documents and walks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from docwalk.config import load_project, page_paths
from docwalk.options import close_match
from docwalk.plan import load_plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docwalk.config import Project
    from docwalk.document import Document
    from docwalk.plan import Walk


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What a command is about."""

    project: Project
    """The project of the first path."""
    documents: tuple[Document, ...]
    """The pages."""
    walks: tuple[Walk, ...]
    """Their walks, those that were asked for."""


def select(paths: Sequence[Path], *, walks: Sequence[str] = (), keyword: str = "") -> Selection:
    """Read the pages that were named, or all of the project.

    Args:
        paths: pages and folders; none for every page of the project.
        walks: names of walks; none for all.
        keyword: text that the name of a walk must contain, letter case ignored.

    Raises:
        SourceError: with every problem of all pages.
        UsageError: nothing is left of what was asked for.
    """
    project = load_project(paths[0] if paths else Path.cwd())
    pages = pages_of(paths, project)
    if not pages:
        where = " ".join(map(str, paths)) or str(project.root)
        raise click.UsageError(f"there is no page in {where}")
    documents, plan = load_plan(pages, project)
    chosen = plan.walks
    if walks:
        names = [walk.name for walk in chosen]
        for name in walks:
            if name not in names:
                near = close_match(name, names)
                hint = f"did you mean `{near}`?" if near else f"there are {', '.join(names) or 'none'}"
                raise click.UsageError(f"no walk is called `{name}`; {hint}")
        chosen = tuple(walk for walk in chosen if walk.name in walks)
    if keyword:
        chosen = tuple(walk for walk in chosen if keyword.casefold() in walk.name.casefold())
        if not chosen:
            raise click.UsageError(f"no walk's name contains `{keyword}`")
    return Selection(project=project, documents=documents, walks=chosen)


def pages_of(paths: Sequence[Path], project: Project) -> tuple[Path, ...]:
    """Files as they were named; of a folder the project's pages in it, or any if it has none."""
    known = page_paths(project)
    if not paths:
        return known
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = [page for page in known if page.is_relative_to(path.resolve())]
            found += inside or sorted(path.resolve().rglob("*.md"))
        else:
            found.append(path)
    return tuple(dict.fromkeys(page.resolve() for page in found))
