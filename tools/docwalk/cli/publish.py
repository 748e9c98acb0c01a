"""`docwalk publish-check`: refuse what must not be published, with a list."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from docwalk.cli import Exit
from docwalk.cli.selection import select
from docwalk.plan import Plan
from docwalk.publish import Failing, check_publishable
from docwalk.record import load_records
from docwalk.report.text import count


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--mark-failing", is_flag=True, help="Let failing blocks pass: the site marks them.")
def publish_check(paths: tuple[Path, ...], *, mark_failing: bool) -> int:
    """Refuse what must not be published.

    A block may be published if a fresh record says that it is verified or ran, or if the page says why it is
    not run.
    """
    selection = select(paths)
    refusals = check_publishable(
        selection.project,
        Plan(walks=selection.walks),
        load_records(selection.project.records_dir),
        datetime.now(UTC),
        documents=selection.documents,
        failing=Failing.MARKED if mark_failing else Failing.REFUSED,
    )
    for refusal in refusals:
        click.echo(str(refusal))
    blocks = sum(len(document.blocks) for document in selection.documents)
    refused = count(len(refusals), "refusal") if refusals else "all may be published"
    click.echo(f"{count(blocks, 'block')} on {count(len(selection.documents), 'page')}: {refused}")
    return Exit.FAILED if refusals else Exit.OK
