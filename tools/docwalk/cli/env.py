"""`docwalk env`: list and build environments, and what else is done with them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table

from docwalk.backend.janitor import is_held
from docwalk.cli.env_archive import export, import_
from docwalk.cli.env_look import diff, info, shell
from docwalk.cli.env_named import SHOWN_DIGITS, age_text, environments, megabytes, named
from docwalk.cli.env_prune import prune
from docwalk.cli.env_update import update
from docwalk.environment.age import OLD_DAYS, discard, is_old
from docwalk.environment.build import build_bases, build_environment
from docwalk.environment.digest import environment_digest
from docwalk.environment.store import Store
from docwalk.report.progress import BuildProgress

if TYPE_CHECKING:
    from docwalk.environment.definition import Environment


@click.group()
def env() -> None:
    """Build, show, enter, compare, export and import environments."""


for _command in (info, shell, diff, export, import_, prune, update):
    env.add_command(_command)


@env.command("list")
def list_() -> None:
    """List the project's environments, which are built, and how old their bases are."""
    store = Store.default()
    table = Table(box=None, pad_edge=False)
    for title in ("name", "title", "built", "base", "size", "digest"):
        table.add_column(title)
    for name, environment in environments().items():
        built = store.find(environment)
        age = size = ""
        if built is not None:
            age = age_text(built, now_s=time.time())
            size = megabytes(sum(built.manifest["bytes"].values()))
        digest = environment_digest(environment)[:SHOWN_DIGITS]
        table.add_row(name, environment.title, "no" if built is None else "yes", age, size, digest)
    Console().print(table)


@env.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--refresh-old", is_flag=True, help=f"Build anew whatever stands on a base of more than {OLD_DAYS} days."
)
def build(names: tuple[str, ...], *, refresh_old: bool) -> None:
    """Build environments; all of the project without a NAME."""
    known = environments()
    chosen = [named(known, name) for name in names] or list(known.values())
    store = Store.default()
    console = Console()
    if refresh_old:
        _discard_old(chosen, store)
    with BuildProgress(console) as progress:
        build_bases(chosen, store, progress)
    for environment in chosen:
        with BuildProgress(console) as progress:
            built = build_environment(environment, store, progress)
        size = megabytes(sum(built.manifest["bytes"].values()))
        console.print(f"{environment.name}: built, {size}, {built.digest}", highlight=False, soft_wrap=True)


def _discard_old(chosen: list[Environment], store: Store) -> None:
    found = [built for each in chosen if (built := store.find(each)) is not None]
    old = [built for built in found if is_old(built, now_s=time.time())]
    for built in old:
        name, is_pinned = built.environment.name, built.environment.base_locked is not None
        pinned = f"; its lock pins it: docwalk env update {name}" if is_pinned else ""
        click.echo(f"{name}: its base is {age_text(built, now_s=time.time())}{pinned}", err=True)
    old = [built for built in old if built.environment.base_locked is None]
    held = [folder for folder in (store.folder / "instances").glob("i-*") if is_held(folder)]
    discard(old, store, held=held, on_wait=lambda: click.echo("waiting for another build", err=True))
