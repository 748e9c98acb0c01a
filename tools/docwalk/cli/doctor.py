"""`docwalk doctor`: what this machine can do, and the one command that mends the rest."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.table import Column, Table

from docwalk.backend.doctor import diagnose_backends
from docwalk.cli import Exit
from docwalk.config import load_project
from docwalk.environment.definition import load_environments
from docwalk.environment.doctor import Level, diagnose
from docwalk.environment.store import Store

_COLOURS = {Level.FINE: "green", Level.LIMITED: "yellow", Level.BROKEN: "red"}


@click.command()
def doctor() -> int:
    """Say what this machine can do, and what mends the rest.

    Exits with 3 when no walk can run.
    """
    environments = load_environments(load_project(Path.cwd()).environments_dir)
    findings = (*diagnose(environments, Store.default()), *diagnose_backends())
    table = Table("", "", Column(overflow="fold"), box=None, pad_edge=False, show_header=False)
    for finding in findings:
        colour = _COLOURS[finding.level]
        fix = f"\n[bold]{finding.fix}[/]" if finding.fix is not None else ""
        table.add_row(f"[{colour}]{finding.level.value}[/]", finding.what, f"{finding.why}{fix}")
    Console(highlight=False).print(table)
    return Exit.BACKEND if any(each.level is Level.BROKEN for each in findings) else Exit.OK
