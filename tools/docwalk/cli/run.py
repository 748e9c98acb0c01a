"""`docwalk run`: walk pages one after the other, keep their records, say how it went."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from docwalk.backend.host import WARNING
from docwalk.cli import Exit
from docwalk.cli.backend_option import on_backend
from docwalk.cli.document_option import or_documents
from docwalk.cli.look_around import LookAround
from docwalk.cli.scripts import run_scripts
from docwalk.cli.selection import select
from docwalk.driver.passthrough import require_terminal
from docwalk.errors import BackendError
from docwalk.record import RecordError
from docwalk.report.github import walk_annotations
from docwalk.report.progress import BuildProgress, WalkProgress
from docwalk.report.text import Summary, failure_lines, summary_lines, walk_line
from docwalk.status import block_statuses
from docwalk.verify import Verifier, environment_digests

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docwalk.plan import Walk
    from docwalk.record import Record


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--walk", "walks", multiple=True, metavar="NAME", help="Only this walk; may be repeated.")
@click.option("-k", "--keyword", default="", metavar="TEXT", help="Only walks whose name contains TEXT.")
@click.option("--shell", is_flag=True, help="Enter the session of the step at which a walk fails.")
@click.option("--scripts", is_flag=True, help="Run the script of each walk that passes, too.")
@on_backend
@or_documents
def run(
    paths: tuple[Path, ...],
    walks: tuple[str, ...],
    keyword: str,
    *,
    shell: bool,
    scripts: bool,
    backend: str | None,
    on_this_host: bool,
) -> int:
    """Walk pages and keep the records.

    PATHS are pages and folders; without any, every page of the project is walked.
    """
    started_s = time.monotonic()
    if shell:
        require_terminal()
    selection = select(paths, walks=walks, keyword=keyword)
    console = Console()
    verifier = Verifier.of(selection.project, backend=backend, on_this_host=on_this_host)
    if verifier.backend.name == "host":
        console.print(f"warning: {WARNING}", style="bold red", soft_wrap=True)
    verifier.build_missing(selection.walks, shown=lambda: BuildProgress(console))
    records, unstarted = _walk_all(selection.walks, verifier, console, lets_in=shell)
    if scripts:
        run_scripts(selection.walks, records, verifier, console)
    statuses = block_statuses(
        selection.walks,
        records,
        now=datetime.now(UTC),
        environment_digests=environment_digests(verifier.environments),
        project=selection.project,
    )
    summary = Summary(
        records=tuple(records.values()),
        statuses=tuple(statuses.values()),
        elapsed_s=time.monotonic() - started_s,
        records_dir=selection.project.records_dir,
        errors=unstarted,
    )
    console.print()
    for line in summary_lines(summary):
        console.print(line, soft_wrap=True, highlight=False)
    if unstarted:
        return Exit.BACKEND
    failed = any(record.failing_step is not None for record in records.values())
    return Exit.FAILED if failed else Exit.OK


def _walk_all(
    walks: Sequence[Walk], verifier: Verifier, console: Console, *, lets_in: bool
) -> tuple[dict[str, Record], int]:
    """Records of the walks that were run, by name, and how many could not be started."""
    records: dict[str, Record] = {}
    unstarted = 0
    with WalkProgress(console, len(walks)) as progress:
        look_around = LookAround(console, progress, at_end=len(walks) == 1)
        for walk in walks:
            if not walk.steps:
                console.print(f"{walk.name}: nothing to run", highlight=False, markup=False, soft_wrap=True)
                continue
            if look_around.was_used:
                break
            progress.begin(walk)
            look_around.walk = walk
            try:
                record, _ = verifier.verify(
                    walk, on_step=progress.step, at_stop=look_around if lets_in else None
                )
            except RecordError:
                raise  # no later walk could keep its record either
            except BackendError as error:
                progress.end()
                unstarted += 1
                _show_error(walk, error, console)
                continue
            progress.end()
            records[walk.name] = record
            console.print(walk_line(record), soft_wrap=True, highlight=False)
            if not look_around.was_used:
                _show_failure(walk, record, console)
    if lets_in and not look_around.was_used:
        said = "no walk failed: to look around at the end of one, name it with --walk"
        console.print(said, style="bold", highlight=False)
    return records, unstarted


def _show_error(walk: Walk, error: BackendError, console: Console) -> None:
    hint = f"\nhint: {error.hint}" if error.hint is not None else ""
    text = f"{walk.source_path}: {walk.name}: not walked: {error}{hint}"
    console.print(text, style="bold red", highlight=False, markup=False, soft_wrap=True)


def _show_failure(walk: Walk, record: Record, console: Console) -> None:
    if record.failing_step is None:
        return
    console.print()
    for line in failure_lines(walk, record.result, width_cols=console.width):
        console.print(line, soft_wrap=True, highlight=False)
    console.print()
    if os.environ.get("GITHUB_ACTIONS"):
        for annotation in walk_annotations(walk, record.result):
            click.echo(annotation)
