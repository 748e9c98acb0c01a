"""`docwalk init`: a new site that works at once."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from docwalk.cli import Exit
from docwalk.starter import CI_KINDS, StarterError, own_requirement, site_files, write_new


@click.command()
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path, file_okay=False))
@click.option("--name", default="", metavar="TEXT", help="Title of the site.")
@click.option("--ci", multiple=True, type=click.Choice(CI_KINDS), help="Also what a nightly run needs there.")
def init(folder: Path, *, name: str, ci: tuple[str, ...]) -> int:
    """Start a new site in DIR.

    Writes a page that can be walked, a small environment, and what builds the site; overwrites nothing.
    """
    if "[[" in name or "\n" in name:
        raise click.UsageError("a name is plain text on one line, without `[[`")
    try:
        written = write_new(site_files(name=name, ci=ci), folder)
    except StarterError as error:
        raise click.ClickException(str(error)) from error
    for path in written:
        click.echo(f"wrote {path}")
    requirement = own_requirement()
    if "@ file:" in requirement:
        click.echo(f"\npyproject.toml asks for the docwalk of this machine: {requirement}")
    click.echo("\nGo on with:\n")
    if folder.resolve() != Path.cwd():
        click.echo(f"  cd {shlex.quote(str(folder))}")
    click.echo("  docwalk run                                        # walk the page, keep the record")
    click.echo("  sphinx-build -W -b html . build/site               # the site, with its proof")
    click.echo('  docwalk new tutorial "Find and load software"      # the next page')
    return Exit.OK
