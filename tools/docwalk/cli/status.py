"""`docwalk status`: what is known of each page's blocks, from the records; nothing is run."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
from rich.console import Console
from rich.table import Table

from docwalk.cli.selection import select
from docwalk.environment.definition import load_environments
from docwalk.record import load_records
from docwalk.report.text import count
from docwalk.status import Status, block_statuses
from docwalk.verify import environment_digests

if TYPE_CHECKING:
    from collections.abc import Mapping

    from docwalk.document import Document
    from docwalk.status import BlockStatus


_MAX_LINES: Final = 5  # other lines named of blocks with the same reason

_NUMBERS_COLS: Final = 60  # columns of the table beside the page


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
    longest = max(len(document.page) for document in selection.documents)
    table.add_column("page", min_width=longest)
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
    # A narrow terminal, or none, wraps lines rather than losing columns.
    console.print(table, width=max(console.width, longest + _NUMBERS_COLS), crop=False, soft_wrap=True)
    for document in selection.documents:
        _show_open(document, statuses, console)


def _show_open(document: Document, statuses: Mapping[str, BlockStatus], console: Console) -> None:
    """The blocks a reader cannot rely on, those together that have the same reason."""
    lines: dict[tuple[str, str, bool], list[int]] = {}
    for block in document.blocks:
        known = statuses.get(block.id)
        if known is not None and known.reason:
            lines.setdefault((known.status.value, known.reason, known.is_excused), []).append(block.line)
    for (value, reason, is_excused), at in lines.items():
        others = ", ".join(map(str, at[1 : _MAX_LINES + 1])) + ("" if len(at) <= _MAX_LINES + 1 else ", …")
        more = f" ({count(len(at), 'block')}; also lines {others})" if len(at) > 1 else ""
        console.print(
            f"{document.source.path}:{at[0]}: {value}: {reason}{more}",
            style="dim" if is_excused else "yellow",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
