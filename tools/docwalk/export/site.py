"""Pages of a project → files for a forge: links followed, each file checked before any is written.

The only file of this package that reads and writes files. It needs the Sphinx extension, which knows what a
reader of a page sees; it starts nothing.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from docwalk.document import parse_documents
from docwalk.errors import BackendError
from docwalk.export.page import export_page
from docwalk.issues.page_report import URL_VALUE
from docwalk.markup.markdown import markdown_parser, read_page
from docwalk.record import write_atomically
from docwalk.source import Source, below
from docwalk.sphinx_ext.site import load_site
from docwalk.sphinx_ext.site_values import substitutions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from docwalk.config import Project
    from docwalk.export.page import Exported
    from docwalk.sphinx_ext.site import Site


class ExportError(BackendError):
    """A page that cannot be exported, or a file that cannot be written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedFile:
    """One file to write."""

    path: Path
    """Where it goes."""
    exported: Exported
    """What it holds."""


def export_pages(
    pages: Sequence[Path], project: Project, folder: Path, *, now: datetime
) -> tuple[ExportedFile, ...]:
    """Pages in plain Markdown, each in `folder` where it lies in the project; nothing is written.

    Args:
        pages: files of the project.
        project: the project.
        folder: where the files are to go.
        now: when ages are computed.

    Raises:
        SourceError: with every problem of every page.
        ExportError: a file would be written over a page, or does not hold what it should.
    """
    site = load_site(project.root, srcdir=project.root, records_dir=None, now=now)
    if site.troubles:
        raise ExportError("; ".join(site.troubles), hint="delete what is named above and run the walks again")
    targets = {page.resolve(): (folder / below(page.resolve(), project.root)).resolve() for page in pages}
    for page, target in targets.items():
        if page == target:
            raise ExportError(f"{page} would be written over", hint="name another folder")
    return tuple(
        ExportedFile(path=target, exported=_export(page, target, targets, project, site))
        for page, target in targets.items()
    )


def write_all(files: Sequence[ExportedFile]) -> None:
    """Write each file in one step.

    Raises:
        ExportError: one cannot be written.
    """
    for file in files:
        try:
            file.path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(file.path, file.exported.text.encode())
        except OSError as error:
            raise ExportError(f"{file.path} cannot be written: {error.strerror}") from error


def _export(page: Path, target: Path, targets: dict[Path, Path], project: Project, site: Site) -> Exported:
    source = Source.read_below(page, project.root)
    document, *examples = parse_documents(source, project)
    if document.page not in site.pages:
        raise ExportError(
            f"{source.path} is no page of the project", hint="see `tutorials` in `[tool.docwalk]`"
        )
    inside = {block.id for each in examples for block in each.blocks}
    views = {view.line: view for view in site.pages[document.page].blocks if view.id not in inside}
    exported = export_page(
        _with_site_values(source, project),
        shown_path=source.path.as_posix(),
        views=views,
        facts=site.pages[document.page],
        link=lambda written: _link(written, page, target, targets, project),
        site_url=project.site_values.get(URL_VALUE, ""),
    )
    _check(exported, source, lines=list(views))
    return exported


def _with_site_values(source: Source, project: Project) -> str:
    """The page with the values of its prose put in; as many lines as it has."""
    values = substitutions(project.site_values)
    text = source.text
    for each in reversed(read_page(source).substitutions):
        value = (project.site_values if each.is_code else values).get(each.name)
        if value is not None:
            text = text[: each.span.start] + value + text[each.span.end :]
    return text


def _link(written: str, page: Path, target: Path, targets: dict[Path, Path], project: Project) -> str:
    """A relative link of a page as it is to be written in the exported file."""
    name, hash_sign, anchor = written.partition("#")
    linked = (project.root / name.lstrip("/") if name.startswith("/") else page.parent / name).resolve()
    url = project.site_values.get(URL_VALUE, "").rstrip("/")
    if linked in targets:
        found = _relative(targets[linked], target)
    elif url and linked.suffix == ".md" and linked.is_relative_to(project.root):
        found = f"{url}/{PurePosixPath(below(linked, project.root)).with_suffix('.html')}"
    else:
        found = _relative(linked, target)
    return f"{found}{hash_sign}{anchor}"


def _relative(linked: Path, target: Path) -> str:
    return Path(os.path.relpath(linked, target.parent)).as_posix()


def _check(exported: Exported, source: Source, *, lines: Sequence[int]) -> None:
    """That a Markdown parser finds every block in the file, whole and in order."""
    tokens = markdown_parser().parse(exported.text)
    fences = iter([(token.info.strip(), token.content) for token in tokens if token.type == "fence"])
    found = [each.line for each in exported.blocks if (each.info, f"{each.text}\n") in fences]
    lost = next((line for line in lines if line not in found), None)
    if lost is not None:
        raise ExportError(
            f"{source.path}:{lost}: this block has no place in plain Markdown",
            hint="write it outside of definition lists and field lists",
        )
