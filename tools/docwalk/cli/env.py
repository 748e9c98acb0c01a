"""`docwalk env`: list and build environments, and what else is done with them."""

from __future__ import annotations

import click
from rich.console import Console
from rich.table import Table

from docwalk.cli.env_archive import export, import_
from docwalk.cli.env_look import diff, info, shell
from docwalk.cli.env_named import SHOWN_DIGITS, environments, megabytes, named
from docwalk.cli.env_prune import prune
from docwalk.cli.env_update import update
from docwalk.environment.build import build_environment
from docwalk.environment.digest import environment_digest
from docwalk.environment.store import Store
from docwalk.report.progress import BuildProgress


@click.group()
def env() -> None:
    """Build, show, enter, compare, export and import environments."""


for _command in (info, shell, diff, export, import_, prune, update):
    env.add_command(_command)


@env.command("list")
def list_() -> None:
    """List the project's environments, and which are built."""
    store = Store.default()
    table = Table(box=None, pad_edge=False)
    for title in ("name", "title", "built", "size", "digest"):
        table.add_column(title)
    for name, environment in environments().items():
        built = store.find(environment)
        size = megabytes(sum(built.manifest["bytes"].values())) if built is not None else ""
        digest = environment_digest(environment)[:SHOWN_DIGITS]
        table.add_row(name, environment.title, "yes" if built is not None else "no", size, digest)
    Console().print(table)


@env.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
def build(names: tuple[str, ...]) -> None:
    """Build environments; all of the project without a NAME."""
    known = environments()
    chosen = [named(known, name) for name in names] or list(known.values())
    store = Store.default()
    console = Console()
    for environment in chosen:
        with BuildProgress(console) as progress:
            built = build_environment(environment, store, progress)
        size = megabytes(sum(built.manifest["bytes"].values()))
        console.print(f"{environment.name}: built, {size}, {built.digest}", highlight=False, soft_wrap=True)
