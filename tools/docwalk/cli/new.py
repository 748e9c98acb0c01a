"""`docwalk new`: a page, or what a nightly run needs, in a project that is there."""

from __future__ import annotations

from pathlib import Path

import click

from docwalk.cli import Exit
from docwalk.config import load_project
from docwalk.source import below
from docwalk.starter import CI_KINDS, CI_SHARED, NewFile, StarterError, ci_files, tutorial_file, write_new


@click.group()
def new() -> None:
    """Add a tutorial, or a nightly run."""


@new.command()
@click.argument("title")
@click.option(
    "--in",
    "folder",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="The folder of pages.",
)
def tutorial(title: str, *, folder: Path | None) -> int:
    """Write a page to fill in, numbered after the last one."""
    project = load_project(folder or Path.cwd())
    if "\n" in title or not title.strip():
        raise click.UsageError("a title is one line of text")
    where = folder or next((path for path in project.tutorials if path.is_dir()), project.root)
    existing = [path.name for path in where.glob("*.md")]
    try:
        page = tutorial_file(title.strip(), existing=existing, site_values=project.site_values)
    except StarterError as error:
        raise click.UsageError(str(error)) from error
    _write((page,), where)
    click.echo(
        f"\nFill it in, and let a run write what is printed: docwalk update {_shown(where / page.path)}"
    )
    return Exit.OK


@new.command()
@click.argument("kinds", metavar="KIND...", nargs=-1, required=True, type=click.Choice(CI_KINDS))
def ci(kinds: tuple[str, ...]) -> int:
    """Write what a nightly run needs, on a forge or with cron."""
    root = load_project(Path.cwd()).root
    kept = [path for path in sorted(CI_SHARED) if (root / path).is_file()]
    _write(tuple(each for each in ci_files(kinds) if each.path not in kept), root)
    for path in kept:
        click.echo(f"kept {_shown(root / path)}")
    return Exit.OK


def _write(new_files: tuple[NewFile, ...], folder: Path) -> None:
    try:
        written = write_new(new_files, _shown(folder))
    except StarterError as error:
        raise click.ClickException(str(error)) from error
    for path in written:
        click.echo(f"wrote {_shown(path)}")


def _shown(path: Path) -> Path:
    return below(path.resolve(), Path.cwd())
