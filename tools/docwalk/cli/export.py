"""`docwalk export`: pages as plain Markdown for forges."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import click

from docwalk.cli import Exit
from docwalk.cli.selection import pages_of
from docwalk.config import load_project, page_paths
from docwalk.errors import BackendError
from docwalk.report.text import count
from docwalk.source import below


@click.command()
@click.argument("pages", metavar="[PAGE]...", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option("--all", "is_all", is_flag=True, help="Every page of the project.")
def export(pages: tuple[Path, ...], folder: Path, *, is_all: bool) -> int:
    """Write pages into DIR as plain Markdown.

    Tabs, notes and files become what any forge shows, and the recorded output stands in the place of the
    expected one. Reads the records and runs nothing.
    """
    if bool(pages) == is_all:
        raise click.UsageError("name pages, or say --all, and the folder last")
    if find_spec("sphinx") is None:
        raise BackendError("exporting needs Sphinx", hint="pip install 'docwalk[sphinx]'")
    from docwalk.export.site import export_pages, write_all  # noqa: PLC0415 - Sphinx is optional

    project = load_project(pages[0] if pages else Path.cwd())
    chosen = page_paths(project) if is_all else pages_of(pages, project)
    files = export_pages(chosen, project, folder, now=datetime.now(UTC))
    write_all(files)
    for file in files:
        click.echo(f"wrote {below(file.path, Path.cwd())}")
        for remark in file.exported.remarks:
            click.echo(f"  {remark}")
    click.echo(count(len(files), "page"))
    return Exit.OK
