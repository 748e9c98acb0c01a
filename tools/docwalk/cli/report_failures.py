"""`docwalk report-failures`: one open issue for each failing page, closed when it passes again."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from docwalk.cli import Exit
from docwalk.cli.selection import select
from docwalk.config import page_paths
from docwalk.environment.definition import load_environments
from docwalk.issues.changes import Close, Open, Update, carry_out, describe, find_changes
from docwalk.issues.folder import Folder
from docwalk.issues.forges import GitHub, GitLab
from docwalk.issues.page_report import State, page_reports
from docwalk.issues.tracker import LABEL, TrackerError
from docwalk.record import load_records
from docwalk.report.text import count
from docwalk.source import below
from docwalk.verify import environment_digests

if TYPE_CHECKING:
    from collections.abc import Mapping

    from docwalk.config import Project
    from docwalk.issues.changes import Change
    from docwalk.issues.tracker import Tracker


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--to", "kind", type=click.Choice(["github", "gitlab", "folder"]), required=True, help="Where to."
)
@click.option(
    "--folder", type=click.Path(path_type=Path, file_okay=False), help="The folder of `--to folder`."
)
@click.option("--notify", metavar="COMMAND", default="", help="With a folder: run it at each change.")
@click.option("--label", default=LABEL, show_default=True, help="The label by which the issues are found.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, with every text, and do nothing.")
def report_failures(
    paths: tuple[Path, ...], *, kind: str, folder: Path | None, notify: str, label: str, dry_run: bool
) -> int:
    """Keep one issue open for each failing page.

    Reads the records and runs nothing. GitHub is asked by GITHUB_REPOSITORY and GITHUB_TOKEN, GitLab by
    CI_API_V4_URL, CI_PROJECT_ID and GITLAB_TOKEN.
    """
    if (kind == "folder") != (folder is not None):
        raise click.UsageError("`--to folder` and `--folder DIR` go together")
    if notify and folder is None:
        raise click.UsageError("`--notify` goes with `--to folder`: a forge notifies by itself")
    selection = select(paths)
    project = selection.project
    reports = page_reports(
        selection.documents,
        selection.walks,
        load_records(project.records_dir),
        now=datetime.now(UTC),
        environment_digests=environment_digests(load_environments(project.environments_dir)),
        project=project,
        run_url=run_url(os.environ),
    )
    tracker = _tracker(kind, folder, notify, label)
    changes = find_changes(reports, tracker.open_issues(), pages=None if paths else _all_pages(project))
    for change in changes:
        _do(change, tracker, dry_run=dry_run)
    states = [report.state for report in reports]
    told = ", ".join(f"{states.count(state)} {state.value}" for state in State)
    click.echo(
        f"{count(len(reports), 'page')}: {told}; {count(len(changes), 'change')}{' not made' * dry_run}"
    )
    return Exit.OK


def run_url(variables: Mapping[str, str]) -> str:
    """Where the run of a forge's CI can be seen; empty elsewhere."""
    if variables.get("CI_JOB_URL"):
        return variables["CI_JOB_URL"]
    parts = [variables.get(f"GITHUB_{name}", "") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID")]
    return "{}/{}/actions/runs/{}".format(*parts) if all(parts) else ""


def _tracker(kind: str, folder: Path | None, notify: str, label: str) -> Tracker:
    if folder is not None:
        return Folder(folder, notify=notify)
    forge = GitHub if kind == "github" else GitLab
    return forge(os.environ, label=label)


def _all_pages(project: Project) -> frozenset[str]:
    return frozenset(below(path, project.root).with_suffix("").as_posix() for path in page_paths(project))


def _do(change: Change, tracker: Tracker, *, dry_run: bool) -> None:
    if dry_run:
        click.echo(f"would {describe(change)}")
        if not isinstance(change, Close):
            click.echo(f"\n{change.report.title}\n\n{change.report.body}")
        return
    try:
        where = carry_out(change, tracker)
    except TrackerError as error:
        raise TrackerError(f"{_page(change)}: {error}", hint=error.hint) from error
    click.echo(f"{describe(change)}{f' ({where})' if where else ''}")


def _page(change: Change) -> str:
    return change.report.page if isinstance(change, Open | Update) else change.issue.page
