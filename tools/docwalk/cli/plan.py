"""`docwalk plan`: what would be run, as JSON, without running anything."""

from __future__ import annotations

from pathlib import Path

import click

from docwalk.cli.selection import select
from docwalk.plan import Plan, plan_as_json


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--walk", "walks", multiple=True, metavar="NAME", help="Only this walk; may be repeated.")
def plan(paths: tuple[Path, ...], walks: tuple[str, ...]) -> None:
    """Print what would be run, as JSON."""
    click.echo(plan_as_json(Plan(walks=select(paths, walks=walks).walks)), nl=False)
