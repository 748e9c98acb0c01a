"""`docwalk env`: list, build, show, export, import and enter environments."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rapidfuzz import process
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from docwalk.config import load_project
from docwalk.environment.archive import export_environment
from docwalk.environment.archive_import import import_environment
from docwalk.environment.build import build_environment
from docwalk.environment.definition import load_environments
from docwalk.environment.digest import environment_digest
from docwalk.environment.store import Store
from docwalk.errors import BackendError
from docwalk.report.progress import BuildProgress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from docwalk.environment.definition import Environment
    from docwalk.environment.store import BuiltEnvironment

_SHOWN_DIGITS = 19
_NAME = click.argument("name")


@click.group()
def env() -> None:
    """Build, show, export and import environments."""


@env.command("list")
def list_() -> None:
    """List the project's environments, and which are built."""
    store = Store.default()
    table = Table(box=None, pad_edge=False)
    for title in ("name", "title", "built", "size", "digest"):
        table.add_column(title)
    for name, environment in _environments().items():
        built = store.find(environment)
        size = _megabytes(sum(built.manifest["bytes"].values())) if built is not None else ""
        digest = environment_digest(environment)[:_SHOWN_DIGITS]
        table.add_row(name, environment.title, "yes" if built is not None else "no", size, digest)
    Console().print(table)


@env.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
def build(names: tuple[str, ...]) -> None:
    """Build environments; all of the project without a NAME."""
    known = _environments()
    chosen = [_named(known, name) for name in names] or list(known.values())
    store = Store.default()
    console = Console()
    for environment in chosen:
        with BuildProgress(console) as progress:
            built = build_environment(environment, store, progress)
        size = _megabytes(sum(built.manifest["bytes"].values()))
        console.print(f"{environment.name}: built, {size}, {built.digest}", highlight=False, soft_wrap=True)


@env.command()
@_NAME
def info(name: str) -> None:
    """Show what is inside an environment."""
    built = _built(name)
    manifest = built.manifest
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"[bold]{name}[/]  {built.environment.title}")
    console.print(f"digest    {built.digest}")
    console.print(f"system    {manifest['os']}, {manifest['architecture']}")
    for layer in ("base", *(each.name for each in built.environment.layers)):
        console.print(f"layer     {layer}, {_megabytes(manifest['bytes'][layer])}")
    for label, python in manifest["pythons"].items():
        packages = ", ".join(f"{package} {version}" for package, version in python["packages"].items())
        console.print(f"python    {python['version']} ({label}): {packages}")
    for module in manifest["modules"]:
        console.print(f"module    {module}")
    console.print(f"packages  {len(manifest['packages'])} of the distribution")


@env.command()
@_NAME
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export(name: str, file: Path) -> None:
    """Write a built environment into FILE (NAME.tar.zst)."""
    built = _built(name)
    total = sum(built.manifest["bytes"].values())
    with _byte_progress(f"exporting {name}", total) as on_bytes:
        export_environment(built, file, on_bytes=on_bytes)
    click.echo(f"{file}: {_megabytes(file.stat().st_size)}")


@env.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_(file: Path) -> None:
    """Take an environment from FILE, which `env export` wrote."""
    store = Store.default()
    with _byte_progress(f"importing {file.name}", None) as on_bytes:
        head = import_environment(
            file,
            store,
            on_bytes=on_bytes,
            on_wait=lambda: click.echo("waiting for another build", err=True),
        )
    click.echo(f"{head.name}: imported, {head.digest}")
    wanted = {name: environment_digest(each) for name, each in _environments().items()}
    if wanted.get(head.name) != head.digest:
        raise BackendError(
            f"the project defines another `{head.name}` than the archive holds, and will not use it",
            hint=f"export it from a checkout where `docwalk env list` shows {head.digest[:_SHOWN_DIGITS]}",
        )


def _environments() -> Mapping[str, Environment]:
    return load_environments(load_project(Path.cwd()).environments_dir)


def _named(known: Mapping[str, Environment], name: str) -> Environment:
    if name in known:
        return known[name]
    near = process.extractOne(name, list(known), score_cutoff=60)
    hint = f"did you mean `{near[0]}`?" if near else f"there are: {', '.join(known) or 'none'}"
    raise click.UsageError(f"there is no environment `{name}`; {hint}")


def _built(name: str) -> BuiltEnvironment:
    environment = _named(_environments(), name)
    built = Store.default().find(environment)
    if built is None:
        raise BackendError(f"the environment `{name}` is not built", hint=f"docwalk env build {name}")
    return built


@contextmanager
def _byte_progress(what: str, total: int | None) -> Iterator[Callable[[int], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=total)
        yield lambda count: progress.update(task, advance=count)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"
