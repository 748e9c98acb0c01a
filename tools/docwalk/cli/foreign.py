"""`docwalk run --document`: try pages that nobody wrote for docwalk, and say what holds. Keeps no record."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from docwalk.cli import Exit
from docwalk.config import SHELLS, load_project
from docwalk.foreign.verdict import Verdict, judge
from docwalk.foreign.walk import read_foreign, try_foreign
from docwalk.options import did_you_mean
from docwalk.report.foreign import foreign_lines
from docwalk.report.github import annotation
from docwalk.report.progress import BuildProgress, WalkProgress
from docwalk.run import AfterMismatch
from docwalk.source import Source
from docwalk.verify import Verifier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docwalk.config import Project
    from docwalk.plan import Walk
    from docwalk.results import WalkResult


def run_documents(
    paths: Sequence[Path], *, environment: str | None, shell: str | None, backend: str | None = None
) -> int:
    """Try each page in an instance of its own.

    Args:
        paths: Markdown files.
        environment: where; None is the project's default.
        shell: the reader's; None is the environment's.
        backend: what runs it; None is the project's.

    Raises:
        UsageError: no page, or an unknown environment or shell.
        BackendError: the environment cannot be opened.
    """
    pages = [path for path in paths if path.is_file()]
    if not pages or len(pages) < len(paths):
        raise click.UsageError("name the Markdown files to try: `docwalk run --document FILE…`")
    project = _project(pages[0])
    name = environment or project.default_environment
    if name not in project.environments:
        hint = did_you_mean(name, project.environments, otherwise="there are")
        raise click.UsageError(f"there is no environment `{name}`; {hint}")
    if shell is not None and shell not in SHELLS:
        raise click.UsageError(f"`{shell}` is no shell; {did_you_mean(shell, SHELLS, otherwise='there are')}")
    documents = [read_foreign(Source.read(path), environment=name, shell=shell) for path in pages]
    console = Console()
    verifier = Verifier.of(project, backend=backend)
    verifier.build_missing([page.walk for page in documents], shown=lambda: BuildProgress(console))
    differs = False
    with WalkProgress(console, len(documents)) as progress:

        def run(walk: Walk) -> WalkResult:
            return verifier.run(walk, on_step=progress.step, after_mismatch=AfterMismatch.GO_ON)

        for page in documents:
            progress.begin(page.walk)
            tried, result = try_foreign(page, run)
            progress.end()
            verdicts = judge(tried, result)
            for line in foreign_lines(tried, verdicts, width_cols=console.width):
                console.print(line, soft_wrap=True, highlight=False)
            console.print()
            found = [each for verdict in verdicts for each in verdict.differences]
            differs = differs or any(verdict.verdict is Verdict.DIFFERS for verdict in verdicts)
            for each in found if os.environ.get("GITHUB_ACTIONS") else ():
                click.echo(annotation("error", str(page.source.path), each.line, "differs", each.message))
    return Exit.FAILED if differs else Exit.OK


def _project(page: Path) -> Project:
    """The page's project where it has environments, else that of the folder one is in."""
    own = load_project(page)
    return own if own.environments else load_project(Path.cwd())
