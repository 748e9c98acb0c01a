"""`docwalk env prune`: remove what no environment of the project needs."""

from __future__ import annotations

import click

from docwalk.backend.janitor import is_held
from docwalk.cli.env_named import environments, megabytes
from docwalk.environment.prune import find_removable, remove
from docwalk.environment.store import Store
from docwalk.errors import BackendError


@click.command()
@click.option("--yes", "does_remove", is_flag=True, help="Remove it; without this, it is only shown.")
@click.option(
    "--older-than", "days", default=30.0, metavar="DAYS", help="Age of downloads that go; 30 by default."
)
def prune(*, does_remove: bool, days: float) -> None:
    """Remove layers that no environment of this project needs, old downloads, and what killed walks left.

    Another project on this machine may share the folder: its layers are shown here as well, and are built
    again when it needs them.
    """
    store = Store.default()
    found = find_removable(store, environments().values(), older_than_days=days, is_open=is_held)
    if not found:
        click.echo(f"{store.folder}: nothing to remove")
        return
    for each in found:
        click.echo(f"{megabytes(each.size_bytes):>10}  {each.why}: {each.path}")
    total = megabytes(sum(each.size_bytes for each in found))
    if not does_remove:
        click.echo(f"{total} would go; remove it: docwalk env prune --yes")
        return
    held = [folder for folder in (store.folder / "instances").glob("i-*") if is_held(folder)]
    if held:
        raise BackendError(
            f"{len(held)} instances are open, which may stand on any layer",
            hint="wait until the walks have ended",
        )
    remove(store, found, on_wait=lambda: click.echo("waiting for a build", err=True))
    click.echo(f"{total} removed")
