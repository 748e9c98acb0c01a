"""`docwalk env update`: write the lock of an environment from what there is today."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from rich.console import Console

from docwalk.cli.env_named import NAME, environments_dir
from docwalk.environment.build import build_environment, update_environment
from docwalk.environment.contents import Contents, compare_contents
from docwalk.environment.definition import DEFINITION_FILE, load_environment, load_without_lock
from docwalk.environment.lock import LOCK_FILE, Lock, read_lock
from docwalk.environment.store import Store
from docwalk.errors import SourceError
from docwalk.report.progress import BuildProgress

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@click.command()
@NAME
def update(name: str) -> None:
    """Build an environment anew from today's packages and write its environment.lock.

    Shows what differs from the lock there was. Layers that it takes from another environment stand in that
    one's lock.
    """
    folder = environments_dir() / name
    if not (folder / DEFINITION_FILE).is_file():
        raise click.UsageError(f"there is no environment `{name}` in {folder.parent}")
    environment = load_without_lock(folder)
    before = _lock_before(folder / LOCK_FILE)
    store = Store.default()
    console = Console()
    with BuildProgress(console) as progress:
        if environment.extends is not None:
            build_environment(load_environment(folder.parent / environment.extends), store, progress)
        built, after = update_environment(environment, store, progress)
    for line in _differences(before, after):
        click.echo(line)
    console.print(f"{name}: {folder / LOCK_FILE} written, {built.digest}", highlight=False, soft_wrap=True)


def _lock_before(path: Path) -> Lock:
    """The lock that is replaced; an empty one where it is missing or unreadable."""
    try:
        return read_lock(path) if path.is_file() else Lock(layers={})
    except SourceError:
        return Lock(layers={})


def _differences(before: Lock, after: Lock) -> Iterator[str]:
    for layer in dict.fromkeys((*before.layers, *after.layers)):
        old, new = (each.layers.get(layer, Contents.of()) for each in (before, after))
        if layer not in before.layers:
            yield f"+ layer {layer}: {len(new.debs)} packages, {len(new.wheels)} of Python"
        elif layer not in after.layers:
            yield f"- layer {layer}"
        else:
            yield from (f"{difference} (layer {layer})" for difference in compare_contents(old, new))
