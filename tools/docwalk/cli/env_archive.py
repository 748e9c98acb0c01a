"""`docwalk env export` and `import`: environments as files."""

from __future__ import annotations

from pathlib import Path

import click

from docwalk.cli.env_named import NAME, SHOWN_DIGITS, built, byte_progress, environments, megabytes
from docwalk.environment.archive import export_environment
from docwalk.environment.archive_import import import_environment
from docwalk.environment.digest import environment_digest
from docwalk.environment.store import Store
from docwalk.errors import BackendError


@click.command()
@NAME
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export(name: str, file: Path) -> None:
    """Write a built environment into FILE (NAME.tar.zst)."""
    environment = built(name)
    total = sum(environment.manifest["bytes"].values())
    with byte_progress(f"exporting {name}", total) as on_bytes:
        export_environment(environment, file, on_bytes=on_bytes)
    click.echo(f"{file}: {megabytes(file.stat().st_size)}")


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_(file: Path) -> None:
    """Take an environment from FILE, which `env export` wrote."""
    store = Store.default()
    with byte_progress(f"importing {file.name}", None) as on_bytes:
        head = import_environment(
            file,
            store,
            on_bytes=on_bytes,
            on_wait=lambda: click.echo("waiting for another build", err=True),
        )
    click.echo(f"{head.name}: imported, {head.digest}")
    wanted = {name: environment_digest(each) for name, each in environments().items()}
    if wanted.get(head.name) != head.digest:
        raise BackendError(
            f"the project defines another `{head.name}` than the archive holds, and will not use it",
            hint=f"export it from a checkout where `docwalk env list` shows {head.digest[:SHOWN_DIGITS]}",
        )
