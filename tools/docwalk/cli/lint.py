"""`docwalk lint`: what is well-formed on pages, and still a mistake or a risk for their readers."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from docwalk.cli import Exit
from docwalk.cli.selection import pages_of
from docwalk.config import load_project
from docwalk.lint.check import check_names, lint_pages
from docwalk.report.github import annotation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docwalk.lint.check import LintReport
    from docwalk.lint.finding import Finding


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--select", default="", metavar="RULES", help="Only these rules, set apart by commas.")
@click.option("--ignore", default="", metavar="RULES", help="Not these rules, set apart by commas.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "github", "json"]),
    default=None,
    help="How findings are printed; in GitHub's CI `github` otherwise.",
)
@click.option("--shares", is_flag=True, help="How much of each page's output is compared literally.")
def lint(paths: tuple[Path, ...], select: str, ignore: str, form: str | None, *, shares: bool) -> int:
    """Find what is well-formed on pages, and still wrong for readers.

    PATHS are pages and folders; without any, every page of the project is read. Nothing is run.
    """
    chosen, ignored = _names(select), _names(ignore)
    wrong = check_names((*chosen, *ignored))
    if wrong is not None:
        raise click.UsageError(wrong)
    project = load_project(paths[0] if paths else Path.cwd())
    report = lint_pages(pages_of(paths, project), project, select=chosen, ignore=ignored)
    form = form or ("github" if os.environ.get("GITHUB_ACTIONS") else "text")
    if form == "json":
        click.echo(json.dumps(_as_data(report), indent=2, sort_keys=True))
    else:
        for finding in report.findings:
            click.echo(_annotation(finding) if form == "github" else f"{finding}\n")
        if shares:
            for line in _share_lines(report):
                click.echo(line)
    for rule, reason in report.left_out:
        click.echo(f"the rule `{rule}` was left out: {reason}", err=True)
    if form == "text":
        pages, found = len(report.shares), len(report.findings)
        verdict = "nothing found" if not found else f"{found} finding{'' if found == 1 else 's'}"
        click.secho(f"{verdict} on {pages} page{'' if pages == 1 else 's'}", err=True, bold=True)
    return Exit.FAILED if report.findings else Exit.OK


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _annotation(finding: Finding) -> str:
    return annotation(
        "warning", str(finding.path), finding.line, finding.rule, f"{finding.message}\n{finding.hint}"
    )


def _share_lines(report: LintReport) -> Iterator[str]:
    width = max((len(str(path)) for path, _ in report.shares), default=0)
    for path, share in report.shares:
        source = "as recorded" if share.is_recorded else "as written"
        in_part = f", {share.partial} in part" if share.partial else ""
        counted = f"{share.literal} of {share.lines} lines{in_part}" if share.lines else "no output"
        yield f"{path!s:<{width}}  {share.percent:3.0f} %  {counted} ({source})"


def _as_data(report: LintReport) -> dict[str, object]:
    """The report as JSON values."""
    return {
        "schema": 1,
        "findings": [
            {
                "rule": each.rule,
                "path": str(each.path),
                "line": each.line,
                "column": each.column,
                "width": each.width,
                "message": each.message,
                "hint": each.hint,
            }
            for each in report.findings
        ],
        "shares": [
            {
                "path": str(path),
                "literal": share.literal,
                "partial": share.partial,
                "lines": share.lines,
                "recorded": share.is_recorded,
            }
            for path, share in report.shares
        ],
        "left-out": [{"rule": rule, "reason": reason} for rule, reason in report.left_out],
    }
