"""`docwalk status`: what is known of each page's blocks, from the records; nothing is run."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table

from docwalk.cli.selection import select
from docwalk.environment.definition import load_environments
from docwalk.record import load_records
from docwalk.status import Status, block_statuses
from docwalk.verify import environment_digests

if TYPE_CHECKING:
    from collections.abc import Mapping

    from docwalk.document import Document
    from docwalk.status import BlockStatus


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
def status(paths: tuple[Path, ...]) -> None:
    """Show what is known of each page's blocks."""
    selection = select(paths)
    records = load_records(selection.project.records_dir)
    statuses = block_statuses(
        selection.walks,
        records,
        now=datetime.now(UTC),
        environment_digests=environment_digests(load_environments(selection.project.environments_dir)),
        project=selection.project,
    )
    table = Table(box=None, pad_edge=False)
    table.add_column("page")
    for each in Status:
        table.add_column(each.value, justify="right")
    table.add_column("walked")
    for document in selection.documents:
        known = [statuses[block.id] for block in document.blocks if block.id in statuses]
        counts = Counter(each.status for each in known)
        dates = sorted(w.started_at for each in known for w in each.walks if w.started_at)
        numbers = [str(counts[each] or "") for each in Status]
        table.add_row(document.page, *numbers, dates[0][:10] if dates else "never")
    console = Console()
    console.print(table)
    for document in selection.documents:
        _show_open(document, statuses, console)


def _show_open(document: Document, statuses: Mapping[str, BlockStatus], console: Console) -> None:
    """Each block a reader cannot rely on, with the reason."""
    for block in document.blocks:
        known = statuses.get(block.id)
        if known is not None and known.reason:
            style = "dim" if known.is_excused else "yellow"
            line = f"{document.source.path}:{block.line}: {known.status.value}: {known.reason}"
            console.print(line, style=style, highlight=False, markup=False, soft_wrap=True)
